"""CarmaChain: what a peer shows of our readings. Writes need a person that somebody names, and may cost money."""

from typing import Any

from toolkit.errors import ApiError, AuthError
from toolkit.plain import mark, message
from toolkit.sheets.value import check_value
from toolkit.spec import Phone
from toolkit.vendors.carmachain.api import CATEGORIES
from toolkit.vendors.probing import Probe

WRITES = mark(
    "CarmaChain: asks about the phone named by carmachain_person=PHONE, for one category. It may cost money. Without "
    "such a person nothing is written."
)
SUBJECTS = {"carmachain_person": mark("the phone of a person who may be asked about")}
CATEGORY = list(CATEGORIES)[1]


def reads(probe: Probe) -> None:
    """What can be seen without a request that costs."""
    probe.settle("authorization", _asks_for_a_minute, understood=(_Answered,))
    probe.settle("categories_form", _asks_for_a_minute)
    answer = probe.read("respond", categories=CATEGORY, period=1)
    _status(probe, (answer or {}).get("response"))


class _Answered(ApiError):
    """The credential was understood, whatever became of the rest."""


def _asks_for_a_minute(carmachain: Any) -> str:
    """What was asked in the last minute. Only a credential that is not understood is refused as such."""
    try:
        carmachain.connection.client(carmachain.endpoints["respond"], {"categories": CATEGORY, "period": 1})
    except AuthError:
        raise
    except ApiError as problem:
        raise _Answered(problem.message, service="respond", status=problem.status) from None
    return ""


def _status(probe: Probe, response: Any) -> None:
    """Which of its members says how it went."""
    if not isinstance(response, dict):
        probe.cannot_tell("status_object", message("the answer has no `response`"))
        return
    known = {"code": "code", "success": "success"}
    shape = message("its members: {names}", names=", ".join(response))
    ours = probe.connection.assumed["status_object"]
    if ours in response or ours == "ignored":
        probe.decide("status_object", ours, shape)
    elif value := next((known[name] for name in known if name in response), None):
        probe.decide("status_object", value, shape)
    else:
        probe.cannot_tell("status_object", shape)


def writes(probe: Probe) -> None:
    """What only a request about a person shows."""
    phone = probe.subjects.get("carmachain_person")
    probe.cannot_tell("too_many_requests", message("the peer is not asked too often"))
    probe.cannot_tell("largest_request", message("it is not tried how much the peer bears"))
    if phone:
        spelt, problem = check_value(Phone(country="UA", form="trunk"), phone)
        if problem:
            probe.cannot_tell("phone_form", message("the person named {problem}", problem=problem))
        else:  # written as people do at home, it is taken where every form is
            probe.settle("phone_form", lambda peer: _ask(peer, spelt))


def _ask(carmachain: Any, phone: str) -> str:
    carmachain.connection.client(
        carmachain.endpoints["create_request"], {"categories": CATEGORY, "people": [{"PhoneNumber": phone}]}
    )
    return ""
