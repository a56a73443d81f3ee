"""The small forms: connect, contact databases and records, envelopes, one person asked about."""

import getpass
from typing import Any

import pytest

import toolkit
from tests.helpers.forms import find, has, is_wrong, press, said, shown
from toolkit import forms, settings
from toolkit.notebook.forms.connect import ConnectForm
from toolkit.sandbox import Sandbox

PERSON = {"nombre": "<b>Ana</b>", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}


def run(code: str, **names: Any) -> dict[str, Any]:
    exec(code, names)
    return names


# ── connect ──


@pytest.fixture
def filled(box: Sandbox) -> ConnectForm:
    form = forms.connect()
    find(form, "base_url").value = box.addresses["ida"]
    find(form, "username").value = "demo"
    find(form, "password").value = box.credentials["ida"]["password"]
    return form


def test_connecting_gives_an_api_and_leaves_no_secret_behind(
    filled: ConnectForm, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = box.credentials["ida"]["password"]
    press(filled, "connect")
    assert "Connected: <IDA at 127.0.0.1" in said(filled)
    assert filled.api is not None
    assert len(filled.api.ida.databases())
    assert secret not in repr(filled.view.get_state())
    assert secret not in filled.code
    monkeypatch.setattr(getpass, "getpass", lambda _: secret)
    assert len(run(filled.code)["api"].ida.databases())


def test_a_wrong_password_is_said_and_leaves_its_box(filled: ConnectForm) -> None:
    find(filled, "password").value = "una-clave-mala"
    press(filled, "connect")
    assert is_wrong(filled)
    assert filled.api is None
    assert find(filled, "password").value is None
    assert "una-clave-mala" not in shown(filled) + filled.code


def test_a_second_system_is_added_to_the_first(filled: ConnectForm, box: Sandbox) -> None:
    press(filled, "connect")
    find(filled, "system").value = "signio"
    find(filled, "base_url").value = box.addresses["signio"]
    for name, value in box.credentials["signio"].items():
        find(filled, name).value = value
    press(filled, "connect")
    assert filled.api is not None
    assert len(filled.api.ida.databases())
    assert filled.api.signio.envelopes() is not None


def test_secrets_are_kept_only_where_that_is_wanted(filled: ConnectForm, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, str]] = []
    monkeypatch.setattr(settings, "keep", lambda system, profile, name, value: kept.append((profile, name)))
    press(filled, "connect")
    assert kept == []
    find(filled, "password").value = "una-clave-mala"
    find(filled, "keep").value = True
    press(filled, "connect")
    assert kept == []


def test_a_kept_secret_is_not_asked_for_by_the_code(filled: ConnectForm, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, str]] = []
    monkeypatch.setattr(settings, "keep", lambda system, profile, name, value: kept.append((profile, name)))
    find(filled, "keep").value = True
    find(filled, "profile").value = "work"
    find(filled, "base_url").value = find(filled, "base_url").value
    press(filled, "connect")
    assert is_wrong(filled) or kept == [("work", "password")]


def test_what_the_profile_says_is_there_and_no_secret(home: Any) -> None:
    home.mkdir()
    (home / "settings.toml").write_text(
        '[work.ida]\nbase_url = "https://ida.example.cl"\nusername = "ana"\n', encoding="utf-8"
    )
    form = forms.connect()
    find(form, "profile").value = "work"
    assert (find(form, "base_url").value, find(form, "username").value) == ("https://ida.example.cl", "ana")
    assert find(form, "password").value is None


def test_the_sandbox_needs_no_form() -> None:
    form = forms.connect()
    find(form, "profile").value = "sandbox"
    press(form, "connect")
    assert 'toolkit.connect("sandbox")' in said(form)


# ── IDA ──


def test_a_database_is_made_once(api: toolkit.Api) -> None:
    form = forms.create_database(api.ida)
    press(form, "create")
    assert is_wrong(form)
    assert "Name is required" in shown(form)
    find(form, "name", 0).value = "Clientes <2026>"
    find(form, "name", 1).value = "CORREO"
    find(form, "type").value = "2"
    press(form, "add-field")
    press(form, "add-field")
    find(form, "name", 3).value = "NOMBRE"
    press(form, "create")
    made = form.database
    assert made is not None
    assert api.ida.fields(made)[["name", "kind"]].to_numpy().tolist() == [["CORREO", "email"], ["NOMBRE", "text"]]
    assert "Clientes <2026>" in said(form)
    count = len(api.ida.databases())
    press(form, "create")
    assert len(api.ida.databases()) == count
    run(form.code, api=api)
    assert len(api.ida.databases()) == count + 1


def test_only_what_was_changed_of_a_record_is_sent(api: toolkit.Api, box: Sandbox) -> None:
    form = forms.edit_record(api.ida)
    find(form, "record").value = "1234"
    press(form, "load")
    press(form, "save")
    assert "Nothing was changed." in said(form)
    find(form, "TELEFONO").value = "56912345699"
    press(form, "save")
    assert "Changed: TELEFONO" in said(form)
    assert api.ida.record(1234)["TELEFONO"].iloc[0] == "56912345699"
    assert form.code == "api.ida.update_record(1234, {'TELEFONO': '56912345699'})"


def test_a_refused_value_is_said_beside_its_field(api: toolkit.Api) -> None:
    form = forms.edit_record(api.ida)
    find(form, "record").value = "1234"
    press(form, "load")
    find(form, "TELEFONO").value = "12"
    press(form, "save")
    assert find(form, "TELEFONO").element.attributes["aria-invalid"] == "true"
    assert "erróneo: 12" in shown(form)
    assert is_wrong(form)


