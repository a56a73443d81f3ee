"""A ledger that is not what was written is refused in words, wherever it was damaged; and what can be saved is."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit import InputError, PushError, PushRefused, SettingsError
from toolkit.push.states import Baseline, EventKind, Operation, PushState, State, cut
from toolkit.push.store import care, sql
from toolkit.push.store.database import Damaged
from toolkit.push.store.file import Folder, LedgerFile, rollback_path
from toolkit.push.store.ledger import ledger_name
from toolkit.push.store.operations import operation_of
from toolkit.push.store.rows import decode_block
from toolkit.push.store.tables import checked, with_checksum

from .store_kit import ABOUT, BLOCK, MADE, NOW, add, opened, words
from .test_store_rows import bring

NAMES = ("one", "two", "three")
ROWS = {"one": 70, "two": 20, "three": 130}
NAME = ledger_name(ABOUT)


def rows_of(name: str) -> np.ndarray:
    return words(ROWS[name], NAMES.index(name))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a ledger of three pushes: verified, stopped in the middle, and one with unknown rows."""
    state = tmp_path_factory.mktemp("filled") / "state"
    with opened(state) as ledger:
        ends = {
            "one": [State.VERIFIED, State.REJECTED],
            "two": [State.SENT, State.PLANNED],
            "three": [State.UNKNOWN, State.VERIFIED, State.COUNTED],
        }
        for name in NAMES:
            cuts = [ROWS[name] // len(ends[name])] * (len(ends[name]) - 1)
            operations = add(ledger, name, rows_of(name), [*cuts, ROWS[name] - sum(cuts)], key=f"key of {name}")
            for operation, end in zip(operations, ends[name], strict=True):
                bring(ledger, operation, end)
            with ledger.transaction():
                ledger.keep_results(name, {n: {"id": n} for n in range(5)})
                ledger.blame(name, 3, "is wrong", "EMAIL")
                ledger.event(NOW, EventKind.BEGAN, name, rows=ROWS[name])
                ledger.set_baseline(Baseline(1_000 + ROWS[name], NOW, proved=True))
                if name != "two":
                    ledger.put_push(replace(ledger.push(name), state=PushState.DONE))
    return state


@pytest.fixture
def state(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "state")


def file_of(state: Path) -> Path:
    return state / "ledgers" / f"{NAME}.sqlite"


def everything(state: Path) -> dict[str, Any]:
    """All that a push is decided by."""
    with opened(state) as ledger, ledger.snapshot():
        told: dict[str, Any] = {
            "baseline": ledger.baseline(),
            "unsettled": ledger.unsettled("11111"),
            "unknown": ledger.unknown("11111"),
            "unfinished": ledger.unfinished(),
            "lost": ledger.lost_rows("11111"),
        }
        for name in NAMES:
            earlier, newest = ledger.sent_before(rows_of(name)[:, :2]), ledger.newest(rows_of(name)[:, 3])
            told[name] = {
                "earlier": [column.tolist() for column in earlier],
                "newest": [column.tolist() for column in newest],
                "push": ledger.push_with_key("11111", f"key of {name}"),
                "operations": ledger.operations(name),
                "sendable": ledger.sendable(name, 9),
                "results": ledger.results(name),
                "blames": ledger.blames(name),
                "words": ledger.row_words(name).tolist(),
            }
        return told


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_a_sound_ledger_says_so(state: Path) -> None:
    (condition,) = care.check(Folder(state))
    assert condition.sound
    assert (condition.pushes, condition.rows, condition.about) == (3, 220, ABOUT)
    assert care.repair(Folder(state), NAME, NOW) == ["Nothing is damaged."]


def flips(size: int, count: int) -> list[int]:
    """Bits from all over the file; among them each of its first hundred bytes, where SQLite keeps what the file is."""
    chance = random.Random(13)
    return [*range(0, 800, 11), *(chance.randrange(8 * size) for _ in range(count))]


def test_a_flipped_bit_is_never_silently_accepted(filled: Path, state: Path) -> None:
    before, whole = everything(state), file_of(filled).read_bytes()
    refused = 0
    for bit in flips(len(whole), 130):
        file_of(state).write_bytes(whole)
        flip(file_of(state), bit)
        try:
            assert everything(state) == before, f"bit {bit} was not noticed"
        except PushError:
            refused += 1
    assert refused > 40


def test_a_page_in_the_place_of_another_is_never_silently_accepted(filled: Path, state: Path) -> None:
    """Each row of it is as it was written, but stands in another table, or twice, or instead of a newer one."""
    before, whole = everything(state), file_of(filled).read_bytes()
    chance, pages, refused = random.Random(14), len(whole) // 4096, 0
    for _ in range(60):
        content = bytearray(whole)
        one, other = (4096 * chance.randrange(pages) for _ in range(2))
        content[one : one + 4096] = content[other : other + 4096]
        file_of(state).write_bytes(content)
        try:
            assert everything(state) == before, f"page {one // 4096} was not missed"
        except PushError:
            refused += 1
    assert refused > 35


def test_a_table_that_was_changed_is_refused(state: Path) -> None:
    damage(state, "DROP INDEX operation_unsettled")
    with pytest.raises(PushRefused, match="its tables"):
        opened(state)


def test_what_is_repaired_forgets_no_row_without_saying_so(filled: Path, state: Path) -> None:
    """After any flip: a row that went is known, or its push is said to have lost rows; none is sent again unasked."""
    before, whole = everything(state), file_of(filled).read_bytes()
    repaired = 0
    for bit in flips(len(whole), 70)[::4]:
        shutil.rmtree(state)
        shutil.copytree(filled, state)
        flip(file_of(state), bit)
        (condition,) = care.check(Folder(state))
        try:
            told = care.repair(Folder(state), NAME, NOW)
        except PushRefused:
            assert not condition.sound
            continue
        assert condition.sound == (told == ["Nothing is damaged."])
        repaired += not condition.sound
        after = everything(state)
        (condition,) = care.check(Folder(state))
        assert condition.sound, f"bit {bit}: {condition.problems}"
        for name in NAMES:
            missed = set(before[name]["earlier"][0]) - set(after[name]["earlier"][0])
            assert not missed or after["lost"], f"bit {bit}: {told}"
        if after["baseline"] is None or after["baseline"].trusted:
            assert after["unsettled"] == before["unsettled"]
    assert repaired > 5


def damaged_at_random(whole: bytes, chance: random.Random) -> bytes:
    """Flipped bits, zeroed and foreign sectors, pages in the place of others, a lost end."""
    content = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 5, 50])):
        bit = chance.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
    if chance.random() < 0.2:
        at = 512 * chance.randrange(len(content) // 512)
        content[at : at + 512] = chance.choice([bytes(512), chance.randbytes(512)])
    if chance.random() < 0.2:
        one, other = (4096 * chance.randrange(len(content) // 4096) for _ in range(2))
        content[one : one + 4096] = content[other : other + 4096]
    return bytes(content[: chance.randrange(len(content))] if chance.random() < 0.1 else content)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_damage_of_every_kind(filled: Path, state: Path, seed: int) -> None:
    """Nothing is silently accepted; and what is repaired knows every row that went, or says that it does not."""
    before, whole, chance = everything(state), file_of(filled).read_bytes(), random.Random(seed)
    for number in range(500):
        shutil.rmtree(state)
        shutil.copytree(filled, state)
        file_of(state).write_bytes(damaged_at_random(whole, chance))
        with suppress(PushError):
            assert everything(state) == before, f"damage {number} was not noticed"
        try:
            told = care.repair(Folder(state), NAME, NOW)
        except PushRefused:
            continue
        (condition,) = care.check(Folder(state))
        assert condition.sound, f"damage {number}: {condition.problems}, {told}"
        with opened(state) as ledger:
            for name in NAMES:
                known = set(ledger.sent_before(rows_of(name)[:, :2]).rows.tolist())
                assert known >= set(before[name]["earlier"][0]) or ledger.lost_rows("11111"), f"damage {number}: {told}"


def write_another(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE a (b)")
    db.close()


CUTS: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut to a page": lambda path: os.truncate(path, 4096),
    "cut in a page": lambda path: os.truncate(path, path.stat().st_size - 100),
    "its last page lost": lambda path: os.truncate(path, path.stat().st_size - 4096),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a text": lambda path: path.write_text("not a ledger", encoding="ascii"),
    "longer": lambda path: path.write_bytes(path.read_bytes() + bytes(4096)),
    "another SQLite file": lambda path: (path.unlink(), write_another(path)),
}


@pytest.mark.parametrize("cut", CUTS)
def test_what_is_no_whole_ledger_is_refused_with_the_way_on(state: Path, cut: str) -> None:
    CUTS[cut](file_of(state))
    file_of(state).chmod(0o600)
    with pytest.raises(PushRefused, match=f"ledger of {ABOUT} is damaged") as refused:
        opened(state)
    assert f"analyst-toolkit ledger check {NAME}" in str(refused.value)
    assert not care.check(Folder(state))[0].sound


def test_a_missing_ledger_is_missed(state: Path) -> None:
    file_of(state).unlink()
    with pytest.raises(PushRefused, match=r"is missing.*would be sent again.*ledger forget"):
        opened(state)
    assert care.check(Folder(state))[0].problems == ["it is missing"]
    with pytest.raises(PushRefused, match="backup"):
        care.repair(Folder(state), NAME, NOW)
    Folder(state).forget(NAME)
    with opened(state) as ledger:
        assert ledger.pushes() == []


@pytest.mark.parametrize("card", ["", "{", "[]", None])
def test_a_missing_ledger_is_missed_whatever_became_of_its_card(state: Path, card: str | None) -> None:
    with opened(state) as ledger:
        add(ledger, "since", words(3, 9))
    file_of(state).unlink()
    Folder(state).card(NAME).path.unlink() if card is None else Folder(state).card(NAME).path.write_text(card)
    with pytest.raises(PushRefused, match=r"is missing.*ledger forget"):
        opened(state)
    Folder(state).forget(NAME)
    opened(state).close()


def put_back_an_older_copy(state: Path) -> None:
    """What a person does who finds the ledger of last week in a backup."""
    older = file_of(state).read_bytes()
    with opened(state) as ledger:
        add(ledger, "since", words(30, 9), [30], key="key of since")
    file_of(state).write_bytes(older)


def test_an_older_copy_is_refused_with_the_way_on(state: Path) -> None:
    put_back_an_older_copy(state)
    with pytest.raises(PushRefused, match=r"older copy took its place, without the last \d+ changes.*ledger repair"):
        opened(state)
    (condition,) = care.check(Folder(state))
    assert len(condition.problems) == 1
    assert condition.pushes == len(NAMES)


def test_a_repaired_older_copy_knows_that_it_does_not_know(state: Path) -> None:
    """Any row may have been sent since; so may be what was planned, or in doubt, when the copy was made."""
    put_back_an_older_copy(state)
    sentences = care.repair(Folder(state), NAME, NOW)
    assert any("any row may be of one" in sentence for sentence in sentences)
    with opened(state) as ledger, ledger.snapshot():
        assert ledger.lost_rows("11111")
        assert not (baseline := ledger.baseline()) or not baseline.trusted
        states = {o.state for name in NAMES for o in ledger.operations(name)}
        assert not states & {State.PLANNED, State.SENT}
        assert not any(ledger.sendable(name, 9) for name in NAMES)
    assert care.check(Folder(state))[0].sound


def test_another_copy_of_the_same_age_is_the_ledger(state: Path) -> None:
    copy = file_of(state).read_bytes()
    file_of(state).unlink()
    file_of(state).write_bytes(copy)
    file_of(state).chmod(0o600)
    opened(state).close()


def test_a_mark_that_is_damaged_or_gone_refuses_nothing(state: Path) -> None:
    for content in (b"", b"\xff" * 20, None):
        Folder(state).card(NAME).path.unlink() if content is None else Folder(state).card(NAME).path.write_bytes(
            content
        )
        opened(state).close()


def test_another_version_is_named(state: Path) -> None:
    for version, word in ((sql.VERSION + 1, "newer"), (1, "older")):
        db = sqlite3.connect(file_of(state))
        db.execute(f"PRAGMA user_version = {version}")
        db.close()
        with pytest.raises(PushRefused, match=f"{word} version"):
            opened(state)


def test_a_ledger_of_the_version_before_is_sound_and_becomes_one_of_this(state: Path) -> None:
    db = sqlite3.connect(file_of(state))
    db.execute("PRAGMA user_version = 2")
    db.close()
    assert care.check(Folder(state))[0].sound
    with opened(state) as ledger:
        assert ledger.version() == sql.VERSION
        assert [push.id for push in ledger.pushes()] == list(NAMES)


def test_the_key_of_the_fingerprints_is_missed(state: Path) -> None:
    (state / "key").unlink()
    with pytest.raises(PushRefused, match=r"key of the fingerprints is gone.*backup"):
        opened(state)
    assert "key" in care.check(Folder(state))[0].problems[0]
    with pytest.raises(PushRefused, match="key of the fingerprints"):
        care.repair(Folder(state), NAME, NOW)
    assert not (state / "key").exists()


@pytest.mark.parametrize("text", ["", "0123456789abcdef" * 2, "0" * 31, "0" * 33, "\x00" * 32])
def test_another_key_is_refused(state: Path, text: str) -> None:
    (state / "key").write_text(text, encoding="ascii")
    with pytest.raises(PushRefused, match=r"key"):
        opened(state)
    assert not care.check(Folder(state))[0].sound
    with pytest.raises(PushRefused, match="key"):
        care.repair(Folder(state), NAME, NOW)


def test_a_flipped_key_is_refused(state: Path) -> None:
    for bit in range(256):
        flip(state / "key", bit)
        with pytest.raises(PushRefused, match="key"):
            opened(state)
        flip(state / "key", bit)
    opened(state).close()


def test_a_ledger_of_another_destination_is_refused(state: Path) -> None:
    shutil.copy(file_of(state), Folder(state).path(ledger_name("system/22222")))
    other = ledger_name("system/22222")
    way = rf"that of {ABOUT}, not of system/22222.*Move it back under its own name.*ledger forget {other}"
    with pytest.raises(PushRefused, match=way):
        Folder(state).ledger("system/22222", MADE)
    assert f"a copy of {NAME}" in care.check(Folder(state), [other])[0].described()[-1]
    file_of(state).unlink()
    (condition,) = care.check(Folder(state), [other])
    assert not condition.sound
    assert f"move it to {NAME}" in condition.described()[-1]
    with pytest.raises(PushRefused, match=f"move it to {NAME}"):
        care.repair(Folder(state), other, NOW)
    Folder(state).path(ledger_name("system/22222")).rename(file_of(state))
    opened(state).close()


@pytest.mark.parametrize("name", ["{} (copia en conflicto)", "{}~", "{}-PC2"])
def test_a_copy_beside_a_ledger_is_to_be_moved_away(state: Path, name: str) -> None:
    """What OneDrive and others make of a file that two computers wrote."""
    shutil.copy(file_of(state), file_of(state).with_stem(name.format(NAME)))
    sound, copy = sorted(care.check(Folder(state)), key=lambda condition: not condition.sound)
    assert (sound.name, copy.name) == (NAME, name.format(NAME))
    assert f"copy of {NAME}, which stands in its place: move it out" in copy.described()[-1]
    opened(state).close()


def test_a_card_of_an_earlier_version_is_one(state: Path) -> None:
    shutil.rmtree(state / "cards")
    shutil.rmtree(state / "ledgers")
    (state / "ledgers").mkdir()
    file_of(state).with_suffix(".json").write_text("{}")
    with pytest.raises(PushRefused, match=r"is missing.*ledger forget"):
        opened(state)
    Folder(state).forget(NAME)
    opened(state).close()


def test_a_destination_that_says_otherwise_when_it_was_made_gets_no_second_ledger(state: Path) -> None:
    known = "system/x/11 20190816144428"
    Folder(state).ledger(known, MADE).close()
    name = ledger_name(known)
    for about in ("system/x/11", "system/x/11 20190816104428", "system/x/11 20210816144428"):
        with pytest.raises(PushRefused, match=rf"the same number, made at another time.*ledger forget {name}"):
            Folder(state).ledger(about, MADE)
    Folder(state).ledger("system/x/12", MADE).close()
    Folder(state).forget(name)
    Folder(state).ledger("system/x/11 20210816144428", MADE).close()


def test_a_ledger_that_others_may_read_is_refused(state: Path) -> None:
    file_of(state).chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        opened(state)


def test_only_the_user_may_read_a_ledger(state: Path) -> None:
    with opened(state) as ledger:
        add(ledger, "another", words(3, 9))
        for path in (ledger.path, rollback_path(ledger.path), ledger.card.path, state / "key"):
            assert path.stat().st_mode & 0o077 == 0, path


# ── repair, one thing at a time ──────────────────────────────────────────────


def damage(state: Path, statement: str, *values: Any) -> None:
    db = sqlite3.connect(file_of(state))
    db.execute(statement, values)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM chunk WHERE id = (SELECT min(id) FROM chunk)",
        "UPDATE chunk SET content = zeroblob(length(content))",
        "DELETE FROM catalog",
        "UPDATE catalog SET content = x'00'",
    ],
)
def test_an_index_is_made_anew_and_nothing_is_lost(state: Path, statement: str) -> None:
    before = everything(state)
    damage(state, statement)
    with pytest.raises(PushError, match="damaged"):
        everything(state)
    assert care.repair(Folder(state), NAME, NOW) == ["The index was made anew from the rows. Nothing is lost."]
    assert everything(state) == before


def test_rows_whose_fingerprints_are_lost_are_said_to_be(state: Path) -> None:
    before = everything(state)
    damage(state, "UPDATE row_block SET words = zeroblob(length(words)) WHERE push = 3 AND number = 1")
    with pytest.raises(PushError, match="damaged"):
        everything(state)
    told = care.repair(Folder(state), NAME, NOW)
    assert any(f"{BLOCK} fingerprints or more of push three" in line for line in told)
    with opened(state) as ledger:
        assert ledger.lost_rows("11111") == {"three": BLOCK}
        assert ledger.lost_rows("22222") == {}
        found = ledger.sent_before(rows_of("three")[:, :2])
        assert set(found.rows.tolist()) == {*range(BLOCK), *range(2 * BLOCK, 130)}
        assert ledger.operations("three") == before["three"]["operations"]  # what was counted stays
        with ledger.snapshot():
            assert ledger.baseline() == before["baseline"]
        ledger.purge("three", NOW)
        assert ledger.lost_rows("11111") == {}
    assert sorted(path.name for path in file_of(state).parent.glob("*.damaged*"))


def test_a_lost_operation_leaves_its_rows_unknown(state: Path) -> None:
    damage(state, "DELETE FROM operation WHERE id = 2")  # the rejected second half of the first push
    told = care.repair(Folder(state), NAME, NOW)
    assert any("35 rows of push one are unknown" in line for line in told)
    with opened(state) as ledger, ledger.snapshot():
        assert [o.state for o in ledger.operations("one")] == [State.VERIFIED, State.UNKNOWN]
        assert [o.state for o in ledger.operations("two")] == [State.UNKNOWN, State.PLANNED]  # it was in doubt
        baseline = ledger.baseline()
        assert baseline is not None
        assert not baseline.trusted
        assert len(ledger.sent_before(rows_of("one")[:, :2]).rows) == 70
    care.trust(Folder(state), NAME, "I counted them", NOW)
    with opened(state) as ledger, ledger.snapshot():
        baseline = ledger.baseline()
        assert baseline is not None
        assert baseline.trusted
        assert ledger.events()[-1].details == {"why": "I counted them"}


def test_a_lost_push_leaves_its_rows_known(state: Path) -> None:
    damage(state, "UPDATE push SET lock = 'another' WHERE number = 1")
    told = care.repair(Folder(state), NAME, NOW)
    assert any("Push number 1 is lost" in line for line in told)
    with opened(state) as ledger:
        assert len(ledger.sent_before(rows_of("one")[:, :2]).rows) >= 35
        assert [p.id for p in ledger.pushes()] == ["salvaged-1", "two", "three"]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM head", "UPDATE head SET checksum = checksum + 1", "DELETE FROM counter"]
)
def test_without_its_head_or_count_nothing_is_trusted(state: Path, statement: str) -> None:
    before = everything(state)
    damage(state, statement)
    with pytest.raises(PushError, match="damaged"):
        everything(state)
    care.repair(Folder(state), NAME, NOW)
    with opened(state) as ledger, ledger.snapshot():
        baseline = ledger.baseline()
        assert baseline is None or not baseline.trusted
        for name in NAMES:
            known = ledger.sent_before(rows_of(name)[:, :2]).rows.tolist()
            assert set(known) >= set(before[name]["earlier"][0])
            assert "head" not in statement or not ledger.sendable(name, 9)  # each may be of an earlier instant


