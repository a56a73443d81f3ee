"""What other people and time do to the sandbox, for demonstrations: somebody signs, an hour passes, a month goes by."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import requests

import toolkit
from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sandbox import embedded
from toolkit.sandbox.guard import token_of

if TYPE_CHECKING:
    from toolkit.vendors import Api

REJECTED = 4  # the state of an envelope
SIGNATURES: list[
    tuple[int, str, list[str], int]
] = [  # of the month's envelopes: the day they go out, and what happens so many days later
    (3, "Contrato Ana Peña", ["sign", "sign"], 1),
    (4, "Contrato Luis Soto", ["sign", "sign"], 3),
    (9, "Contrato Inés Ríos", ["sign"], 5),
    (12, "Anexo Ana Peña", ["sign", "reject"], 2),
    (18, "Anexo Luis Soto", [], 0),
    (20, "Anexo Inés Ríos", ["sign", "sign"], 4),
]
SIGNERS: dict[str, dict[str, Any]] = {
    "Ana Peña": {"identificacion": "3001", "email": "ana.pena@example.co", "orden": 1},
    "Luis Soto": {"identificacion": "3002", "email": "luis.soto@example.co", "orden": 1},
    "Inés Ríos": {"identificacion": "3003", "email": "ines.rios@example.co", "orden": 1},
    "Lucía Cárdenas": {"identificacion": "2001", "email": "lucia.cardenas@example.co", "orden": 2},
}


def control(method: str, **arguments: Any) -> Any:
    """What no vendor offers: a method of the control plane of the sandbox that `connect("sandbox")` uses.

    `control("clock", advance=3600)`: an hour passes. `control("sign", envelope_id=…)`: whoever's turn it is signs.
    """
    url = embedded.address(toolkit.Api.fakes())
    with requests.Session() as http:
        http.trust_env = False  # no proxy stands before this machine itself
        token = {"Authorization": f"Bearer {token_of(url)}"}
        answer = http.post(f"{url}/control/{method}", json=arguments, headers=token, timeout=30)
    if not answer.ok:
        raise InputError(
            message(
                "the sandbox's control plane: {words}",
                words=answer.json().get("message") or message("there is no such method"),
            )
        )
    return answer.json()


def add_print_users(users: pd.DataFrame, codes: Mapping[str, str] | None = None) -> None:
    """Let the sandbox's print management know users (`LogonName`, `DomainName`); who is known already stays.

    `codes` are the cards that some of them have had for long, by login name.
    """
    known = {(u["LogonName"], u["DomainName"]) for u in control("stored", system="nddprint", table="User")}
    named = [who for who in users[["LogonName", "DomainName"]].itertuples(index=False, name=None) if who not in known]
    control("print_users", users=[(*who, [code] if (code := (codes or {}).get(who[0])) else []) for who in named])


def play_signatures(envelope_ids: Iterable[str]) -> None:
    """Play four days in which some people sign, and one envelope is rejected. Once: later calls change nothing."""
    ids = list(envelope_ids)
    states = {e["id_transaccion"]: e["estado"] for e in control("stored", system="signio", table="Envelope")}
    if any(states.get(envelope) == REJECTED for envelope in ids):
        return
    for days, doing, which in ((1, "sign", (0, 0, 1)), (2, "sign", (2, 2, 3)), (1, "reject", (4,))):
        control("clock", advance=days * 86_400)
        for number in which:
            control(doing, envelope_id=ids[number])


def live_through(month: str, api: "Api", users: pd.DataFrame) -> None:
    """Play a month, as "2026-11", in all systems of the sandbox; afterwards it is the first of the next one.

    Once: a month that was played is left alone.

    Args:
        month: year and month.
        api: of the sandbox.
        users: print users (`LogonName`, `DomainName`), some of whom get a card code.
    """
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    name = f"Clientes {month}"
    if name in set(api.ida.databases()["name"]):
        return
    _pass_until(start + timedelta(days=1, hours=12))
    database_id = api.ida.create_database(name, ["NOMBRE", "CIUDAD"])
    towns = ("Santiago", "Valparaíso", "Temuco")
    people = [{"NOMBRE": f"Persona {n}", "CIUDAD": towns[n % 3]} for n in range(1, 181)]
    control("insert", database_id=database_id, records=people)
    _sign(start, api)
    add_print_users(users)
    for n, (logon_name, domain_name) in enumerate(users[["LogonName", "DomainName"]].itertuples(index=False)):
        if n % 4:
            api.nddprint.add_card_code(logon_name, domain_name, f"{77_000 + n:07}", replace=True)
    asked = [{"IdDocument": f"{7_654_300 + n:010}"} for n in range(1, 13)]
    api.carmachain.raw.create_request(["Address", "Contacts", "Credit History"], asked)
    _pass_until((start + timedelta(days=32)).replace(day=1, hour=8))


def _sign(start: datetime, api: "Api") -> None:
    """The month's envelopes: made from a template, sent, and signed or not."""
    out = []
    for day, name, doings, later in SIGNATURES:
        sent = start + timedelta(days=day - 1, hours=14)
        out.append((sent, "distribute", name))
        out += [(sent + timedelta(days=later, hours=n), doing, name) for n, doing in enumerate(doings)]
    envelopes: dict[str, str] = {}
    for moment, doing, name in sorted(out):
        _pass_until(moment)
        if doing == "distribute":
            envelopes[name] = _sent(api, name)
        else:
            control(doing, envelope_id=envelopes[name])


def _sent(api: "Api", name: str) -> str:
    envelope = api.signio.create_envelope(name)
    employee = name.partition(" ")[2]
    for signer in (employee, "Lucía Cárdenas"):
        api.signio.add_signer(envelope, nombre=signer, tipo_identificacion="CC", **SIGNERS[signer])
    number = SIGNERS[employee]["identificacion"]
    api.signio.use_template(envelope, 12, fields={"name": employee, "identification": number})
    (document,) = api.signio.documents(envelope)["id_documento"]
    for signer_id in api.signio.signers(envelope)["id_contacto"]:
        api.signio.link(envelope, signer_id, document, attachment=False)
    api.signio.distribute(envelope)
    return envelope


def _pass_until(moment: datetime) -> None:
    """Set the sandbox's clock, which goes on from there."""
    control("clock", advance=moment.timestamp() - control("clock"))