def test_a_field_can_be_cleared_and_is_not_blamed_for_another(api: toolkit.Api) -> None:
    form = forms.edit_record(api.ida)
    find(form, "record").value = "1234"
    press(form, "load")
    find(form, "NOMBRE").value, find(form, "TELEFONO").value = "", "12"
    press(form, "save")
    wrong = {name for name in ("NOMBRE", "TELEFONO") if find(form, name).element.attributes["aria-invalid"]}
    assert wrong == {"TELEFONO"}
    find(form, "TELEFONO").value = "56912345678"
    press(form, "save")
    assert api.ida.record(1234)["NOMBRE"].tolist() == [""]


@pytest.mark.parametrize("number", ["", "soon", "999999"])
def test_a_record_that_is_not_there_is_said(api: toolkit.Api, number: str) -> None:
    form = forms.edit_record(api.ida)
    find(form, "record").value = number
    press(form, "load")
    assert is_wrong(form)
    assert not has(form, "save")


# ── SIGNIO ──


@pytest.fixture
def draft(api: toolkit.Api) -> str:
    made = api.signio.create_envelope("Contrato <script>")
    signer = api.signio.add_signer(made, **PERSON)
    document = api.signio.upload_document(made, ("c.pdf", b"%PDF-1.4\n%%EOF"))
    api.signio.link(made, signer, document)
    return str(made)


def test_envelopes_are_found_and_one_opened(api: toolkit.Api, draft: str) -> None:
    form = forms.search_envelopes(api.signio)
    find(form, "updated_from").value = "ayer"
    press(form, "search")
    assert "updated_from" not in said(form)
    assert "Changed from" in shown(form)
    assert is_wrong(form)
    find(form, "updated_from").value = ""
    find(form, "name").value = "CONTRATO"
    press(form, "search")
    assert "1 found" in said(form)
    assert form.code == "api.signio.search_envelopes(name='CONTRATO')"
    assert form.envelopes["id"].tolist() == [draft]
    press(form, "open")
    assert "● En elaboración" in shown(form)
    find(form, "name").value = "nothing like it"
    press(form, "search")
    assert "0 found" in said(form)
    assert not has(form, "open")


def test_an_envelope_offers_what_its_state_allows(api: toolkit.Api, box: Sandbox, draft: str) -> None:
    form = forms.envelope(api.signio, draft)
    form.join(60)
    assert "● En elaboración" in shown(form)
    assert "<b>Ana</b>" in shown(form)
    assert has(form, "delete_envelope")
    press(form, "distribute")
    assert "first. Nothing was done." in said(form)
    assert box.control.outbox() == []
    find(form, "sure-distribute").value = True
    press(form, "distribute")
    assert "● Pendiente de firma" in shown(form)
    assert "awaited now" in shown(form)
    assert len(box.control.outbox()) == 1
    assert form.code == f"api.signio.distribute({draft!r})"
    assert not has(form, "delete_envelope")
    find(form, "sure-return_to_draft").value = True
    press(form, "return_to_draft")
    assert "● En elaboración" in shown(form)
    find(form, "sure-delete_envelope").value = True
    press(form, "delete_envelope")
    assert not has(form, "distribute")
    assert draft not in set(api.signio.envelopes()["id_transaccion"])


def test_an_envelope_that_is_not_there_is_said(api: toolkit.Api) -> None:
    form = forms.envelope(api.signio, "no-such")
    form.join(60)
    assert is_wrong(form)


# ── CarmaChain ──


def test_a_person_is_asked_about_once_and_looked_at_again(api: toolkit.Api, box: Sandbox) -> None:
    form = forms.ask(api.carmachain)
    press(form, "ask")
    assert "Give a document or a phone" in said(form)
    find(form, "PhoneNumber").value = "0999999999"
    press(form, "ask")
    assert "of 1 answered" in said(form)
    asked = form.tickets["idRequest"].tolist()
    press(form, "ask")
    press(form, "look")
    assert form.tickets["idRequest"].tolist() == asked
    assert len([r for r in box.control.log() if r["path"].endswith("createrequest")]) == 1


def test_a_phone_that_is_none_is_said_beside_it(api: toolkit.Api) -> None:
    form = forms.ask(api.carmachain)
    find(form, "PhoneNumber").value = "12"
    press(form, "ask")
    assert "PhoneNumber is" in shown(form)
    assert not len(form.tickets)


def test_an_error_on_the_way_is_said(api: toolkit.Api, box: Sandbox) -> None:
    form = forms.ask(api.carmachain)
    find(form, "PhoneNumber").value = "0999999999"
    box.control.fault(system="carmachain", match={"path": "*/createrequest"}, times=None, reply="status", status=503)
    press(form, "ask")
    assert is_wrong(form)


# ── probe ──


def test_accounts_are_compared_and_what_differs_is_saved(api: toolkit.Api, box: Sandbox) -> None:
    box.control.assume("nddprint", {"users_in_path": False})
    form = forms.probe(api)
    for name in ("ida", "signio", "carmachain"):
        find(form, f"system-{name}").value = False
    press(form, "compare")
    assert "1 line differs." in said(form)
    assert form.findings.set_index("what").loc["users_in_path", "result"] == "differs"
    assert "users_in_path = false" in shown(form)
    assert form.code.startswith("!analyst-toolkit probe nddprint --profile")
    press(form, "save")
    assert "Saved in" in said(form)
    assert settings.profiles()[api._profile]["nddprint"]["assumptions"] == {"users_in_path": False}
