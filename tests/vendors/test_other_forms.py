"""Each alternative form, chosen by configuration, against a vendor that takes only that form; and the default there."""

from typing import Any

import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit.sandbox import Sandbox

SWITCHED = [
    pytest.param(name, a.name, value, id=f"{name}-{a.name}-{value}")
    for name, vendor in toolkit.Api.vendors().items()
    for a in vendor.system.assumptions
    if a.other is not None
    for value in a.choices
    if value not in ("as written", "ignored") and not (a.name.startswith("type_"))
]
PERSON = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}


def ida(api: toolkit.Api) -> None:
    rows = [{"EMAIL": "ana@example.cl", "TELEFONO": "+56 9 1234 5678", "FECHA_NACIMIENTO": "31/12/1980"}]
    assert api.ida.insert_records(11111, rows).complete
    api.ida.update_record(1234, {"FECHA_NACIMIENTO": "31/12/2003", "NOMBRE": ""})
    assert len(api.ida.record(1234)) == 1
    assert api.ida.create_database("Otra", ["A", "B"])


def signio(api: toolkit.Api) -> None:
    assert len(api.signio.tenants())
    draft = api.signio.create_envelope("Contrato", tags=["a", "b"], op_btnRechazo=True)
    api.signio.add_signer(draft, **PERSON, celular="+573001234567", operation_rol=["uno"])
    terms = {"payment_way": "x", "payment_place": "x", "expiration": "2027-01-31"}
    api.signio.upload_promissory_note(draft, type="SIMPLE", template_id=7, amount=1, **terms)
    assert len(api.signio.envelopes(1))
    found = api.signio.search_envelopes(updated_from="2000-01-01", name="Contrato")
    assert found["created_at"].notna().all()
    state = api.signio.envelope(draft)
    assert (state["estado"].iloc[0], state["estado_nombre"].iloc[0]) == (1, "En elaboración")


def nddprint(api: toolkit.Api) -> None:
    assert len(api.nddprint.card_codes("usuario123", "dominio123"))
    rows = [{"LogonName": "maria", "DomainName": "dominio123", "CardCode": "000777"}]
    assert api.nddprint.add_card_codes(rows).complete
    assert len(api.nddprint.pin_codes("usuario123", "dominio123"))


def carmachain(api: toolkit.Api) -> None:
    asked = api.carmachain.request([{"PhoneNumber": "0999999998"}], categories="Address")
    assert asked.complete
    assert len(api.carmachain.answers(asked))


JOBS = {"ida": ida, "signio": signio, "nddprint": nddprint, "carmachain": carmachain}


@pytest.mark.parametrize(("system", "name", "value"), SWITCHED)
def test_each_form_works_where_it_is_the_only_one(box: Sandbox, system: str, name: str, value: Any) -> None:
    box.control.assume(system, {name: value})
    accounts: dict[str, Any] = box.settings()
    accounts[system] = {**accounts[system], "assumptions": {name: value}}
    api = toolkit.connect("work", **accounts, clock=ManualClock(box), progress=False)
    JOBS[system](api)


@pytest.mark.parametrize("system", JOBS)
def test_the_default_is_refused_where_every_form_is_another(box: Sandbox, api: toolkit.Api, system: str) -> None:
    box.control.other_forms()
    with pytest.raises((toolkit.ToolkitError, AssertionError)):
        JOBS[system](api)
