"""IDA as an analyst holds it, against the sandbox: behaviour, never evidence for a name."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import toolkit
from tests.helpers.awkward_frames import each_awkward_frame
from tests.helpers.clock import ManualClock
from toolkit.errors import (
    AuthError,
    InputError,
    NotFound,
    OutcomeUnknown,
    PushRefused,
    Rejected,
    RowErrors,
    SettingsError,
    ToolkitError,
)
from toolkit.http.secrets import Secret
from toolkit.sandbox import Sandbox
from toolkit.vendors.ida.client import Ida
from toolkit.vendors.ida.push import _records

RECORD = 1234  # the last of the demo records
QUICK = {"settle_wait": 1, "settle_stable": 0.1}


@pytest.fixture
def ida(box: Sandbox, clock: ManualClock) -> Ida:
    return connected(box, clock)


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.none() | st.text(max_size=5), min_size=width, max_size=width), min_size=1)
    )
)
def test_the_body_says_what_stands_in_the_cells(rows: list[list[str | None]]) -> None:
    columns = [(100 + n, list(texts)) for n, texts in enumerate(zip(*rows, strict=True))]
    said = [
        {"values": [{"field_id": 100 + n, "fvalue": v} for n, v in enumerate(row) if v is not None]} for row in rows
    ]
    assert json.loads(f"[{_records(columns)}]") == said


def connected(box: Sandbox, clock: ManualClock, **account: Any) -> Ida:
    known = {**box.settings()["ida"], "push": QUICK, **account}
    return toolkit.connect(ida=known, clock=clock, progress=False).ida


def requests(box: Sandbox, service: str) -> int:
    return sum(line["service"] == service for line in box.control.log())


def stored(box: Sandbox, database: int) -> list[dict[str, Any]]:
    return [row["data"] for row in box.control.stored("ida", "Contact", {"database_id": database})]


# ── getting in ───────────────────────────────────────────────────────────────


def test_nothing_is_sent_before_the_first_call_and_one_login_serves_all(ida: Ida, box: Sandbox) -> None:
    assert box.control.log() == []
    ida.databases()
    ida.databases()
    assert requests(box, "login") == 1


def test_the_user_is_one_row_with_a_masked_token(ida: Ida) -> None:
    user = ida.user()
    assert len(user) == 1
    assert user["username"].iloc[0] == "demo"
    assert user["client.name"].iloc[0] == "nombreCliente"
    assert isinstance(user["api_code"].iloc[0], Secret)
    assert user["accountNonExpired"].dtype == "boolean"


@pytest.mark.parametrize("spelt", [str, str.upper])
def test_a_digest_may_stand_for_the_password(spelt: Callable[[str], str], box: Sandbox, clock: ManualClock) -> None:
    digest = hashlib.sha1(box.credentials["ida"]["password"].encode()).hexdigest()
    assert len(connected(box, clock, password=spelt(digest)).databases()) == 1


def test_a_wrong_password_is_one_clear_error_and_one_request(box: Sandbox, clock: ManualClock) -> None:
    with pytest.raises(AuthError, match="user or password are wrong") as caught:
        connected(box, clock, password="sentinel-wrong").databases()
    assert "http" not in str(caught.value)
    assert len(box.control.log()) == 1


def test_a_proxy_that_says_404_is_not_taken_for_a_wrong_password(ida: Ida, box: Sandbox) -> None:
    box.control.fault(system="ida", match={"path": "/api/user/login"}, reply="html", status=404)
    with pytest.raises(ToolkitError, match="is the address right") as caught:
        ida.databases()
    assert not isinstance(caught.value, AuthError | NotFound)


def test_a_login_without_a_token_says_where_to_look(ida: Ida, box: Sandbox) -> None:
    empty = {"message": "OK", "code": 200, "data": {"id": 1, "api_code": ""}}
    box.control.fault(system="ida", match={"path": "/api/user/login"}, reply="status", status=200, body=empty)
    with pytest.raises(AuthError, match="API switched on"):
        ida.databases()


def test_a_ready_token_needs_no_login(box: Sandbox, clock: ManualClock) -> None:
    ida = connected(box, clock, username=None, password=None, token=box.control.token("ida"))
    assert len(ida.databases()) == 1
    assert requests(box, "login") == 0
    assert repr(ida).endswith("as the owner of the token>")
    with pytest.raises(SettingsError, match="username and password"):
        ida.user()


def test_a_token_is_renewed_before_it_ends(ida: Ida, box: Sandbox, clock: ManualClock) -> None:
    box.control.token_lifetime("ida", 1000)
    ida.databases()
    clock.advance(700)
    ida.databases()
    assert requests(box, "login") == 1
    clock.advance(101)
    ida.databases()
    assert [line["status"] for line in box.control.log()] == [200] * 5


def test_a_revoked_token_is_renewed_once(ida: Ida, box: Sandbox) -> None:
    ida.databases()
    box.control.revoke("ida")
    assert len(ida.databases()) == 1
    assert [line["status"] for line in box.control.log()] == [200, 200, 401, 200, 200]


def test_a_ready_token_that_is_refused_is_said_once(box: Sandbox, clock: ManualClock) -> None:
    with pytest.raises(AuthError):
        connected(box, clock, token="not.a.token").databases()
    assert len(box.control.log()) == 1


# ── databases ────────────────────────────────────────────────────────────────


def test_databases_are_rows_with_declared_dtypes(ida: Ida) -> None:
    found = ida.databases()
    assert found["id"].tolist() == [11111]
    assert found.dtypes[["createdAt", "rowCounter", "birthday", "messageHour"]].astype(str).tolist() == [
        "datetime64[us, UTC]",
        "Int64",
        "boolean",
        "Int64",
    ]
    ida.delete_database(11111)
    none = ida.databases()
    assert len(none) == 0
    assert none.dtypes.to_dict() == found.dtypes.to_dict()


def test_fields_say_what_they_hold(ida: Ida) -> None:
    fields = ida.fields(11111)
    assert fields[["name", "type", "kind"]].astype(object).to_numpy().tolist()[:3] == [
        ["EMAIL", 2, "email"],
        ["NOMBRE", 0, "text"],
        ["TELEFONO", 1, "phone"],
    ]


@pytest.mark.parametrize("call", ["database", "fields", "delete_database"])
def test_an_unknown_database_is_not_found(call: str, ida: Ida) -> None:
    with pytest.raises(NotFound, match="199999") as caught:
        getattr(ida, call)(199999)
    assert isinstance(caught.value, LookupError)
    assert (caught.value.status, caught.value.service) == (404, call)


def test_a_database_is_created_from_a_frame_of_fields(ida: Ida) -> None:
    fields = pd.DataFrame(
        {"name": ["CORREO", "EDAD", "PLAN"], "type": ["email", 4, "list"], "options": [None, None, ["A", "B"]]}
    )
    birthday = {"birthday": True, "birthday_message": 42203, "birthday_message_hour": "09:00"}
    database = ida.create_database("Clientes", fields, **birthday)
    assert type(database) is int
    about = ida.database(database)[["name", "rowCounter", "birthday", "has_mail", "has_mobile"]]
    assert about.astype(object).to_numpy().tolist() == [["Clientes", 0, True, True, False]]
    found = ida.fields(database)
    assert found["kind"].tolist() == ["email", "number", "list"]
    assert found["options"].tolist() == [[], [], ["A", "B"]]


def test_a_database_is_created_from_names_or_from_a_sheet(ida: Ida) -> None:
    database = ida.create_database("Nombres", ["NOMBRE", "CIUDAD"])
    assert ida.fields(database)["kind"].tolist() == ["text", "text"]
    sheet = pd.DataFrame({"Correo": ["ana@example.cl"], "Fono": ["+56 9 1234 5678"], "Alta": ["01/02/2026"]})
    database = ida.create_database("Hoja", toolkit.ida_fields_for(sheet))
    assert ida.fields(database)["kind"].tolist() == ["email", "phone", "date"]
    assert ida.insert_records(database, sheet).complete
    assert stored(box_of(ida), database) == [{"CORREO": "ana@example.cl", "FONO": 56912345678, "ALTA": "01/02/2026"}]


def box_of(ida: Ida) -> Sandbox:
    clock = ida.connection.session.clock
    assert isinstance(clock, ManualClock)
    assert clock._box
    return clock._box


def test_fields_that_cannot_be_are_a_table(ida: Ida, box: Sandbox) -> None:
    with pytest.raises(RowErrors) as caught:
        ida.create_database("X", pd.DataFrame({"name": ["A", None], "type": ["colour", 0]}, index=["a", "b"]))
    assert caught.value.table[["row", "column"]].to_numpy().tolist() == [["a", "type"], ["b", "name"]]
    assert box.control.log() == []


def test_a_creation_in_doubt_is_not_repeated(ida: Ida, box: Sandbox) -> None:
    ida.databases()
    box.control.fault(system="ida", match={"method": "POST"}, reply="reset")
    with pytest.raises(OutcomeUnknown):
        ida.create_database("Una", ["A"])
    assert ida.databases()["name"].tolist().count("Una") == 1


# ── records ──────────────────────────────────────────────────────────────────


def test_a_record_is_one_row_of_text(ida: Ida) -> None:
    found = ida.record(RECORD)
    assert found.to_dict("records") == [{"TELEFONO": "56912345678", "EMAIL": "mail@mail.com", "NOMBRE": "nombre"}]
    assert set(found.dtypes.astype(str)) == {"str"}


def test_records_keep_the_order_and_say_what_is_missing(ida: Ida) -> None:
    found = ida.records([RECORD, 999_999, 1205, RECORD])
    assert found["recordId"].tolist() == [RECORD, 999_999, 1205, RECORD]
    assert found["recordId"].dtype == "Int64"
    assert found["EMAIL"].isna().tolist() == [False, True, False, False]
    assert found["error"].isna().tolist() == [True, False, True, True]
    assert "RECORD NOT FOUND" in found["error"].iloc[1]
    assert ida.records([999_998, 999_999])["error"].notna().tolist() == [True, True]


def test_fields_that_are_called_as_our_columns_step_aside(ida: Ida, box: Sandbox) -> None:
    database = ida.create_database("X", ["NOMBRE", "error", "recordId", "error (record)"])
    sheet = pd.DataFrame([["Ana", "mora", "7", "x"]], columns=["NOMBRE", "error", "recordId", "error (record)"])
    assert ida.insert_records(database, sheet).complete
    number = box.control.stored("ida", "Contact", {"database_id": database})[0]["id"]
    found = ida.records([number, 999_999, RECORD])
    names = ["recordId", "NOMBRE", "error (record) (record)", "recordId (record)", "error (record)"]
    assert list(found.columns) == [*names, "TELEFONO", "EMAIL", "error"]
    assert found.iloc[0][names].tolist() == [number, "Ana", "mora", "7", "x"]
    assert found["error"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("ids", [[], np.array([], dtype=int), pd.Series([], dtype="Int64")])
def test_no_ids_are_no_rows(ids: Any, ida: Ida, box: Sandbox) -> None:
    assert ida.records(ids).columns.tolist() == ["recordId", "error"]
    assert box.control.log() == []


@pytest.mark.parametrize("ids", [pd.Series([1234.0, 1205.0]), ["1234", "1205"], np.array([1234, 1205])])
def test_ids_come_in_any_form_of_whole_numbers(ids: Any, ida: Ida) -> None:
    assert ida.records(ids)["error"].isna().all()


def test_ids_that_are_none_are_all_said_before_anything_is_asked(ida: Ida, box: Sandbox) -> None:
    with pytest.raises(RowErrors, match="3 rows") as caught:
        ida.records([1234, 1.5, "x", None])
    assert caught.value.table["row"].tolist() == [1, 2, 3]
    assert box.control.log() == []


def test_one_bad_read_costs_the_others_nothing(ida: Ida, box: Sandbox) -> None:
    box.control.fault(system="ida", match={"path": "*/data"}, reply="html", times=1)
    assert ida.records([RECORD] * 5)["error"].notna().sum() == 1


def test_a_record_is_changed_and_comes_back(ida: Ida) -> None:
    changed = ida.update_record(RECORD, {"TELEFONO": 56912345677, "NOMBRE": "  Ñandú  "})
    assert changed["TELEFONO"].tolist() == ["56912345677"]
    assert_frame_equal(ida.record(RECORD), changed)
    assert ida.record(RECORD)["NOMBRE"].tolist() == ["  Ñandú  "]


def test_an_empty_text_clears_a_field_and_none_leaves_it(ida: Ida) -> None:
    assert ida.update_record(RECORD, {"NOMBRE": "", "EMAIL": None})["NOMBRE"].tolist() == [""]
    assert ida.record(RECORD)[["NOMBRE", "EMAIL"]].to_numpy().tolist() == [["", "mail@mail.com"]]


def test_a_change_that_is_refused_changes_nothing(ida: Ida) -> None:
    with pytest.raises(Rejected, match="teléfono"):
        ida.update_record(RECORD, {"TELEFONO": "12", "NOMBRE": "otro"})
    assert ida.record(RECORD)["NOMBRE"].tolist() == ["nombre"]
    with pytest.raises(NotFound):
        ida.update_record(999_999, {"NOMBRE": "x"})


# ── insert ───────────────────────────────────────────────────────────────────

PEOPLE = pd.DataFrame(
    {"EMAIL": ["ana@example.cl", "no mail", "eva@example.cl"], "TELEFONO": ["+56 9 1234 5678", "1", "x"]},
    index=pd.Index(["a", "b", "b"], name="who"),
)


def test_bad_cells_keep_their_rows_and_no_others(ida: Ida, box: Sandbox) -> None:
    report = ida.insert_records(11111, PEOPLE)
    assert report.table.index.equals(PEOPLE.index)
    assert report.table["outcome"].tolist() == ["verified", "not sent", "not sent"]
    assert report.table["error_column"].tolist()[1:] == ["EMAIL", "TELEFONO"]
    assert stored(box, 11111)[30:] == [{"EMAIL": "ana@example.cl", "TELEFONO": 56912345678}]


def test_an_empty_row_is_no_contact(ida: Ida, box: Sandbox) -> None:
    sheet = pd.DataFrame({"EMAIL": ["ana@example.cl", None, " "], "NOMBRE": ["Ana", "", None]}, index=[2, 3, 9])
    report = ida.insert_records(11111, sheet)
    assert report.table["outcome"].tolist() == ["verified", "not sent", "not sent"]
    assert report.table["error"].tolist()[1:] == ["the row is empty"] * 2
    assert report.table[["error_column", "error_value"]].isna().all(axis=None)
    assert len(stored(box, 11111)) == 31


def test_the_tag_alone_is_no_contact_either(ida: Ida, box: Sandbox) -> None:
    report = ida.insert_records(11111, pd.DataFrame({"EMAIL": [None, "eva@example.cl"]}), tag_field="NOMBRE")
    assert report.table["outcome"].tolist() == ["not sent", "verified"]
    assert len(stored(box, 11111)) == 31


def test_what_only_the_vendor_refuses_is_one_row_too(ida: Ida, box: Sandbox) -> None:
    phones = [f"+56 9 1234 56{n:02}" for n in range(20)]
    phones[7] = "+290 22158"  # a number, but none of the form that the vendor takes
    report = ida.insert_records(11111, pd.DataFrame({"TELEFONO": phones}))
    rejected = report.table[report.table["outcome"] == "rejected"]
    assert (rejected.index.tolist(), rejected["error_value"].tolist()) == ([7], ["+290 22158"])
    assert "teléfono" in rejected["error"].iloc[0]
    assert (report.table["outcome"] == "verified").sum() == len(stored(box, 11111)) - 30 == 19


def test_labels_are_columns_too_and_unknown_columns_are_refused(ida: Ida, box: Sandbox) -> None:
    database = ida.create_database("X", pd.DataFrame({"name": ["CORREO"], "label": ["Correo electrónico"]}))
    assert ida.insert_records(database, pd.DataFrame({"Correo electrónico": ["x"]})).complete
    way = r"'CORRREO' is no field; perhaps CORREO: toolkit.match_columns\(rows, api.ida.fields\("
    with pytest.raises(InputError, match=way):
        ida.insert_records(database, pd.DataFrame({"CORRREO": ["x"]}))
    assert len(stored(box, database)) == 1


def test_running_it_again_sends_nothing_twice(ida: Ida, box: Sandbox) -> None:
    sheet = pd.DataFrame({"EMAIL": ["ana@example.cl", "eva@example.cl"]})
    first = ida.insert_records(11111, sheet)
    again = ida.insert_records(11111, sheet)
    assert_frame_equal(first.table, again.table)
    more = pd.concat([sheet, pd.DataFrame({"EMAIL": ["luis@example.cl"]})], ignore_index=True)
    with pytest.raises(PushRefused):
        ida.insert_records(11111, more)
    assert ida.insert_records(11111, more, if_sent="skip").table["outcome"].tolist()[2] == "verified"
    assert [row["EMAIL"] for row in stored(box, 11111)[30:]] == more["EMAIL"].tolist()


def test_a_tag_marks_what_was_stored(ida: Ida, box: Sandbox) -> None:
    report = ida.insert_records(11111, pd.DataFrame({"EMAIL": ["ana@example.cl"] * 2}), tag_field="NOMBRE")
    marks = [row["NOMBRE"] for row in stored(box, 11111)[30:]]
    assert len(set(marks)) == 2
    assert report.table["tag"].tolist() == marks
    with pytest.raises(InputError, match="no field 'NADA'"):
        ida.insert_records(11111, pd.DataFrame({"EMAIL": ["a@example.cl"]}), tag_field="NADA")


def test_an_unknown_database_is_said_before_anything_is_sent(ida: Ida, box: Sandbox) -> None:
    with pytest.raises(NotFound):
        ida.insert_records(199999, pd.DataFrame({"EMAIL": ["ana@example.cl"]}))
    assert requests(box, "post_records") == 0


def test_every_kind_of_field_travels_in_the_vendors_form(ida: Ida, box: Sandbox) -> None:
    sheet = pd.DataFrame(
        {
            "EMAIL": ["ana@example.cl"],
            "TELEFONO": [56912345678.0],
            "FECHA_NACIMIENTO": pd.to_datetime(["1980-05-01"]),
            "MONTO": [1200],
            "CIUDAD": ["valparaiso"],
        }
    )
    assert ida.insert_records(11111, sheet).complete
    assert stored(box, 11111)[30] == {
        "EMAIL": "ana@example.cl",
        "TELEFONO": 56912345678,
        "FECHA_NACIMIENTO": "01/05/1980",
        "MONTO": "1200",
        "CIUDAD": "Valparaíso",
    }


@each_awkward_frame
def test_any_frame_is_reported_row_by_row_or_refused_and_stays_as_it_is(
    make_frame: Callable[[], pd.DataFrame], ida: Ida, box: Sandbox
) -> None:
    frame = make_frame()
    try:
        report = ida.insert_records(11111, frame)
    except InputError:
        sent = 0
    else:
        assert report.table.index.equals(frame.index)
        assert report.table["outcome"].isin(["verified", "not sent", "rejected"]).all()
        sent = int((report.table["outcome"] == "verified").sum())
    assert len(stored(box, 11111)) == 30 + sent
    assert_frame_equal(frame, make_frame())
