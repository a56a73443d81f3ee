"""What a campaign says of one document: which file or template it is, who signs it, where, and in which role."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.spec.suggest import did_you_mean

PLACE = "bottom left of the last page"
TAGS = {  # of metatags, by the signer's field
    "nombre": "SigName",
    "tipo_identificacion": "SigIDType",
    "identificacion": "SigID",
    "email": "SigEmail",
    "celular": "SigPhone",
    "orden": "SigOrder",
    "razonsocial": "SigCmpy",
    "company_identification": "SigCmpyID",
    "company_identification_type": "SigCmpyIDType",
}


@dataclass(frozen=True)
class CampaignDocument:
    """One document of each envelope. Its texts may name columns in braces: "contratos/{cedula}.pdf".

    Attributes:
        file: a path, or a pair of name and bytes.
        template: or the identifier of a template, from `templates()`; a signer's role in it is `operation_rol`.
        fields: values for the template's inputs.
        signers: who signs it. None: everybody of the envelope. A role or several, as "Deudor": whose `operation_rol`
            names one of them. "{firma_pagare}": whose cell of that column says yes; an empty one says no.
        place: where signatures are shown: "bottom left of the last page", "top right of page 2", "middle of the first
            page", or the coordinates as `link` takes them; or one of these for each role, as {"Deudor": "bottom left of
            page 1", "Codeudor": "bottom right of page 1"}. Who shares a place is put beside the others.
        metatags: the file says by its own tags, as {{SigStamp:Deudor:250,55}}, where each role signs: no place is sent,
            but what is known of each role.
        protect: protect it before the envelope is distributed.
    """

    file: Any = None
    template: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    signers: str | Sequence[str] | None = None
    place: Any = PLACE
    metatags: bool = False
    protect: bool = False

    def __post_init__(self) -> None:
        if (self.file is None) is (self.template is None):
            raise InputError(message("a document of a campaign is a file or a template"))
        if self.template is not None and self.metatags:
            raise InputError(message("a template has roles of its own: metatags are for files"))
        if self.file is not None and self.fields:
            raise InputError(message("fields are for templates: a file has no inputs"))

    @property
    def name(self) -> Any:
        """By which people know it."""
        if self.file is None:
            return message("template {id}", id=self.template)
        return self.file[0] if isinstance(self.file, tuple) else self.file

    @property
    def roles(self) -> list[str]:
        """The roles that sign it; none where everybody does, or a column says who."""
        if self.signers is None or self.column:
            return []
        return [self.signers] if isinstance(self.signers, str) else list(self.signers)

    @property
    def column(self) -> str:
        """The column that says who signs it; "" where none does."""
        text = self.signers if isinstance(self.signers, str) else ""
        return text[1:-1] if text.startswith("{") and text.endswith("}") else ""

    def place_for(self, roles: Iterable[str]) -> Any:
        """The place of a signer with these roles; None where the document says none for them."""
        if not self.has_places_by_role:
            return self.place
        by_role = {str(role).casefold(): place for role, place in self.place.items()}
        return next((by_role[role.casefold()] for role in roles if role.casefold() in by_role), None)

    @property
    def has_places_by_role(self) -> bool:
        return isinstance(self.place, Mapping) and "pagina" not in self.place


def documents_of(supplied: Any) -> list[CampaignDocument]:
    """Documents as people say them: a file or several, dicts, or `CampaignDocument`s.

    Raises:
        InputError: a dict has an unknown name, or there is no document at all.
    """
    several = list(supplied) if isinstance(supplied, list) else [supplied]
    documents = [_document(each) for each in several if each is not None and each != () and each != ""]
    if not documents:
        raise InputError(message("an envelope needs a document or a template"))
    return documents


def _document(supplied: Any) -> CampaignDocument:
    if isinstance(supplied, CampaignDocument):
        return supplied
    if not isinstance(supplied, Mapping):
        return CampaignDocument(supplied)
    known = [f.name for f in fields(CampaignDocument)]
    if unknown := [str(name) for name in supplied if name not in known]:
        hint = did_you_mean(unknown[0], known) or message("; it has {names}", names=", ".join(known))
        raise InputError(message("a document of a campaign has no {name!r}", name=unknown[0]) + hint)
    return CampaignDocument(**supplied)


def roles_of_person(person: Mapping[str, Any]) -> list[str]:
    named = person.get("operation_rol") or ()
    listed = named.split(",") if isinstance(named, str) else named
    return [role.strip() for role in listed if role.strip()]


def tags_of(person: Mapping[str, Any]) -> dict[str, Any]:
    """What metatags say of a signer."""
    return {tag: person[name] for name, tag in TAGS.items() if person.get(name) is not None}
