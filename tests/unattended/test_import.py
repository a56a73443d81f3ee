"""`analyst-toolkit import`, in this process: how each run ends, and what it leaves."""

import inspect
import json
import logging
from pathlib import Path
from typing import Any

import pytest

import toolkit
from tests.helpers.registry import Registry
from toolkit.__main__ import main
from toolkit.commands.exits import Exit
from toolkit.commands.reading import OPTIONS, in_options
from toolkit.push import disk
from toolkit.push.store import places
from toolkit.push.store.places import locked
from toolkit.sandbox import Sandbox
from toolkit.sheets import check, read_sheet

from .kit import Desk, contacts

RECORDS = {"method": "POST", "path": "/api/v2/database/records"}
TO = ("--to", "ida:11111", "--profile", "work")


def start(path: Path, *more: str, to: tuple[str, ...] = TO) -> int:
    return main(["import", str(path), *to, *more], registry=Registry)


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def stored(box: Sandbox) -> int:
    return len(box.control.stored("ida", "Contact"))


def test_all_in_and_once_more(desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    path, before = desk.sheet(contacts(30)), stored(box)
    assert start(path, "--json", "--result", "resultado.xlsx") == Exit.DONE
    first = said(capsys)
    assert (first["exit"], first["rows"], first["outcomes"]["verified"]) == (0, 30, 30)
    assert toolkit.read_sheet("resultado.xlsx")["outcome"].tolist() == ["verified"] * 30
    assert start(path, "--json") == Exit.DONE
    assert said(capsys)["id"] == first["id"]
    assert stored(box) == before + 30
    assert [p.name for p in desk.folder.iterdir() if "part" in p.name] == []


def test_a_dry_run_sends_nothing(desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    path, before = desk.sheet([*contacts(3), {"NOMBRE": "x", "EMAIL": "x.example"}]), stored(box)
    assert start(path, "--dry-run", "--result", "check.xlsx") == Exit.BAD_ROWS
    assert "3 of 4 rows can be sent; nothing was." in capsys.readouterr().out
    assert start(desk.sheet(contacts(3), "good.csv"), "--dry-run", "--json") == Exit.DONE
    how = ["the separator was taken to be a comma; `--separator` says otherwise"]
    assert said(capsys) == {"exit": 0, "dry_run": True, "rows": 3, "bad_rows": 0, "problems": 0, "notes": how}
    assert stored(box) == before
    assert toolkit.pushes().empty


def test_bad_rows_are_left_out_or_stop_the_others(desk: Desk, box: Sandbox) -> None:
    path, before = desk.sheet([*contacts(3), {"NOMBRE": "x", "EMAIL": "x.example"}]), stored(box)
    assert start(path, "--on-bad-rows", "raise") == Exit.BAD_ROWS
    assert stored(box) == before
    assert start(path, "--result", "r.csv") == Exit.BAD_ROWS
    assert stored(box) == before + 3
    assert toolkit.only_failed("r.csv")["EMAIL"].tolist() == ["x.example"]


def test_a_saved_match_names_the_columns(desk: Desk, box: Sandbox) -> None:
    rows = [{"Correo": row["EMAIL"], "Quien": row["NOMBRE"]} for row in contacts(3)]
    path, api = desk.sheet(rows), Registry.connect("work", {})
    assert start(path) == Exit.USAGE
    match = toolkit.match_columns(toolkit.read_sheet(path), api.ida.fields(11111))
    match["Correo"], match["Quien"] = "EMAIL", "NOMBRE"
    match.save("match.json")
    assert start(path, "--match", "match.json") == Exit.DONE


@pytest.mark.parametrize(
    ("to", "rows", "more"),
    [
        (
            "nddprint",
            [{"LogonName": "maria", "DomainName": "dominio123", "CardCode": "000777"}],
            ("-p", "replace=true", "--option", "workers=2"),
        ),
        ("carmachain", [{"PhoneNumber": "0999999999"}], ("-p", "categories=Address")),
        ("bookshop:empty", [{"isbn": "9780000000002", "title": "A book", "price": "12.50"}], ()),
    ],
)
def test_every_vendor_by_the_same_command(
    desk: Desk, to: str, rows: list[dict[str, str]], more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(desk.sheet(rows), "--json", *more, to=("--to", to, "--profile", "work")) == Exit.DONE
    assert said(capsys)["outcomes"]["accepted"] == 1


def test_signers_go_into_an_envelope(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    envelope = Registry.connect("work", {}).signio.create_envelope("Contrato")
    person = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}
    to = ("--to", f"signio:{envelope}", "--profile", "work")
    assert start(desk.sheet([person]), "--json", to=to) == Exit.DONE
    assert main(["status", envelope, "--profile", "work", "--json"], registry=Registry) == Exit.DONE
    assert main(["status", "nothing", "--profile", "work"], registry=Registry) == Exit.BAD_ROWS


def test_rows_in_doubt_are_for_a_person(desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    box.control.fault(system="carmachain", match={"path": "/api/createrequest"}, reply="lost", times=None)
    path, to = desk.sheet([{"PhoneNumber": "0999999999"}]), ("--to", "carmachain", "--profile", "work")
    assert start(path, "-p", "categories=Address", "--json", to=to) == Exit.UNKNOWN
    assert said(capsys)["outcomes"]["unknown"] == 1


def test_what_is_paused_goes_on(desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    box.control.fault(
        system="ida", match=RECORDS, reply="status", status=429, headers={"Retry-After": "9000"}, times=None
    )
    path, before = desk.sheet(contacts(30)), stored(box)
    assert start(path, "--json", "--result", "r.xlsx") == Exit.PAUSED
    push = said(capsys)["id"]
    assert main(["resume", push], registry=Registry) == Exit.PAUSED
    box.control.clear_faults()
    assert main(["pushes", "--unfinished", "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["id"] == push
    assert main(["resume", "another"], registry=Registry) == Exit.USAGE
    assert main(["resume"], registry=Registry) == Exit.DONE
    assert stored(box) == before + 30
    assert set(toolkit.read_sheet("r.xlsx")["outcome"]) == {"verified"}
    assert main(["resume"], registry=Registry) == Exit.DONE
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing is to be gone on with."


def test_two_at_a_time_are_refused(desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    memory = Registry.connect("work", {}).ida.connection.memory("database/11111", "there")
    with locked(memory):
        assert start(desk.sheet(contacts(3)), "--json") == Exit.REFUSED
    assert said(capsys)["error"] == "PushRefused"
    assert main(["resume"], registry=Registry) == Exit.DONE
    assert capsys.readouterr().out == "Nothing is to be gone on with.\n"


def test_a_teams_ledger_that_cannot_be_reached_may_be_tomorrow(
    desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra `team`)")
    monkeypatch.setattr(places, "_teams_in_use", {})
    desk.write_settings(ledger="postgresql://nobody@127.0.0.1:1/nowhere")
    path, before = desk.sheet(contacts(3)), stored(box)
    assert start(path, "--json") == Exit.PAUSED
    assert (said(capsys)["error"], stored(box)) == ("PushError", before)
    assert main(["pushes"]) == Exit.FAILED
    assert "127.0.0.1:1/nowhere: the team's ledger" in capsys.readouterr().err
    desk.write_settings()
    assert main(["resume"], registry=Registry) == Exit.DONE
    assert stored(box) == before + 3


def test_what_is_not_configured(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.sheet(contacts(3))
    monkeypatch.setenv("TOOLKIT_IDA_PASSWORD", "wrong-password")
    assert start(path) == Exit.NOT_CONFIGURED
    monkeypatch.delenv("TOOLKIT_IDA_PASSWORD")
    assert start(path) == Exit.NOT_CONFIGURED
    assert start(path, to=("--to", "ida:11111", "--profile", "another")) == Exit.NOT_CONFIGURED


def test_a_result_that_cannot_be_written_stops_before_anything_is_done(
    desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    before = stored(box)
    assert start(desk.sheet(contacts(3)), "--result", "nowhere/r.xlsx") == Exit.FAILED
    assert start(desk.sheet(contacts(3)), "--result", "r.ods") == Exit.USAGE
    assert "r.ods cannot be written: name it .xlsx or .csv" in capsys.readouterr().err
    assert stored(box) == before


def test_words_for_nothing_and_countries(desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.sheet([*contacts(2), {"NOMBRE": "falta", "EMAIL": "falta"}])
    assert start(path, "--dry-run", "--empty", "falta") == Exit.BAD_ROWS
    assert start(path, "--dry-run", "--empty", "falta,x", "--country", "Narnia") == Exit.USAGE
    assert "there is no country 'Narnia'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Base\nEMAIL;NOMBRE\na@example.cl;Ana\n", ["--header", "2"]),
        ("EMAIL;NOMBRE\na@example.cl;Ana Paz\n", ["--separator", ";"]),
        ("EMAIL;Quién\na@example.cl;Ana\n", ["--column", "Quién=NOMBRE"]),
        ("EMAIL;A=B\na@example.cl;Ana\n", ["--column", "A=B="]),
        ("EMAIL;MONTO\na@example.cl;1.500\n", ["--decimal", ","]),
        ("EMAIL;FECHA_NACIMIENTO;NOMBRE\na@example.cl;12/31/1980;Ana\n", ["--day-first", "no"]),
        ("EMAIL;NOMBRE\na@example.cl;s/i\n", ["--empty", "s/i,-", "--doubts", "hold", "--limits", "2"]),
    ],
)
def test_what_a_message_asks_for_can_be_said(desk: Desk, text: str, more: list[str]) -> None:
    path = desk.folder / "hoja.csv"
    path.write_bytes(text.encode("cp850"))
    assert start(path, "--dry-run", "--encoding", "cp850", *more) == Exit.DONE


def test_a_message_has_the_words_of_the_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = desk.folder / "hoja.csv"
    path.write_text("EMAIL;Nombres\na@example.cl;Ana Paz\n", encoding="utf-8")
    assert start(path, "--dry-run") == Exit.USAGE
    assert "perhaps NOMBRE: `--column COLUMN=FIELD`" in capsys.readouterr().err
    assert start(path, "--dry-run", "--column", "Nombres=") == Exit.DONE
    shown = capsys.readouterr().out
    assert "`--separator` says otherwise" in shown
    assert "--column 'Nombres'=field sends them" in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("`header='A1:B1'` reads one", "`--header 'A1:B1'` reads one"),
        ("`day_first=` says", "`--day-first` says"),
        ("match['Tel. 2'] = 'TELEFONO' says so", "--column 'Tel. 2'=TELEFONO says so"),
        ("`replace`, `rows.compute()`", "`replace`, `rows.compute()`"),
    ],
)
def test_arguments_become_options(text: str, words: str) -> None:
    assert in_options(text) == words


def test_each_argument_of_reading_is_an_option() -> None:
    arguments = {**inspect.signature(read_sheet).parameters, **inspect.signature(check).parameters}
    assert {*arguments, "column"} == {*OPTIONS, "source", "sheet", "rows", "target", "strict"}


def test_logs_are_one_object_a_line_without_secrets(desk: Desk, box: Sandbox) -> None:
    assert start(desk.sheet(contacts(3)), "--log", "log.jsonl", "--log-level", "debug") == Exit.DONE
    text = Path("log.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines if line["logger"] == "toolkit.commands"][0::3] == ["began", "ended"]
    assert {"time", "level", "logger", "event"} <= set.intersection(*({*line} for line in lines))
    assert "password-demo" not in text
    assert box.settings()["ida"]["password"] not in text
    assert logging.getLogger("toolkit").level == logging.NOTSET


def test_who_pushed_is_shown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    start(desk.sheet(contacts(3)))
    assert toolkit.pushes()["by"].tolist() == [disk.who()]


def _linked(how: str, path: Path) -> Path:
    """Another name of a file."""
    other = path.with_name("otro.csv")
    match how:
        case "symbolic link":
            other.symlink_to(path)
        case "hard link":
            other.hardlink_to(path)
        case "roundabout":
            (path.parent / "d").mkdir()
            return path.parent / "d" / ".." / path.name
        case _:
            return path
    return other


@pytest.mark.parametrize("how", ["itself", "symbolic link", "hard link", "roundabout"])
@pytest.mark.parametrize("option", ["--result", "--log"])
def test_what_is_read_is_never_written_over(
    desk: Desk, box: Sandbox, capsys: pytest.CaptureFixture[str], how: str, option: str
) -> None:
    path, before = desk.sheet(contacts(3)), stored(box)
    content = path.read_bytes()
    assert start(path, option, str(_linked(how, path))) == Exit.USAGE
    assert "would be written over" in capsys.readouterr().err
    assert path.read_bytes() == content
    assert stored(box) == before


def test_neither_the_match_nor_the_log_is_written_over(desk: Desk, box: Sandbox) -> None:
    path, before = desk.sheet(contacts(3)), stored(box)
    match = desk.folder / "match.csv"
    match.write_text("{}")
    assert start(path, "--match", str(match), "--result", "match.csv") == Exit.USAGE
    assert start(path, "--log", "log.csv", "--result", str(desk.folder / "log.csv")) == Exit.USAGE
    assert match.read_text() == "{}"
    assert not (desk.folder / "log.csv").exists()
    assert stored(box) == before


def test_the_result_is_written_where_nobody_listens(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*lines: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("toolkit.commands.imports.say", closed)
    start(desk.sheet(contacts(3)), "--result", "r.csv")
    assert toolkit.read_sheet("r.csv")["outcome"].tolist() == ["verified"] * 3
