"""The scenes that play other people on the sandbox: they do what they say, once, wherever the sandbox runs."""

from datetime import UTC, datetime

import pandas as pd
import pytest

import toolkit
from toolkit.sandbox import Sandbox
from toolkit.sandbox.demo.scenes import add_print_users, control, live_through

USERS = pd.DataFrame({"LogonName": ["apena", "bsoto", "ana"], "DomainName": ["SANTIAGO", "LIMA", "dominio123"]})


@pytest.fixture(autouse=True)
def _running(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)


def test_it_reaches_the_sandbox_that_connect_uses(box: Sandbox) -> None:
    before = box.control.clock()
    assert control("clock", advance=3600) - before >= 3600


def test_a_mistake_is_said() -> None:
    with pytest.raises(toolkit.InputError, match="no such method"):
        control("singn", envelope_id="x")
    with pytest.raises(toolkit.InputError, match="not now"):
        control("sign", envelope_id="no-such-envelope")


def test_print_users_are_added_once(box: Sandbox) -> None:
    before = len(box.control.stored("nddprint", "User"))
    add_print_users(USERS)
    add_print_users(USERS)
    assert len(box.control.stored("nddprint", "User")) == before + 2  # ana was known


def test_a_month_is_played_once(box: Sandbox) -> None:
    api = toolkit.connect("sandbox", progress=False)
    live_through("2026-10", api, USERS)
    envelopes = api.signio.search_envelopes()
    assert envelopes["status"].value_counts().to_dict() == {"Firmada": 3, "Pendiente de Firma": 2, "Rechazada": 1}
    assert envelopes["updated_at"].between("2026-10-01", "2026-10-31", inclusive="both").all()
    end = datetime.fromtimestamp(box.control.clock(), UTC)
    assert (end.year, end.month, end.day) == (2026, 11, 1)
    live_through("2026-10", api, USERS)
    assert len(api.signio.search_envelopes()) == len(envelopes)
