"""What happens to people, from end to end: counters that are not what they seem, months, forks, other spellings.

The rest of the stories are lines of the fault matrix.
"""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.registry import Registry
from tests.push.benches import BENCHES, Bench, Ida
from tests.push.gateway import TROUBLE, Act, Gateway, cached, replicas
from tests.push.kernel import ROOT, Kernel
from tests.push.world import Fate, World
from toolkit import PushError, PushRefused, settings
from toolkit.http.session import RealClock
from toolkit.sandbox import Sandbox

ROWS = 120
LOST = {"stored": {"commit": "before", "reply": "lost"}, "not stored": {"commit": "never", "reply": "reset"}}


# ── counters ──

COUNTERS: dict[str, Callable[[], Act]] = {
    "answers from a cache of 4 s": lambda: cached(4),
    "answers from a cache of a minute": lambda: cached(60),
    "a replica that is 4 s behind": lambda: replicas(4),
    "a replica that is a minute behind": lambda: replicas(60),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("counter", COUNTERS)
def test_a_counter_that_is_behind(ida: Ida, counter: str, lost: str) -> None:
    """Up to `settle_stable`, nothing is lost by it; beyond, rows are unknown, and none is claimed that is not so."""
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok")
    ida.fault(**LOST[lost])
    with Gateway(ida, TROUBLE["two lengths"], first=0, last=0, reading=COUNTERS[counter]()):
        for _ in range(5):
            said = ida.push(frame, final_look=True)
            ida.clock.advance(200)
    ida.check(said, frame)
    if "4 s" in counter:
        ida.check_all_in(said, frame)


@pytest.mark.parametrize("lost", LOST)
def test_a_row_of_somebody_else_every_two_seconds(ida: Ida, lost: str) -> None:
    frame, sleep, due = ida.frame(ROWS), ida.clock.sleep, [0.0]

    def typing(seconds: float) -> None:
        sleep(seconds)
        while ida.clock.slept >= due[0] + 2:
            due[0] += 2
            ida.box.control.insert(11111, 1)

    ida.clock.sleep = typing  # type: ignore[method-assign]
    ida.fault(commit="before", reply="ok")
    ida.fault(**LOST[lost])
    said = ida.push(frame, watch=lambda _: ida.box.control.insert(11111, 1))
    ida.check(said, frame)
    assert said.of("verified") > ROWS / 2
    ida.check(ida.push(frame), frame)


# ── notebooks ──


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("stored", "not stored"),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in itertools.product(LOST, LOST) if len({*pair}) == 1),
    ],
)
def test_two_notebooks_stopped_by_one_outage(box: Sandbox, tmp_path: Any, first: str, second: str) -> None:
    """Two processes, one database, requests of one size; a purge in between. Both are run again."""
    with World(box, rows=120, clock=RealClock(), hasty=False) as world, Kernel() as kernel:
        quick = {"settle_wait": 0.15, "settle_stable": 0.03, "chunk_rows": 23}
        facts = {"state": str(world.folder), "database": world.database, "options": quick}
        job = {**facts, "ida": box.settings()["ida"]}
        old, mine, yours = world.values[:30], world.values[30:75], world.values[75:]
        assert kernel.run(**job, values=old)
        for values, lost in ((mine, first), (yours, second)):
            world.fault(**LOST[lost], times=None)
            assert kernel.run(**job, values=values)
            world.control.clear_faults()
        (past,) = toolkit.pushes().query("rows == 30")["id"]
        toolkit.open_push(past).purge()
        for _ in range(2):
            for values in (yours, mine):
                assert kernel.run(**job, values=values, result=str(tmp_path / "result"))
                said = json.loads((tmp_path / "result").read_text(encoding="utf-8"))
                assert said["state"] == "done"
        stored = world.stored()
        assert max(stored.values()) == 1
        outcomes = dict(zip(mine, said["outcomes"], strict=True))
        assert all(stored.get(value) for value, what in outcomes.items() if what in ("verified", "accepted"))
        assert set(outcomes.values()) <= {"verified", "accepted"}


