"""The probe: the sandbox agrees in all; of another vendor every difference is seen, saved, and the jobs work then."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit import settings
from toolkit.__main__ import main
from toolkit.http import session
from toolkit.sandbox import Sandbox
from toolkit.vendors import probing
from toolkit.vendors.probing import Finding, Result

SYSTEMS = list(toolkit.Api.vendors())
SUBJECTS = {
    "ida_record": "1234",
    "carmachain_person": "+380999999999",
    "nddprint_user": "usuario123@dominio123",
}
FORMS = {
    name: {a.name: a.other for a in vendor.system.assumptions if a.other is not None}
    for name, vendor in toolkit.Api.vendors().items()
}


def probed(api: toolkit.Api, system: str, **how: Any) -> list[Finding]:
    return probing.run(toolkit.Api.vendors()[system], getattr(api, system), subjects=SUBJECTS, **how)


@pytest.mark.parametrize("system", SYSTEMS)
def test_against_the_sandbox_all_agrees(api: toolkit.Api, box: Sandbox, system: str) -> None:
    findings = probed(api, system, write=True)
    results = {f.what: f.result for f in findings}
    assert Result.DIFFERS not in results.values()
    assert Result.NOT_TRIED not in results.values()
    assert {name for name, result in results.items() if result is Result.AGREES} >= {*FORMS[system]}
    assert {*results} >= {a.name for a in getattr(api, system).system.assumptions}


@pytest.mark.parametrize("system", SYSTEMS)
def test_another_vendors_forms_are_all_seen(api: toolkit.Api, box: Sandbox, system: str) -> None:
    box.control.other_forms()
    findings = probed(api, system, write=True)
    differs = {f.what: f.seen for f in findings if f.result is Result.DIFFERS}
    assert differs == FORMS[system]
    assert all(f.setting for f in findings if f.result is Result.DIFFERS)
    assert probing.readings(findings)[system].items() >= FORMS[system].items()


@pytest.mark.parametrize("system", SYSTEMS)
def test_reads_only_is_what_it_says(api: toolkit.Api, box: Sandbox, system: str) -> None:
    findings = probed(api, system)
    log = [entry["service"] for entry in box.control.log()]
    writes = {e.name for e in getattr(api, system).endpoints.values() if not e.repeatable}
    assert not {*log} & writes
    assert Result.NOT_TRIED in {f.result for f in findings} or system == "nddprint"


def test_what_it_wrote_is_gone(api: toolkit.Api, box: Sandbox) -> None:
    databases, envelopes = len(api.ida.databases()), len(api.signio.envelopes())
    record = api.ida.record(1234)
    for system in ("ida", "signio"):
        probed(api, system, write=True)
    assert (len(api.ida.databases()), len(api.signio.envelopes())) == (databases, envelopes)
    pd.testing.assert_frame_equal(api.ida.record(1234), record)
    assert "distribute" not in [entry["service"] for entry in box.control.log()]


@pytest.mark.parametrize(
    ("behaviour", "value"), [("atomic_requests", False), ("duplicates_kept", False), ("counter_delay", 12.0)]
)
def test_behaviours_of_ida_are_measured(api: toolkit.Api, box: Sandbox, behaviour: str, value: Any) -> None:
    box.control.assume("ida", {behaviour: value})
    seen = {f.what: f for f in probed(api, "ida", write=True)}[behaviour]
    assert seen.result is Result.DIFFERS
    assert seen.seen is False if value is False else seen.seen >= value


@pytest.mark.parametrize("value", ["refused", "ignored"])
def test_what_a_deduplication_key_does_is_seen(api: toolkit.Api, box: Sandbox, value: str) -> None:
    box.control.assume("signio", {"deduplication_key": value})
    seen = {f.what: f for f in probed(api, "signio", write=True)}["deduplication_key"]
    assert (seen.result, seen.seen) == (Result.DIFFERS, value)


def test_evidence_shows_nobodys_address_or_number() -> None:
    assert probing.masked("no ana.perez@example.co 56912345678 \n x") == "no a@a 99999999999 x"


# ── the command ──


@pytest.fixture
def profile(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file with the sandbox as the profile `work`."""
    file = tmp_path / "settings.toml"
    lines = ["# mine"]
    for system, account in box.settings().items():
        lines.append(f"[work.{system}]")
        for name, value in account.items():
            if name in ("password", "secret_key", "token"):
                monkeypatch.setenv(f"TOOLKIT_{system}_{name}".upper(), str(value))
            elif isinstance(value, str):
                lines.append(f"{name} = {settings.toml(value)}")
    file.write_text("\n".join([*lines, "[other.ida]", 'username = "x"']) + "\n")
    monkeypatch.setenv("TOOLKIT_SETTINGS", str(file))
    return file


