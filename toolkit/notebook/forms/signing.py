"""Who signs which document of a campaign: the first file, and further ones, each for everybody or for some."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Child, Element
from toolkit.plain import message
from toolkit.vendors.signio.campaign_documents import roles_of_person

MOST = 8  # roles that are offered
WORDS = {"", "sí", "si", "no", "yes", "x", "0", "1", "true", "false", "так", "ні"}  # of a column that says yes or no


@dataclass
class Paper:
    """One document as it is chosen."""

    path: str = ""
    signers: str = ""  # "": everybody; a role; or a column in braces
    protect: bool = False

    def facts(self) -> dict[str, Any]:
        """What `plan_envelopes` is told of it."""
        signers = {"signers": self.signers} if self.signers else {}
        return {**signers, **({"protect": True} if self.protect else {})}


class Signing:
    """Who signs the first file, and what other files there are."""

    def __init__(self) -> None:
        self.first: Paper = Paper()
        self.further: list[Paper] = []

    def elements(self, frame: pd.DataFrame, roles: "pd.Series[Any] | None") -> list[Child]:
        """The boxes; `roles` is the column that is matched with the roles of signers."""
        offered = _offered(frame, roles)
        return [
            parts.heading(message("Who signs which document")),
            parts.row(*self._boxes(self.first, 0, offered)),
            *(parts.row(self._file(paper, n), *self._boxes(paper, n, offered)) for n, paper in self._numbered()),
            parts.row(parts.button(message("One more file"), self._add, name="more-files", style="small")),
        ]

    def _numbered(self) -> list[tuple[int, Paper]]:
        return list(enumerate(self.further, 1))

    def _file(self, paper: Paper, number: int) -> Element:
        box = parts.line_box(f"file-{number}", paper.path, change=partial(setattr, paper, "path"), key=f"file-{number}")
        hint = message("A path; a column's name in braces stands for its cell, as contratos/{cedula}.pdf")
        return parts.labelled(box, message("File {number}", number=number + 1), help_text=hint)

    def _boxes(self, paper: Paper, number: int, offered: Sequence[tuple[str, str]]) -> list[Child]:
        value = paper.signers if paper.signers in [each for _, each in offered] else ""
        who = parts.choice(f"signers-{number}", offered, value=value, change=partial(setattr, paper, "signers"),
                           key=f"signers-{number}")  # fmt: skip
        protect = parts.tick(f"protect-{number}", message("Protect it before it is sent"), value=paper.protect,
                             change=partial(setattr, paper, "protect"), key=f"protect-{number}")  # fmt: skip
        return [parts.labelled(who, message("Who signs it")), protect]

    def _add(self) -> None:
        self.further.append(Paper())

    def documents(self, path: Any, place: Any) -> list[dict[str, Any]]:
        """What `plan_envelopes` is told; a box that was left empty is no file."""
        first = {"file": path, "place": place, **self.first.facts()}
        others = [{"file": p.path.strip(), "place": place, **p.facts()} for p in self.further if p.path.strip()]
        return [first, *others]

    def texts(self) -> list[str]:
        """The texts that may name columns."""
        return [self.first.signers, *(text for paper in self.further for text in (paper.path, paper.signers))]


def _offered(frame: pd.DataFrame, roles: "pd.Series[Any] | None") -> list[tuple[str, str]]:
    """Everybody, each role, and each column that says yes or no."""
    cells = [] if roles is None else [str(cell) for cell in roles.dropna()]
    named = [role for cell in cells for role in roles_of_person({"operation_rol": cell})]
    columns = [str(name) for name, column in frame.items() if _says_yes_or_no(column)]
    return [
        (message("Everybody"), ""),
        *((message("Only {role}", role=role), role) for role in list(dict.fromkeys(named))[:MOST]),
        *((message("Where {column} says yes", column=column), f"{{{column}}}") for column in columns),
    ]


def _says_yes_or_no(column: "pd.Series[Any]") -> bool:
    words = {str(value).strip().casefold() for value in column.dropna().unique()[: len(WORDS)]}
    return bool(words - {""}) and words <= WORDS
