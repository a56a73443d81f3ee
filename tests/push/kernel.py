"""Kernels that can be killed: processes that push, each forked from one that has everything imported already.

Run as a program, it reads jobs (JSON, one a line), forks a process for each, and says its number, then how it ended.
"""

import contextlib
import http.client
import importlib
import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

import toolkit
from tests.push.world import in_our_folder
from toolkit.http.session import Session
from toolkit.push import chunking
from toolkit.push.driver import Driver
from toolkit.push.states import EventKind, State
from toolkit.push.store.file import LedgerFile
from toolkit.push.store.ledger import StoredLedger
from toolkit.vendors.ida.push import Database

with contextlib.suppress(ImportError):
    import resource  # not on Windows, where no process is forked either

ROOT = Path(__file__).parent.parent.parent


DONE, REFUSED, KILLED = 0, 3, (-9, -14)  # by SIGKILL, by its alarm


class Kernel:
    """A process that pushes what it is told to; each push in a process of its own, which can be killed."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.push.kernel"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.pid = 0

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *failure: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self._process.stderr.close()

    def start(self, **job: Any) -> int:
        """Begin a job (see `_push`); the number of its process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self.pid = int(self._process.stdout.readline())
        return self.pid

    def ended(self) -> int:
        """Wait until the process has ended; its exit code: `DONE`, `REFUSED`, or of `KILLED` if all is as it should."""
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def wait(self) -> bool:
        """Wait until the process has ended; False where it was killed."""
        ended = self.ended()
        assert ended in (DONE, *KILLED), f"the pushing process ended with {ended}"
        return ended == DONE

    def run(self, **job: Any) -> bool:
        self.start(**job)
        return self.wait()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


# ── in the process that pushes ──


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str, when: Callable[..., bool]) -> Callable[[int], None]:
    return lambda nth: _wrap(owner, name, nth, when, before=True)


def _after(owner: Any, name: str, when: Callable[..., bool]) -> Callable[[int], None]:
    return lambda nth: _wrap(owner, name, nth, when, before=False)


def _wrap(owner: Any, name: str, nth: int, when: Callable[..., bool], *, before: bool) -> None:
    honest, numbers = getattr(owner, name), itertools.count(1)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        fatal = when(*arguments) and next(numbers) == nth
        if before and fatal:
            _die()
        result = honest(*arguments, **named)
        if fatal:
            _die()
        return result

    setattr(owner, name, wrapped)


def _always(*_: Any) -> bool:
    return True


def _is_push(_: Any, endpoint: Any, *__: Any) -> bool:
    return bool(endpoint.name == "post_records")


