"""What a vendor's recorded cases are made of: each takes its client, and the results of the cases before it."""

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.errors import ApiError

Results = Mapping[str, Any]  # of earlier cases, by name: a frame as a list of dicts
Case = Callable[[Any, Results], Any]

NOBODY = 999_999


def refused(call: Callable[[], object]) -> str:
    """The refusal that a call meets."""
    try:
        call()
    except ApiError as no:
        return f"{type(no).__name__}: {no}"
    raise AssertionError("nothing was refused")
