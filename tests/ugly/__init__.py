"""Small ugly spreadsheets, each named for its ugliness, and what is read from each."""

from ugly.delimited import CASES as TEXTS
from ugly.workbooks import CASES as WORKBOOKS

CASES = WORKBOOKS | TEXTS
