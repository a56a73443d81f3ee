"""What the sandbox must hold before a witness case of CarmaChain: the requests whose answers are asked for."""

from collections.abc import Mapping
from typing import Any

from toolkit.sandbox.control import Control

PEOPLE = {"5f2b1c0e9d3a": ("3184710691", "+380999999999"), "5f2b1c0e9d3b": (None, "0999999998")}


def prepare(control: Control, case: Mapping[str, Any]) -> None:
    """Put there what a case presupposes: two people asked about long ago."""
    rows = [
        {"idRequest": number, "IdDocument": document, "PhoneNumber": phone, "categories": ["All categories"], "at": 0}
        for number, (document, phone) in PEOPLE.items()
    ]
    control.put("carmachain", "Request", rows)