@pytest.mark.parametrize("tables", [["operation"], ["push", "operation"], ["push", "operation", "counter"]], ids=str)
def test_what_was_planned_at_an_earlier_instant_is_not_planned_now(state: Path, tables: list[str]) -> None:
    """Pages of a backup that was copied in mid-push, or that were lost: each row is intact, and not the latest."""
    with opened(state) as ledger:
        operations = add(ledger, "four", words(20, 5), [10, 10], key="key of four")
    db = sqlite3.connect(file_of(state))
    older = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
    db.close()
    with opened(state) as ledger:
        for operation in operations:
            bring(ledger, operation, State.VERIFIED)
    db = sqlite3.connect(file_of(state))
    for table, rows in older.items():
        db.execute(f"DELETE FROM {table}")
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    db.commit()
    db.close()
    assert not care.check(Folder(state))[0].sound
    sentences = care.repair(Folder(state), NAME, NOW)
    assert any("20 rows of push four are unknown" in sentence for sentence in sentences)
    with opened(state) as ledger, ledger.snapshot():
        assert {o.state for o in ledger.operations("four")} == {State.UNKNOWN}
        assert not ledger.sendable("four", 9)


def test_what_repair_proposes_can_be_typed(state: Path) -> None:
    damage(state, "DELETE FROM head")
    (sentence,) = [each for each in care.repair(Folder(state), NAME, NOW) if "ledger trust" in each]
    assert f"analyst-toolkit ledger trust {NAME} --why" in sentence


