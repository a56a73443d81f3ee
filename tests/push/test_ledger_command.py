"""analyst-toolkit ledger check | repair | forget | trust."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.__main__ import main
from toolkit.push.states import Baseline, State
from toolkit.push.store.ledger import ledger_name

from .store_kit import ABOUT, NOW, add, ledger_in, opened, words
from .test_store_damage import damage
from .test_store_rows import bring

NAME = ledger_name(ABOUT)


@pytest.fixture
def state(home: Path) -> Path:
    folder = home / "state"
    with ledger_in(folder) as ledger:
        bring(ledger, *add(ledger, "one", words(60)), State.VERIFIED)
        with ledger.transaction():
            ledger.set_baseline(Baseline(60, NOW, trusted=False))
    return folder


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the person will type; nobody is there once that is used up."""
    answers: list[str] = []

    def answer(prompt: str) -> str:
        if not answers:
            raise EOFError
        return answers.pop(0)

    monkeypatch.setattr("builtins.input", answer)
    yield answers
    assert not answers


def test_nothing_to_check_is_no_failure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "check"]) == 0
    assert capsys.readouterr().out == "There is no ledger.\n"


def test_check_says_what_is_known(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "check"]) == main(["ledger", "check", NAME]) == 0
    line = f"{NAME}: sound. It remembers {ABOUT} since 2026-01-01: rows 60, pushes 1.\n"
    assert capsys.readouterr().out == 2 * line


def test_check_and_repair_say_what_is_damaged(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(state, "UPDATE row_block SET words = zeroblob(length(words)) WHERE number = 1")
    assert main(["ledger", "check"]) == 1
    told = capsys.readouterr().out
    assert f"{NAME}: DAMAGED" in told
    assert "  - the rows of push one" in told
    assert f"analyst-toolkit ledger repair {NAME}" in told
    assert main(["ledger", "repair", NAME]) == 0
    assert "10 fingerprints or more of push one are lost" in capsys.readouterr().out
    assert main(["ledger", "check"]) == 0


def test_what_cannot_be_repaired_is_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "ledgers" / f"{NAME}.sqlite").write_bytes(b"")
    assert main(["ledger", "repair", NAME]) == 6
    assert "backup" in capsys.readouterr().err
    assert main(["ledger", "repair", "another"]) == 2
    assert "there is no ledger 'another'" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [[], [""], ["y"], ["all"]])
def test_forget_asks(state: Path, typed: list[str], answer: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    typed += answer
    assert main(["ledger", "forget", NAME]) == 1
    told = capsys.readouterr()
    assert "is sent again" in told.out
    assert told.err == "Nothing was forgotten.\n"
    with opened(state) as ledger:
        assert len(ledger.pushes()) == 1


def test_forget_does_what_was_confirmed(state: Path, typed: list[str]) -> None:
    typed.append(NAME)
    assert main(["ledger", "forget", NAME]) == 0
    assert (state / "key").exists()
    with opened(state) as ledger:
        assert ledger.pushes() == []
    assert main(["ledger", "forget", NAME, "--yes"]) == 0
    assert not (state / "ledgers" / f"{NAME}.sqlite").exists()


def test_all_can_be_forgotten_without_the_key(state: Path, typed: list[str]) -> None:
    (state / "key").write_text("damaged", encoding="ascii")
    typed.append("all")
    assert main(["ledger", "forget", "--all"]) == 0
    assert not (state / "key").exists()
    with opened(state) as ledger:
        assert ledger.pushes() == []


@pytest.mark.parametrize("wrong", [[], ["--all", NAME]])
def test_forget_wants_to_know_what(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ledger", "forget", *wrong])
    assert "usage" in capsys.readouterr().err


def test_trust_is_a_persons_word(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "trust", NAME, "--why", "I counted them"]) == 0
    with opened(state) as ledger, ledger.snapshot():
        assert ledger.baseline() == Baseline(60, NOW, trusted=True)
        (event,) = ledger.events()
        assert (event.kind, event.details) == ("trusted", {"why": "I counted them"})


def test_no_trust_while_a_request_is_in_doubt(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(state) as ledger:
        operation = add(ledger, "two", words(5, 1))[0]
        with ledger.transaction():
            ledger.put_operation(replace(operation, state=State.SENT))
    assert main(["ledger", "trust", NAME, "--why", "I counted them"]) == 6
    assert "1 requests to" in capsys.readouterr().err
    with opened(state) as ledger, ledger.snapshot():
        baseline = ledger.baseline()
        assert baseline is not None
        assert not baseline.trusted


def test_journals_of_the_first_version_get_a_word(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "state" / "pushes").mkdir(parents=True)
    (home / "state" / "pushes" / "x.sqlite").touch()
    assert main(["ledger", "check"]) == 0
    assert "version 0.1" in capsys.readouterr().out
    shutil.rmtree(home / "state")
