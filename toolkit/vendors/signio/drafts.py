"""The envelopes of a campaign: what each holds, and the calls that make it, in order."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.sheets.checker import CellError
from toolkit.sheets.files import opened
from toolkit.vendors.signio import places
from toolkit.vendors.signio.api.documents import EXTENSIONS
from toolkit.vendors.signio.campaign_documents import roles_of_person, tags_of
from toolkit.vendors.signio.status import role_of


@dataclass(frozen=True)
class Source:
    """A file to upload: looked at when planned, read again when it is sent."""

    origin: Any
    name: str
    sha256: str
    pages: tuple[places.Size, ...]

    @classmethod
    def of(cls, origin: Any) -> "Source":
        """Raises CellError or ValueError where it cannot be sent."""
        name, content = opened(origin, EXTENSIONS)
        return cls(origin, name, hashlib.sha256(content).hexdigest(), tuple(places.sizes_of(name, content)))

    def content(self) -> tuple[str, bytes]:
        """InputError where it is not there any more, or another one."""
        try:
            name, content = opened(self.origin, EXTENSIONS)
        except CellError as why:
            text = (
                "{name} {problem}. Put it back and run the same call again: it goes on, and what was made before stays "
                "as it is"
            )
            raise InputError(message(text, name=self.name, problem=why.problem.text)) from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            text = (
                "{name} was changed since the campaign was planned: plan it again, or put it back and run the same "
                "call again. What was made before stays as it is"
            )
            raise InputError(message(text, name=name))
        return name, content


@dataclass
class DraftDocument:
    """One document of a draft: a file or a template."""

    source: Source | None = None
    template: dict[str, Any] | None = None
    signers: dict[int, list[str]] = field(default_factory=dict)  # the roles in which each person signs it
    stamps: dict[int, dict[str, int]] = field(default_factory=dict)  # by person
    metatags: bool = False
    protect: bool = False

    @property
    def name(self) -> str:
        return self.source.name if self.source else f"template {(self.template or {}).get('template_id')}"

    @property
    def after_signers(self) -> bool:
        """Whether its signers must be there first: its metatags describe them, or whoever is there gets it attached."""
        return self.metatags or self.source is None

    def facts(self) -> list[Any]:
        """All that it is, for the digest of its draft."""
        file = [self.source.name, self.source.sha256] if self.source else []
        return [file, self.template, self.signers, self.stamps, self.metatags, self.protect]


@dataclass
class Draft:
    """One envelope to be made."""

    key: str
    options: dict[str, Any] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)
    documents: list[DraftDocument] = field(default_factory=list)

    @property
    def signers(self) -> list[int]:
        return [n for n, person in enumerate(self.people) if not person.get("rol")]

    @cached_property
    def steps(self) -> list[str]:
        """The calls that make it, in order: everything is registered before it is linked, and protected at the end."""
        numbered = list(enumerate(self.documents))
        upload = {n: f"{'file' if document.source else 'template'} {n}" for n, document in numbered}
        return [
            "create",
            *(upload[n] for n, document in numbered if not document.after_signers),
            *(f"signer {n}" for n in range(len(self.people))),
            *(upload[n] for n, document in numbered if document.after_signers),
            *(f"link {person} {n}" for n, document in numbered for person in document.signers),
            *(f"protect {n}" for n, document in numbered if document.protect),
        ]

    @cached_property
    def digest(self) -> str:
        """Of all that it holds: another content is another envelope."""
        whole = [self.options, self.people, [document.facts() for document in self.documents]]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()

    def call(self, step: str, results: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The endpoint of a step and its values; `results` are the identifiers that earlier steps gave."""
        kind, _, rest = step.partition(" ")
        if kind == "create":
            return "create_envelope", dict(self.options)
        values: dict[str, Any] = {"envelope_id": results["id_transaccion"]}
        match kind:
            case "signer":
                return "add_signer", values | self.people[int(rest)]
            case "file":
                return "upload_document", values | self._upload(self.documents[int(rest)])
            case "template":
                return "use_template", values | (self.documents[int(rest)].template or {})
            case "protect":
                return "protect_document", {"document_id": results["documents"][rest], "protect": True}
        person, _, document = rest.partition(" ")
        values |= {"signer_id": results["signers"][person], "document_id": results["documents"][document]}
        return "link", values | self._link(int(person), self.documents[int(document)])

    def _upload(self, document: DraftDocument) -> dict[str, Any]:
        assert document.source
        file: dict[str, Any] = {"document": document.source.content()}
        if not document.metatags:
            return file
        described = {role: tags_of(self.people[n]) for n, roles in document.signers.items() for role in roles}
        return {**file, "metatags": described}

    def _link(self, person: int, document: DraftDocument) -> dict[str, Any]:
        if person in document.stamps:
            return {"position": document.stamps[person]}
        roles = document.signers[person]
        return {"attachment": 0, **({"role": ",".join(roles)} if roles else {})}

    def preview(self) -> dict[str, Any]:
        """What a person looks at before it is made."""
        turns = [self.people[n].get("orden") for n in self.signers]
        first = [
            self.people[n].get("email") for n, turn in zip(self.signers, turns, strict=True) if _is_first(turn, turns)
        ]
        return {
            "nombre": self.options.get("nombre"),
            "signers": len(self.signers),
            "order": _order(turns),
            "first": ", ".join(map(str, first)),
            "mails": len(first),
            "documents": ", ".join(document.name for document in self.documents),
            "signatures": sum(len(document.signers) for document in self.documents),
            "tags": self.options.get("tags"),
            "cc": self.options.get("cc"),
        }

    def who_signs(self, results: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A row for each signer and document, with the identifiers that were given."""
        signers, documents = (ids if isinstance(ids := results.get(k), dict) else {} for k in ("signers", "documents"))
        return [
            {
                "id_transaccion": results.get("id_transaccion"),
                "id_documento": documents.get(str(at)),
                "id_firmante": signers.get(str(n)),
                "nombre": self.people[n].get("nombre"),
                "email": self.people[n].get("email"),
                "rol": ", ".join(roles or roles_of_person(self.people[n])) or role_of(self.people[n]),
                "orden": self.people[n].get("orden"),
                "document": document.name,
                "protected": document.protect,
            }
            for at, document in enumerate(self.documents)
            for n, roles in document.signers.items()
        ]


def _order(turns: Sequence[int | None]) -> str:
    known = [turn for turn in turns if turn is not None]
    if not known:
        return mark("at the same time")
    return mark("in series") if len(set(known)) == len(known) else mark("in groups")


def _is_first(turn: int | None, turns: Sequence[int | None]) -> bool:
    known = [t for t in turns if t is not None]
    return turn == min(known) if known else True
