"""A run, and what its parts do to the ledger alike."""

from dataclasses import dataclass, replace

from toolkit.plain import message
from toolkit.push.decide import Change
from toolkit.push.events import Plan, Volatile
from toolkit.push.states import Answer, Ledger, Operation, State

SHORTEST = 0.01  # seconds: a shorter wait may be lost in the clock's own rounding, and never end


@dataclass(slots=True)
class Run:
    """The ledger, what a crash forgets, and what is to be done."""

    ledger: Ledger
    volatile: Volatile
    plan: Plan


def change(run: Run, claim: Change) -> None:
    """A claim about an operation falls on all that hold its rows."""
    v, ledger = run.volatile, run.ledger
    for operation in ledger.leaves(claim.operation):
        if operation.state is claim.state or operation.state in (State.RESOLVED_COMMITTED, State.DUPLICATED):
            continue
        in_question = operation.state is State.SENT
        reopened = operation.open or claim.state is State.PLANNED
        ledger.put_operation(replace(operation, state=claim.state, note=claim.note, open=reopened))
        if in_question:
            doubted(run, operation)
        v.refusals.pop(operation.id, None)


def doubted(run: Run, operation: Operation) -> None:
    """Too many answers in a row that tell nothing stop the run; a busy vendor is left alone by the retry quota.

    What an earlier run left open says nothing of how the vendor answers now.
    """
    v = run.volatile
    if operation.answer is Answer.BUSY or operation.id not in v.refusals:
        return
    v.doubts += 1
    if v.doubts >= run.plan.max_doubts or operation.sendings >= run.plan.max_sendings:
        v.stop = v.stop or message("{doubts} answers in a row did not tell what happened", doubts=v.doubts)


def in_doubt(run: Run) -> list[Operation]:
    """Those that this run can settle; by a count, all can be."""
    v = run.volatile
    apart = {*v.in_flight, *v.not_here}
    return [o for o in run.ledger.unsettled(run.plan.lock) if o.state is State.SENT and o.id not in apart]


def sendable(run: Run, limit: int) -> list[Operation]:
    """The next ones whose rows are at hand."""
    ready = run.ledger.sendable(run.plan.push, limit)
    return [operation for operation in ready if operation.rows[0][0] in run.plan.span]


def put(run: Run, operation: Operation, state: State) -> None:
    run.ledger.put_operation(replace(operation, state=state))


def plan_next(run: Run, before: Operation, kind: str) -> None:
    """The next step of a row."""
    run.ledger.add_operation(Operation(0, before.push, before.rows, before.size, kind, parent=before.id))
