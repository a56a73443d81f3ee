"""How a vendor's requests carry a credential, how its pages follow one another, where its refusals name rows."""

import re
from dataclasses import dataclass
from functools import cached_property

from toolkit.plain import message


@dataclass(frozen=True, eq=False)
class CredentialHeader:
    """The header that carries the credential: its name, and its text, with the credential's own name in braces."""

    name: str = "Authorization"
    form: str = "Bearer {token}"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]+", self.name):
            raise ValueError(message("no header has the name {name!r}", name=self.name))
        if not re.fullmatch(r"[ -z|~]*{\w+}[ -z|~]*", self.form):
            raise ValueError(
                message(
                    "a header names one credential in braces, as in 'Bearer {{token}}', not {form!r}", form=self.form
                )
            )

    @cached_property
    def credential(self) -> str:
        """The name of the credential: a field of `System.credentials`."""
        return re.findall(r"{(\w+)}", self.form)[0]  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Offset:
    """Pages are asked for by row number, `size` rows each; a shorter one is the last."""

    skip: str  # the argument
    size: int


@dataclass(frozen=True, eq=False)
class PageNumber:
    """Pages are asked for by their number, `size` rows each; a shorter one is the last."""

    number: str  # the argument
    size: int
    first: int = 1


@dataclass(frozen=True, eq=False)
class Cursor:
    """Each answer holds a mark with which the next page is asked for; the last one holds none."""

    cursor: str  # the argument
    data_path: str  # where the mark stands in the answer


@dataclass(frozen=True, eq=False)
class NextLink:
    """Each answer holds the address of the next page; the last one holds none."""

    data_path: str = ""  # where the address stands in the answer; "": in the header Link, as rel="next"


Page = Offset | PageNumber | Cursor | NextLink


@dataclass(frozen=True, eq=False)
class RefusedRows:
    """A refusal lists rows: at `data_path` an object for each, under these names. All others are refused with them."""

    data_path: str = "errors"
    index: str = "index"  # of the row within the request
    first: int = 0  # the index of the first row
    column: str = "field"
    message: str = "message"
