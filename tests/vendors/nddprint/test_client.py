"""nddPrint 360 from the client's side: reads, and one user's codes and PINs."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit import BadAnswer, NotFound, OutcomeUnknown, Rejected, RowErrors, Secret
from toolkit.sandbox import Sandbox
from toolkit.vendors.nddprint.client import NddPrint

DOMAIN = "dominio123"
ADD = {"method": "POST", "path": "/api/v1/users/add-card-code"}
READ = {"method": "POST", "path": "/api/v1/users/card-codes"}


@pytest.fixture
def ndd(api: toolkit.Api) -> NddPrint:
    return api.nddprint


def sheet(**codes: Any) -> pd.DataFrame:
    """A row for each user, with the code to add."""
    return pd.DataFrame({"LogonName": list(codes), "DomainName": DOMAIN, "CardCode": list(codes.values())})


def held(box: Sandbox) -> dict[str, list[str]]:
    """The codes of each user, as they are stored."""
    codes: dict[str, list[str]] = {}
    for card in box.control.stored("nddprint", "Card"):
        codes.setdefault(card["user"].split("\\")[1], []).append(card["CardCode"])
    return codes


def posts(box: Sandbox) -> int:
    return sum(entry["path"] == ADD["path"] for entry in box.control.log() if entry["system"] == "nddprint")


# ── reads ──


def test_card_codes_are_one_row_each(ndd: NddPrint) -> None:
    codes = ndd.card_codes("ana", DOMAIN)
    assert codes.to_dict("list") == {"CardCode": ["00123"], "uniqueCardCode": [True]}
    none = ndd.card_codes("maria", DOMAIN)
    assert len(none) == 0
    assert (none.dtypes == codes.dtypes).all()


def test_card_codes_of_many_users_keep_order_and_index(box: Sandbox, ndd: NddPrint) -> None:
    box.control.print_account(unique=False)
    box.control.print_users([("dos", DOMAIN, ["1", "02"])])
    users = pd.DataFrame({"LogonName": ["dos", "nadie", "maria"], "DomainName": DOMAIN, "Area": "x"}, index=[9, 5, 7])
    found = ndd.card_codes_of(users)
    assert found.index.tolist() == [9, 9, 5, 7]
    assert found["CardCode"].fillna("-").tolist() == ["1", "02", "-", "-"]
    assert found["error"].fillna("-").tolist() == ["-", "-", "No se encontró el usuario.", "-"]
    assert found["uniqueCardCode"].isna().tolist() == [False, False, True, False]


def test_card_codes_of_nobody_have_the_same_columns(ndd: NddPrint) -> None:
    some, none = (ndd.card_codes_of(sheet(ana="1").head(n)) for n in (1, 0))
    assert len(none) == 0
    assert (none.dtypes == some.dtypes).all()


def test_users_without_a_name_are_not_asked_for(box: Sandbox, ndd: NddPrint) -> None:
    with pytest.raises(RowErrors) as caught:
        ndd.card_codes_of(pd.DataFrame({"LogonName": ["ana", ""], "DomainName": [DOMAIN, None]}, index=["a", "b"]))
    assert set(caught.value.table["row"]) == {"b"}
    assert box.control.log() == []


def test_pins_are_masked(ndd: NddPrint) -> None:
    pins = ndd.pin_codes("ana", DOMAIN)
    assert isinstance(pins["pinCode"][0], Secret)
    pin = pins["pinCode"][0].reveal()
    assert pin not in repr(pins)
    renewed = ndd.renew_pin_code("ana", DOMAIN)
    assert renewed.reveal().startswith("0")  # a leading zero survives
    assert renewed == ndd.pin_codes("ana", DOMAIN)["pinCode"][0] != pins["pinCode"][0]


def test_an_empty_answer_does_not_tell_that_a_pin_was_set(box: Sandbox, ndd: NddPrint) -> None:
    match = {"path": "*/update-*"}
    for body in (b"", b'""', b" \n"):
        box.control.fault(system="nddprint", match=match, commit="before", reply="status", status=200, body=body)
        with pytest.raises(BadAnswer, match="not an answer that the manual shows"):
            ndd.update_secure_pin_code("ana", DOMAIN, "00991")
        box.control.fault(system="nddprint", match=match, commit="before", reply="status", status=200, body=body)
        with pytest.raises(OutcomeUnknown, match="does not tell whether it was done"):
            ndd.renew_pin_code("ana", DOMAIN)


@pytest.mark.parametrize("given", ["00991", Secret("00991")])
def test_a_secure_pin_is_set(ndd: NddPrint, given: Any) -> None:
    ndd.update_secure_pin_code("ana", DOMAIN, given)
    assert ndd.pin_codes("ana", DOMAIN)["securePinCode"][0].reveal() == "00991"


def test_a_pin_is_not_renewed_where_the_account_does_not(box: Sandbox, ndd: NddPrint) -> None:
    box.control.print_account(autorenew=False)
    with pytest.raises(toolkit.AuthError, match="no está habilitada"):
        ndd.renew_pin_code("ana", DOMAIN)


# ── tokens ──


def test_a_token_is_renewed_before_it_ends(box: Sandbox, clock: Any, ndd: NddPrint) -> None:
    for _ in range(4):
        ndd.card_codes("ana", DOMAIN)
        clock.advance(2_592_000 * 0.45)
    tokens = [entry["path"] for entry in box.control.log()].count("/api/v1/token")
    assert tokens == 2
    assert {entry["status"] for entry in box.control.log()} == {200}


def test_a_ready_token_is_enough(box: Sandbox, clock: Any) -> None:
    given = {"base_url": box.addresses["nddprint"], "token": box.control.token("nddprint")}
    api = toolkit.connect(nddprint=given, clock=clock, progress=False)
    assert api.nddprint.card_codes("ana", DOMAIN)["CardCode"].tolist() == ["00123"]


def test_a_wrong_secret_key_is_one_clear_error(box: Sandbox, clock: Any) -> None:
    account = {**box.settings()["nddprint"], "secret_key": "sentinel-secret"}
    with pytest.raises(toolkit.AuthError) as caught:
        toolkit.connect(nddprint=account, clock=clock, progress=False).nddprint.card_codes("ana", DOMAIN)
    assert "sentinel-secret" not in str(caught.value)


def test_missing_credentials_are_said(box: Sandbox) -> None:
    api = toolkit.connect(nddprint={"base_url": box.addresses["nddprint"]})
    with pytest.raises(toolkit.SettingsError, match="client_id and secret_key"):
        api.nddprint.card_codes("ana", DOMAIN)


# ── one code ──


def test_a_code_is_added_or_put_in_the_place_of_the_old_one(box: Sandbox, ndd: NddPrint) -> None:
    ndd.add_card_code("maria", DOMAIN, "0007")
    with pytest.raises(Rejected) as kept:
        ndd.add_card_code("maria", DOMAIN, "0008")
    assert kept.value.code == "old code kept"
    assert "the old one was not replaced" in str(kept.value)
    assert held(box)["maria"] == ["0007"]
    ndd.add_card_code("maria", DOMAIN, "0008", replace=True)
    assert held(box)["maria"] == ["0008"]


def test_the_three_refusals_are_told_apart(ndd: NddPrint) -> None:
    with pytest.raises(NotFound) as nobody:
        ndd.add_card_code("nadie", DOMAIN, "1")
    with pytest.raises(Rejected) as taken:
        ndd.add_card_code("ana", DOMAIN, "123456789")
    assert (nobody.value.code, taken.value.code) == ("user not found", "code in use")


@pytest.mark.parametrize(
    ("body", "text", "code"),
    [
        ("O código está sendo utilizado por outro usuário.", "O código está sendo", "code in use"),
        ("The code is being used by another user.", "The code is being used by another user.", "code in use"),
        ({"message": "O usuário não foi encontrado."}, "O usuário não foi encontrado.", "user not found"),
        ({"Title": "The user was not found."}, "The user was not found.", "user not found"),
        ("A required parameter is missing.", "A required parameter is missing.", "parameter missing"),
        ("Error 4711", "Error 4711", None),
        (b"", "no text", None),
    ],
)
def test_a_refusal_keeps_its_text_whatever_it_says(
    box: Sandbox, ndd: NddPrint, body: Any, text: str, code: str | None
) -> None:
    box.control.fault(system="nddprint", match=ADD, reply="status", status=400, body=body)
    with pytest.raises(toolkit.ApiError) as caught:
        ndd.add_card_code("ana", DOMAIN, "1", replace=True)
    assert caught.value.code == code
    assert text in caught.value.message


@pytest.mark.parametrize("fault", [{"reply": "reset"}, {"reply": "truncated"}, {"reply": "lost"}])
def test_doubt_about_one_code_is_settled_by_reading(box: Sandbox, ndd: NddPrint, fault: dict[str, Any]) -> None:
    box.control.fault(system="nddprint", match=ADD, commit="before", **fault)
    ndd.add_card_code("maria", DOMAIN, " 0007")
    assert held(box)["maria"] == ["0007"]
    assert posts(box) == 1


def test_doubt_that_stays_is_said(box: Sandbox, ndd: NddPrint) -> None:
    box.control.fault(system="nddprint", match=ADD, commit="never", reply="reset")
    with pytest.raises(OutcomeUnknown):
        ndd.add_card_code("maria", DOMAIN, "0007")
    box.control.fault(system="nddprint", match=ADD, commit="before", reply="reset")
    box.control.fault(system="nddprint", match=READ, times=None, reply="status", status=400, body="no")
    with pytest.raises(OutcomeUnknown):
        ndd.add_card_code("maria", DOMAIN, "0007")
    assert posts(box) == 2
