"""What every bulk write is: rows in any form, three decisions of a person, one report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol, get_args

import numpy as np

from toolkit.errors import InputError
from toolkit.http.session import Session
from toolkit.plain import message
from toolkit.push.chunking import Sizes
from toolkit.push.decide import Waits
from toolkit.push.destination import Memory
from toolkit.push.events import Plan, Reconcile
from toolkit.push.options import Options
from toolkit.push.report import Report
from toolkit.push.target import Target
from toolkit.sheets.check import Check
from toolkit.sheets.target import Takes

IfSent = Literal["raise", "skip", "resend"]
OnBadRows = Literal["skip", "raise"]


@dataclass(frozen=True)
class SendPolicy:
    """What a person decided: about rows that were sent before, about bad rows, and how to go about it."""

    if_sent: IfSent = "raise"
    on_bad_rows: OnBadRows = "skip"
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        for name, known in (("if_sent", get_args(IfSent)), ("on_bad_rows", get_args(OnBadRows))):
            if (value := getattr(self, name)) not in known:
                wanted = " or ".join(map(repr, known))
                raise InputError(message("{name} is {wanted}, not {value!r}", name=name, wanted=wanted, value=value))
        if self.options.resend_as and self.if_sent != "resend":
            raise InputError(message('the option resend_as goes with if_sent="resend"'))

    @property
    def resend_as(self) -> str:
        """The name of a further time of sending; "" where rows are not sent once more."""
        return (self.options.resend_as or "once more") if self.if_sent == "resend" else ""


class PushJob(NamedTuple):
    """The rows of one frame: where they go, and what the check found in them."""

    target: Target
    check: Check
    rows: np.ndarray | None = None  # positions of the rows to send, in their order; None: all that are not bad
    after: Mapping[int, int] = MappingProxyType({})  # for a row's position, that of the row that has to be in before
    finish: Callable[[Report], Report] = lambda report: report  # what the report says besides

    @property
    def good(self) -> np.ndarray:
        return np.flatnonzero(~self.check.bad.to_numpy()) if self.rows is None else self.rows


class Destination(Protocol):
    """Where the rows of one call go. It is locked before anything is read there."""

    session: Session

    @property
    def memory(self) -> Memory:
        """What is locked, and what remembers what was sent; `part` and `where` in full once `takes` was read."""

    def takes(self) -> Takes:
        """What its rows are checked by. What has to be read for that is read once, and under the lock."""

    def job(self, checked: Check) -> PushJob:
        """Make the checked rows of a frame ready to be sent.

        Raises:
            InputError: they cannot be sent as they are.
        """


def plan_of(push: str, target: Target, policy: SendPolicy, span: range, *, more: bool) -> Plan:
    """What a run is to do, and how."""
    options = policy.options
    counted = target.reconcile is Reconcile.COUNT
    if counted and options.workers > 1:
        raise InputError(message("rows that are counted travel one request after the other: workers is 1 here"))
    return Plan(
        push,
        target.memory.lock,
        target.reconcile,
        Waits(options.settle_wait, options.settle_stable),
        Sizes(options.chunk_rows, counted=counted),
        span=span,
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