def test_the_command_prints_saves_and_the_jobs_work_then(
    box: Sandbox, clock: ManualClock, profile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "RealClock", lambda: clock)
    box.control.other_forms()
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    given = [f"--with={name}={value}" for name, value in SUBJECTS.items()]
    assert main(["probe", "--profile", "work", "--write", "--save", *given]) == 0
    shown = capsys.readouterr().out
    assert "never distributed" in shown
    assert '[ida.assumptions] date_form = "%Y-%m-%d"' in shown
    assert "Saved in" in shown
    text = profile.read_text()
    assert text.startswith("# mine\n")
    assert "[other.ida]" in text
    assert 'date_form = {value = "%Y-%m-%d", on = ' in text
    api = toolkit.connect("work", progress=False)
    by_name = api.ida.assumptions().set_index("name")
    assert by_name.loc["date_form", "value"] == "%Y-%m-%d"
    assert by_name.loc["date_form", "provenance"].startswith("confirmed ")
    _the_jobs_work(api)
    again = main(["probe", "--profile", "work"])
    assert [line for line in capsys.readouterr().out.splitlines() if "differs" in line] == []
    assert again == 0


def _the_jobs_work(api: toolkit.Api) -> None:
    waits = {"settle_wait": 1, "settle_stable": 0.1}
    rows = [{"EMAIL": "ana@example.cl", "TELEFONO": "+56 9 1234 5678", "FECHA_NACIMIENTO": "31/12/1980"}]
    names = dict(zip(api.ida.fields(11111)["name"], api.ida.fields(11111)["kind"], strict=True))
    assert set(names.values()) >= {"email", "text"}
    database = api.ida.create_database(
        "Otra", [{"name": "EMAIL", "type": 2}, {"name": "TELEFONO", "type": 3}, {"name": "FECHA_NACIMIENTO", "type": 1}]
    )
    assert api.ida.insert_records(database, rows, options=waits).complete
    people = [
        {"c": "1", "nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}
    ]
    plan = api.signio.plan_envelopes(
        [{**p, "celular": "+57 300 1234567", "operation_rol": "Operador"} for p in people],
        "c",
        documents=[{"template": 12, "fields": {"name": "{nombre}", "identification": "{identificacion}"}}],
        envelope_options={"tags": ["a"], "op_btnRechazo": True},
    )
    report = plan.build(options=waits)
    assert report.complete, report.table["error"].tolist()
    assert plan.distribute(confirm=1, options=waits).complete
    cards = [{"LogonName": "maria", "DomainName": "dominio123", "CardCode": "000777"}]
    assert api.nddprint.add_card_codes(cards, options=waits).complete
    asked = api.carmachain.request([{"PhoneNumber": "0999999998"}], categories="Address", options=waits)
    assert asked.complete
    assert len(api.carmachain.answers(asked))


def test_nothing_is_written_before_somebody_types_yes(
    box: Sandbox, profile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["probe", "ida", "--profile", "work", "--write"]) == 6
    assert "Nothing was written" in capsys.readouterr().err
    assert box.control.log() == []


def test_reads_are_kept_and_replayed(box: Sandbox, profile: Path, tmp_path: Path) -> None:
    assert main(["probe", "nddprint", "carmachain", "--profile", "work", "--record", str(tmp_path / "kept")]) == 0
    kept = tmp_path / "kept" / "carmachain.yaml"
    assert "Panding" in kept.read_text() or "parametrRequest" in kept.read_text()
    assert main(["probe", "ida", "--profile", "work", "--record", str(tmp_path), "--write"]) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["idda"], "no system 'idda'; did you mean 'ida'"),
        (["ida", "--with", "ida_rekord=1"], "did you mean 'ida_record'"),
        (["ida", "--with", "ida_record"], "as NAME=VALUE"),
    ],
)
def test_what_is_misspelt_is_refused(
    profile: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert main(["probe", "--profile", "work", *arguments]) == 2
    assert text in capsys.readouterr().err


def test_a_system_without_credentials_is_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLKIT_SETTINGS", str(tmp_path / "none.toml"))
    assert main(["probe", "--profile", "none"]) == 0
    assert capsys.readouterr().out.count("not tried") == len(SYSTEMS)
