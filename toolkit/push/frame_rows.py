"""The rows of one frame that are to be sent: what each is known by, checked now or known again from an earlier run."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.push import identity
from toolkit.push.chunking import Sizes
from toolkit.push.decide import Waits
from toolkit.push.destination import Batch, Destination, Memory, PushJob, Target
from toolkit.push.events import Plan, Reconcile
from toolkit.push.frame_digests import FrameDigests, NotKnownAgain, described
from toolkit.push.options import Options, SendPolicy
from toolkit.push.states import Operation, Push, positions
from toolkit.push.store.ledger import StoredLedger
from toolkit.push.store.rows import RowBlock
from toolkit.sheets.check import check_frame
from toolkit.sheets.column import blocks
from toolkit.sheets.target import Takes
from toolkit.spec.fields import Date, Email, Identity, Phone, Text

NOWHERE = np.empty(0, dtype=np.int64)
T = TypeVar("T")

if TYPE_CHECKING:
    from toolkit.sheets.check import Check


STEADY = (Email, Identity, Phone, Text)  # kinds of fields, from those that are corrected least
FORMS: dict[type, Callable[[str], str]] = {  # what is left of digits in whatever form they are sent
    Phone: lambda digits: digits[-8:],  # with the country, or without it
    Date: lambda digits: "".join(sorted(digits)),  # whatever comes first
}
_digits = partial(re.sub, r"\D", "")


@dataclass(frozen=True)
class FrameKey:
    """What the words and digests of a frame's rows are keyed with, and all else that they hang on."""

    key: str
    takes: Takes
    doubts: Any
    context: str

    @classmethod
    def of(cls, key: str, memory: Memory, takes: Takes, options: Options, *what_for: str) -> "FrameKey":
        """`what_for`: in which call these rows are sent."""
        context = " ".join([_version(), pd.__version__, np.__version__, str(options.doubts), *what_for])
        return cls(key_of_rows(key, memory), takes, options.doubts, context)

    def with_key(self, key: str, memory: Memory) -> "FrameKey":
        """The same with another key of fingerprints."""
        return replace(self, key=key_of_rows(key, memory))

    def digests(self, frame: pd.DataFrame) -> list[bytes]:
        """Those of the frame's blocks; empty ones where it would not be known again."""
        try:
            context = described([self.context, self.takes, frame.attrs])
        except NotKnownAgain:
            return []
        return FrameDigests(frame, self.key, context).of_blocks(identity.PART)

    def check(self, frame: pd.DataFrame) -> "Check":
        return check_frame(frame, self.takes, {"doubts": self.doubts})

    def prints(self, cells: Mapping[str, list[Any]], rows: int) -> np.ndarray:
        """By which the content of rows is known."""
        return identity.Fingerprints(self.key).of(self._known_as(cells), rows)

    def words(self, job: PushJob) -> tuple[np.ndarray, list[str]]:
        """Those of a job's rows; and the columns that tell most rows apart, those first that people seldom correct."""
        checked, target, good = job.check, job.target, job.good
        sample = checked.wire(good[identity.sample(len(good))])
        columns = self._distinctive_columns(sample)
        prints, words = identity.Fingerprints(self.key), np.zeros((len(good), identity.WORDS), dtype=np.uint64)
        for rows in blocks(len(good)):
            part = words[rows]
            cells = self._known_as(sample if len(good) <= identity.SAMPLE else checked.wire(good[rows]))
            part[:, identity.PRINT] = prints.of(cells, len(part))
            labels = checked.frame.index[good[rows]]
            part[:, identity.LABEL] = identity.of_labels(labels, self.key)
            if target.keys:
                part[:, identity.CELL] = identity.of_names({name: cells[name] for name in target.keys}, self.key)
            elif target.keyed:
                part[:, identity.CELL] = part[:, identity.LABEL]
                part[:, identity.SPELLING] = identity.of_spellings(labels, self.key)
            else:  # the first of its cells that tells rows apart
                for name in columns:
                    if not (names := part[:, identity.CELL]).all():
                        names[:] = np.where(names, names, self._names(name, cells))
        return words, columns

    def names(self, job: PushJob, rows: np.ndarray, columns: Sequence[str]) -> dict[str, np.ndarray]:
        """What names some rows, by each of these columns: an earlier push may have had one of them only."""
        words = {name: np.zeros(len(rows), dtype=np.uint64) for name in columns}
        for part in blocks(len(rows)):
            cells = self._known_as(job.check.wire(job.good[rows[part]]))
            for name in columns:
                words[name][part] = self._names(name, cells)
        return words

    def _distinctive_columns(self, sample: Mapping[str, list[Any]]) -> list[str]:
        kinds = {field.key: type(field) for field in self.takes.fields}
        last = len(STEADY)
        return sorted(
            [name for name in identity.distinctive_columns(self._known_as(sample)) if name in kinds],
            key=lambda name: STEADY.index(kinds[name]) if kinds[name] in STEADY else last,
        )

    def _names(self, column: str, cells: Mapping[str, list[Any]]) -> np.ndarray:
        """What names rows by one column, in whatever form that is sent: a phone, or a day, may have several."""
        kind = next(type(field) for field in self.takes.fields if field.key == column)
        values = cells[column]
        if kind in FORMS:
            values = [value if value is None else FORMS[kind](_digits(str(value))) for value in values]
        return identity.of_names({column: values}, self.key)

    def _known_as(self, cells: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        """The cells by which rows are known, of those that are sent."""
        return self.takes.known_as(cells) if self.takes.known_as else cells


@dataclass
class FrameRows:
    """The rows of one frame that are to be sent."""

    job: PushJob
    words: np.ndarray  # of each
    digests: list[bytes]  # of the blocks of the frame; [] where it would not be known again
    push: Push | None = None  # the one by which the frame was known again
    spared: dict[int, str] = field(default_factory=dict)  # rows of the frame that are not sent, and why
    distinctive: Sequence[str] = ()  # the columns that tell most rows apart

    @classmethod
    def checked(
        cls,
        rows: "pd.DataFrame | Check",
        destination: Destination,
        key: FrameKey,
        digests: list[bytes],
        before: Mapping[str, Any],
    ) -> "FrameRows":
        """The rows of a frame that is checked now, or was where it was computed.

        `before`: of one of several frames, how those before it are read: it is read alike.
        """
        if isinstance(rows, pd.DataFrame):
            if before and "reading" not in rows.attrs:
                rows = rows.copy(deep=False)
                rows.attrs = {**rows.attrs, "reading": {**before}}
            rows = key.check(rows)
        job = destination.job(rows)
        words, distinctive = key.words(job)
        return cls(job, words, digests, distinctive=distinctive)

    def reading(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """How a frame after this one is read: as its columns and those before it show, and how full rows are."""
        reading = self.check.reading
        shown = {n: how for n, how in reading["columns"].items() if any(v != "" for v in how.values())}
        usual = max(before.get("usual", 0), reading["usual"])
        return {"columns": {**shown, **before.get("columns", {})}, "usual": usual, "after_frames": True}

    def __post_init__(self) -> None:
        self.target: Target = self.job.target
        self.check: Check = self.job.check
        self.good: np.ndarray = self.job.good  # the positions of the rows in the frame
        self.prints: np.ndarray = self.words[:, identity.PRINT]

    def under(self, key: FrameKey) -> "FrameRows":
        """The same rows as another key knows them."""
        return FrameRows(self.job, key.words(self.job)[0], [], distinctive=self.distinctive)

    def without(self, spared: Mapping[int, str]) -> "FrameRows":
        """The same without some, by their places among these, and why."""
        if not spared:
            return self
        kept = np.delete(np.arange(len(self.words)), [*spared])
        reasons = {int(self.good[place]): why for place, why in spared.items()}
        return FrameRows(
            self.job._replace(rows=self.good[kept]), self.words[kept], [], spared=reasons, distinctive=self.distinctive
        )

    def blocks(self, chosen: np.ndarray) -> Iterator[RowBlock]:
        """Some of the rows as the ledger keeps them: block by block, where all of the frame is in."""
        if len(chosen) < len(self.good) or not self.digests:
            for start in range(0, len(chosen), identity.PART):
                yield RowBlock(self.words[chosen[start : start + identity.PART]])
            return
        for n, digest in enumerate(self.digests):
            start = n * identity.PART
            end = min(start + identity.PART, len(self.check.frame))
            low, high = np.searchsorted(self.good, [start, end])
            others = np.setdiff1d(np.arange(start, end), self.good[low:high], assume_unique=True) - start
            yield RowBlock(self.words[low:high], others.astype(np.uint32), digest)

    def facts(self, chosen: np.ndarray) -> dict[str, Any]:
        """What the ledger keeps of the frame, so that it need not be checked again."""
        names = {name: n for n, name in enumerate(self.check.frame.columns)}
        reading = self.check.reading
        columns = [[names[name], how] for name, how in reading["columns"].items() if name in names]
        return {"rows": len(chosen), "notes": self.check.notes, "columns": columns, "usual": reading["usual"]}


def key_of_rows(key: str, memory: Memory) -> str:
    """What keys the words of the rows of one destination: those of two never look alike."""
    return identity.key_about(key, f"{memory.about} {memory.lock}")


@functools.cache
def _version() -> str:
    try:
        return metadata.version("analyst-toolkit")
    except metadata.PackageNotFoundError:
        return "a checkout"  # that was not installed


class Places:
    """The rows of one frame that a push has, and where those of an operation stand in the frame."""

    def __init__(
        self, ledger: StoredLedger, rows: FrameRows, push: str = "", span: range = range(0), where: np.ndarray = NOWHERE
    ) -> None:
        """`span`: which rows of the push are of this frame; `where`: the position of each. Without a push, none are."""
        self.rows, self.push, self.span, self.where = rows, push, span, where
        self._ledger = ledger
        self._of_others: dict[str, np.ndarray] = {}  # for each row of another push, its place among ours; else -1

    def __call__(self, operation: Operation) -> Batch | None:
        """Its rows; None where not all of them are here."""
        serials = positions(operation.rows)
        if operation.push == self.push:
            inside = (serials >= self.span.start) & (serials < self.span.stop)
            where = self.where[serials - self.span.start] if inside.all() else None
        else:
            where = self._of_another(operation.push, serials)
        return None if where is None else Batch(operation.kind, where, serials)

    def _of_another(self, push: str, serials: np.ndarray) -> np.ndarray | None:
        """Where rows of another push stand."""
        if push not in self._of_others:
            theirs = self._ledger.row_words(push)[:, identity.PRINT]
            self._of_others[push] = identity.counterparts(theirs, self.rows.prints)
        places = self._of_others[push]
        if not len(places) or (places[serials] < 0).any():
            return None
        good: np.ndarray = self.rows.good[places[serials]]
        return good

    def plan(self, policy: SendPolicy, *, more: bool) -> Plan:
        """That of a run which sends these rows as a person decided."""
        target, options = self.rows.target, policy.options
        counted = target.reconcile is Reconcile.COUNT
        if counted and options.workers > 1:
            raise InputError(message("rows that are counted travel one request after the other: workers is 1 here"))
        return Plan(
            self.push,
            target.memory.lock,
            target.reconcile,
            Waits(options.settle_wait, options.settle_stable),
            Sizes(options.chunk_rows, counted=counted),
            span=self.span,
            more=more,
            irrevocable=target.irrevocable,
            repeatable=target.repeatable,
            reads_refusals=target.reads_refusals,
            first_kind=target.first,
            looks_every=options.fence_every,
            workers=options.workers,
            final_look=options.final_look,
            max_doubts=options.max_ambiguous,
            max_sendings=options.max_resends + 1,
            max_rejected=options.max_rejected,
        )

    def add_operations(self) -> None:
        """Plan the operations that carry these rows, in a transaction. A row waits for the one that it names."""
        ledger, target, after, span = self._ledger, self.rows.target, self.rows.job.after, self.span
        if target.together:
            ledger.add_operation(Operation(0, self.push, ((span.start, span.stop),), len(span), target.first))
            return
        serials, ids = self.serials(), dict[int, int]()
        for position in serials:
            chain = []  # of rows that wait for each other, the last first
            while position in serials and position not in ids and position not in chain:
                chain.append(position)
                position = after.get(position, -1)
            for each in reversed(chain):
                before, n = after.get(each, -1), serials[each]
                waits = (ids[before],) if before in ids else ()
                planned = Operation(0, self.push, ((n, n + 1),), 1, target.first, after=waits)
                ids[each] = ledger.add_operation(planned).id

    def serials(self) -> dict[int, int]:
        """The row of the push at each position."""
        return dict(zip(self.where.tolist(), self.span, strict=True))

    def by_position(self, results: Mapping[int, T]) -> dict[int, T]:
        """What is known of rows of the push, by the position that each has here."""
        return {int(self.where[n - self.span.start]): values for n, values in results.items() if n in self.span}
