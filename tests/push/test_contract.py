"""Every bulk write is the same: rows in any form, the same decisions, always a report."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.registry import Registry
from toolkit import InputError, PushRefused, Report, RowErrors
from toolkit.push.options import Options
from toolkit.sandbox import Sandbox
from toolkit.sheets.outcomes import COLUMNS, Outcome

PEOPLE = {"nombre": ["Ana", "Luis", "Eva"], "tipo_identificacion": "CC", "identificacion": ["1001", "1002", "1003"]}
ROWS: dict[str, pd.DataFrame] = {  # of which the last is bad
    "insert_records": pd.DataFrame({"EMAIL": ["ana@example.cl", "luis@example.cl", "bad"]}),
    "add_signers": pd.DataFrame(PEOPLE | {"email": ["ana@example.co", "luis@example.co", "bad"]}),
    "add_card_codes": pd.DataFrame({"LogonName": ["user0", "user1", "user2"], "DomainName": "dominio123"}).assign(
        CardCode=["01", "02", None]
    ),
    "request": pd.DataFrame({"PhoneNumber": ["0999999999", "+380999999998", "12"]}),
}
WRITES = list(ROWS)
BLAMED = {"insert_records": "EMAIL", "add_signers": "email", "add_card_codes": "CardCode", "request": "PhoneNumber"}
Write = Callable[..., Report]


@pytest.fixture(params=WRITES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def write(kind: str, api: toolkit.Api, box: Sandbox) -> Write:
    """One of the four, as a function of rows and of what a person decides."""
    box.control.print_users([(name, "dominio123", []) for name in ("user0", "user1", "user2")])
    if kind == "add_signers":
        envelope = api.signio.create_envelope("Contrato")
        return lambda rows, **how: api.signio.add_signers(envelope, rows, **how)
    return {
        "insert_records": lambda rows, **how: api.ida.insert_records(11111, rows, **how),
        "add_card_codes": lambda rows, **how: api.nddprint.add_card_codes(rows, **how),
        "request": lambda rows, **how: api.carmachain.request(rows, categories="Address", **how),
    }[kind]


def operation(api: toolkit.Api, kind: str) -> Any:
    """What `check` and `match_columns` take for it."""
    operations = {"add_signers": api.signio, "add_card_codes": api.nddprint, "request": api.carmachain}
    return getattr(operations[kind], kind) if kind in operations else api.ida.fields(11111)


@pytest.fixture
def posts(kind: str, box: Sandbox) -> Callable[[], int]:
    paths = {"insert_records": "records", "add_signers": "registrar_contacto", "add_card_codes": "add-card-code"}
    end = paths.get(kind, "createrequest")
    return lambda: sum(entry["path"].endswith(end) for entry in box.control.log())


def test_a_report_has_a_row_for_each_of_the_input(kind: str, write: Write) -> None:
    rows = ROWS[kind].set_axis(["a", "b", "c"])
    report = write(rows)
    assert len(report) == 3
    assert report.table.index.equals(rows.index)
    assert list(report.table.columns[:4]) == list(COLUMNS)
    assert report.table["outcome"].isin(["verified", "accepted"]).tolist() == [True, True, False]
    assert report.table.loc["c", ["outcome", "error_column"]].tolist() == ["not sent", BLAMED[kind]]
    assert report.failed.index.tolist() == ["c"]
    assert len(report.unknown) == 0
    assert report.joined[rows.columns].equals(rows)
    with pytest.raises(toolkit.PushError):
        report.raise_if_incomplete()
    assert set(report.summary.index) == {str(outcome) for outcome in Outcome}


def test_bad_rows_can_be_a_reason_to_send_nothing(kind: str, write: Write, posts: Callable[[], int]) -> None:
    with pytest.raises(RowErrors) as caught:
        write(ROWS[kind], on_bad_rows="raise")
    assert caught.value.table[["row", "column"]].to_numpy().tolist() == [[2, BLAMED[kind]]]
    assert posts() == 0
    assert write(ROWS[kind].head(2), on_bad_rows="raise").complete


def test_what_was_sent_before_is_a_decision(kind: str, write: Write, posts: Callable[[], int]) -> None:
    rows = ROWS[kind].head(2)
    first = write(rows.head(1))
    sent = posts()
    again = write(rows.head(1))
    assert posts() == sent
    assert again.table["outcome"].tolist() == first.table["outcome"].tolist()
    with pytest.raises(PushRefused, match='if_sent="skip"'):
        write(rows)
    assert posts() == sent
    assert write(rows, if_sent="skip").complete
    assert posts() == sent + 1


def test_once_more_is_once(kind: str, write: Write, posts: Callable[[], int]) -> None:
    rows = ROWS[kind].head(1)
    write(rows)
    sent = posts()
    tries = [{"if_sent": "resend"}] * 2 + [{"if_sent": "resend", "options": {"resend_as": "third"}}] * 2
    counts = []
    for how in tries:
        write(rows, **how)
        counts.append(posts() - sent)
    assert counts == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"if_sent": "always"}, "if_sent is 'raise' or 'skip' or 'resend', not 'always'"),
        ({"if_sent": True}, "if_sent is 'raise'"),
        ({"on_bad_rows": "drop"}, "on_bad_rows is 'skip' or 'raise', not 'drop'"),
        ({"options": {"worker": 2}}, "a push has no option 'worker'; did you mean 'workers'"),
        ({"options": {"resend_as": "x"}}, 'resend_as goes with if_sent="resend"'),
        ({"options": {"doubts": "keep"}}, "the option doubts is 'send' or 'hold'"),
        ({"only_new": True}, "has no argument 'only_new'"),
        ({"on_bad_row": "skip"}, "did you mean 'on_bad_rows'"),
    ],
)
def test_a_decision_that_there_is_not(kind: str, write: Write, posts: Callable[[], int], how: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        write(ROWS[kind], **how)
    assert posts() == 0


# ── rows ─────────────────────────────────────────────────────────────────────


class Stream:
    """A table of another library, which hands out its rows as an Arrow stream."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow as pa

        return pa.Table.from_pandas(self._frame, preserve_index=False).__arrow_c_stream__(requested_schema)


