"""What the sandbox must hold before a witness case of nddPrint, beside the demo data: the user whose code is taken."""

from collections.abc import Mapping
from typing import Any

from toolkit.sandbox.control import Control


def prepare(control: Control, case: Mapping[str, Any]) -> None:
    """Put there what a case presupposes."""
    control.print_users([("otro", "dominio123", ["TAKEN"])])
