"""Spreadsheets in and out: read, match columns to fields, check cells, write what became of them."""

from toolkit.sheets.check import Check, check
from toolkit.sheets.match import Match, match_columns
from toolkit.sheets.outcomes import Outcome
from toolkit.sheets.read import read_sheet
from toolkit.sheets.write import only_failed

__all__ = ["Check", "Match", "Outcome", "check", "match_columns", "only_failed", "read_sheet"]
