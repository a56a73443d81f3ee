"""The demo, from the bundled spreadsheet to the workbook that a person reads and sends again; and the command line."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import toolkit
from tests.commands.contacts import HEADER, TARGET, write
from tests.conftest import STATE
from toolkit import __main__ as command_line
from toolkit.sandbox import Sandbox, demo

SAME = ["Nombre", "Correo electrónico", "Ciudad"]


@pytest.fixture(scope="module")
def sheet() -> pd.DataFrame:
    return toolkit.read_sheet(TARGET)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "resultado.xlsx"


@pytest.fixture(scope="module")
def said(output: Path) -> Iterator[str]:
    """What the demo prints, run once."""
    state = output.parent / "state"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOOLKIT_STATE", str(state))
        patch.setattr(Sandbox, "state", STATE)  # the test before may be one of those that remember for themselves
        yield "\n".join(demo.run(output))
        assert not [*state.rglob("*.sqlite")], "the journal of a sandbox that is gone stays behind"


def number(said: str, words: str) -> int:
    (found,) = re.findall(rf"^ *([\d,]+) +{words}", said, re.MULTILINE)
    return int(found.replace(",", ""))


# ── the bundled spreadsheet ──────────────────────────────────────────────────


def test_the_same_seed_gives_the_same_cells(sheet: pd.DataFrame, tmp_path: Path) -> None:
    again = tmp_path / "contactos.xlsx"
    write(again)
    pd.testing.assert_frame_equal(toolkit.read_sheet(again), sheet)
    assert again.stat().st_size < 450_000
    assert TARGET.stat().st_size < 450_000


def test_it_is_a_sheet_as_people_have_them(sheet: pd.DataFrame) -> None:
    assert len(sheet) >= 5_000
    assert [*sheet.columns] == HEADER
    assert sheet.index[0] > 2, "titles stand above the header"
    assert sheet.duplicated().sum() >= 50
    assert (sheet.isna().sum() > 50).all(), "every column has blanks"
    dirt = {
        "Nombre": [r".*[áéíóúñÑ]", r"\S+  \S+.* $"],
        "Correo electrónico": [r".*; ", r"[^@]*$", "\u00a0", r"[^.]*@example$|.*@example$"],
        "Teléfono": [r"\d\.\d+E\+10$", r"\+56 9 ", r"\+56-9-", "\u00a0", r"569\d{6}$", r".*[a-zA-Z]", r".* / "],
        "Fecha de nacimiento": [r"31/0[26]/", r"00/00", r"\d\d-\d\d-\d\d$", r".* de .* de "],
        "Monto": [r"\$ ", r".*\.\d{3},00$", r"por confirmar"],
    }
    for column, patterns in dirt.items():
        for pattern in patterns:
            assert sheet[column].str.match(pattern, na=False).any(), f"{column}: {pattern}"


def test_nobody_real_is_in_it(sheet: pd.DataFrame) -> None:
    from phonenumbers import carrier, parse

    digits = sheet["Teléfono"].dropna().str.replace(r"\D", "", regex=True).drop_duplicates()
    mine = digits[digits.str.fullmatch(r"569\d{8}")]
    assert len(mine) > 3_000
    assert not [phone for phone in mine if carrier.name_for_number(parse(f"+{phone}"), "en")], "a range in use"
    foreign = sheet["Teléfono"][sheet["Teléfono"].str.match(r"\+(?!56)", na=False)]
    assert foreign.str.match(r"\+1 202 555 01").all()
    domains = sheet["Correo electrónico"].str.extract(r"@+([\w.]+)")[0].dropna()
    assert set(domains.str.lower()) <= {"example.cl", "example.com", "example"}


# ── the run ──────────────────────────────────────────────────────────────────


def test_the_summary_adds_up(said: str, output: Path, sheet: pd.DataFrame) -> None:
    outcomes = toolkit.read_sheet(output)["outcome"].value_counts()
    assert outcomes.sum() == len(sheet) == number(said, "rows in all")
    for outcome, count in outcomes.items():
        assert number(said, f"{outcome}:") == count
    assert set(outcomes.index) == {"verified", "not sent"}
    assert number(said, "stored, as the sandbox itself counts them") == outcomes["verified"]


def test_what_is_wrong_is_said_before_it_is_sent(said: str, output: Path) -> None:
    table = said.partition("What is wrong")[2].partition("say the same")[0]
    counts = [int(n) for n in re.findall(r"^ +(\d+)  \S.*, as '", table, re.MULTILINE)]
    refused = toolkit.read_sheet(output)["outcome"].eq("not sent").sum()
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) >= refused > 0
    for column in ("Correo electrónico", "Teléfono", "Fecha de nacimiento", "Monto"):
        assert re.search(rf"\d  {column} ", table), column


def test_the_fields_are_proposed_from_the_sheet(said: str) -> None:
    assert "Teléfono -> TELEFONO (phone)" in said
    assert "Fecha de nacimiento -> FECHA_DE_NACIMIENTO (date)" in said
    assert "Monto -> MONTO (number)" in said
    assert "Ciudad -> CIUDAD (text)" in said


@pytest.mark.usefixtures("said")
def test_the_workbook_has_the_persons_own_cells(output: Path, sheet: pd.DataFrame) -> None:
    result = toolkit.read_sheet(output)
    assert [*result.columns[: len(HEADER)]] == HEADER
    for column in SAME:
        assert result[column].fillna("").tolist() == sheet[column].fillna("").tolist()
    failed = result[result["outcome"] != "verified"]
    assert failed["error"].notna().all()
    assert failed["error_column"].isin(HEADER).all()


@pytest.mark.usefixtures("said")
def test_what_failed_is_sent_again_once_it_is_corrected(output: Path, api: toolkit.Api) -> None:
    failed = toolkit.only_failed(output)
    assert [*failed.columns] == HEADER
    fields = toolkit.ida_fields_for(toolkit.read_sheet(TARGET))
    database = api.ida.create_database("Otra vez", fields)
    as_they_are = api.ida.insert_records(database, failed, options={"max_rejected": 1.0})
    assert not as_they_are.complete
    assert len(as_they_are.failed) == len(failed)
    right = {"Correo electrónico": "ana@example.cl", "Teléfono": "56921234567", "Monto": "1000"}
    corrected = failed.assign(**right, **{"Fecha de nacimiento": "1990-05-01"})
    assert api.ida.insert_records(database, corrected).raise_if_incomplete().summary["verified"] == len(failed)


# ── the command line ─────────────────────────────────────────────────────────


def test_a_console_without_the_letters_shows_what_it_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="cp1252"))
    monkeypatch.setattr(demo, "run", lambda path: iter(["Nuñoa ДАТА"]))
    assert command_line.main(["demo", "--output", str(tmp_path / "x.xlsx")]) == 0
    assert shown.getvalue().decode("cp1252").rstrip() == "Nuñoa ????"


def test_nobodys_workbook_is_overwritten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    chosen: list[str] = []
    monkeypatch.setattr(demo, "run", lambda path: chosen.append(str(path)) or iter([]))
    command_line.main(["demo"])
    (tmp_path / "resultado.xlsx").write_bytes(b"somebody's")
    command_line.main(["demo"])
    assert chosen == ["resultado.xlsx", "resultado-2.xlsx"]


def test_the_sandbox_runs_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: list[list[str]] = []

    def use_and_stop(box: Sandbox) -> None:
        monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
        ida = toolkit.connect("sandbox").ida
        names.append(ida.databases()["name"].tolist())
        ida.create_database("Clientes", ["NOMBRE"])
        raise KeyboardInterrupt

    monkeypatch.setattr(Sandbox, "wait", use_and_stop)
    data = ["sandbox", "--data", str(tmp_path / "state.sqlite")]
    assert [command_line.main(data), command_line.main(data)] == [0, 0]
    assert names == [["Base de datos 1"], ["Base de datos 1", "Clientes"]]
    said = capsys.readouterr().out
    for words in ("/ida", "/control", "/openapi.json", "username", "TOOLKIT_SANDBOX=http://127.0.0.1:", "stopped"):
        assert words in said


def test_a_port_that_is_taken_is_said(box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["sandbox", "--port", box.url.rpartition(":")[2]]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_missing_extra_is_named() -> None:
    code = "import sys; sys.modules['werkzeug'] = None; from toolkit.__main__ import main; sys.exit(main(['demo']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 7
    assert 'This needs the extra "sandbox"' in done.stderr
    assert 'pip install "analyst-toolkit' not in done.stderr
    assert "Traceback" not in done.stderr
