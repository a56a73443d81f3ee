"""A ledger knows at which addresses its destination was reached: another one is asked about, never guessed."""

from dataclasses import replace
from pathlib import Path

import pytest

import toolkit
from toolkit.push.destination import Memory
from toolkit.push.store import places
from toolkit.push.store.file import Folder
from toolkit.push.store.ledger import ledger_name

NOW = "2026-11-27T03:00:00+00:00"
IDA = Memory("ida", "ida", "11111 20210816144428", "11111", "database 11111", origin="api.example.com")
SIGNIO = Memory("signio", "sign.example.com", "", "campaign/x", "campaign «x»", origin="sign.example.com")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path


def opened(memory: Memory, state: Path) -> None:
    memory = replace(memory, state=state)
    with places.locked(memory) as place, places.ledger_of(place, memory, NOW):
        pass


@pytest.mark.parametrize(
    "other",
    [
        replace(IDA, origin="test.example.com"),
        replace(IDA, origin="api.example.com:8443"),
        replace(IDA, origin="api.example.com/staging"),
        replace(IDA, origin="test.example.com", part="11111 20220101000000"),  # a copy that was made anew
        replace(IDA, origin="test.example.com", named_by="tenant"),
    ],
)
def test_another_address_is_asked_about(state: Path, other: Memory) -> None:
    opened(IDA, state)
    with pytest.raises(toolkit.PushRefused, match=r'sent at api\.example\.com, and this is .*identity = "ida"'):
        opened(other, state)
    opened(IDA, state)


def test_another_customer_is_asked_about_and_one_who_is_not_named_is_none(state: Path) -> None:
    customers = [replace(IDA, origin=f"api.example.com{whose}") for whose in ("?client_id=1", "", "?client_id=2")]
    opened(customers[0], state)
    opened(customers[1], state)  # by a token alone
    with pytest.raises(toolkit.PushRefused, match="nobody here knows whether these are one account"):
        opened(customers[2], state)
    opened(customers[0], state)


def test_who_says_that_they_are_one_goes_on_there(state: Path) -> None:
    opened(IDA, state)
    opened(replace(IDA, origin="proxy.example.com", named_by="identity"), state)
    opened(replace(IDA, origin="proxy.example.com"), state)  # it is known now
    assert len(list((state / "ledgers").glob("*.sqlite"))) == 1


def test_who_says_that_they_are_two_has_two(state: Path) -> None:
    opened(IDA, state)
    opened(replace(IDA, identity="test", origin="test.example.com", named_by="identity"), state)
    assert len(list((state / "ledgers").glob("*.sqlite"))) == 2


def test_another_database_is_no_other_address(state: Path) -> None:
    opened(IDA, state)
    opened(replace(IDA, origin="test.example.com", part="22222 20210816144428"), state)


@pytest.mark.parametrize("named_by", ["identity", "tenant"])
@pytest.mark.parametrize("memory", [IDA, SIGNIO])
def test_another_name_of_the_same_place_is_asked_about(state: Path, memory: Memory, named_by: str) -> None:
    opened(memory, state)
    renamed = replace(memory, identity="mine", named_by=named_by)
    with pytest.raises(toolkit.PushRefused, match=rf'identity = "{memory.identity}" in the settings goes on'):
        opened(renamed, state)
    assert len(list((state / "ledgers").glob("*.sqlite"))) == 1
    opened(replace(memory, named_by="identity"), state)  # the way on: each of them has a name
    opened(replace(renamed, named_by="identity"), state)


def test_a_name_that_is_taken_away_is_asked_about(state: Path) -> None:
    opened(replace(SIGNIO, identity="mine", named_by="identity"), state)
    with pytest.raises(toolkit.PushRefused, match='identity = "mine" in the settings goes on'):
        opened(SIGNIO, state)


@pytest.mark.parametrize("name", ["EMPRESA  uno", "empresa uno ", "Empresa Uno"])
@pytest.mark.parametrize("named_by", ["identity", "tenant"])
def test_a_name_in_other_letters_is_the_same(state: Path, name: str, named_by: str) -> None:
    opened(replace(SIGNIO, identity="Empresa uno", named_by="tenant"), state)
    with pytest.raises(toolkit.PushRefused, match='identity = "Empresa uno" in the settings goes on'):
        opened(replace(SIGNIO, identity=name, named_by=named_by), state)