def test_no_repair_while_a_push_has_it_open(state: Path) -> None:
    with opened(state), opened(state):
        for action in (lambda: care.repair(Folder(state), NAME, NOW), lambda: Folder(state).forget(NAME)):
            with pytest.raises(PushRefused, match="is running"):
                action()
    Folder(state).forget(NAME)


def test_forgetting_all_begins_anew(state: Path) -> None:
    (state / "key").unlink()
    care.forget_all(Folder(state))
    assert Folder(state).names() == []
    with opened(state) as ledger:
        assert not len(ledger.sent_before(rows_of("one")[:, :2]).rows)


def test_what_cannot_be_cared_for_is_told(state: Path) -> None:
    with pytest.raises(InputError, match=f"there is no ledger 'x'.*{NAME}"):
        care.check(Folder(state), ["x"])
    with pytest.raises(InputError, match="why"):
        care.trust(Folder(state), NAME, "", NOW)
    with opened(state) as ledger:
        assert isinstance(ledger, LedgerFile)
    Folder(state).forget(NAME)
    opened(state).close()
    with pytest.raises(InputError, match="nothing was counted"):
        care.trust(Folder(state), NAME, "I counted them", NOW)


def test_journals_of_the_first_version_get_a_word(state: Path) -> None:
    assert Folder(state).notes() == []
    (state / "pushes").mkdir()
    (state / "pushes" / "a.sqlite").touch()
    assert "version 0.1" in Folder(state).notes()[0]


