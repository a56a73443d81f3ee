"""What a report says, held against what is really stored: row by row, by how often each row is there."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from toolkit import Report

IN, OUT = ("verified", "accepted"), ("rejected", "not sent")


@dataclass
class Findings:
    """Keys of rows for which the report is wrong, and counts of what it said."""

    lost: list[Hashable] = field(default_factory=list)  # said to be in, and are not
    doubled: list[Hashable] = field(default_factory=list)  # there more often than said
    false_rejected: list[Hashable] = field(default_factory=list)  # said not to be in, and are
    from_nowhere: list[Hashable] = field(default_factory=list)  # there, and never in the input
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def wrong(self) -> int:
        return sum(map(len, (self.lost, self.doubled, self.false_rejected, self.from_nowhere)))

    def __str__(self) -> str:
        kinds = ("lost", "doubled", "false_rejected", "from_nowhere")
        return "; ".join(f"{kind} {getattr(self, kind)[:5]}" for kind in kinds if getattr(self, kind)) or "all true"


def findings(outcomes: Iterable[str], keys: Iterable[Hashable], stored: Mapping[Hashable, int]) -> Findings:
    """Compare. Twins share a key: what is said of them counts together.

    verified, accepted: there once. rejected, not sent: not there. duplicated: there twice at least. unknown: anything.
    """
    found = Findings()
    said: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for outcome, key in zip(outcomes, keys, strict=True):
        said[key][outcome] += 1
        found.outcomes[outcome] += 1
    for key, told in said.items():
        there = stored.get(key, 0)
        sure = sum(told[outcome] for outcome in IN) + 2 * told["duplicated"]
        open_ended = told["unknown"] or told["duplicated"]
        if there < sure:
            found.lost.append(key)
        elif there > sure and not open_ended:
            (found.doubled if sure else found.false_rejected).append(key)
    found.from_nowhere = [key for key in stored if key not in said]
    return found


def assert_true(report: Report, keys: Iterable[Hashable], stored: Mapping[Hashable, int]) -> Findings:
    """Fail where the report is wrong about any row; `stored` holds what came in since the push began."""
    assert int(report.summary.sum()) == len(report.table), "the counts add up to the rows of the input"
    found = findings(report.table["outcome"].astype(str), keys, stored)
    assert not found.wrong, f"{found}\n{report}"
    return found


def came_in(after: Mapping[str, int], before: Mapping[str, int]) -> dict[Hashable, int]:
    """What was stored between two looks, by key."""
    counts = pd.Series(dict(after), dtype="int64").sub(pd.Series(dict(before), dtype="int64"), fill_value=0)
    return {key: int(n) for key, n in counts.items() if n}


def assert_distributed_once(distributions: Mapping[Hashable, int]) -> None:
    """No envelope is ever distributed twice."""
    assert not {key: n for key, n in distributions.items() if n > 1}
