"""The numbers that need no kills: bad rows, amplification, waiting, overhead, distribution, coverage."""

import contextlib
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import toolkit
from tests.helpers.waiting import wait_until
from tests.push.kernel import ROOT, Kernel
from tests.push.world import POSTS, REFUSED, Database, World, in_our_folder
from tests.reliability.chaos import trouble
from toolkit.http.session import Session
from toolkit.sandbox import Sandbox
from toolkit.vendors.ida.sandbox import values as ida_values

COVERED = {
    "fault matrix": [f"test_fault_matrix{part}" for part in ("", "_again", "_counter", "_crash", "_input", "_others")],
    "real bytes and stories": ["test_gateway", "test_stories"],
    "rules dropped, and all histories of small scopes": ["test_explorer"],
    "mutants": ["test_mutants", "test_mutants_of_the_driver"],
}
ENGINE = {"settle_wait": 65, "settle_stable": 5, "chunk_rows": 1000, "fence_every": 10}


def posts(box: Sandbox) -> list[dict[str, Any]]:
    return [e for e in box.control.log() if e["system"] == "ida" and e["path"] == POSTS["path"]]


def bad_rows(box: Sandbox) -> list[str]:
    """POSTs for the bad rows of 5,000, where the refusal names the value, and where it does not."""
    return [_isolated(box, named, bad) for named in (True, False) for bad in (1, 5, 20)]


def _isolated(box: Sandbox, named: bool, bad: int) -> str:
    said = ida_values.MISTAKES["email"]
    with World(box) as world, contextlib.ExitStack() as undo:
        if not named:
            ida_values.MISTAKES["email"] = "No se pudo procesar"
            undo.callback(ida_values.MISTAKES.__setitem__, "email", said)
        world.add(5000)
        clean = _posts_of(world)
        _scatter(world, 5000, bad)
        extra = _posts_of(world) - clean
        world.check()
        rejected = {value for value, outcomes in world.said().items() if "rejected" in outcomes}
        guilty = {v for v in world.values if REFUSED in v}
        stored = guilty & set(world.stored())
    how = "value named" if named else "no value named"
    return (
        f"{how}, {bad} bad of 5,000: {extra} POSTs more than without; innocent rejected {len(rejected - guilty)}, "
        f"guilty accepted {len(stored)}"
    )


def _posts_of(world: World) -> int:
    before = len(posts(world.box))
    world.push(if_sent="skip", **ENGINE)
    return len(posts(world.box)) - before


