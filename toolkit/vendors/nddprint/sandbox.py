"""nddPrint 360: how users, their card codes and their PINs behave.

The document gives the texts of the 400s and no bodies: here each is its text as a JSON string (assumed).
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from toolkit.sandbox.vendor import Answer, Call, ControlPlane, Described, FakeVendor, Plain, Refused
from toolkit.spec import Bool, Record, Text
from toolkit.vendors.nddprint.api import SYSTEM, NddPrint, RawOnly

LIFE = 2_592_000  # seconds, as the example of the vendor's page says
INCOMPLETE = "La petición está faltando el cuerpo o algún parámetro necesario."
NO_USER = "No se encontró el usuario."
IN_USE = "El código está siendo utilizado por otro usuario."
TEXTS = {400: INCOMPLETE, 401: "Unauthorized", 403: "La configuración no está habilitada en el NDD Print Portal 360."}
CREDENTIALS = {"client_id": "089d290d78df42caa3f6d3381f1239a1", "secret_key": "sandbox-secret-key"}
NO_DOMAIN = " "  # of a user who has none, in the form that the vendor was switched to
UNIQUE, AUTORENEW = "nddprint.unique", "nddprint.autorenew"  # settings of the account


class User(Record):
    """A user of the print management."""

    key: Text = Text("Domain and logon name, in small letters.")
    LogonName: Text = Text()
    DomainName: Text = Text()
    pinCode: Text = Text()
    securePinCode: Text = Text()
    useSecurePinCode: Bool = Bool()


class Card(Record):
    """A card code and the user who has it."""

    CardCode: Text = Text()
    user: Text = Text("Key of the user.")


def seed(call: Call) -> None:
    for name, codes in (("usuario123", ["123456789"]), ("ana", ["00123"]), ("luis", ["ABC000001"]), ("maria", [])):
        _add(call, name, "dominio123", codes)


def error_response(refusal: Refused) -> Answer:
    return refusal.status, refusal.message or TEXTS.get(refusal.status, "Bad Request")


FAKE = FakeVendor(SYSTEM, CREDENTIALS, {User: "key", Card: "CardCode"}, seed, error_response)
FAKE.describe = lambda _: Described(failure={"type": "string"})


@FAKE.handles(RawOnly.token)
def token(call: Call) -> Answer:
    sent = _body(call, clientID=str, SecretKey=str)
    if sent != {"clientID": CREDENTIALS["client_id"], "SecretKey": CREDENTIALS["secret_key"]}:
        raise Refused(401)
    issued = call.issue(sent["clientID"], LIFE)
    lifetime = call.store.setting(f"{call.system}.lifetime", LIFE)
    return 200, {"accessToken": issued, "expiresIn": int(lifetime), "tokenType": "Bearer"}


@FAKE.handles(RawOnly.read_card_codes)
def card_codes(call: Call) -> Answer:
    user = _user(call, _body(call, LogonName=str, DomainName=str))
    return 200, {"uniqueCardCode": call.store.setting(UNIQUE, True), "cardCodes": _codes(call, user)}


@FAKE.handles(RawOnly.post_card_code)
def add_card_code(call: Call) -> Answer:
    sent = _body(call, LogonName=str, DomainName=str, ReplaceUniqueCardCode=bool, CardCode=str)
    user, code, lone = _user(call, sent), sent["CardCode"], call.store.setting(UNIQUE, True)
    owner = call.store.one(Card, CardCode=code)
    if owner and owner["user"] != user["key"]:
        raise Refused(400, IN_USE)
    if owner:
        return 200, True
    replaced = lone and bool(_codes(call, user))
    if replaced and not sent["ReplaceUniqueCardCode"]:
        added = {"refused": False, "done": True, "read back": _is_even(code)}[call.reading("false_answer")]
        if added:
            call.store.add(Card, {"CardCode": code, "user": user["key"]})
        return 200, False
    if replaced:
        call.store.remove(Card, user=user["key"])
    call.store.add(Card, {"CardCode": code, "user": user["key"]})
    return 200, True


@FAKE.handles(NddPrint.pin_codes, also=["/api/v1/pin-codes"])
def pin_codes(call: Call) -> Answer:
    user = _user(call, _body(call, LogonName=str, DomainName=str))
    return 200, {name: user[name] for name in ("pinCode", "securePinCode", "useSecurePinCode")}


@FAKE.handles(NddPrint.renew_pin_code, also=["/api/v1/update-pin-code-autorenew"])
def renew_pin_code(call: Call) -> Answer:
    user = _user(call, _body(call, LogonName=str, DomainName=str))
    if not call.store.setting(AUTORENEW, True):
        raise Refused(403)
    pin = "0" + _digits(user["pinCode"], 3)  # a leading zero, as in the vendor's example
    call.store.change(User, {"pinCode": pin}, key=user["key"])
    return 200, Plain(pin)


@FAKE.handles(NddPrint.update_secure_pin_code, also=["/api/v1/update-secure-pin-code"])
def update_secure_pin_code(call: Call) -> Answer:
    sent = _body(call, LogonName=str, DomainName=str, SecurePinCode=str)
    user = _user(call, sent)
    call.store.change(User, {"securePinCode": sent["SecurePinCode"]}, key=user["key"])
    return 200, Plain("true")


def _body(call: Call, **wanted: type) -> dict[str, Any]:
    """These members of the body, of these types, no text empty."""
    sent = call.json
    if not isinstance(sent, dict) or (call.strict and not sent.keys() <= wanted.keys()):
        raise Refused(400)
    if "DomainName" in wanted:
        sent = {**sent, "DomainName": _domain(call, sent.get("DomainName"))}
    if any(type(sent.get(name)) is not kind or sent[name] == "" for name, kind in wanted.items()):
        raise Refused(400)
    return {name: sent[name] for name in wanted}


def _domain(call: Call, sent: Any) -> Any:
    """What names a domain, or that there is none. Refused (404) under an address that the vendor was switched from."""
    if call.switched.get("users_in_path", "/users/" in call.target) is not ("/users/" in call.target):
        raise Refused(404)
    none = {"empty": "", "left out": None}.get(call.reading("empty_domain"), NO_DOMAIN)
    return NO_DOMAIN if sent == none else sent


def _user(call: Call, sent: dict[str, Any]) -> dict[str, Any]:
    kept = call.store.one(User, key=_key(sent["LogonName"], sent["DomainName"]))
    if kept is None:
        raise Refused(400, NO_USER)
    return kept


def _codes(call: Call, user: dict[str, Any]) -> list[str]:
    return [card["CardCode"] for card in call.store.rows(Card, user=user["key"])]


def _key(logon_name: str, domain_name: str) -> str:
    return f"{domain_name.strip()}\\{logon_name}".casefold()


def _is_even(text: str) -> bool:
    """A coin that falls the same way for the same text."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def _digits(text: str, count: int) -> str:
    """Digits that follow from a text."""
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16))[-count:]


def _add(call: Call, logon_name: str, domain_name: str, codes: Sequence[str]) -> None:
    key = _key(logon_name, domain_name)
    names = {"key": key, "LogonName": logon_name, "DomainName": domain_name}
    call.store.add(User, {**names, "pinCode": _digits(key, 7), "securePinCode": _digits(key, 5), "useSecurePinCode": 1})
    call.store.add_many(Card, [{"CardCode": code, "user": key} for code in codes])


@FAKE.controls
class NddPrintControl(ControlPlane):
    """What the vendor's own screens do."""

    def print_users(self, users: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        """Users, each by logon name, domain name and card codes."""
        with self._machine.transaction():
            for user in users:
                _add(self._machine.call(SYSTEM.name), *user)

    def print_account(self, unique: bool = True, autorenew: bool = True) -> None:
        """Whether the account allows one card code a user, and renews PINs."""
        with self._machine.transaction():
            self._machine.store.set(UNIQUE, unique)
            self._machine.store.set(AUTORENEW, autorenew)
