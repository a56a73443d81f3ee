"""`.raw`: the vendors' services one to one. And what stands beside it: only what an analyst uses."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import toolkit
from tests.helpers.toy_vendor import SYSTEM
from toolkit.calls.client import Client
from toolkit.errors import ArgumentError, InputError, NotFound, OutcomeUnknown, Rejected
from toolkit.http import wire
from toolkit.http.answers import Answer, Classification, Verdict, classify
from toolkit.http.attempt import Attempt
from toolkit.http.secrets import Secret
from toolkit.sandbox import Sandbox
from toolkit.spec import Endpoint, Payload

VENDORS = toolkit.Api.vendors()
each_vendor = pytest.mark.parametrize("name", VENDORS)
RAW_ONLY = {name: {*v.service.raw_only.endpoints} if v.service.raw_only else set() for name, v in VENDORS.items()}


def shown(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


# ── what completion shows ────────────────────────────────────────────────────


@each_vendor
def test_raw_has_every_service_with_its_declared_arguments(api: toolkit.Api, name: str) -> None:
    system, service = getattr(api, name), VENDORS[name].service
    assert shown(system.raw) == set(service.endpoints)
    for endpoint in service.endpoints.values():
        call = getattr(system.raw, endpoint.name)
        signature = inspect.signature(call)
        assert list(signature.parameters) == [a.name for a in endpoint.arguments]
        assert signature == inspect.signature(service.declared(endpoint.name)).replace(
            parameters=list(signature.parameters.values()), return_annotation=Any
        )
        doc = inspect.getdoc(call) or ""
        assert f"{endpoint.method} {endpoint.path}" in doc
        assert [a.name for a in endpoint.arguments if f"    {a.name}: " not in doc] == []


@each_vendor
def test_what_stands_beside_raw_is_what_an_analyst_calls(api: toolkit.Api, name: str) -> None:
    system = getattr(api, name)
    assert not RAW_ONLY[name] & shown(system)
    assert {n for n in shown(system) if not callable(getattr(system, n))} == {"raw"}
    assert set(VENDORS[name].service.endpoints) - RAW_ONLY[name] <= shown(system)
    for service in RAW_ONLY[name]:
        assert not hasattr(system, service)
        with pytest.raises(AttributeError, match=rf"^{name}\.{service} is a service of the vendor: call {name}\.raw\."):
            getattr(system, service)


@each_vendor
def test_a_misspelt_name_is_answered_with_the_nearest(api: toolkit.Api, name: str) -> None:
    system = getattr(api, name)
    for thing in (system, system.raw):
        known = next(n for n in sorted(shown(thing), key=len, reverse=True))
        with pytest.raises(AttributeError, match=f"did you mean '{known}'"):
            getattr(thing, f"{known[:-1]}x{known[-1]}")
        assert not hasattr(thing, "nothing_like_it_at_all")


# ── what is sent ─────────────────────────────────────────────────────────────


class Once:
    """A session that notes what it is asked to send, and gives one answer."""

    def __init__(self, answer: Any) -> None:
        self.answer_, self.asked = answer, list[tuple[str, wire.Request, Endpoint]]()

    def wait_for_pause(self, endpoint: Endpoint) -> None:
        pass

    def send(self, endpoint: Endpoint, request: wire.Request) -> Classification:
        self.asked.append(("again and again", request, endpoint))
        return Classification(Verdict.ACKED, payload=self.answer_)

    def attempt(self, endpoint: Endpoint, request: wire.Request) -> Attempt:
        self.asked.append(("once", request, endpoint))
        return Attempt(Classification(Verdict.ACKED, payload=self.answer_))


@pytest.mark.parametrize(
    ("call", "how", "sent"),
    [
        (lambda r: r.record("not a number"), "again and again", {"recordId": "not a number"}),
        (lambda r: r.post_records(7, [{"values": 1}]), "once", b'{"database_id":7,"records":[{"values":1}]}'),
        (lambda r: r.update_record(7, {"A": 1, "B": None}), "once", b'{"recordID":7,"A":1}'),
        (lambda r: r.create_database("", ["x"]), "once", b'{"name":"","fieldList":["x"]}'),
        (lambda r: r.delete_database(-1), "once", {}),
    ],
)
def test_values_travel_as_they_are_given(call: Callable[[Any], Any], how: str, sent: Any) -> None:
    from toolkit.spec import raw_services

    session = Once({"any": "thing"})
    raw = raw_services(VENDORS["ida"].service)(Client(session, progress=False).raw)  # type: ignore[arg-type]
    assert call(raw) == {"any": "thing"}
    ((asked, request, endpoint),) = session.asked
    assert asked == how
    assert isinstance(endpoint.returns, Payload)
    assert (request.query if isinstance(sent, dict) else request.body) == sent


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan")])
def test_what_has_no_form_in_json_is_refused_before_sending(api: toolkit.Api, box: Sandbox, value: Any) -> None:
    api.ida.databases()
    before = len(box.control.log())
    with pytest.raises(ValueError, match=r"JSON"):
        api.ida.raw.post_records(11111, value)
    assert len(box.control.log()) == before


def test_a_path_needs_its_arguments(api: toolkit.Api) -> None:
    with pytest.raises(InputError, match="id: is required"):
        api.ida.raw.database(None)
    with pytest.raises(ArgumentError, match=r"^ida.raw.database\(\) has no argument 'idd'; did you mean 'id'\?"):
        api.ida.raw.database(idd=1)


def test_a_file_is_read(api: toolkit.Api, tmp_path: Any) -> None:
    path = tmp_path / "nota.pdf"
    path.write_bytes(b"%PDF-1.4\n%%EOF\n")
    envelope = api.signio.create_envelope("Contrato")
    answer = api.signio.raw.upload_document(envelope, path)
    assert api.signio.documents(envelope)["id_documento"].tolist() == [answer["id_documento"]]
    with pytest.raises(InputError, match="document: cannot be read"):
        api.signio.raw.upload_document(envelope, tmp_path / "none.pdf")


# ── what comes back ──────────────────────────────────────────────────────────


def test_answers_come_as_they_are(api: toolkit.Api) -> None:
    answer = api.ida.raw.database(11111)
    assert {"code", "data"} <= set(answer)
    assert answer["data"]["id"] == 11111
    assert [f["name"] for f in answer["data"]["fieldList"]] == api.ida.fields(11111)["name"].tolist()
    assert api.nddprint.raw.post_card_code("maria", "dominio123", "0007") is True


def test_secrets_in_answers_are_masked(api: toolkit.Api, box: Sandbox) -> None:
    account, client = box.credentials["signio"], box.credentials["nddprint"]
    envelope = api.signio.create_envelope("Contrato")
    secrets = [
        api.signio.raw.create_token(account["email"], account["password"])["token"],
        api.signio.raw.authenticate(account["email"], Secret(account["password"]))["tokens"][0]["token"],
        api.signio.raw.magic_link(envelope)["magic_link"],
        api.nddprint.raw.token(client["client_id"], client["secret_key"])["accessToken"],
        api.nddprint.raw.pin_codes("ana", "dominio123")["pinCode"],
        api.nddprint.raw.renew_pin_code("ana", "dominio123"),
        api.carmachain.raw.get_token()["token"],
    ]
    assert all(isinstance(secret, Secret) and secret.reveal() for secret in secrets)


def test_refusals_are_raised(api: toolkit.Api) -> None:
    with pytest.raises(NotFound):
        api.ida.raw.database(999_999)
    with pytest.raises(Rejected):
        api.ida.raw.post_records(11111, [{"values": [{"field_id": 1, "fvalue": 5}]}])
    with pytest.raises(Rejected):  # the vendor answers `false`
        api.nddprint.raw.post_card_code("luis", "dominio123", "00123")


def test_a_write_is_sent_once_whatever_comes_back(api: toolkit.Api, box: Sandbox) -> None:
    api.ida.databases()
    for fault, error in (({"reply": "status", "status": 503}, toolkit.ApiError), ({"reply": "lost"}, OutcomeUnknown)):
        box.control.fault(system="ida", match={"method": "POST"}, times=1, **fault)
        before = len(box.control.log())
        with pytest.raises((error, OutcomeUnknown)):
            api.ida.raw.post_records(11111, [])
        assert len(box.control.log()) == before + 1
    box.control.fault(system="ida", match={"method": "GET"}, times=1, reply="status", status=503)
    assert api.ida.raw.databases()["data"]


def answered(body: bytes, status: int = 200) -> Classification:
    from datetime import UTC, datetime

    endpoint = Endpoint("POST", "/x", "1", system=SYSTEM, returns=Payload())
    return classify(endpoint, Answer(status, {}, body), datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "payload"), [(b"{}", {}), (b"[]", []), (b'"OK"', "OK"), (b"%PDF-1.4", b"%PDF-1.4"), (b"", b""), (b"7", 7)]
)
def test_what_is_not_json_comes_as_bytes(body: bytes, payload: Any) -> None:
    judgement = answered(body)
    assert (judgement.verdict, judgement.payload) == (Verdict.ACKED, payload)


def test_a_web_page_is_no_answer() -> None:
    assert answered(b" <html>sign in</html>").verdict is Verdict.AMBIGUOUS


def test_nothing_of_a_raw_call_is_in_the_ledger(api: toolkit.Api) -> None:
    (field, *_) = api.ida.fields(11111)["id"]
    before = len(toolkit.pushes())
    api.ida.raw.post_records(11111, [{"values": [{"field_id": int(field), "fvalue": "ana@example.cl"}]}])
    assert len(toolkit.pushes()) == before
