"""python -m tests.sheets.fuzz [COUNT] [SEED]: damaged files of every format are read, or refused in words.

Each is cut, its bytes flipped, or its pieces shuffled, outside and inside of the archive.
"""

import io
import random
import resource
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator

from tests.sheets.ugly import CASES
from tests.sheets.ugly.binaries import zipped
from toolkit.errors import InputError
from toolkit.sheets.read import read_sheet

SLOWEST = 2.0  # seconds
MEMORY = 2 * 2**30  # bytes


def sources() -> list[bytes]:
    """One file of each case that is ugly in itself."""
    return [make().data for make in CASES.values()]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with something wrong in it."""
    if data[:2] == b"PK" and chance.random() < 0.7:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = chance.choice([n for n in parts if parts[n]])
        if chance.random() < 0.1:
            other = chance.choice([*parts])
            parts[name], parts[other] = parts[other], parts[name]
        else:
            parts[name] = _spoilt(parts[name], chance)
        return zipped(parts)
    return _spoilt(data, chance)


def _spoilt(data: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(5)
    made = bytearray(data)
    if kind == 0:
        return bytes(made[: chance.randrange(len(made) + 1)])
    if kind == 1:
        start, stop = sorted(chance.randrange(len(made) + 1) for _ in range(2))
        return bytes(made[:start] + made[stop:])
    if kind == 2:
        size = chance.choice((1, 4, 16, 64, 512))
        pieces = [made[n : n + size] for n in range(0, len(made), size)]
        for _ in range(chance.randrange(1, 4)):
            a, b = (chance.randrange(len(pieces)) for _ in range(2))
            pieces[a], pieces[b] = pieces[b], pieces[a]
        return b"".join(pieces)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        at = chance.randrange(len(made))
        made[at] = chance.choice((made[at] ^ (1 << chance.randrange(8)), 0, 255, 57, chance.randrange(256)))
    if kind == 3:
        return bytes(made)
    at = chance.randrange(len(made))
    return bytes(made[:at] + bytes(chance.choice((b"9" * 10, b"<row>", b"\0" * 8, b"\xff" * 4, b'"'))) + made[at:])


def tried(count: int, seed: int) -> Iterator[tuple[str, float, bytes]]:
    """What became of each file: "read", "refused", or the error that nobody should see; and how long it took."""
    chance, files = random.Random(seed), sources()
    for _ in range(count):
        data = damaged(chance.choice(files), chance)
        start = time.perf_counter()
        try:
            read_sheet(data)
            outcome = "read"
        except InputError:
            outcome = "refused"
        except BaseException as problem:
            if isinstance(problem, KeyboardInterrupt):
                raise
            outcome = "".join(traceback.format_exception(problem)[-3:])
        yield outcome, time.perf_counter() - start, data


def main() -> None:
    count, seed = (int(text) for text in [*sys.argv[1:], *["10000", "1"][len(sys.argv) - 1 :]])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for outcome, seconds, _ in tried(count, seed):
        outcomes[outcome] += 1
        slowest = max(slowest, seconds)
    for outcome, times in outcomes.most_common():
        print(f"{times:6,} {outcome}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"slowest {slowest:.2f} s, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