# ── what one damage hides from another check ─────────────────────────────────


def test_no_row_of_a_table_is_taken_for_one_of_another() -> None:
    values = [7, "one", "[]"]
    rows = [with_checksum(table, *values) for table in ("result", "blame", "event", "push", "operation")]
    assert len({row[-1] for row in rows}) == len(rows)
    assert checked("blame", rows[1], "") == tuple(values)
    with pytest.raises(Damaged):
        checked("blame", rows[0], "")


def test_a_part_of_an_operation_that_vanished_is_missed(state: Path) -> None:
    with opened(state) as ledger:
        whole = next(o for o in ledger.operations("two") if o.state is State.PLANNED)
        with ledger.transaction():
            ledger.put_operation(replace(whole, state=State.REPLACED))
            for rows in cut(whole.rows, [3, 3]):
                ledger.add_operation(Operation(0, "two", rows, 3, parent=whole.id))
            assert len(ledger.leaves(whole.id)) == 3
    damage(state, "DELETE FROM operation WHERE id = (SELECT max(id) FROM operation)")
    damaged = pytest.raises(Damaged, match=f"what replaced operation {whole.id}")
    with opened(state) as ledger, ledger.snapshot(), damaged:
        ledger.leaves(whole.id)


def test_what_stands_in_a_wrong_place_of_an_index_is_noticed(state: Path) -> None:
    """SQLite does not compare what an index says with the row that it points at."""
    with opened(state) as ledger:
        with ledger.snapshot():
            one, two = ledger.push_row("one"), ledger.push_row("two")
        operation = ledger.database.rows(sql.READ_OPERATIONS, (one.number,))[0]
        block = ledger.database.rows(sql.READ_BLOCKS, (one.number,))[0]
    assert operation_of(one, operation).push == "one"
    assert len(decode_block(block, one.number).words)
    with pytest.raises(Damaged):
        operation_of(two, operation)
    with pytest.raises(Damaged):
        decode_block(block, two.number)
