"""nddPrint 360 in the sandbox, as a plain HTTP client sees it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from toolkit.sandbox import Sandbox

ANA = {"LogonName": "ana", "DomainName": "dominio123"}
NO_USER = "No se encontró el usuario."
IN_USE = "El código está siendo utilizado por otro usuario."
INCOMPLETE = "La petición está faltando el cuerpo o algún parámetro necesario."


class Client:
    def __init__(self, box: Sandbox) -> None:
        self.url, self.http = f"{box.addresses['nddprint']}/api/v1", requests.Session()
        account = box.credentials["nddprint"]
        self.login = {"clientID": account["client_id"], "SecretKey": account["secret_key"]}
        self.http.headers["Authorization"] = f"Bearer {self.post('token', self.login).json()['accessToken']}"

    def post(self, path: str, body: Any) -> requests.Response:
        return self.http.post(f"{self.url}/{path}", json=body, timeout=10)

    def codes(self, user: dict[str, str]) -> list[str]:
        codes: list[str] = self.post("users/card-codes", user).json()["cardCodes"]
        return codes

    def add(self, user: dict[str, str], code: str, replace: bool = False) -> requests.Response:
        return self.post("users/add-card-code", user | {"CardCode": code, "ReplaceUniqueCardCode": replace})


@pytest.fixture
def vendor(box: Sandbox) -> Iterator[Client]:
    caller = Client(box)
    yield caller
    caller.http.close()


def test_a_token_lives_as_long_as_it_says(box: Sandbox, vendor: Client) -> None:
    box.control.clock(set="2026-03-02T12:00:00+00:00")
    answer = vendor.post("token", vendor.login).json()
    assert (answer["expiresIn"], answer["tokenType"]) == (2_592_000, "Bearer")
    vendor.http.headers["Authorization"] = f"Bearer {answer['accessToken']}"
    box.control.clock(advance=2_591_999)
    assert vendor.post("users/card-codes", ANA).status_code == 200
    box.control.clock(advance=1)
    assert vendor.post("users/card-codes", ANA).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "nonsense", "Bearer a.b.c"])
def test_without_a_good_token_nobody_comes_in(vendor: Client, header: str) -> None:
    vendor.http.headers["Authorization"] = header
    assert vendor.post("users/card-codes", ANA).status_code == 401


def test_a_wrong_secret_key_gives_no_token(vendor: Client) -> None:
    assert vendor.post("token", vendor.login | {"SecretKey": "another"}).status_code == 401


def test_both_spellings_of_the_document_are_served(vendor: Client) -> None:
    whole, short = vendor.post("users/card-codes", ANA), vendor.post("card-codes", ANA)
    assert whole.json() == short.json() == {"uniqueCardCode": True, "cardCodes": ["00123"]}
    assert vendor.post("add-card-code", ANA | {"CardCode": "1", "ReplaceUniqueCardCode": True}).json() is True


@pytest.mark.parametrize("path", ["users/card-codes", "users/pin-codes", "users/update-pin-code-autorenew"])
def test_an_unknown_user_is_a_400(vendor: Client, path: str) -> None:
    answer = vendor.post(path, ANA | {"LogonName": "nadie"})
    assert (answer.status_code, answer.json()) == (400, NO_USER)


@pytest.mark.parametrize(
    "body",
    [
        ANA,
        ANA | {"CardCode": "1"},
        ANA | {"CardCode": "1", "ReplaceUniqueCardCode": "true"},
        ANA | {"CardCode": 1, "ReplaceUniqueCardCode": True},
        ANA | {"CardCode": "", "ReplaceUniqueCardCode": True},
        ANA | {"CardCode": None, "ReplaceUniqueCardCode": True},
        [],
    ],
)
def test_a_body_that_is_not_whole_is_a_400_and_changes_nothing(vendor: Client, body: Any) -> None:
    answer = vendor.post("users/add-card-code", body)
    assert (answer.status_code, answer.json()) == (400, INCOMPLETE)
    assert vendor.codes(ANA) == ["00123"]


def test_a_code_belongs_to_one_user(vendor: Client) -> None:
    answer = vendor.add(ANA, "123456789", replace=True)
    assert (answer.status_code, answer.json()) == (400, IN_USE)
    assert vendor.codes(ANA) == ["00123"]


def test_where_one_code_is_allowed_it_is_replaced_or_stays(vendor: Client) -> None:
    assert vendor.add(ANA, "7").json() is False
    assert vendor.codes(ANA) == ["00123"]
    assert vendor.add(ANA, "7", replace=True).json() is True
    assert vendor.codes(ANA) == ["7"]
    assert vendor.add(ANA | {"LogonName": "luis"}, "00123", replace=True).json() is True  # free again


def test_where_several_codes_are_allowed_all_stay(box: Sandbox, vendor: Client) -> None:
    box.control.print_account(unique=False)
    assert vendor.add(ANA, "7", replace=True).json() is True
    assert vendor.add(ANA, "7").json() is True
    assert vendor.codes(ANA) == ["00123", "7"]


def test_names_are_told_apart_without_regard_to_case(vendor: Client) -> None:
    assert vendor.codes({"LogonName": "ANA", "DomainName": "Dominio123"}) == ["00123"]


def test_pins_are_shown_renewed_and_set(box: Sandbox, vendor: Client) -> None:
    before = vendor.post("users/pin-codes", ANA).json()
    renewed = vendor.post("users/update-pin-code-autorenew", ANA).text
    assert renewed.startswith("0")  # bare digits, which are no JSON
    assert renewed.isdigit()
    vendor.post("users/update-secure-pin-code", ANA | {"SecurePinCode": "00991"})
    after = vendor.post("users/pin-codes", ANA).json()
    assert after == before | {"pinCode": renewed, "securePinCode": "00991"}
    box.control.print_account(autorenew=False)
    assert vendor.post("users/update-pin-code-autorenew", ANA).status_code == 403
