"""What the documents leave open: every reading is listed, can be changed, and is refused where it is misspelt."""

import json

import pytest

import toolkit
from tests.helpers.registry import VENDORS
from toolkit.errors import SettingsError
from toolkit.sandbox import Sandbox
from toolkit.spec import Assumed, Date, Phone
from toolkit.vendors.vendor import Vendor

each_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
OF_ROWS = (Date(name="day"), Phone(name="phone"))  # fields that a contact database has
HERE = "https://api.example"


@each_vendor
def test_an_assumption_is_declared_whole(vendor: Vendor) -> None:
    calls = {name for name in dir(vendor.client) if not name.startswith("_")}
    names = [a.name for a in vendor.system.assumptions]
    assert len(names) == len({*names})
    for a in vendor.system.assumptions:
        assert a.meaning.endswith(".")
        assert a.touches, a.name
        assert {*a.touches} <= calls, a.name
        assert a.value in a.choices if a.choices else type(a.value) in (int, float)
        assert a.other is None or (a.other in a.choices and a.other != a.value), a.name
        assert {*a.facts} <= {*a.choices}
        assert all(meaning for meaning in a.choices.values())


@each_vendor
def test_facts_name_what_is_declared(vendor: Vendor) -> None:
    """A misspelt field would change nothing, in silence."""
    for a in vendor.system.assumptions:
        for value, facts in a.facts.items():
            assumed = Assumed(vendor.system.assumptions, {a.name: value})
            changed: list[object] = [e for e in vendor.service.endpoints.values() if assumed.endpoint(e) is not e]
            changed += [f for f in OF_ROWS if assumed.fields([f]) != (f,)]
            changed += [h for h in [assumed.header(vendor.system.header)] if h.form != vendor.system.header.form]
            assert value == a.value or changed or not facts, (a.name, value)


def test_assumptions_are_a_table(api: toolkit.Api) -> None:
    table = api.ida.assumptions()
    assert table.columns.tolist() == ["name", "meaning", "value", "choices", "provenance", "touches"]
    by_name = table.set_index("name")
    assert by_name.loc["date_form", "value"] == "%d/%m/%Y"
    assert by_name.loc["date_form", "provenance"] == "assumed"
    assert by_name.loc["record_id", "provenance"] == "documented"
    assert by_name.loc["settle_wait", "choices"] == []
    assert "insert_records" in by_name.loc["largest_request", "touches"]


def test_a_call_changes_what_the_environment_changes_what_the_profile_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path_factory.mktemp("home") / "settings.toml"
    file.write_text(
        f'[work.ida]\nbase_url = "{HERE}"\n[work.ida.assumptions]\ndate_form = "%Y-%m-%d"\nphone_form = "national"\n'
        'type_1 = "text"\n[work.ida.confirmed]\ntype_1 = {value = "text", on = 2024-05-06}\n'
        'date_form = {value = "%d/%m/%Y", on = 2024-05-06}\n'
    )
    monkeypatch.setenv("TOOLKIT_SETTINGS", str(file))
    monkeypatch.setenv("TOOLKIT_IDA_ASSUMPTIONS", json.dumps({"phone_form": "+digits", "atomic_requests": False}))
    ida = toolkit.connect("work", ida={"assumptions": {"atomic_requests": True, "largest_request": 10}}).ida
    table = ida.assumptions().set_index("name")
    values = table["value"]
    assert values[["date_form", "phone_form", "atomic_requests", "largest_request", "type_1"]].tolist() == [
        "%Y-%m-%d",
        "+digits",
        True,
        10,
        "text",
    ]
    assert table.loc["type_1", "provenance"] == "confirmed 2024-05-06"
    assert table.loc["date_form", "provenance"] == "assumed"  # another value was confirmed than is in force


@pytest.mark.parametrize(
    ("assumptions", "text"),
    [
        ({"dateform": "as written"}, "ida has no assumption 'dateform'; did you mean 'date_form'"),
        ({"phone_form": "digit"}, "ida: phone_form is not 'digit'; did you mean 'digits'"),
        ({"atomic_requests": 1}, "ida: atomic_requests is not 1"),
        ({"largest_request": 0}, "largest_request is a number from 1 on, not 0"),
        ({"largest_request": 2.5}, "largest_request is a number from 1 on, not 2.5"),
        ({"settle_wait": "65"}, "settle_wait is a number from 0 on, not '65'"),
        ({"settle_wait": float("nan")}, "settle_wait is a number"),
        (["date_form"], "ida.assumptions is a table"),
    ],
)
def test_what_is_misspelt_is_refused(assumptions: object, text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        _ = toolkit.connect(ida={"base_url": HERE, "assumptions": assumptions}).ida


def test_an_environment_that_is_no_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_IDA_ASSUMPTIONS", "date_form=x")
    with pytest.raises(SettingsError, match="TOOLKIT_IDA_ASSUMPTIONS is not JSON"):
        _ = toolkit.connect(ida={"base_url": HERE}).ida


def test_waits_and_sizes_of_a_push_come_from_the_assumptions(box: Sandbox) -> None:
    account = box.settings()["ida"] | {"push": {}}
    known = {"counter_delay": 7, "settle_wait": 90, "largest_request": 12}
    ida = toolkit.connect(ida={**account, "assumptions": known}).ida
    options = ida.connection.policy().options
    assert (options.settle_stable, options.settle_wait, options.chunk_rows) == (7, 90, 12)
    assert ida.connection.policy(options={"chunk_rows": 3}).options.chunk_rows == 3
    carmachain = toolkit.connect(carmachain=box.settings()["carmachain"] | {"push": {}}).carmachain
    assert carmachain.connection.policy().options.chunk_rows == 100
