"""Many pushes through faults and kills, each compared with what the vendor really has."""

import json
import random
import re
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import toolkit
from tests.push.checker import findings
from tests.push.kernel import EDGES, Kernel
from tests.push.world import REFUSED, Database, in_our_folder
from toolkit.http.secrets import _spellings
from toolkit.push.states import Answer, State
from toolkit.push.store.file import LedgerFile
from toolkit.sandbox import Sandbox

LANES = 3  # pushes at a time, each to a database of its own
LATE = 0.15  # seconds after which a late request is applied
PUSH = {"settle_wait": 0.5, "settle_stable": 0.05, "chunk_rows": 230, "fence_every": 5}
KINDS: list[dict[str, Any]] = [  # each for 0.6 % of the requests that carry rows
    {"commit": "before", "reply": "lost"},
    {"commit": "before", "reply": "reset"},
    {"commit": "before", "reply": "truncated"},
    {"commit": "before", "reply": "status", "status": 502},
    {"commit": "never", "reply": "reset"},
    {"commit": "never", "reply": "status", "status": 500},
    {"commit": "late", "reply": "reset", "late": LATE},
    {"commit": "never", "reply": "status", "status": 429, "headers": {"Retry-After": "0"}},
]

TOKEN = re.compile(rb"eyJ[\w-]{8}")  # how every one begins; three letters alone come up in fingerprints by chance


@dataclass
class Tally:
    """What was seen over all pushes."""

    pushes: int = 0
    rows: int = 0
    kills: int = 0
    edges: set[str] = field(default_factory=set)
    sittings: int = 0
    lost: int = 0
    doubled: int = 0
    false_rejected: int = 0
    nowhere: int = 0
    wrong_pushes: int = 0
    unfinished: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    doubts: int = 0  # operations that were in doubt: counted, sent again, or answered by nothing to trust
    undecided: int = 0  # operations that ended unknown
    leaks: int = 0
    surfaces: int = 0
    duplicates: int = 0  # rows stored more than once, whatever was said of them

    @property
    def wrong(self) -> int:
        return self.lost + self.doubled + self.false_rejected + self.nowhere


def trouble(box: Sandbox, share: float) -> None:
    """From now on this share of the requests that carry rows goes wrong, in every way."""
    match = {"method": "POST", "path": "/api/v2/database/records"}
    for seed, kind in enumerate(KINDS):
        box.control.fault(system="ida", match=match, times=None, probability=share / len(KINDS), seed=seed, **kind)


def run(box: Sandbox, pushes: int, rows: int, kills: int) -> Tally:
    """So many pushes of so many rows, each killed so often; the faults are there already."""
    tally, lock = Tally(), threading.Lock()
    numbers = iter(range(pushes))

    def lane(kernel: Kernel) -> None:
        with kernel:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                _one(box, kernel, number, rows, kills, tally, lock)

    kernels = [Kernel() for _ in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(lane, kernels))
    return tally


def _one(box: Sandbox, kernel: Kernel, number: int, rows: int, kills: int, tally: Tally, lock: Any) -> None:
    chance = random.Random(number)
    folder = Path(tempfile.mkdtemp())
    world = Database(box, toolkit.connect(**in_our_folder(box.settings()), progress=False), folder)
    world.add(rows // 2)
    world.add(chance.randrange(4), REFUSED)
    world.add(rows - rows // 2)
    log, result = world.folder / "log", world.folder / "result"
    facts = {"state": str(world.folder), "database": world.database, "values": world.values, "options": PUSH}
    job = {**facts, "ida": box.settings()["ida"], "log": str(log)}
    killed, sittings, edges = 0, 0, set()
    while killed < kills and sittings < 3 * kills:
        sittings += 1
        edge = chance.choice([None, *EDGES]) if chance.random() < 0.5 else None
        if edge:
            if not kernel.run(**job, edge=edge, nth=chance.randint(1, 6)):
                killed += 1
                edges.add(edge)
        else:
            killed += not kernel.run(**job, dies_after=chance.uniform(0.02, 0.35))
    told = _to_the_end(kernel, job, result)
    with lock:
        _take_in(tally, world, told)
        tally.kills += killed
        tally.sittings += sittings
        tally.edges |= edges
        tally.leaks += _leaks(world, box, told)
        tally.surfaces += 1
    world.api.ida.delete_database(world.database)
    shutil.rmtree(folder)


def _to_the_end(kernel: Kernel, job: dict[str, Any], result: Path) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for _ in range(20):
        assert kernel.run(**job, result=str(result))
        told = json.loads(result.read_text(encoding="utf-8"))
        if told["state"] != "paused":
            break
    return told


def _take_in(tally: Tally, world: Database, told: dict[str, Any]) -> None:
    stored = world.stored()
    found = findings(told["outcomes"], world.values, stored)
    tally.pushes += 1
    tally.rows += len(world.values)
    tally.lost += len(found.lost)
    tally.doubled += len(found.doubled)
    tally.false_rejected += len(found.false_rejected)
    tally.nowhere += len(found.from_nowhere)
    tally.wrong_pushes += found.wrong > 0
    tally.unfinished += told["state"] == "paused"
    tally.duplicates += sum(n - 1 for n in stored.values() if n > 1)
    for outcome, count in found.outcomes.items():
        tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + count
    assert world.ledgers(), "no ledger stands where it is looked for"
    for path in world.ledgers():
        with LedgerFile(path) as ledger:
            operations = [o for push in ledger.pushes() for o in ledger.operations(push.id)]
            tally.doubts += sum(o.resent or o.state is State.COUNTED or o.answer is Answer.LOST for o in operations)
            tally.undecided += sum(o.state is State.UNKNOWN for o in operations)


def _leaks(world: Database, box: Sandbox, told: dict[str, Any]) -> int:
    """How often a secret stands in the state folder, the log or the report; and a cell in ledger or log."""
    secrets = _spellings(box.credentials["ida"]["password"])
    surfaces = [path.read_bytes() for path in world.folder.rglob("*") if path.is_file() and path.name != "result"]
    surfaces.append(told["text"].encode())
    hits = sum(secret.encode() in surface for secret in secrets for surface in surfaces)
    hits += sum(TOKEN.search(surface) is not None for surface in surfaces)
    return hits + sum(value.encode() in surface for value in world.values[::97] for surface in surfaces)
