"""What a check decided goes with it: a later check of it sends exactly the same rows, and asks the same of the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.helpers.clock import ManualClock
from tests.sheets.ugly.workbooks import table
from tests.vendors.ida.test_client import connected, stored
from toolkit.errors import InputError
from toolkit.sandbox import Sandbox
from toolkit.sheets import Check, check, match_columns, only_failed, read_sheet
from toolkit.sheets.frame_rules import RELABELLED
from toolkit.sheets.sheet_frame import LONGER as LONGER_ROW
from toolkit.spec import Date, Email, Field, Number, Phone, Text

NAME, MAIL, PHONE = Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO")
BORN, AMOUNT, CITY = Date(name="FECHA_NACIMIENTO", format="%d/%m/%Y"), Number(name="MONTO"), Text(name="CIUDAD")
FIELDS: tuple[Field, ...] = (NAME, MAIL, PHONE, BORN, AMOUNT, CITY)
DATABASE = 11111
PEOPLE = "Ana;ana@example.cl;1\nEva;eva@example.cl;2\nLuis;luis@example.cl;3\n"

DATES = "Nombre;FECHA_NACIMIENTO\nA;12/13/1980\nB;12/14/1980\nEva;05/06/1981\nPía;07/04/1982\n"
AMOUNTS = "Nombre;Monto\nA;1.500\nB;2.500\nC;12.5\n"
NOTE = f"Nombre;Correo;Monto\n{PEOPLE}Fuente: SAP al 31/12;;\n"
TOTAL = f"Nombre;Correo;Monto\n{PEOPLE}Suma de todo;;6\n"
LONGER = "Nombre,Correo,Ciudad\nAna,ana@example.cl,Santiago\nLuis,luis@example.cl,Temuco,x\n"
FEW = f"Nombre;Correo;Monto\n{PEOPLE}Rosa;rosa@;4\nPía;pia@;\n"

CASES: dict[str, tuple[str, Callable[[Check], Check]]] = {
    "dates, the sure ones accepted": (DATES, lambda c: c.accept()),
    "dates, the sure ones replaced": (
        DATES,
        lambda c: c.replace("FECHA_NACIMIENTO", {"12/13/1980": "1980-12-13", "12/14/1980": "1980-12-14"}),
    ),
    "dates, the sure ones emptied": (DATES, lambda c: c.empty(values=["12/13/1980", "12/14/1980"])),
    "dates, the sure ones left out": (DATES, lambda c: c.leave_out(values=["12/13/1980", "12/14/1980"])),
    "amounts, the sure one replaced": (AMOUNTS, lambda c: c.replace("MONTO", {"12.5": "12"})),
    "a note that a default fills": (NOTE, lambda c: c.replace("MONTO", {None: "0"})),
    "a note, and another column filled": (NOTE, lambda c: c.replace("CIUDAD", {None: "Temuco"})),
    "a total that a default fills": (TOTAL, lambda c: c.replace("EMAIL", {None: "x@example.cl"})),
    "a row that is too long": (LONGER, lambda c: c.replace("CIUDAD", {"Santiago": "Temuco"})),
    "cells emptied until one is left": (FEW, lambda c: c.empty("EMAIL")),
}


def checked(text: str) -> Check:
    frame = read_sheet(text.encode())
    return check(frame, match_columns(frame, FIELDS))


@pytest.mark.parametrize("case", CASES)
def test_a_check_of_a_check_sends_exactly_the_same(case: str) -> None:
    text, decide = CASES[case]
    done = decide(checked(text))
    assert done.bad.any()
    asked = done.errors[["row", "column", "reason"]].to_numpy().tolist()
    for again in (check(done, FIELDS), check(check(done, FIELDS), FIELDS), check(done.as_rows(), FIELDS)):
        assert again.bad.tolist() == done.bad.tolist()
        assert again.wire() == done.wire()
        assert again.errors[["row", "column", "reason"]].to_numpy().tolist() == asked
    kept = done.bad[[n not in done.left_out for n in range(len(done.frame))]]
    assert check(done.fixed(), FIELDS).bad.tolist() == kept.tolist()


@pytest.mark.parametrize("case", CASES)
def test_a_push_of_a_check_sends_exactly_what_it_can(case: str, box: Sandbox, clock: ManualClock) -> None:
    text, decide = CASES[case]
    done = decide(checked(text))
    ida = connected(box, clock)
    before = len(stored(box, DATABASE))
    report = ida.insert_records(DATABASE, done)
    assert (report.table["outcome"] == "not sent").tolist() == done.bad.tolist()
    names = [row.get("NOMBRE") for row in stored(box, DATABASE)[before:]]
    assert names == [name for name, bad in zip(done.wire()["NOMBRE"], done.bad, strict=True) if not bad]


@pytest.mark.parametrize("said", [None, "send", "hold"])
@pytest.mark.parametrize("checked_with", [None, "send", "hold"])
def test_doubts_are_held_as_the_check_was_told_unless_the_push_is(
    checked_with: Any, said: Any, box: Sandbox, clock: ManualClock
) -> None:
    done = check(pd.DataFrame([{"EMAIL": "ana@gmial.com"}]), FIELDS, doubts=checked_with)
    assert done.bad.tolist() == [checked_with == "hold"]
    report = connected(box, clock).insert_records(DATABASE, done, options={"doubts": said} if said else {})
    assert report.complete is ((said or checked_with) != "hold")


def test_filling_every_blank_cell_answers_no_question_of_a_row() -> None:
    done = checked(NOTE).replace("MONTO", {None: "0"})
    assert done.bad.tolist() == [False, False, False, True]
    assert done.accept("(row)").ok


def test_a_row_that_somebody_filled_is_asked_anew() -> None:
    done = checked(NOTE)
    row = done.errors["row"].tolist()
    assert done.replace("EMAIL", {None: "pia@example.cl"}, rows=row).ok
    assert not done.replace("NOMBRE", {"Fuente: SAP al 31/12": "Suma"}, rows=row).ok


def test_what_was_asked_of_a_row_stays_with_some_of_the_rows() -> None:
    done = checked(NOTE)
    rest = check(done, FIELDS).frame.iloc[2:]
    assert check(rest, FIELDS).bad.tolist() == [False, True]


# ── what comes back from a result ────────────────────────────────────────────


def by_pandas(done: Any, path: Path) -> Path:
    done.joined.to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def sorted_by_a_person(done: Any, path: Path) -> Path:
    book = openpyxl.load_workbook(done.to_excel(path.with_suffix(".xlsx")))
    sheet = book.worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(2)][::-1]
    for n, row in enumerate(rows, 2):
        for m, value in enumerate(row, 1):
            sheet.cell(n, m).value = value
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


WAYS: dict[str, Callable[[Any, Path], Any]] = {
    "a workbook": lambda report, path: report.to_excel(path.with_suffix(".xlsx")),
    "a text file": lambda report, path: report.to_csv(path.with_suffix(".csv")),
    "the report's frame": lambda report, _: report.joined,
    "the report's failed rows": lambda report, _: report.failed,
    "a file of pandas": by_pandas,
    "a workbook that was sorted": sorted_by_a_person,
}
NO_DECISIONS: dict[str, str] = {
    "a note": NOTE, "a total": TOTAL, "a row that is too long": LONGER, "dates": DATES, "amounts": AMOUNTS,
    "the title of a group": f"Nombre;Correo;Monto\n{PEOPLE}Clientes Sur;;\nPía;pia@example.cl;5\n",
}  # fmt: skip


def back(report: Any, way: str, path: Path) -> pd.DataFrame:
    failed: pd.DataFrame = only_failed(WAYS[way](report, path / "result"))
    return failed


def again(failed: pd.DataFrame, **how: Any) -> Check:
    return check(failed, match_columns(failed, FIELDS), **how)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", NO_DECISIONS)
def test_what_was_held_and_is_the_same_stays_held(
    case: str, way: str, box: Sandbox, clock: ManualClock, tmp_path: Path
) -> None:
    done = checked(NO_DECISIONS[case])
    assert done.bad.any()
    report = connected(box, clock).insert_records(DATABASE, done)
    failed = back(report, way, tmp_path)
    once = again(failed)
    assert once.bad.all()
    assert sorted(once.errors["reason"]) == sorted(done.errors["reason"])
    twice = only_failed(once.to_excel(tmp_path / "again.xlsx"))  # the check itself can be written too
    assert sorted(again(twice).errors["reason"]) == sorted(done.errors["reason"])


@pytest.mark.parametrize("way", WAYS)
def test_a_column_is_read_as_it_was_once_its_sure_cells_are_in_or_mended(
    way: str, box: Sandbox, clock: ManualClock, tmp_path: Path
) -> None:
    ida = connected(box, clock)
    done = checked(DATES).accept()
    failed = back(ida.insert_records(DATABASE, done), way, tmp_path)
    assert sorted(failed["Nombre"]) == ["Eva", "Pía"]
    assert again(failed).bad.all()
    assert again(failed, day_first=False).wire()["FECHA_NACIMIENTO"] in (
        ["06/05/1981", "04/07/1982"][::step] for step in (1, -1)
    )
    failed = back(ida.insert_records(DATABASE, checked(DATES)), way, tmp_path)
    failed["FECHA_NACIMIENTO"] = failed["FECHA_NACIMIENTO"].replace({"12/13/1980": "1980-12-13", "12/14/1980": None})
    assert sorted(failed["Nombre"][again(failed).bad]) == ["Eva", "Pía"]


@pytest.mark.parametrize("way", WAYS)
def test_what_was_said_of_a_sheet_goes_with_its_result(
    way: str, box: Sandbox, clock: ManualClock, tmp_path: Path
) -> None:
    text = "Nombre;Celular;FECHA_NACIMIENTO;Monto\nA;3001234567;05/06/1981;1,500\nP;300;07/04/1982;2,500\nN;s/i;;\n"
    frame = read_sheet(text.encode())
    how: dict[str, Any] = {"country": "CO", "day_first": False, "decimal": ".", "empty": {"s/i"}}
    done = check(frame, match_columns(frame, FIELDS), **how)
    report = connected(box, clock).insert_records(DATABASE, done.leave_out(rows=[2, 4]))
    once = again(back(report, way, tmp_path))
    assert once.bad.all()
    assert "the row was left out before" in set(once.errors["reason"])
    sent = once.accept("(row)").wire()
    assert "573001234567" in map(str, sent["TELEFONO"])
    assert {"06/05/1981", "04/07/1982"} < {*sent["FECHA_NACIMIENTO"]}
    assert {1500, 2500} < {*sent["MONTO"]}


def test_a_row_that_a_person_changed_is_looked_at_anew(box: Sandbox, clock: ManualClock, tmp_path: Path) -> None:
    report = connected(box, clock).insert_records(DATABASE, checked(NOTE))
    path = report.to_excel(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["B5"] = "fuente@example.cl"
    book.save(path)
    assert again(only_failed(path)).ok
    assert again(only_failed(report.to_csv(tmp_path / "a.csv"))).accept("(row)").ok  # or decided


def test_a_column_that_came_or_went_changes_no_row(tmp_path: Path) -> None:
    path = checked(NOTE).to_excel(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book.worksheets[0].delete_cols(3)
    book.worksheets[0].insert_cols(1)
    book.worksheets[0]["A1"], book.worksheets[0]["A5"] = "Enviado", "sí"
    book.save(path)
    assert again(only_failed(path)).bad.all()


def test_results_that_were_read_in_different_ways_are_asked_about(tmp_path: Path) -> None:
    frame = read_sheet(b"Nombre;Celular;FECHA_NACIMIENTO\nAna;300;05/06/1981\n")
    ways: list[dict[str, Any]] = [{"country": "CO", "day_first": True}, {"country": "AR", "day_first": False}]
    paths = [
        check(frame, match_columns(frame, FIELDS), **how).to_excel(tmp_path / f"{n}.xlsx") for n, how in enumerate(ways)
    ]
    both = pd.concat([read_sheet(path) for path in paths], ignore_index=True)
    once = again(only_failed(both))
    assert {"was read in another way than others of these rows", "can be read as two days"} <= set(
        once.errors["reason"]
    )
    assert once.bad.all()


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_result_without_our_column_is_asked_what_can_be_read_in_two_ways(suffix: str, tmp_path: Path) -> None:
    done = checked("Nombre;FECHA_NACIMIENTO;Correo\nAna;13/12/1980;a\nEva;05/06/1981;b\n")
    table = read_sheet(done.to_excel(tmp_path / "a.xlsx")).drop(columns="check")
    table.to_csv(tmp_path / "b.csv", index=False) if suffix == ".csv" else table.to_excel(tmp_path / "b.xlsx")
    once = again(only_failed(tmp_path / f"b{suffix}"))
    assert once.facets.set_index("reason")["cells"]["can be read as two days"] == 1


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("value", [("x",), ["x"], {"x": 1}, b"x", 1j, pd.Interval(1, 2), np.float32(922_345_671)])
def test_a_cell_that_nothing_stands_for_does_not_come_back_as_one_that_can_be_sent(
    value: Any, suffix: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"NOMBRE": pd.Series([value, "b"], dtype=object), "EMAIL": ["a@example.cl", "b"]})
    done = check(frame, FIELDS)
    assert done.bad.all()
    failed = only_failed(done.to_excel(tmp_path / f"a{suffix}"))
    failed["EMAIL"] = "a@example.cl"
    assert check(failed, FIELDS).bad.tolist() == [True, False]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_numbers_that_lost_digits_come_back_so(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"TELEFONO": np.array([922_345_671, 7], dtype="float32")})
    failed = only_failed(check(frame, FIELDS).to_excel(tmp_path / f"a{suffix}"))
    assert failed["TELEFONO"].tolist() == ["9.22345664000000E+08", "7"]
    assert check(failed, FIELDS).bad.all()


def test_the_column_is_hidden_in_a_workbook_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    path = checked(NOTE).to_excel(tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert sheet.cell(1, sheet.max_column).value == "check"
    assert sheet.column_dimensions[openpyxl.utils.get_column_letter(sheet.max_column)].hidden
    assert not [note for note in read_sheet(path).attrs["notes"] if "hidden" in note]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_column_filled_or_did_not_holds_for_what_comes_back(
    way: str, box: Sandbox, clock: ManualClock, tmp_path: Path
) -> None:
    text = "Nombre;Dato;Apodo;Nota\nAna;a@example.cl;Anita;x\n;922345678;;x\nEva;eva@example.cl;Evi;x\n;922345679;;x\n"
    frame = read_sheet(text.encode())
    match = match_columns(frame, FIELDS)
    assert match["Dato"] is None
    match["Nombre"], match["Apodo"] = None, "NOMBRE"
    failed = back(connected(box, clock).insert_records(DATABASE, check(frame, match)), way, tmp_path)
    assert len(failed) == 2
    failed["Correo"] = "pia@example.cl"  # what is new is matched by its name
    assert match_columns(failed, FIELDS).columns == {
        "Nombre": None, "Dato": None, "Apodo": "NOMBRE", "Nota": None, "Correo": "EMAIL"
    }  # fmt: skip
    assert match_columns(failed, [Text(name="ALIAS"), PHONE])["Dato"] == "TELEFONO"  # for other fields, all is new


def test_rows_without_an_outcome_are_named(tmp_path: Path) -> None:
    path = checked(NOTE + "Rosa;mala;7\n").to_excel(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet["D6"] = "corregido"
    sheet["A7"], sheet["A9"] = "Nuevo", "Otro"
    book.save(path)
    failed = only_failed(path)
    assert failed["Nombre"].tolist() == ["Fuente: SAP al 31/12"]
    assert failed.attrs["notes"][-1].endswith("rows 2, 3, 4, 6, 7, 9")
    assert failed.attrs["notes"][-1] in again(failed).notes


# ── what other columns of a sheet say ────────────────────────────────────────

BOUGHT = Date(name="COMPRA")
MONTHS_FIRST = {
    "another field": ("COMPRA", ["12/31/2020", "11/30/2020", "10/25/2020"]),
    "a column that is not sent": ("Fecha compra", ["12/31/2020", "11/30/2020", "10/25/2020"]),
    "with a time of day": ("Alta", ["12/31/2020 10:00", "1/30/2020 9:15:02", ""]),
    "few of them": ("Alta", ["1/2/2020", "3/4/2020", "1/30/2020"]),
}


@pytest.mark.parametrize("case", MONTHS_FIRST)
def test_days_are_asked_where_another_column_has_the_month_first(case: str) -> None:
    name, others = MONTHS_FIRST[case]
    born = ["05/06/1981", "07/04/1982", ""]
    rows = "".join(f"Ana;{day};{other}\n" for day, other in zip(born, others, strict=True))
    frame = read_sheet(f"Nombre;Fecha de nacimiento;{name}\n{rows}".encode())
    fields = [*FIELDS, BOUGHT]
    match = match_columns(frame, fields)
    done = check(frame, match)
    assert done.errors["reason"].tolist().count("can be read as two days") >= 2
    assert check(done, fields).bad.tolist() == done.bad.tolist()
    assert sum(repr(name) in note for note in done.notes) >= (name not in match.columns or match[name] is not None)
    said = check(frame, match, day_first=False).wire()["FECHA_NACIMIENTO"]
    assert said[:2] == ["06/05/1981", "04/07/1982"]


@pytest.mark.parametrize(
    "others", [["31/12/2020", "30/11/2020"], ["1", "2"], ["09 22 34 56 78", "01 30 44 55 66"], ["12-31-2020 x", "y"]]
)
def test_what_is_no_month_first_elsewhere_asks_nothing(others: list[str]) -> None:
    rows = "".join(f"Ana;{day};{other}\n" for day, other in zip(["05/06/1981", "07/04/1982"], others, strict=True))
    frame = read_sheet(f"Nombre;Fecha de nacimiento;Otro\n{rows}".encode())
    assert check(frame, match_columns(frame, FIELDS)).ok


# ── rows that are asked because of others ────────────────────────────────────


def test_the_title_of_a_group_in_a_sheet_of_two_columns_is_asked() -> None:
    done = checked("Nombre;Correo\nAna;ana@example.cl\nEva;eva@example.cl\nClientes Sur;\nPía;pia@example.cl\n")
    assert done.bad.tolist() == [False, False, True, False]
    half = "".join(f"P{n};{f'p{n}@example.cl' if n % 2 else ''}\n" for n in range(20))
    assert checked(f"Nombre;Correo\n{half}").ok  # many have none
    assert checked("Nombre;Ciudad\nAna;Temuco\nEva;Temuco\nLuis;\nPía;Temuco\n").ok


@pytest.mark.parametrize(
    "title",
    ["NO CONTACTAR", "Bajas", "Clientes dados de baja", "Excluidos:", "Do not call", "Fallecidos", "Не турбувати"],
)
@pytest.mark.parametrize("head", ["", "Nombre;Correo;Monto\n"])
def test_people_below_a_title_that_says_no_are_asked_up_to_the_next(title: str, head: str) -> None:
    more = "Rosa;rosa@example.cl;5\nPía;pia@example.cl;6\n"
    for text in (f"{title};;", f";;\n{title};;", f";;{title}"):
        done = checked(f"Nombre;Correo;Monto\n{PEOPLE}{text}\n{head}{more}Clientes nuevos;;\nSol;sol@example.cl;7\n")
        sent = [name for name, bad in zip(done.frame["Nombre"], done.bad, strict=True) if not bad]
        assert sent == ["Ana", "Eva", "Luis", "Sol"]
        assert (
            check(done.leave_out("(row)", "stands below a title that says not to send it"), FIELDS).wire()
            == done.wire()
        )


def test_titles_of_other_groups_hold_nobody() -> None:
    done = checked(f"Nombre;Correo;Monto\n{PEOPLE}Clientes Norte;;\nRosa;rosa@example.cl;5\nPía;pia@example.cl;6\n")
    assert done.bad.sum() == 1


def test_people_who_are_called_as_a_total_begins_are_people() -> None:
    names = {"Máximo Soto": True, "Max León": True, "Min Ho": True, "Máximo": False, "Min: algo": False}
    lines = "".join(f"{name};;4\n" for name in names)
    assert checked(f"Nombre;Correo;Monto\n{PEOPLE}{lines}{PEOPLE * 3}").bad.tolist()[3:8] == [
        not ok for ok in names.values()
    ]


OTHER = "Nombre,Correo,Ciudad\nEva,eva@example.cl,Santiago\nNoa,noa@example.cl,Temuco\n"
AMOUNT_OF = pd.DataFrame({"Correo": ["luis@example.cl", "ana@example.cl"], "MONTO": [1, 2]})
MOVES: dict[str, tuple[Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame], list[bool]]] = {
    "new labels": (lambda one, _: one.reset_index(drop=True), [False, True]),
    "an index and back": (lambda one, _: one.set_index("Correo").reset_index(), [False, True]),
    "sorted": (lambda one, _: one.sort_values("Nombre", ascending=False, ignore_index=True), [True, False]),
    "grouped": (lambda one, _: one.groupby("Ciudad", as_index=False).first(), [False, True]),
    "put together": (lambda one, other: pd.concat([one, other]), [False, True, False, False]),
    "the other first": (lambda one, other: pd.concat([other, one]), [False, False, False, True]),
    "counted anew": (lambda one, other: pd.concat([one, other], ignore_index=True), [False, True, False, False]),
    "by keys": (lambda one, other: pd.concat([one, other], keys=["a", "b"]), [False, True, False, False]),
    "and filtered": (lambda one, other: pd.concat([one, other]).query("Ciudad == 'Temuco'"), [True, False]),
    "merged": (lambda one, _: one.merge(AMOUNT_OF), [False, True]),
    "other columns": (lambda one, other: pd.concat([one[["Nombre", "Correo"]], other]), [False, True, False, False]),
    "another name, not found": (lambda one, other: pd.concat([one.replace("Luis", "Li"), other]), [True] * 4),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_question_of_a_row_goes_with_it_wherever_it_is_put(move: str) -> None:
    to, held = MOVES[move]
    moved = to(read_sheet(LONGER.encode()), read_sheet(OTHER.encode()))
    done = check(moved, match_columns(moved, FIELDS))
    assert done.bad.tolist() == held
    assert done.facets["reason"].tolist() == [RELABELLED.reason if all(held) else LONGER_ROW]
    assert done.accept("(row)").ok


def test_what_was_asked_of_rows_whose_labels_are_all_alike_is_asked_of_a_part_of_them(tmp_path: Path) -> None:
    frame = read_sheet(f"{NOTE}Rosa;rosa@;4\nEva;;5\n".encode()).rename(index=lambda _: 7)
    failed = only_failed(check(frame, match_columns(frame, FIELDS)).leave_out("EMAIL").to_excel(tmp_path / "a.xlsx"))
    assert again(failed).bad.tolist() == [True, True]
    assert again(failed.iloc[:1].assign(Monto="5", Correo="x@example.cl")).bad.tolist() == [True]


def test_rows_that_were_accepted_stay_so_where_their_labels_go() -> None:
    frame = read_sheet(LONGER.encode())
    kept = frame.sort_index(ascending=False)
    assert check(kept, match_columns(kept, FIELDS)).bad.tolist() == [True, False]
    decided = check(frame, match_columns(frame, FIELDS)).accept("(row)").fixed()
    assert check(decided.reset_index(drop=True), match_columns(decided, FIELDS)).ok


def test_sheets_put_together_are_read_as_one() -> None:
    numbers, texts = table(["Nombre", "Monto"], ["Ana", 37.125]), table(["Nombre", "Monto"], ["Eva", "1.234,50"])
    both = pd.concat([read_sheet(numbers), read_sheet(texts)], ignore_index=True)
    assert check(both, match_columns(both, FIELDS)).wire()["MONTO"] == [37.125, 1234.5]
    dates = [f"Nombre;FECHA_NACIMIENTO\nA;{day}\nB;05/06/1981\n".encode() for day in ("12/31/1980", "")]
    first = pd.concat(list(map(read_sheet, dates))).iloc[3:]
    assert check(first, match_columns(first, FIELDS)).bad.tolist() == [True]


def test_a_text_that_the_workbook_cut_is_asked_once_another_cell_is_mended(tmp_path: Path) -> None:
    done = checked(f"Nombre;Correo\n{'x' * 40_000};mala\nEva;mala\n")
    for path, held in ((tmp_path / "a.xlsx", [True, False]), (tmp_path / "a.csv", [False, False])):
        failed = only_failed(done.to_excel(path)).assign(Correo="ana@example.cl")
        assert again(failed).bad.tolist() == held


@pytest.mark.parametrize("word", ["Soma", "Van", "Grupo B", "Zona Norte", "Підсумок"])
@pytest.mark.parametrize("held", [True, False])
def test_a_text_beside_the_sum_of_what_stands_above_is_asked(word: str, *, held: bool) -> None:
    people = "".join(f"Ana {a};{a}@example.cl;{n}00\n" for n, a in enumerate("bcdefg", 1))
    done = checked(f"Nombre;Correo;Monto\n{people}{word};;{2100 if held else 2101}\n{people}{word};;4200\n")
    asked = held or " " not in word
    expected = [*[False] * 6, asked, *[False] * 6, asked]
    assert done.bad.tolist() == expected


@pytest.mark.parametrize("label", ["Saldo", "IVA", "Saldo final", "Hoja 2", "Página 1", "Zona 2", "Eva Paz"])
@pytest.mark.parametrize("names", ["Ana {} Paz", "{}uis"])
def test_a_label_beside_a_number_is_written_as_no_name_of_the_list_is(label: str, names: str) -> None:
    people = [f"{names.format(a)};{a.lower()}@example.cl;{n}00\n" for n, a in enumerate("BCDEFGHI", 1)]
    done = checked(f"Nombre;Correo;Monto\n{''.join(people[:4])}{label};;77\n{''.join(people[4:])}")
    is_name = label == "Eva Paz" or (label in ("Saldo", "IVA") and names == "{}uis")
    assert done.bad.tolist() == [*[False] * 4, not is_name, *[False] * 4]
    others = "".join(f"Ana {a} Paz;;{n}00\n" for n, a in enumerate("bcdefghi", 1))
    assert checked(f"Nombre;Correo;Monto\n{''.join(people)}{others}{label};;77\n{''.join(people)}").ok


def test_a_row_as_full_as_others_is_no_note() -> None:
    rows = "".join(f"Ana {a};1{n}.345.678-{n};2020-01-{n}1;Jefe;{a}@example.cl\n" for n, a in enumerate("bcdefghi", 1))
    head = f"Nombre;RUT;Fecha ingreso;Cargo;Correo\n{rows}{rows}"
    assert checked(f"{head}Eva Mora;12.345.678-5;2020-02-02;Jefa;\n").ok
    assert checked(f"{head}Nota: hola;;;;\n").bad.sum() == 1


def test_rows_that_look_like_no_person_are_not_accepted_in_one_go() -> None:
    people = "".join(f"Ana {a};{a}@gmial.com;{n}00\n" for n, a in enumerate("bcd", 1))
    rest = "TOTAL;;700\nNota: cifras en CLP;;\ns/i;e@gmial.com;5\n=Ana;f@gmial.com;5\n"
    done = checked(f"Nombre;Correo;Monto\n{people}{rest}").accept()
    assert done.wire()["EMAIL"][0] == "b@gmail.com"
    assert done.bad.tolist() == [False] * 3 + [True] * 4
    for reason in ("looks like a total", "says that there is nothing", "looks like a formula"):
        done = done.accept(reason=reason)
    assert done.accept("(row)").ok


def test_that_the_notes_of_a_sheet_are_lost_is_said() -> None:
    one, other = (read_sheet(text.encode()) for text in (LONGER, LONGER.replace(",x", "")))
    both = pd.concat([pd.DataFrame({"Nombre": ["Eva"]}).rename_axis("row"), one, other])
    lost = "what was noted when the sheet was read is lost"
    assert sum(note.startswith(lost) for note in check(both, match_columns(both, FIELDS)).notes) == 1
    assert not any(note.startswith(lost) for note in check(one, match_columns(one, FIELDS)).notes)


def test_a_text_beside_a_day_at_the_end_of_a_sheet_may_be_a_note() -> None:
    rows = "".join(f"Ana {a};{a}@example.cl;1980-01-{n}1\n" for n, a in enumerate("bcdefghi", 1) if n < 4) * 3
    assert checked(f"Nombre;Correo;Fecha de nacimiento\n{rows}Impreso el;;2024-03-12\n").bad.sum() == 1


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        (["Consultas:", "soporte@example.cl", "+56922345678"], True),
        ([], False),
        (["", "Mesa de ayuda", "soporte@example.cl"], True),
        (["", "Contacto", "ventas@example.cl", "922345678"], True),
        (["", "Impreso el", "", "", "2024-03-12"], True),
        (["Generado por :", "", "922345678"], True),
        (["", "Eva Mora", "eva@example.cl", "922345678"], False),
        (["Eva Mora", "eva@example.cl"], False),
        (["Eva Mora:", "eva@example.cl", "922345678", "1980-01-02"], False),
    ],
)
def test_a_line_below_a_list_is_no_person(row: list[Any], *, asked: bool) -> None:
    people = [[f"Ana {a} Paz", f"{a}@example.cl", f"92234567{n}", f"1980-01-0{n}"] for n, a in enumerate("bcdefg", 1)]
    gap = [[""]] if row[:1] == [""] else []
    below = [row[len(gap) :]] if row else []
    sheet = table(["Nombre", "Correo", "Celular", "Fecha de nacimiento"], *people, *gap, *below)
    frame = read_sheet(sheet)
    assert check(frame, match_columns(frame, FIELDS)).bad.tolist() == [False] * 6 + [asked] * len(below)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: check(c.frame, FIELDS, country=["CO"]), "there is no country"),
        (lambda c: check(c.frame, FIELDS, country=pd.NA), "there is no country"),
        (lambda c: check(c.frame, FIELDS, empty={"Nombre": ["s/i"]}), "takes words"),
        (lambda c: c.leave_out(rows=slice(0, 1)), r"as a list of them"),
        (lambda c: c.leave_out(rows=[pd.NA]), "no row has one of these labels"),
        (lambda c: c.replace("EMAIL", {"mala": "a@example.cl"}, rows=len), r"as a list of them"),
        (lambda c: c.replace("EMAIL", {"mala": 10**5000}), "more than a thousand digits"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(call: Callable[[Check], Check], words: str) -> None:
    with pytest.raises(InputError, match=words):
        call(check(pd.DataFrame({"NOMBRE": ["Ana"], "EMAIL": ["mala"]}), FIELDS))


def test_a_number_that_python_does_not_write_is_held(box: Sandbox, clock: ManualClock) -> None:
    report = connected(box, clock).insert_records(DATABASE, [{"MONTO": 10**5000}, {"NOMBRE": "Ana"}])
    assert report.table["outcome"].tolist() == ["not sent", "verified"]
    assert report.sent()["NOMBRE"].tolist() == ["Ana"]


def test_that_there_is_no_row_is_said() -> None:
    frame = read_sheet(b"Nombre;Correo\n")
    assert "there is no row to be sent" in check(frame, match_columns(frame, FIELDS)).notes


@pytest.mark.parametrize("name", ["нет", "X", "x", "INF", "#INF", "Anónima", "anonymous", "анонім", "(2 rows)"])
def test_a_name_that_says_nothing_is_asked_however_many_there_are(name: str) -> None:
    few = f"Nombre;Correo\nAna;a@example.cl\n{name};e@example.cl\nEva;o@example.cl\n"
    assert checked(few).bad.tolist() == [False, True, False]
    assert checked(few + "Ana Paz;o@example.cl\n" * 100).bad.sum() == 1


@pytest.mark.parametrize("name", ["No", "no", "Sí", "Xavi", "Xi", "Inés", "Infante", "Ana", "Vera", "Hugo X"])
def test_a_name_that_begins_as_a_word_for_nothing_is_sent(name: str) -> None:
    assert checked(f"Nombre;Correo\nAna;a@example.cl\n{name};e@example.cl\n").ok


TITLED = "Nombre;Correo;Celular\nAna;ana@example.cl;922345671\nLuis;luis@example.cl;922345672\n{title};;\n" + "".join(
    f"{name};{name.lower()}@example.cl;92234568{n}\n" for n, name in enumerate(["Eva", "Pía", "Noa"])
)
PARTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "those with an address": lambda sheet: sheet[sheet["Correo"].notna()],
    "dropna": lambda sheet: sheet.dropna(),
    "the last": lambda sheet: sheet.tail(3),
    "sorted": lambda sheet: sheet.dropna().sort_values("Nombre"),
    "renamed": lambda sheet: sheet.dropna().rename(columns={"Correo": "EMAIL"}),
    "labelled anew": lambda sheet: sheet.dropna().reset_index(drop=True),
}


@pytest.mark.parametrize("title", ["No enviar", "BAJAS", "No contactar:"])
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_title_that_says_no_is_not_filtered_away(title: str, part: Any) -> None:
    """The title is the first thing that a filter drops, and those below it stay."""
    rows = part(read_sheet(TITLED.format(title=title).encode()))
    checked = check(rows, match_columns(rows, FIELDS))
    named = checked.frame.loc[~checked.bad.to_numpy(), "Nombre"].tolist()
    assert {*named} <= {"Ana", "Luis"}, named


@pytest.mark.parametrize("name", ["Correo", "EMAIL", "e-mail"])
@pytest.mark.parametrize("levels", [1, 2])
def test_a_column_that_became_the_index_is_not_left_out_in_silence(name: str, levels: int) -> None:
    rows = pd.DataFrame({name: ["ana@example.cl"], "Sucursal": ["Arica"], "NOMBRE": ["Ana"]})
    index = [name, "Sucursal"][:levels]
    with pytest.raises(InputError, match="reset_index"):
        check(rows.set_index(index)[["NOMBRE"]], FIELDS)
    assert check(rows.set_index(index)[["NOMBRE"]].rename_axis([None] * levels), FIELDS).ok
    assert check(rows.set_index("Sucursal")[["NOMBRE"]], FIELDS).ok


BORN_LATER, AMOUNT_LATER = "FECHA_NACIMIENTO", "MONTO"
FRAMES = {  # the cells of two frames, and how many of the second are sent
    "month first after days in two readings": (
        BORN_LATER,
        ["05/06/1981", "07/04/1982"],
        ["12/31/1981", "07/04/1982"],
        0,
    ),
    "month first after day first": (BORN_LATER, ["31/12/1980"], ["12/31/1980", "05/06/1981"], 0),
    "day first after month first": (BORN_LATER, ["12/31/1980", "12/30/1980"], ["31/12/1980", "05/06/1981"], 1),
    "day second after month second": (BORN_LATER, ["1980-05-06"], ["1980-25-12", "1980-05-06"], 0),
    "day first, and again": (BORN_LATER, ["31/12/1980"], ["05/06/1981", "30/01/1980"], 2),
    "days in two readings after day first": (BORN_LATER, ["31/12/1980"], ["05/06/1981"], 1),
    "a point after a comma": (AMOUNT_LATER, ["1.234,5", "7,5"], ["12.345", "1.5"], 1),
    "a comma after a point": (AMOUNT_LATER, ["1.5", "2.75"], ["1.234", "2.500", "3,25"], 1),
    "a comma, and again": (AMOUNT_LATER, ["1.234,5", "7,5"], ["12.345", "8,5"], 2),
}


@pytest.mark.parametrize(("column", "first", "second", "sent"), FRAMES.values(), ids=FRAMES)
def test_a_later_frame_that_shows_otherwise_is_asked(
    box: Sandbox, clock: ManualClock, column: str, first: list[str], second: list[str], sent: int
) -> None:
    """Of an iterator, what earlier frames showed is how the next are read, unless they show another way themselves."""
    cells = enumerate([first, second])
    frames = (pd.DataFrame({"EMAIL": [f"p{n}{k}@example.cl" for k in range(len(c))], column: c}) for n, c in cells)
    report = connected(box, clock).insert_records(DATABASE, frames)
    outcomes = report.table["outcome"].iloc[len(first) :]
    assert outcomes.eq("verified").sum() == sent
    assert outcomes.isin(["verified", "not sent"]).all()


@pytest.mark.parametrize(
    ("column", "no", "others"),
    [
        ("Observaciones", "NO CONTACTAR", ["", "Cliente desde 2020"]),
        ("Estado", "Baja", ["Alta", "Vigente"]),
        ("Status", "unsubscribed", ["active", "new"]),
        ("Comentario", "fallecida", ["llamar el lunes", "ok"]),
        ("Примітка", "не турбувати", ["новий", ""]),
        ("No llamar", "x", ["", "no"]),
        ("Opt-out", "sí", ["", "0"]),
    ],
)
def test_a_cell_that_says_not_to_send_its_row_is_asked(column: str, no: str, others: list[str]) -> None:
    cells = [others[0], no, *others, *[others[1]] * 8]
    text = f"Nombre;Correo;{column}\n" + "".join(f"Ana {n};p{n}@example.cl;{cell}\n" for n, cell in enumerate(cells))
    done = checked(text)
    assert np.flatnonzero(done.bad).tolist() == [1]
    assert done.facets["reason"].tolist() == ["a cell of the row says not to send it"]
    assert done.accept("(row)", "a cell of the row says not to send it").ok
    assert not len(done.leave_out(rows=[3]).facets)


@pytest.mark.parametrize("first", ["Ciudad", "Nombre"])
def test_names_of_groups_are_no_rows(first: str) -> None:
    """A pivot table has them in a column of their own, which the rows below leave blank."""
    other = {"Ciudad": "Nombre", "Nombre": "Ciudad"}[first]
    rows = [["Temuco", "", ""], ["", "Ana", "a@example.cl"], ["", "Luis", "l@example.cl"], ["Arica", "", ""]]
    text = "\n".join(";".join(row) for row in [[first, other, "Correo"], *rows, ["", "Eva", "e@example.cl"]])
    assert np.flatnonzero(checked(text).bad).tolist() == [0, 3]


def test_cells_that_are_not_sent_may_be_anything() -> None:
    """Lists, dicts and arrays in a column that fills no field."""
    frame = pd.DataFrame({"NOMBRE": ["Ana", "Eva"], "EMAIL": ["a@example.cl", "e@example.cl"]})
    frame = frame.assign(tags=[["a"], {"b": 1}], arrays=[np.array([1, 2]), None], Estado=["Alta", "Baja"])
    assert np.flatnonzero(check(frame, match_columns(frame, FIELDS)).bad).tolist() == [1]


def test_a_question_is_found_again_beside_cells_of_any_kind() -> None:
    sheet = read_sheet(LONGER.encode()).reset_index(drop=True)
    sheet = sheet.assign(tags=[["a"]] * len(sheet))
    assert np.flatnonzero(check(sheet, match_columns(sheet, FIELDS)).bad).tolist() == [1]
