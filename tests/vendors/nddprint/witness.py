"""What one types for each case of nddPrint 360."""

from tests.helpers.witness import Reading, Witness
from tests.vendors.nddprint.witness_setup import prepare
from toolkit.errors import Rejected

USER = {"logon_name": "usuario123", "domain_name": "dominio123"}

READINGS: dict[str, tuple[Reading, ...]] = {
    "token": (Reading(lambda s: s.token("089d290d78df42caa3f6d3381f1239a1", "<secret>")),),
    "card codes of a user": (Reading(lambda s: s.read_card_codes(**USER)),),
    "card codes of an unknown user": (Reading(lambda s: s.read_card_codes("nadie", "dominio123"), raises=Rejected),),
    "add a card code": (Reading(lambda s: s.post_card_code(**USER, card_code="ABC123456", replace=True)),),
    "add a card code, a parameter missing": (
        Reading(lambda s: s._call(s.endpoints["post_card_code"], USER, checked=True), raises=Rejected),
    ),
    "add a card code that another user has": (
        Reading(lambda s: s.post_card_code(**USER, card_code="TAKEN", replace=True), raises=Rejected),
    ),
}

WITNESS = Witness(
    READINGS,
    prepare,
    undocumented=frozenset({"pin_codes", "renew_pin_code", "update_secure_pin_code"}),  # of the vendor's help pages
    codes=frozenset({"tokenType"}),
)
