"""SIGNIO: who has signed what, from the whole answers for envelopes."""

from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.rows import frame_of
from toolkit.spec import Bool, Choice, Flag, Integer, Record, Text, Timestamp
from toolkit.vendors.signio.api.base import STATUSES, Status
from toolkit.vendors.signio.api.envelopes import SEARCHED, Envelope
from toolkit.vendors.signio.api.signers import Signer

SIGNED, WAITS, LATER, UNSIGNED = "signed", "waits", "not yet", "unsigned"
UNTIL = {  # what stands between an open signature and its signer, by the state of the envelope
    Status.DRAFT: "draft",
    Status.COLLECTING: "collecting",
    Status.REJECTED: "rejected",
    Status.SUSPENDED: "suspended",
    Status.RETURNED: "returned",
}
WORDS = {word.casefold(): number for number, word in STATUSES.items()}
WORDS |= {SEARCHED[1].casefold(): Status.PENDING}
APPROVES, SIGNS = "Aprobador", "Firmante"
ROLE = "rol"


class SignatureStatus(Record):
    """One signer and one document of an envelope."""

    id_transaccion: Text = Text("The envelope asked for.")
    nombre: Text = Text("Its name.")
    estado: Choice = Choice("Its state, as the vendor's number.", choices=STATUSES, meaning="estado_nombre")
    id_documento: Text = Text("The document.")
    documento: Text = Text("Name of its file.")
    id_firmante: Text = Text("The signer.")
    firmante: Text = Text("The signer's name.")
    email: Text = Text("The signer's e-mail address.")
    rol: Text = Text("The signer's role: as `roles` or the vendor names it, else Firmante or Aprobador.")
    orden: Integer = Integer("The signer's turn.")
    aprobador: Flag = Flag("Whether the signer approves instead of signing.")
    signature: Text = Text(
        "signed; waits (it can be signed now); not yet (others come first); draft, collecting, rejected, suspended or "
        "returned: the envelope keeps it from being signed; unsigned, where the vendor tells no more."
    )
    firmada: Bool = Bool("Whether it is signed.")
    fecha_firma: Timestamp = Timestamp("When it was signed.", format="iso")
    en_turno: Bool = Bool("Whether it can be signed now: the envelope is out, and it is this signer's turn.")
    error: Text = Text("Why the envelope could not be read; missing where it was.")


class SignerOf(Signer):
    """A signer of one of several envelopes."""

    id_transaccion: Text = Text("The envelope asked for.")
    error: Text = Text("Why the envelope could not be read; missing where it was.")


def ids_of(wanted: Iterable[str]) -> list[str]:
    """Identifiers, each once, in their order."""
    return list(dict.fromkeys(str(one) for one in wanted))


def roles_of(supplied: Any) -> dict[str, str]:
    """Roles by signer, from a report of `add_signers`, `plan.signers`, or any rows with `id_firmante` and a role.

    Raises:
        InputError: it has no such columns.
    """
    if supplied is None:
        return {}
    table = frame_of(getattr(supplied, "table", supplied))
    column = next((name for name in (ROLE, "operation_rol") if name in table), None)
    if column is None or "id_firmante" not in table:
        raise InputError(message("`roles` needs the columns id_firmante and rol: a report of add_signers has them"))
    pairs = table[["id_firmante", column]].dropna().astype(str)
    return dict(zip(pairs["id_firmante"], pairs[column], strict=True))


def status_rows(asked: str, answer: Mapping[str, Any], roles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of one envelope: one for each document and signer, or one where nobody signs."""
    documents = _by(answer.get("documentos"), "id_documento")
    people = _by(answer.get("contactos"), "id_contacto")
    signatures = [_plain(each) for each in objects(answer.get("firmas"))]
    state = state_number(answer.get("estado"))
    turns = [_turn(people.get(str(s.get("id_firmante")), {})) for s in signatures if not s.get("fecha_firma")]
    first = min(turns, default=None) if state == Status.PENDING else None
    envelope = {f.key: answer.get(f.key) for f in Envelope.fields} | {"id_transaccion": asked}
    rows = []
    for signature in signatures:
        signer = str(signature.get("id_firmante"))
        person, is_signed = people.get(signer, {}), bool(signature.get("fecha_firma"))
        on_turn = not is_signed and first is not None and _turn(person) == first
        row = {**signature, **{k: person.get(k) for k in ("email", "orden", "aprobador")}, **envelope}
        row |= {"firmante": person.get("nombre"), "firmada": is_signed, "en_turno": on_turn}
        row |= {"rol": roles.get(signer) or _role(signature, person)}
        row["signature"] = SIGNED if is_signed else WAITS if on_turn else _held_by(state)
        rows.append(row | {"documento": documents.get(str(signature.get("id_documento")), {}).get("nombre")})
    return rows or [envelope]


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def state_number(value: Any) -> int | None:
    """The number of a state that the vendor wrote as a number or as a word; None where it is neither."""
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() else WORDS.get(text.casefold())
    return number if number in STATUSES else None


def _held_by(state: int | None) -> str:
    return LATER if state == Status.PENDING else UNTIL.get(Status(state), UNSIGNED) if state else UNSIGNED


def role_of(person: Mapping[str, Any]) -> str:
    """What a person is there for, where nothing names a role."""
    return APPROVES if str(person.get("aprobador")).lower() in ("1", "true") else SIGNS


def _role(signature: Mapping[str, Any], person: Mapping[str, Any]) -> str:
    """What the vendor calls it, where it does (6.11 shows no role); else what the person is there for."""
    named = (part.get(name) for part in (signature, person) for name in ("operation_rol", "Operation_rol", ROLE))
    known = next((str(name) for name in named if name), "")
    return known or role_of(person)


def _by(rows: Any, key: str) -> dict[str, Mapping[str, Any]]:
    return {str(row[key]): row for row in objects(rows) if key in row}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose keys are as they are meant: the manual prints `" fecha_firma "`."""
    return {str(key).strip(): value for key, value in row.items()}


def _turn(person: Mapping[str, Any]) -> float:
    """Who has no order comes last."""
    try:
        return float(person.get("orden") or "inf") if person.get("orden") != 0 else 0.0
    except (TypeError, ValueError):
        return float("inf")
