"""What one types for each case of CarmaChain."""

from tests.helpers.witness import Reading, Witness
from tests.vendors.carmachain.witness_setup import prepare
from toolkit.vendors.base import Connection
from toolkit.vendors.carmachain.api import Detail
from toolkit.vendors.carmachain.client import CarmaChain

PEOPLE = [{"IdDocument": "3184710691", "PhoneNumber": "+380999999999"}, {"PhoneNumber": "0999999998"}]
ROWS, IDS = "parametrRequest", ["5f2b1c0e9d3a", "5f2b1c0e9d3b"]
PERSON = {"idDocument": "3184710691", "phoneNumber": "+380999999999", "idRequest": IDS[0], "status": "Done"}
ANSWERS = [
    {**PERSON, "idPpeers": "peer-7", "groupData": "Address", "fieldName": "city", "fieldValue": "Kyiv"},
    {**PERSON, "idPpeers": "peer-7", "groupData": "Credit History", "fieldName": "open_loans", "fieldValue": "2"},
    {"phoneNumber": "0999999998", "idRequest": IDS[1], "status": "Panding"},
]

READINGS: dict[str, tuple[Reading, ...]] = {
    "get token": (Reading(lambda s: s.get_token(), "token"),),
    "create request, one category": (Reading(lambda s: s.create_request("All categories", PEOPLE), ROWS),),
    "create request, several categories": (
        Reading(lambda s: s.create_request(["Address", "Contacts"], [{"IdDocument": "3184710691"}]), ROWS),
    ),
    "respond, by ids": (
        Reading(lambda s: s.respond("All categories", ids=IDS), ROWS),
        Reading(lambda s: CarmaChain(Connection(s._call, {}, CarmaChain.system)).answers(ids=IDS), rows=ANSWERS),
    ),
    "respond, by period": (Reading(lambda s: s.respond("Contacts", period=60), ROWS),),
}

WITNESS = Witness(READINGS, prepare, passed_on=Detail.fields)  # what the peers say