FORKS = """
import json, os, sys, pandas as pd
from tests.helpers.registry import Registry
job = json.load(sys.stdin)
api = Registry("", {"ida": job["ida"]}, progress=False)
api.ida.databases()  # a connection stands, and a token is there
children = []
for database, values in job["rows"]:
    pid = os.fork()
    if not pid:
        frame = pd.DataFrame({"EMAIL": values}, dtype="str")
        report = api.ida.insert_records(database, frame, options=job["options"])
        if not report.complete:
            os.write(2, repr(report).encode())
        os._exit(0 if report.complete else 1)
    children.append(pid)
ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
api.ida.databases()
sys.exit(max(ended))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
def test_a_fork_after_connect(box: Sandbox) -> None:
    """Children have sessions, locks and ledgers of their own; nobody reads the answer of another."""
    with World(box, rows=60, clock=RealClock(), hasty=False) as one, World(box, clock=RealClock(), hasty=False) as two:
        two.add(60, "example.com")
        rows = [(world.database, world.values) for world in (one, two)]
        options = {"settle_wait": 0.15, "settle_stable": 0.03, "chunk_rows": 13}
        job = {"ida": box.settings()["ida"], "rows": rows, "options": options}
        command = [sys.executable, "-c", FORKS]
        done = subprocess.run(command, input=json.dumps(job), cwd=ROOT, text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        for world in (one, two):
            assert world.stored() == dict.fromkeys(world.values, 1)


def test_another_spelling_of_the_address(bench: Bench) -> None:
    """It is the same place: what was sent there is known, whatever name of this machine is used."""
    known = {name: value for name, value in bench.box.settings()[bench.system].items() if name != "identity"}
    spellings = [known["base_url"], known["base_url"].replace("127.0.0.1", "localhost").replace("http:", "HTTP:") + "/"]
    frame = bench.frame(5)
    for url in spellings:
        bench.api = Registry("", {bench.system: {**known, "base_url": url}}, clock=bench.clock, progress=False)
        said = bench.push(frame)
        bench.check(said, frame)
        posts = bench.posts()
    assert max((bench.stored() - bench.before).values()) == 1
    assert "already pushed" in said.text
    assert bench.posts() == posts


def test_month_13(ida: Ida) -> None:
    """Each month the whole list again, some left and some new: nobody is there twice, whatever month it is."""
    for month in range(13):
        frame = ida.frame(190).iloc[12 * month : 40 + 12 * month]
        if month % 4 == 3:
            ida.fault(commit="before", reply="lost")
        report = ida.insert(frame, if_sent="skip")
        assert report.complete, report
        ida.clock.advance(30 * 86_400)
    assert (ida.stored() - ida.before) == dict.fromkeys(ida.frame(184)["EMAIL"], 1)


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_two_hours_off(box: Sandbox, quick: None, hours: int) -> None:
    """The vendor's dates and tokens are of the right time; ours is not."""

    class Off(ManualClock):
        def now(self) -> Any:
            return self.moment + timedelta(hours=hours)

    clock = Off(box)
    ida = Ida(box, clock)
    frame = ida.frame(ROWS)
    when = format_datetime(clock.moment + timedelta(seconds=20), usegmt=True)
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="never", reply="status", status=429, headers={"Retry-After": when})
    ida.fault(commit="late", reply="reset", late=40)
    for _ in range(4):
        said = ida.push(frame)
        ida.check(said, frame)
        ida.connect()
        clock.advance(8_000)
    ida.check_all_in(said, frame)


@pytest.mark.parametrize("lost", LOST)
def test_interrupted_at_any_instant_also_of_a_first_import(box: Sandbox, lost: str) -> None:
    """Nothing but `KeyboardInterrupt` comes out, and the same call again goes on."""
    at, stopped = 1, True
    while stopped:
        with World(box, rows=60) as world:
            world.fault(**LOST[lost], every=2)
            stopped = _interrupted(world, at)
            world.check()
            assert world.to_the_end().complete
            world.check()
        at += 1 + at // 3
    assert at > 40


def _interrupted(world: World, at: int) -> bool:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with Fate(at, interrupt).rules() as fate:
        try:
            world.push()
        except KeyboardInterrupt:
            return True
    return len(fate.seen) >= at


# ── what is kept ──


def test_one_flipped_bit_sends_nothing_twice(ida: Ida) -> None:
    """Wherever it is: it is refused in words, or it changes nothing that matters."""
    frame = ida.frame(60)
    ida.push(frame)
    (path,) = (settings.state_folder() / "ledgers").glob("*.sqlite")
    whole, refused = path.read_bytes(), 0
    for at in range(40, len(whole), len(whole) // 24):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        posts = ida.posts()
        try:
            assert ida.insert(frame).complete
        except (PushRefused, PushError):
            refused += 1
        assert ida.posts() == posts
    assert refused


LOSSES: dict[str, Callable[[], None]] = {
    "the key": lambda: (settings.state_folder() / "key").unlink(),
    "all ledgers": lambda: shutil.rmtree(settings.state_folder() / "ledgers"),
    "the ledger": lambda: [path.unlink() for path in (settings.state_folder() / "ledgers").glob("*.sqlite")] and None,
}


@pytest.mark.parametrize("lost", LOSSES)
@pytest.mark.parametrize("name", BENCHES)
def test_what_is_lost_between_two_calls_is_missed(
    quick: None, box: Sandbox, clock: ManualClock, name: str, lost: str
) -> None:
    """Nothing is sent as if for the first time, without a word."""
    bench = BENCHES[name](box, clock)
    frame = bench.frame(5)
    bench.push(frame)
    LOSSES[lost]()
    posts = bench.posts()
    bench.connect()
    with pytest.raises((PushRefused, PushError)):
        bench.push(frame)
    assert bench.posts() == posts
