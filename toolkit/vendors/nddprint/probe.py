"""nddPrint 360: what an account shows of our readings. Writes need a user that somebody names."""

from typing import Any

from toolkit.errors import ApiError, NotFound, Rejected, ToolkitError
from toolkit.plain import mark, message
from toolkit.vendors.nddprint.api import KEPT
from toolkit.vendors.probing import Probe, masked

WRITES = mark(
    "nddPrint: gives the user named by nddprint_user=NAME@DOMAIN one more card code, 000000000001, without replacing "
    "any. It stays there: take it away in the portal. Without such a user nothing is written."
)
SUBJECTS = {"nddprint_user": mark("a user, as NAME@DOMAIN or DOMAIN/NAME")}
NOBODY = ("analyst-toolkit-probe", "analyst-toolkit-probe")
CODE = "000000000001"


def reads(probe: Probe) -> None:
    """What can be seen without a write: a user who does not exist is not found, where the address is right."""
    probe.settle("users_in_path", _asks_for_nobody)
    if user := _user(probe):
        probe.read("read_card_codes", logon_name=user[0], domain_name=user[1])


def _asks_for_nobody(nddprint: Any) -> str:
    try:
        nddprint.card_codes(*NOBODY)
    except ApiError as problem:
        if problem.status == 400:  # the document's status of a user that is not found
            return masked(str(problem))
        raise
    return ""


def _user(probe: Probe) -> tuple[str, str] | None:
    """The user that somebody names, as DOMAIN/name or name@domain."""
    named = probe.subjects.get("nddprint_user", "")
    domain, _, name = named.rpartition("/")
    if not domain:
        name, _, domain = named.partition("@")
    return (name, domain) if name else None


def writes(probe: Probe) -> None:
    """What only a write shows."""
    user = _user(probe)
    if user is None:
        return
    nddprint = probe.client()
    try:
        before = nddprint.card_codes(*user)["CardCode"].tolist()
        nddprint.raw.post_card_code(*user, CODE, replace=False)
        probe.cannot_tell("false_answer", message("the answer was true"))
    except (Rejected, NotFound) as problem:
        if problem.code != KEPT:
            probe.cannot_tell("false_answer", masked(str(problem)))
            return
        added = CODE in set(nddprint.card_codes(*user)["CardCode"]) - set(before)
        evidence = message("the code is there then") if added else message("the code is not there then")
        probe.decide("false_answer", "done" if added else "refused", evidence)
    except ToolkitError as problem:
        probe.cannot_tell("false_answer", masked(str(problem)))
    probe.cannot_tell("empty_domain", message("a user without a domain has to be named"))
