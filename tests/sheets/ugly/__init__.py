"""Small ugly spreadsheets, each named for its ugliness, and what is read from each."""

from tests.sheets.ugly.delimited import CASES as TEXTS
from tests.sheets.ugly.workbooks import CASES as WORKBOOKS

CASES = WORKBOOKS | TEXTS