def test_a_tenant_that_gets_another_name_is_asked_about(state: Path) -> None:
    opened(replace(SIGNIO, identity="one", named_by="tenant"), state)
    with pytest.raises(toolkit.PushRefused, match='identity = "one" in the settings goes on'):
        opened(replace(SIGNIO, identity="mine", named_by="identity"), state)


def test_an_installation_is_a_host_a_path_and_a_customer() -> None:
    def origin(address: str, **more: str) -> str:
        account = {"secret_key": "x", "base_url": address, **more}
        return toolkit.connect(nddprint=account, progress=False).nddprint.connection.memory("", "").origin

    assert origin("https://API.example.com/one/") == origin("https://api.example.com/one") == "api.example.com/one"
    assert origin("https://api.example.com/two") == "api.example.com/two"
    first, second = (origin("https://api.example.com", client_id=client) for client in ("first", "second"))
    assert first == origin("https://api.example.com", client_id=" First")
    assert first != second
    assert "first" not in first


def test_two_people_are_asked_about_once(state: Path) -> None:
    ana, eva = (replace(SIGNIO, origin=f"{SIGNIO.origin}?email={who}@example.co") for who in ("ana", "eva"))
    opened(SIGNIO, state)  # by a version that kept nobody
    opened(ana, state)
    with pytest.raises(toolkit.PushRefused, match=r"was sent at .*ana@example\.co, and this is .*eva@example\.co"):
        opened(eva, state)
    opened(replace(eva, named_by="identity"), state)  # a colleague
    opened(eva, state)
    opened(ana, state)


def test_a_colleague_who_has_a_name_for_it_is_asked_about(state: Path) -> None:
    opened(replace(SIGNIO, identity="mine", named_by="identity", origin=f"{SIGNIO.origin}?email=ana@example.co"), state)
    with pytest.raises(toolkit.PushRefused, match='identity = "mine" in the settings goes on'):
        opened(replace(SIGNIO, origin=f"{SIGNIO.origin}?email=eva@example.co"), state)


def test_whoever_names_no_tenant_is_known_by_the_address() -> None:
    def origin(**more: str) -> str:
        account = {"base_url": "https://sign.example.co", "password": "x", **more}
        return toolkit.connect(signio=account, progress=False).signio.connection.memory("", "").origin

    assert origin(email=" Ana@example.co") == "sign.example.co?email=ana@example.co"
    assert origin(email="ana@example.co", tenant="X") == origin(email="eva@example.co", tenant="x")


def test_two_tenants_at_one_address_are_two(state: Path) -> None:
    for tenant in ("one", "two"):
        origin = f"{SIGNIO.origin}?tenant={tenant}"
        opened(replace(SIGNIO, identity=tenant, named_by="tenant", origin=origin), state)


def test_a_name_that_gives_way_to_the_tenant_is_asked_about(state: Path) -> None:
    mine = replace(SIGNIO, identity="mine", named_by="identity", origin=f"{SIGNIO.origin}?tenant=one")
    opened(mine, state)
    with pytest.raises(toolkit.PushRefused, match='identity = "mine" in the settings goes on'):
        opened(replace(mine, identity="one", named_by="tenant"), state)


def test_a_card_that_knows_no_address_learns_it(state: Path) -> None:
    opened(replace(IDA, origin=""), state)
    opened(IDA, state)
    with pytest.raises(toolkit.PushRefused, match="this is test"):
        opened(replace(IDA, origin="test.example.com"), state)


def test_a_card_that_cannot_be_read_is_written_again(state: Path) -> None:
    opened(IDA, state)
    card = Folder(state).card(ledger_name(IDA.about))
    card.path.write_text("{")
    opened(IDA, state)
    assert card.read().about == IDA.about
    with pytest.raises(toolkit.PushRefused, match="this is test"):
        opened(replace(IDA, origin="test.example.com"), state)
