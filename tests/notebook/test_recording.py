"""Recordings: what is recorded runs again without network, to the same tables; nothing else runs at all."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import toolkit
from toolkit.http.session import RECORDER, Session
from toolkit.sandbox import Sandbox


def reads(api: toolkit.Api) -> list[pd.DataFrame]:
    return [api.ida.databases(), api.ida.database(11111), api.ida.fields(11111), api.ida.records([1, 2, 3, 999_999])]


def test_a_recording_replays_without_network_to_the_same_tables(
    api: toolkit.Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path) as first:
        before = reads(api)
    assert not first.replays

    def no_network(*_: object) -> None:
        raise AssertionError("a replay reached for the network")

    monkeypatch.setattr(Session, "_send", no_network)
    stranger = toolkit.connect(ida={"base_url": "https://ida.example"}, progress=False)  # elsewhere, no credentials
    with toolkit.recorded(path) as second:
        after = reads(stranger)
    assert second.replays
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_an_unknown_call_is_an_error_and_is_not_sent(api: toolkit.Api, box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path):
        api.ida.databases()
    count = len(box.control.log())
    with toolkit.recorded(path), pytest.raises(toolkit.NotRecorded, match="database/11111"):
        api.ida.database(11111)
    with toolkit.recorded(path):
        api.ida.databases()
        with pytest.raises(toolkit.NotRecorded):
            api.ida.databases()  # recorded once, asked twice
    assert len(box.control.log()) == count


def test_no_secret_is_recorded(api: toolkit.Api, box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path):
        api.ida.user()
        api.ida.databases()
    text = path.read_text(encoding="utf-8")
    assert box.credentials["ida"]["password"] not in text
    assert "eyJ" not in text
    assert "databases" in text


def test_a_secret_in_an_answer_stops_the_recording(api: toolkit.Api, tmp_path: Path) -> None:
    api.ida.create_database("A token: eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", ["NOMBRE"])
    with pytest.raises(toolkit.ToolkitError, match="secret"), toolkit.recorded(tmp_path / "report.yaml"):
        api.ida.databases()
    assert not (tmp_path / "report.yaml").exists()


def test_inside_a_recording_nothing_is_changed(api: toolkit.Api, box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(toolkit.InputError, match="changes something"), toolkit.recorded(tmp_path / "one.yaml"):
        api.ida.delete_database(11111)
    rows = pd.DataFrame({"EMAIL": ["ana@example.cl"]})
    with pytest.raises(toolkit.InputError, match="nothing is pushed"), toolkit.recorded(tmp_path / "two.yaml"):
        api.ida.insert_records(11111, rows)
    assert len(box.control.stored("ida", "Database")) == 1


def test_the_modes(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with pytest.raises(toolkit.InputError, match="no recording"), toolkit.recorded(path, mode="replay"):
        pass
    with toolkit.recorded(path):
        api.ida.databases()
    api.ida.create_database("Nueva", ["NOMBRE"])
    with toolkit.recorded(path):
        assert len(api.ida.databases()) == 1
    with toolkit.recorded(path, mode="record"):
        assert len(api.ida.databases()) == 2
    with toolkit.recorded(path, mode="replay"):
        assert len(api.ida.databases()) == 2


MONTH_END = datetime(2026, 12, 1, tzinfo=UTC)


def test_a_recording_says_when_its_answers_were_given(api: toolkit.Api, tmp_path: Path) -> None:
    path, when = tmp_path / "report.yaml", datetime(2026, 12, 1, 8, 30, 15, 999, tzinfo=UTC)
    with toolkit.recorded(path, now=when) as first:
        api.ida.databases()
    with toolkit.recorded(path) as second:
        api.ida.databases()
    assert first.as_of == second.as_of == datetime(2026, 12, 1, 8, 30, 15, tzinfo=UTC)


def test_a_recording_of_before_is_not_replayed_in_silence(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path, now=MONTH_END - timedelta(days=5), not_before=MONTH_END) as early:
        api.ida.databases()
    assert not early.replays, "a month that is not over can be looked at"
    words = "recorded at 2026-11-26 00:00 UTC, before 2026-12-01"
    with (
        pytest.raises(toolkit.InputError, match=words),
        toolkit.recorded(path, mode="replay", not_before=MONTH_END),
    ):
        pass
    api.ida.create_database("Nueva", ["NOMBRE"])
    with toolkit.recorded(path, now=MONTH_END, not_before=MONTH_END) as late:
        assert len(api.ida.databases()) == 2
    assert not late.replays
    with toolkit.recorded(path, not_before=MONTH_END) as again:
        api.ida.databases()
    assert again.replays
    assert again.as_of == MONTH_END


def test_a_recording_that_says_no_time_has_that_of_its_file(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path):
        api.ida.databases()
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    os.utime(path, (0, 1_700_000_000))
    with toolkit.recorded(path) as old:
        api.ida.databases()
    assert old.as_of == datetime.fromtimestamp(1_700_000_000, UTC)


def test_recordings_do_not_nest(tmp_path: Path) -> None:
    with (
        toolkit.recorded(tmp_path / "one.yaml"),
        pytest.raises(toolkit.InputError, match="nest"),
        toolkit.recorded(tmp_path / "two.yaml"),
    ):
        pass


def test_a_failed_block_records_nothing(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with pytest.raises(toolkit.NotFound), toolkit.recorded(path):
        api.ida.database(199_999)
    assert not path.exists()


def test_many_threads_record_and_replay(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    ids = list(range(1, 31)) * 2
    with toolkit.recorded(path):
        before = api.ida.records(ids)
    with toolkit.recorded(path):
        pd.testing.assert_frame_equal(api.ida.records(ids), before)


def test_a_token_that_ends_while_recording_is_no_part_of_it(api: toolkit.Api, box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    api.signio.envelopes()
    box.control.revoke("signio")
    with toolkit.recorded(path):
        before = api.signio.envelopes()
    stranger = toolkit.connect(signio={"base_url": "https://signio.example"}, progress=False)
    with toolkit.recorded(path, mode="replay"):
        pd.testing.assert_frame_equal(stranger.signio.envelopes(), before)


def test_the_four_systems_replay_together(api: toolkit.Api, box: Sandbox, tmp_path: Path) -> None:
    users = pd.DataFrame({"LogonName": ["ana", "nobody"], "DomainName": "dominio123"})
    people = pd.DataFrame({"IdDocument": ["0001", "0002"]})
    api.carmachain.request(people, categories="All categories")
    box.control.clock(advance=3600)

    def month() -> list[pd.DataFrame]:
        found = api.signio.search_envelopes(updated_from="2026-01-01", sort="+created_at")
        status = api.signio.signature_status([*found["id"], "no-such-envelope"])
        return [found, status, api.nddprint.card_codes_of(users), api.carmachain.answers(period=600), *reads(api)]

    with toolkit.recorded(tmp_path / "month.yaml"):
        before = month()
    box.stop()
    with toolkit.recorded(tmp_path / "month.yaml", mode="replay"):
        after = month()
    assert before[1]["error"].notna().sum() == before[2]["error"].notna().sum() == 1
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_another_body_is_another_call(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path):
        api.nddprint.card_codes("ana", "dominio123")
    with toolkit.recorded(path), pytest.raises(toolkit.NotRecorded):
        api.nddprint.card_codes("luis", "dominio123")


def test_a_misspelt_mode_does_not_renew_the_recording(api: toolkit.Api, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    with toolkit.recorded(path):
        api.ida.databases()
    kept = path.read_bytes()
    with pytest.raises(toolkit.InputError, match="no mode 'replya'"), toolkit.recorded(path, mode="replya"):  # type: ignore[arg-type]
        api.ida.databases()
    assert path.read_bytes() == kept


def test_the_cell_magic_wants_a_path_and_hands_errors_on(api: toolkit.Api, tmp_path: Path) -> None:
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell()
    shell.user_ns.update(api=api)
    shell.run_line_magic("load_ext", "toolkit")
    with pytest.raises(toolkit.InputError, match="where the recording is"):
        shell.run_cell_magic("recorded", "", "1")
    path = tmp_path / "report.yaml"
    with pytest.raises(toolkit.NotFound):
        shell.run_cell_magic("recorded", f"{path} record", "api.ida.database(199_999)")
    assert not path.exists()
    assert RECORDER.get() is None


def test_the_cell_magic(api: toolkit.Api, tmp_path: Path) -> None:
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell()
    shell.user_ns.update(api=api)
    shell.run_line_magic("load_ext", "toolkit")
    path = tmp_path / "report.yaml"
    shell.run_cell_magic("recorded", str(path), "found = api.ida.databases()")
    assert len(shell.user_ns["found"]) == 1
    assert path.exists()


def test_a_recording_is_of_its_own_thread(api: toolkit.Api, tmp_path: Path) -> None:
    """What is under way in another thread, as a push that a form began, asks the vendor and nobody else."""
    path, ready, go = tmp_path / "report.yaml", threading.Event(), threading.Event()
    with toolkit.recorded(path):
        before = api.ida.database(11111)
    reports: list[toolkit.Report] = []

    def rows() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"EMAIL": ["ana@example.cl"]})
        ready.set()
        assert go.wait(20)
        yield pd.DataFrame({"EMAIL": ["luis@example.cl"]})

    pushing = threading.Thread(target=lambda: reports.append(api.ida.insert_records(11111, rows())))
    pushing.start()
    assert ready.wait(20)
    with toolkit.recorded(path, mode="replay"):
        go.set()
        pushing.join()
        assert api.ida.database(11111).equals(before)
    assert reports[0].summary["verified"] == 2
