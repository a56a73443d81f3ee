"""What is called for each recorded cassette of nddPrint.

The account must hold, in the domain DOMAIN, the users `ana` and `luis` with a code, and `maria` without one.
"""

from functools import partial
from typing import Any

import pandas as pd

from tests.helpers.recorded import Case, Results, refused

DOMAIN = "dominio123"
CODES = pd.DataFrame({"LogonName": ["luis", "nadie", "maria"], "DomainName": DOMAIN, "CardCode": ["07", "08", "09"]})


def post_card_code(ndd: Any, _: Results) -> list[Any]:
    """Given, and refused for each of the reasons."""
    tries = {"maria": "0008", "luis": "00123", "nadie": "1"}
    given = ndd.raw.post_card_code("maria", DOMAIN, "0007")
    return [given, *(refused(partial(ndd.raw.post_card_code, name, DOMAIN, code)) for name, code in tries.items())]


CASES: dict[str, Case] = {
    "token": lambda s, _: s.raw.token(s.connection.account["client_id"], s.connection.account["secret_key"]),
    "read_card_codes": lambda s, _: s.raw.read_card_codes("ana", DOMAIN),
    "post_card_code": post_card_code,
    "add_card_codes": lambda s, _: s.add_card_codes(CODES, replace=True, options={"max_rejected": 1}),
    "card_codes_of": lambda s, _: s.card_codes_of(CODES[1:]),
    "pin_codes": lambda s, _: s.pin_codes("ana", DOMAIN),
    "renew_pin_code": lambda s, _: s.renew_pin_code("ana", DOMAIN),
    "update_secure_pin_code": lambda s, _: s.update_secure_pin_code("ana", DOMAIN, "00991"),
}