def _half_sent(nth: int) -> None:
    """Dies when half of the body of a push has left."""
    honest, seen = http.client.HTTPConnection.send, [0]

    def send(connection: http.client.HTTPConnection, data: Any) -> None:
        if isinstance(data, bytes) and data.startswith(b'{"database_id"'):
            seen[0] += 1
            if seen[0] == nth:
                connection.sock.sendall(data[: len(data) // 2])
                _die()
        honest(connection, data)

    http.client.HTTPConnection.send = send  # type: ignore[method-assign,assignment]


def _durable(method: str) -> Callable[[int], None]:
    """Dies when a transaction has become durable in which this was written."""

    def arm(nth: int) -> None:
        written, seen, depth = [False], [0], [0]
        honest, transaction = getattr(StoredLedger, method), StoredLedger.transaction

        def noted(*arguments: Any, **named: Any) -> Any:
            written[0] = True
            return honest(*arguments, **named)

        @contextlib.contextmanager
        def watched(ledger: StoredLedger) -> Any:
            written[0] = written[0] and depth[0] > 0
            depth[0] += 1
            with transaction(ledger):
                yield
            depth[0] -= 1
            if not depth[0] and written[0]:
                seen[0] += 1
                if seen[0] == nth:
                    _die()

        setattr(StoredLedger, method, noted)
        StoredLedger.transaction = watched  # type: ignore[method-assign]

    return arm


def _becomes(state: State) -> Callable[..., bool]:
    return lambda _, operation: operation.state is state


EDGES: dict[str, Callable[[int], None]] = {
    "the ledger is being made": _before(Path, "hardlink_to", _always),
    "the ledger is open": _after(LedgerFile, "share", _always),
    "a push is written, not durable": _after(StoredLedger, "add_rows", _always),
    "taken over": _durable("put_push"),
    "before an intent": _before(StoredLedger, "put_operation", _becomes(State.SENT)),
    "intent written, not durable": _after(StoredLedger, "put_operation", _becomes(State.SENT)),
    "intent durable, nothing sent": _before(Session, "attempt", _is_push),
    "half of a request sent": _half_sent,
    "answered, not written": _after(Session, "attempt", _is_push),
    "outcome written, not durable": _after(StoredLedger, "put_operation", _becomes(State.ACKNOWLEDGED)),
    "an operation durable": _durable("put_operation"),
    "in the middle of a split": _after(chunking, "part", _always),
    "an operation cut, not durable": _after(StoredLedger, "add_operation", _always),
    "a row refused, not durable": _after(StoredLedger, "blame", _always),
    "waiting": _before(Driver, "_sleep", _always),
    "counted, not decided": _after(Database, "count", _always),
    "decided, not durable": _after(StoredLedger, "set_baseline", _always),
    "decided": _durable("set_baseline"),
    "closing": _before(StoredLedger, "event", lambda _, __, kind, *___: kind is EventKind.ENDED),
    "closed": _durable("event"),
}


def _push(job: dict[str, Any]) -> None:
    """Push the rows of a job; die at its edge, the `nth` time that it comes there, or after `dies_after` seconds."""
    signal.setitimer(signal.ITIMER_REAL, job.get("dies_after", 0))  # wherever it is then: nothing handles the alarm
    os.environ["TOOLKIT_STATE"] = job["state"]
    if log := job.get("log"):
        logging.basicConfig(filename=log, level=logging.DEBUG, force=True)
    if edge := job.get("edge"):
        EDGES[edge](job.get("nth", 1))
    spent = _timed((StoredLedger, "transaction"), (Driver, "_count"), (Session, "attempt"))
    frame = pd.DataFrame({"EMAIL": _values(job)}, dtype="str")
    api = toolkit.connect(**in_our_folder({"ida": job["ida"]}), progress=False)
    started = time.monotonic()
    report = api.ida.insert_records(job["database"], frame, options=job["options"])
    if result := job.get("result"):
        said = {
            "state": report.facts["state"],
            "outcomes": list(report.table["outcome"].astype(str)),
            "seconds": time.monotonic() - started,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "spent": spent,
            "first": spent.pop("first", started) - started,
            "text": repr(report),
        }
        Path(result).write_text(json.dumps(said), encoding="utf-8")


def _values(job: dict[str, Any]) -> list[str]:
    """The rows of a job: given as they are, or as how many there are to be."""
    if isinstance(job["values"], int):
        return [f"p{n}@example.cl" for n in range(job["values"])]
    return list(job["values"])


def _timed(*places: tuple[Any, str]) -> dict[str, float]:
    """Seconds spent in these methods, from now on; and when the first push left."""
    spent: dict[str, float] = {}

    def watch(owner: Any, name: str) -> None:
        honest = getattr(owner, name)
        spent[name] = 0.0

        def timed(*arguments: Any) -> Any:
            begun = time.monotonic()
            if name == "attempt" and _is_push(*arguments):
                spent.setdefault("first", begun)
            try:
                return honest(*arguments)
            finally:
                spent[name] += time.monotonic() - begun

        @contextlib.contextmanager
        def committed(ledger: StoredLedger) -> Any:
            with honest(ledger):
                yield
                begun = time.monotonic()
            spent[name] += time.monotonic() - begun

        setattr(owner, name, committed if name == "transaction" else timed)

    for owner, name in places:
        watch(owner, name)
    return spent


def _load() -> None:
    """All that a push loads when it comes to it, once for all the processes that are forked."""
    for name in ("email_validator", "msgspec", "tqdm.auto"):
        importlib.import_module(name)
    assert toolkit.connect(ida={"base_url": "http://127.0.0.1:9", "username": "a", "password": "b"}).ida


def main() -> None:
    _load()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                _push(json.loads(line))
            except toolkit.PushRefused:
                os._exit(REFUSED)
            finally:  # whatever happened: two processes would read the jobs otherwise
                _leave()
        _say(pid)
        _, status = os.waitpid(pid, 0)
        _say(os.waitstatus_to_exitcode(status))


def _leave() -> NoReturn:
    if sys.exc_info()[0] is None:
        os._exit(DONE)
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