def _scatter(world: Database, rows: int, bad: int) -> None:
    for _ in range(bad):
        world.add(rows // bad - 1)
        world.add(1, REFUSED)


def amplification(box: Sandbox, rows: int) -> list[str]:
    """Requests for each request of a push without trouble."""
    lines, clean = [], 0
    for share in (0, 0.01, 0.05):
        with World(box) as world:
            world.add(rows)
            trouble(box, share)
            before = len(box.control.log())
            world.to_the_end(**ENGINE)
            world.check()
            sent = len(box.control.log()) - before
        clean = clean or sent
        lines.append(f"{share:.0%} faults: {sent} requests for {rows:,} rows, {sent / clean:.2f} of clean")
    with World(box) as world:
        world.add(rows)
        world.fault("never", "status", status=503, times=None)
        before, started = len(posts(box)), world.clock.moment
        while (world.clock.moment - started).total_seconds() < 600:
            world.push(**ENGINE)
            world.clock.advance(120)
        sent = len(posts(box)) - before
        world.control.clear_faults()
        done = world.to_the_end(**ENGINE).complete
        world.check()
    lines.append(f"10 minutes of 503, run again every 2 minutes: {sent} POSTs; completes afterwards: {done}")
    return lines


def waiting(box: Sandbox, rows: int) -> list[str]:
    """Whether anything leaves before the time that the vendor asked for."""
    with World(box) as world:
        world.add(rows)
        world.fault("never", "status", status=429, headers={"Retry-After": "30"}, times=None, every=5)
        before = len(posts(box))
        report = world.to_the_end(**ENGINE)
        world.check()
    seen = posts(box)[before:]
    early = sum(a["status"] == 429 and b["time"] < a["time"] + 30 for a, b in itertools.pairwise(seen))
    told = sum(e["status"] == 429 for e in seen)
    return [
        f"{len(seen)} POSTs, {told} of them answered 429; sent before the time: {early}; complete: {report.complete}"
    ]


def overhead(box: Sandbox, rows: int) -> list[str]:
    """What the safety costs: time, memory, disk; and how soon a killed push goes on."""
    api = toolkit.connect(**in_our_folder(box.settings()), progress=False)
    with Kernel() as kernel, tempfile.TemporaryDirectory() as folder:
        world = Database(box, api, Path(folder))
        result = Path(folder) / "result"
        push = {"settle_wait": 0.5, "settle_stable": 0.05}
        job = {
            "state": folder,
            "database": world.database,
            "values": rows,
            "options": push,
            "ida": box.settings()["ida"],
        }
        soon = []
        for part in (0.2, 0.4, 0.6, 0.8):
            kernel.start(**job)
            wait_until(lambda part=part: _count(world) >= part * rows, most=3600)
            kernel.kill()
            kernel.wait()
            if part < 0.8:
                soon.append(_resumed_after(kernel, job, box))
        kernel.run(**job, result=str(result))
        resumed = json.loads(result.read_text(encoding="utf-8"))
        assert world.ledgers(), "no ledger stands where it is looked for"
        size = sum(p.stat().st_size for p in world.ledgers())
        once = set(world.stored().values()) == {1} and len(world.stored()) == rows
        api.ida.delete_database(world.database)
        fresh = Database(box, api, Path(folder))
        kernel.run(**{**job, "database": fresh.database}, result=str(result))
        told = json.loads(result.read_text(encoding="utf-8"))
        api.ida.delete_database(fresh.database)
    spent, wall = told["spent"], told["seconds"]
    return [
        f"{rows:,} rows in {wall:.1f} s, {rows / wall:,.0f} rows/s; ledger commits {spent['transaction'] / wall:.1%}, "
        f"fences {spent['_count'] / wall:.1%}, waiting for the vendor {spent['attempt'] / wall:.1%} of the time",
        f"peak memory {told['memory'] / 1024:,.0f} MB, ledger {size / 1e6:.1f} MB",
        f"killed four times, once each in the end: {once}; median time from the call to the first new request "
        f"{statistics.median([*soon, resumed['first']]):.2f} s (settle wait 0.5 s included)",
    ]


def _count(world: Database) -> int:
    return int(world.api.ida.database(world.database)["rowCounter"].iloc[0])


def _resumed_after(kernel: Kernel, job: dict[str, Any], box: Sandbox) -> float:
    before = len(posts(box))
    kernel.start(**job)
    took = wait_until(lambda: len(posts(box)) > before)
    kernel.kill()
    kernel.wait()
    return took


def distribution(box: Sandbox, envelopes: int) -> list[str]:
    """How often the request that distributes an envelope left, under faults, run three times."""
    from tests.vendors.signio.helpers import crowd, planned

    sent: Counter[str] = Counter()
    honest = Session.attempt

    def counted(session: Session, endpoint: Any, request: Any) -> Any:
        if endpoint.name == "distribute":
            sent[json.loads(request.body)["id_transaccion"]] += 1
        return honest(session, endpoint, request)

    Session.attempt = counted  # type: ignore[method-assign]
    try:
        with World(box) as world:
            plan = planned(world.api.signio, crowd(envelopes))
            plan.build(options={"workers": 1})
            kinds = [("before", "lost"), ("never", "reset"), ("before", "truncated"), ("never", "status")]
            for seed, (commit, reply) in enumerate(kinds):
                where = {"method": "POST", "path": "/transacciones/distribuir"}
                facts = {"status": 504, "probability": 0.05, "seed": seed, "times": None}
                box.control.fault(system="signio", match=where, commit=commit, reply=reply, **facts)
            outcomes: Counter[str] = Counter()
            for _ in range(3):
                with contextlib.suppress(toolkit.PushError):
                    outcomes = Counter(plan.distribute(confirm=envelopes).table["outcome"].astype(str))
                world.clock.advance(600)
    finally:
        Session.attempt = honest  # type: ignore[method-assign]
    return [
        f"{len(sent)} envelopes distributed through 20 % faults, run three times: "
        f"at most {max(sent.values())} request an envelope; ended {dict(outcomes)}"
    ]


def coverage() -> list[str]:
    """Lines of the fault matrix, and mutants of the protocol, as the tests have them."""
    lines = []
    for what, names in COVERED.items():
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            *(["-m", "slow"] if what == "mutants" else []),
            *(f"tests/push/{name}.py" for name in names),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        said = re.findall(r"\d+ (?:passed|failed|skipped|errors?)", done.stdout)
        lines.append(f"{what}: {', '.join(said) or 'did not run'}")
    return lines
