"""What is called for each recorded cassette of CarmaChain. Asking may cost money."""

from typing import Any

import pandas as pd

from tests.helpers.recorded import Case, Results

PEOPLE = pd.DataFrame({"IdDocument": ["0000000001", None, None], "PhoneNumber": [None, "0500000002", "+380500000002"]})
SLOWEST = 660  # seconds until the last peer has answered


def respond(carma: Any, earlier: Results) -> list[Any]:
    """By identifiers at once, and of the last hour when every peer has had its time."""
    first = carma.raw.respond("Name", ids=[t["idRequest"] for t in earlier["create_request"]["parametrRequest"]])
    carma.connection.session.clock.sleep(SLOWEST)
    return [first, carma.raw.respond(["Name", "Address"], period=60)]


CASES: dict[str, Case] = {
    "get_token": lambda s, _: s.raw.get_token(),
    "create_request": lambda s, _: s.raw.create_request("Name", [{"IdDocument": "0007", "PhoneNumber": "0500000001"}]),
    "request": lambda s, _: s.request(PEOPLE, categories=["Name", "Address"], options={"chunk_rows": 1}),
    "respond": respond,
    "answers": lambda s, earlier: s.answers(pd.DataFrame(earlier["request"])),
}