def _polars(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("polars").DataFrame(frame.astype(object).where(frame.notna(), None).to_dict("list"))


def _duckdb(frame: pd.DataFrame) -> Any:
    pytest.importorskip("duckdb")
    import duckdb

    return duckdb.from_df(frame.astype(object))


def _arrow(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("pyarrow").Table.from_pandas(frame, preserve_index=False)


TABLES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a list of dicts": lambda frame: frame.astype(object).where(frame.notna(), None).to_dict("records"),
    "a tuple of dicts": lambda frame: (*frame.to_dict("records"),),
    "polars": _polars,
    "pyarrow": _arrow,
    "DuckDB": _duckdb,
    "an Arrow stream": lambda frame: pytest.importorskip("pyarrow") and Stream(frame),
}
STREAMS: dict[str, Callable[[pd.DataFrame], Iterator[Any]]] = {
    "frames": lambda frame: (frame.iloc[[n]] for n in range(len(frame))),
    "lists of dicts": lambda frame: iter([frame.head(2).to_dict("records"), frame.tail(1).to_dict("records")]),
    "batches of pyarrow": lambda frame: _arrow(frame).to_reader(max_chunksize=2),
}


@pytest.mark.parametrize("form", TABLES)
def test_rows_of_any_form_are_sent_checked_and_matched(kind: str, write: Write, api: toolkit.Api, form: str) -> None:
    rows = TABLES[form](ROWS[kind])
    if hasattr(rows, "__arrow_c_stream__"):
        pytest.importorskip("pyarrow")
    check = toolkit.check(rows, operation(api, kind))
    assert check.bad.tolist() == [False, False, True]
    assert set(toolkit.match_columns(rows, operation(api, kind)).columns.values()) == set(ROWS[kind].columns)
    report = write(TABLES[form](ROWS[kind]))
    assert report.table["outcome"].eq("not sent").tolist() == [False, False, True]
    assert list(report.frame.columns) == list(ROWS[kind].columns)


@pytest.mark.parametrize("form", STREAMS)
def test_an_iterator_is_one_push(kind: str, write: Write, form: str) -> None:
    report = write(STREAMS[form](ROWS[kind]))
    assert report.table["outcome"].eq("not sent").tolist() == [False, False, True]
    assert len(report) == 3
    assert len(report.joined) == len(report.failed) == 1
    assert report.joined[BLAMED[kind]].tolist() == ROWS[kind][BLAMED[kind]].tolist()[2:]


def test_a_later_frame_that_is_refused_says_that_those_before_it_were_sent(api: toolkit.Api) -> None:
    one, other = (pd.DataFrame({"EMAIL": [f"{name}{n}@example.cl" for n in range(12)]}) for name in "ab")
    api.ida.insert_records(11111, one)
    with pytest.raises(PushRefused, match=r"^Frame 2: 12 of its 12 rows .* the frames before it were") as caught:
        api.ida.insert_records(11111, iter([other, one]))
    assert "Nothing was sent" not in str(caught.value)
    assert "resend" not in str(caught.value)  # it would send the first frame once more
    assert caught.value.report.table["outcome"].eq("verified").all()


def test_an_iterator_cannot_be_looked_at_as_a_whole(kind: str, write: Write, api: toolkit.Api) -> None:
    with pytest.raises(InputError, match="needs all rows at once"):
        write(iter([ROWS[kind]]), on_bad_rows="raise")
    for look in (toolkit.check, toolkit.match_columns):
        with pytest.raises(InputError, match=r"one frame is needed.*pandas.concat\(rows\)"):
            look(iter([ROWS[kind]]), operation(api, kind))


def test_a_check_is_sent_with_its_match_and_its_reading(kind: str, write: Write, api: toolkit.Api) -> None:
    names = {column: f"Mi {n}" for n, column in enumerate(ROWS[kind].columns)}
    sheet = ROWS[kind].rename(columns=names).assign(Nota="x")
    match = toolkit.match_columns(sheet, operation(api, kind))
    for column in sheet.columns:
        match[column] = next((field for field, name in names.items() if name == column), None)
    report = write(toolkit.check(sheet, match))
    assert report.table["outcome"].eq("not sent").tolist() == [False, False, True]
    assert report.table["error_column"].iloc[2] == names[BLAMED[kind]]
    assert list(report.joined.columns[: sheet.shape[1]]) == list(sheet.columns)


@pytest.mark.parametrize(
    ("rows", "way"),
    [
        ("clientes.xlsx", r"toolkit.read_sheet\(path\)"),
        ({"EMAIL": ["a@example.cl"]}, r"pandas.DataFrame\(rows\)"),
        (pd.Series(["a@example.cl"]), r"rows.to_frame\(\)"),
        ([pd.DataFrame()], r"iter\(rows\)"),
        (7, "not as int"),
        (None, "not as NoneType"),
    ],
    ids=str,
)
def test_what_are_no_rows(write: Write, rows: Any, way: str) -> None:
    with pytest.raises(InputError, match=way):
        write(rows)


def test_whole_numbers_of_an_arrow_table_stay_whole() -> None:
    pa = pytest.importorskip("pyarrow")
    from toolkit.sheets.rows import frame_of

    frame = frame_of(pa.table({"n": [1, None], "d": [pd.Timestamp("2026-01-02").date(), None]}))
    assert [type(value) for value in frame["n"]] == [int, type(None)]
    assert str(frame["d"].iloc[0]) == "2026-01-02"


# ── what is asked of an operation ────────────────────────────────────────────


def test_a_column_that_is_no_field_proposes_the_match(kind: str, write: Write) -> None:
    target = r"ida\.fields\(11111\)" if kind == "insert_records" else rf"\w+\.{kind}\)"
    with pytest.raises(InputError, match=rf"'Zzz' is no field: toolkit\.match_columns\(rows, api\.{target}"):
        write(ROWS[kind].assign(Zzz="x"))


def test_another_word_for_a_field_is_proposed(api: toolkit.Api) -> None:
    with pytest.raises(InputError) as caught:
        api.ida.insert_records(11111, [{"Correo": "ana@example.cl"}])
    said = "'Correo' is no field; perhaps EMAIL: toolkit.match_columns(rows, api.ida.fields(11111))"
    assert str(caught.value).startswith(said)


def test_an_operation_that_takes_no_rows_is_told(api: toolkit.Api) -> None:
    with pytest.raises(InputError, match=r"have to be read first: give api.ida.fields\(database_id\)"):
        toolkit.check([], api.ida.insert_records)
    with pytest.raises(InputError, match="user takes no rows"):
        toolkit.match_columns([], api.ida.user)


# ── what was sent ────────────────────────────────────────────────────────────


def test_changes_show_what_was_sent_in_another_form(api: toolkit.Api) -> None:
    rows = pd.DataFrame(
        {"EMAIL": ["ana@example.cl", "b@example.cl", "bad"], "TELEFONO": ["+56 9 2123 4567", 5.6e10, "9"]}
    )
    rows.loc[1, "TELEFONO"] = 56921234568.0
    report = api.ida.insert_records(11111, rows.set_axis([7, 8, 9]))
    assert report.changes.to_numpy().tolist() == [[7, "TELEFONO", "+56 9 2123 4567", "56921234567"]]
    later = toolkit.open_push(report.facts["id"]).report()
    assert len(later.changes) == 0
    assert list(later.changes.columns) == ["row", "column", "value", "sent"]


def test_changes_of_an_iterator_are_those_of_the_rows_that_are_not_in(api: toolkit.Api, box: Sandbox) -> None:
    rows = pd.DataFrame({"TELEFONO": ["+56 9 2123 4567", "+290 22158"]})  # good, of eight digits: the vendor refuses it
    report = api.ida.insert_records(11111, iter([rows.head(1), rows.tail(1)]), options={"max_rejected": 1})
    assert report.summary["rejected"] == 1
    assert report.changes[["row", "sent"]].to_numpy().tolist() == [[1, "29022158"]]


def test_text_files_have_the_same_rows_as_workbooks(api: toolkit.Api, tmp_path: Any) -> None:
    report = api.ida.insert_records(11111, ROWS["insert_records"])
    written = report.to_csv(tmp_path / "resultado.csv")
    again = toolkit.read_sheet(written)
    assert again["outcome"].tolist() == ["verified", "verified", "not sent"]
    assert toolkit.only_failed(written)["EMAIL"].tolist() == ["bad"]


# ── options ──────────────────────────────────────────────────────────────────


def test_a_doubt_can_be_held_back(api: toolkit.Api, box: Sandbox) -> None:
    twice = ROWS["add_signers"].head(2).assign(email="ana@example.co")
    envelope = api.signio.create_envelope("Contrato")
    held = api.signio.add_signers(envelope, twice, options={"doubts": "hold"})
    assert held.table["outcome"].tolist() == ["not sent"] * 2
    assert toolkit.check(twice, api.signio.add_signers).ok
    assert not toolkit.check(twice, api.signio.add_signers, doubts="hold").ok
    assert api.signio.add_signers(envelope, twice).complete


def test_a_pace_is_kept(kind: str, write: Write, clock: Any) -> None:
    counted = kind == "insert_records"  # two rows are one request there: nothing has to be waited for
    options = {"requests_per_second": 0.1, "chunk_rows": 1, "workers": 1 if counted else 2}
    assert write(ROWS[kind].head(2), options=options).complete
    assert (0 if counted else 10) <= clock.slept < 60


def test_a_final_look_waits_until_no_request_can_be_late(api: toolkit.Api, box: Sandbox, clock: Any) -> None:
    rows = ROWS["insert_records"].head(2)
    report = api.ida.insert_records(11111, rows, options={"final_look": True, "settle_wait": 30, "settle_stable": 3})
    assert report.summary["verified"] == 2
    assert clock.slept >= 33


def test_options_of_the_account_are_changed_by_those_of_the_call(box: Sandbox, clock: Any) -> None:
    settings = box.settings()
    settings["ida"] = {**settings["ida"], "push": {"chunk_rows": 7, "workers": 2}}
    connection = Registry("", settings, clock=clock, progress=False).ida.connection
    made = connection.policy(options=Options(workers=3), settle_wait=1).options
    assert (made.chunk_rows, made.workers, made.settle_wait, made.progress) == (7, 3, 1, False)


# ── tickets ──────────────────────────────────────────────────────────────────


def test_tickets_come_as_a_report_as_a_frame_and_out_of_a_file(api: toolkit.Api, tmp_path: Any, clock: Any) -> None:
    report = api.carmachain.request(ROWS["request"], categories=["Address", "Name"])
    assert report.table["type_request"].tolist() == ["Address; Name"] * 3
    clock.advance(36_000)
    answers = api.carmachain.answers(report)
    kept = toolkit.read_sheet(report.to_csv(tmp_path / "tickets.csv"))
    later = toolkit.open_push(report.facts["id"]).report()
    for tickets in (report.table, report.joined, kept):
        assert api.carmachain.answers(tickets)["fieldValue"].tolist() == answers["fieldValue"].tolist()
    assert set(api.carmachain.answers(later)["idRequest"]) == set(report.table["idRequest"].dropna())
    with pytest.raises(InputError, match="lacks type_request"):
        api.carmachain.collect(report.table[["idRequest"]])


def test_the_lost_are_recovered_for_the_report_itself(api: toolkit.Api, box: Sandbox) -> None:
    ask = {"method": "POST", "path": "/api/createrequest"}
    box.control.fault(system="carmachain", match=ask, commit="before", reply="lost")
    report = api.carmachain.request(ROWS["request"].head(2), categories="Address", options={"chunk_rows": 1})
    assert report.table["idRequest"].isna().tolist() == [True, False]
    assert api.carmachain.recover_tickets(report, period=5)["idRequest"].notna().all()


@pytest.mark.parametrize(
    ("column", "first", "then", "outcomes"),
    [
        (
            "FECHA_NACIMIENTO",
            ["12/31/1980", "12/30/1980", "12/29/1980"],
            ["05/06/1981", "07/04/1982"],
            ["verified"] * 2,
        ),
        (
            "FECHA_NACIMIENTO",
            ["31/12/1980", "30/12/1980", "29/12/1980"],
            ["05/28/1981", "07/04/1982"],
            ["not sent"] * 2,
        ),
        ("MONTO", ["12,5", "13,25", "1,75"], ["12.5", "2,5"], ["verified"] * 2),
        ("MONTO", ["10", "11", "12"], ["12,5", "2,75"], ["verified"] * 2),
    ],
)
def test_frames_of_an_iterator_are_read_as_the_first_ones_show(
    api: toolkit.Api, box: Sandbox, column: str, first: list[str], then: list[str], outcomes: list[str]
) -> None:
    frames = [
        pd.DataFrame({"EMAIL": [f"{n}-{len(texts)}@example.cl" for n in range(len(texts))], column: texts})
        for texts in (first, then)
    ]
    report = api.ida.insert_records(11111, iter(frames))
    assert report.table["outcome"].tolist() == ["verified"] * 3 + outcomes
    if column == "FECHA_NACIMIENTO" and "05/06/1981" in then:
        assert "06/05/1981" in str(box.control.stored("ida", "Contact"))


def test_a_frame_that_follows_one_that_is_known_again_is_read_as_that_one(api: toolkit.Api, box: Sandbox) -> None:
    """The first frame is not checked any more; how it was read is known."""
    days = ["12/31/1980", "12/30/1980", "12/29/1980"]
    first = pd.DataFrame({"EMAIL": [f"{n}@example.cl" for n in range(3)], "FECHA_NACIMIENTO": days})
    then = pd.DataFrame({"EMAIL": ["x@example.cl", "y@example.cl"], "FECHA_NACIMIENTO": ["05/06/1981", "07/04/1982"]})
    api.ida.insert_records(11111, iter([first]))
    report = api.ida.insert_records(11111, iter([first, then]))
    assert report.table["outcome"].eq("verified").all()
    assert "06/05/1981" in str(box.control.stored("ida", "Contact"))


@pytest.mark.parametrize("first", [["12/31/1980", "12/30/1980"], ["12/31/1980", "30/12/1980"]])
def test_an_order_that_one_frame_leaves_open_is_open_in_the_next(api: toolkit.Api, first: list[str]) -> None:
    frames = [
        pd.DataFrame({"EMAIL": [f"{texts[0][:2]}{n}@example.cl" for n in range(len(texts))], "FECHA_NACIMIENTO": texts})
        for texts in (first, ["05/06/1981"])
    ]
    report = api.ida.insert_records(11111, iter(frames))
    assert report.table["outcome"].iloc[-1] == "not sent"
    assert "can be read as two days" in report.table["error"].iloc[-1]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("last", "why"), [({"NOMBRE": "Nota: no distribuir"}, "may be a note"), ({"MONTO": "6"}, "whom or what")]
)
def test_a_row_that_is_no_data_is_asked_though_it_is_alone_in_the_last_frame(
    api: toolkit.Api, last: dict[str, str], why: str, *, known: bool, wide: bool
) -> None:
    person = {"NOMBRE": "Ana", "EMAIL": "{}@example.cl", "TELEFONO": "+5692234567{}", "MONTO": "2"}
    columns = [*person] if wide else ["NOMBRE", "MONTO" if "MONTO" in last else "EMAIL"]
    people = [{name: person[name].format(n) for name in columns} for n in range(3)]
    first, end = pd.DataFrame(people, columns=columns), pd.DataFrame([last], columns=columns)
    if known:
        api.ida.insert_records(11111, iter([first]))
    table = api.ida.insert_records(11111, iter([first, end])).table
    assert table["outcome"].tolist() == ["verified"] * 3 + ["not sent"]
    assert why in table["error"].iloc[-1]
