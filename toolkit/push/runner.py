"""One run of a push: `step(run, event)` writes the ledger and says what to do next. No I/O of its own, no clock.

The driver (`drive`) performs effects and hands events in; the simulator of the tests is the other driver. A crash is to
drop the `Volatile`: all that has to be remembered is in the ledger, and durable before an effect is given out.
"""

from dataclasses import dataclass, replace

from toolkit.push import isolation
from toolkit.push.decide import Book, Change, Decision, decide
from toolkit.push.events import (
    Answered,
    Count,
    Counted,
    Effect,
    End,
    Event,
    Looked,
    LookUp,
    Plan,
    Reconcile,
    Reply,
    Send,
    Sleep,
    Stopped,
    Volatile,
    Woke,
)
from toolkit.push.states import SENDABLE, Answer, Baseline, EventKind, Ledger, Operation, PushState, State, age


@dataclass(slots=True)
class Run:
    """The ledger, what a crash forgets, and what is to be done."""

    ledger: Ledger
    volatile: Volatile
    plan: Plan


def step(run: Run, event: Event) -> list[Effect]:
    """Take in what happened, durably, and say what to do now."""
    with run.ledger.transaction():
        match event:
            case Answered():
                _answered(run, event)
            case Counted():
                _counted(run, event.count)
            case Looked():
                _looked(run, event)
            case Stopped():
                run.volatile.stop, run.volatile.busy = event.reason, False
            case Woke():
                run.volatile.busy = False
        return _next(run)


# ── what happened ──


def _answered(run: Run, event: Answered) -> None:
    v, reply, operation = run.volatile, event.reply, run.ledger.operation(event.operation)
    del v.in_flight[operation.id]
    v.rest = max(v.rest, v.now.monotonic + reply.retry_in)
    v.stop = v.stop or reply.stop
    ended = replace(
        operation,
        answer=reply.answer,
        ended=v.now,
        status=reply.status,
        code=reply.code,
        message=reply.message,
        digest=reply.digest,
    )
    if not reply.left:
        sendings = operation.sendings - 1
        _put(run, replace(ended, sendings=sendings, open=bool(sendings)), State.PLANNED)
        return
    v.unlooked += 1
    v.doubts = 0 if reply.answer is Answer.ACKNOWLEDGED else v.doubts
    if reply.answer is Answer.ACKNOWLEDGED:
        v.latest_size = operation.size
        _acknowledged(run, ended, reply)
    elif reply.answer is Answer.REFUSED and not _needs_look(run, ended):
        _refused(run, ended, reply, believed=run.plan.reconcile is Reconcile.COUNT)
    else:
        v.refusals[operation.id] = reply
        v.trouble = v.trouble or reply.answer is not Answer.REFUSED
        run.ledger.put_operation(ended)


def _acknowledged(run: Run, ended: Operation, reply: Reply) -> None:
    run.volatile.mapping.accepted(ended)
    if reply.results:
        run.ledger.keep_results(ended.push, reply.results)
    if reply.follows:
        _put(run, ended, State.ACKNOWLEDGED)
        _put(run, ended, State.REPLACED)
        _plan(run, ended, reply.follows)
    else:
        _put(run, ended, State.ACKNOWLEDGED)


def _needs_look(run: Run, operation: Operation) -> bool:
    """Whether a refusal is not believed before somebody looks."""
    plan, baseline = run.plan, run.ledger.baseline()
    if plan.reconcile is Reconcile.COUNT:
        return not run.volatile.refusal_looked_at or not baseline or not baseline.trusted or operation.resent
    return plan.reconcile is Reconcile.READ and (plan.reads_refusals or operation.resent)


def _refused(run: Run, operation: Operation, reply: Reply | None, *, believed: bool) -> None:
    """This was refused, and nothing of it is stored: the row is rejected, many are parted."""
    operation = replace(operation, believed=believed)
    run.volatile.mapping.refused(operation)
    if run.plan.irrevocable:
        isolation.reject(run.ledger, operation, reply)
    elif reply is not None and reply.too_large and operation.size > 1:
        run.plan.sizes.too_large(operation.size)
        isolation.halve(run.ledger, operation)
    else:
        isolation.part(run.ledger, operation, reply)


def _counted(run: Run, count: int) -> None:
    v, ledger = run.volatile, run.ledger
    v.busy = False
    baseline = ledger.baseline()
    if baseline is None:
        ledger.set_baseline(Baseline(count, v.now, first=v.now))
        v.looked = True
        return
    book = _book(run, baseline)
    decision = decide(book, count, v.now, run.plan.waits)
    if decision.wait > 0:
        v.wake = v.now.monotonic + decision.wait
        return
    _apply(run, book, decision)
    v.looked, v.unlooked, v.latest_size = True, 0, 0


def _book(run: Run, baseline: Baseline) -> Book:
    v = run.volatile
    operations = tuple(run.ledger.unsettled(run.plan.lock))
    locked = age(v.locked, v.now)
    ages = {o.id: locked if o.ended is None else age(o.ended, v.now) for o in operations}
    return Book(baseline, operations, ages, locked, age(baseline.at, v.now), first=not v.looked)


def _apply(run: Run, book: Book, decision: Decision) -> None:
    v, ledger = run.volatile, run.ledger
    assert decision.baseline
    first = decision.baseline.first if v.looked else v.now
    ledger.set_baseline(replace(decision.baseline, first=first))
    for closed in decision.closed:
        ledger.put_operation(replace(ledger.operation(closed), open=False))
    for believed in decision.believed:
        ledger.put_operation(replace(ledger.operation(believed), believed=False))
    for change in decision.changes:
        _change(run, change)
    if decision.refused is not None:
        v.refusal_looked_at = True
        _refused(run, ledger.operation(decision.refused), v.refusals.pop(decision.refused, None), believed=False)
    details = {"rise": decision.rise, "changes": [(c.operation, str(c.state)) for c in decision.changes]}
    if decision.changes or decision.why:
        ledger.event(v.now, EventKind.LOOK, run.plan.push, count=decision.baseline.count, **details)
    if decision.why:
        ledger.event(v.now, EventKind.TRUST_LOST, run.plan.push, why=decision.why)
        v.stop = f"{decision.why}. What was not verified is unknown"


def _change(run: Run, change: Change) -> None:
    """A claim about an operation falls on all that hold its rows."""
    v, ledger = run.volatile, run.ledger
    for operation in ledger.leaves(change.operation):
        if operation.state is change.state or operation.state in (State.RESOLVED_COMMITTED, State.DUPLICATED):
            continue
        v.refusals.pop(operation.id, None)
        doubted = operation.state is State.SENT
        reopened = operation.open or change.state is State.PLANNED
        ledger.put_operation(replace(operation, state=change.state, note=change.note, open=reopened))
        if doubted:
            v.doubts += 1
            if v.doubts >= run.plan.max_doubts or operation.sendings >= run.plan.max_sendings:
                v.stop = v.stop or f"{v.doubts} answers in a row did not tell what happened"


def _looked(run: Run, event: Looked) -> None:
    """One row was read back."""
    v, ledger, plan = run.volatile, run.ledger, run.plan
    v.busy = False
    operation = ledger.operation(event.operation)
    reply = v.refusals.get(operation.id)
    if event.times:
        if event.results:
            ledger.keep_results(operation.push, event.results)
        state = State.VERIFIED if event.times == 1 else State.DUPLICATED
        _change(run, Change(operation.id, state, "read back after an answer that left doubt"))
    elif operation.state is State.UNKNOWN:
        pass
    elif operation.answer is Answer.REFUSED:
        v.refusals.pop(operation.id, None)
        _refused(run, operation, reply, believed=False)
    elif (due := _due(run, operation)) > 0:
        v.wake = v.now.monotonic + due
    elif plan.irrevocable:
        _change(
            run, Change(operation.id, State.UNKNOWN, "no trustworthy answer came, and it was not there; not sent again")
        )
    else:
        _change(run, Change(operation.id, State.PLANNED, "no trustworthy answer came; read back, it was not there"))


def _due(run: Run, operation: Operation) -> float:
    """Seconds until a reading shows that an operation will not be stored any more."""
    v, waits = run.volatile, run.plan.waits
    if run.plan.repeatable:
        return 0
    passed = age(v.locked if operation.ended is None else operation.ended, v.now)
    return (waits.stable if operation.answer is Answer.BUSY else waits.late) - passed


# ── what to do now ──


def _next(run: Run) -> list[Effect]:
    v = run.volatile
    if v.busy:
        return []
    if not v.in_flight:
        settling = _settle(run)
        if settling is not None:
            return [_hold(run, settling)]
    elif _in_doubt(run):
        return []  # what is under way comes back first
    if v.stop:
        return [] if v.in_flight else [_end(run, PushState.PAUSED, v.stop)]
    return _send(run)


def _hold(run: Run, effect: Effect) -> Effect:
    run.volatile.busy = not isinstance(effect, End)
    return effect


def _in_doubt(run: Run) -> list[Operation]:
    return [
        o for o in run.ledger.unsettled(run.plan.lock) if o.state is State.SENT and o.id not in run.volatile.in_flight
    ]


def _settle(run: Run) -> Effect | None:
    """What has to be counted or read before anything is sent; None where nothing has to be."""
    match run.plan.reconcile:
        case Reconcile.COUNT:
            return _settle_by_count(run)
        case Reconcile.READ:
            return _settle_by_reading(run)
        case Reconcile.DRAFT:
            for operation in _in_doubt(run):
                _put(run, operation, State.REPLACED)
                _plan(run, operation, run.plan.first_kind)
        case Reconcile.NOTHING:
            for operation in _in_doubt(run):
                note = "no trustworthy answer came, and the vendor offers no way to look; it was not sent again"
                _change(run, Change(operation.id, State.UNKNOWN, note))
    return None


def _settle_by_count(run: Run) -> Effect | None:
    v = run.volatile
    if v.wake > v.now.monotonic:
        return Sleep(v.wake - v.now.monotonic, "the counter shows what became of a request")
    if v.wake or not v.looked or _in_doubt(run) or v.unlooked >= run.plan.looks_every:
        v.wake = 0
        return Count()
    return None


def _settle_by_reading(run: Run) -> Effect | None:
    v = run.volatile
    if v.wake > v.now.monotonic:
        return Sleep(v.wake - v.now.monotonic, "a request without an answer may still be applied")
    v.wake = 0
    doubts = _in_doubt(run)
    unknown = [o for o in run.ledger.unknown(run.plan.lock) if o.id not in v.read_again]
    for operation in [*doubts, *unknown]:
        v.read_again.add(operation.id)
        return LookUp(operation)
    return None


def _send(run: Run) -> list[Effect]:
    v, plan = run.volatile, run.plan
    effects: list[Effect] = []
    while len(v.in_flight) < plan.workers:
        operation = _take(run)
        if operation is None:
            break
        if plan.reconcile is Reconcile.COUNT and v.unlooked and operation.size <= v.latest_size:
            return [_hold(run, Count())]
        if v.rest > v.now.monotonic:
            if not v.in_flight:
                return [_hold(run, Sleep(v.rest - v.now.monotonic, "the vendor asks for a pause"))]
            break
        sent = replace(
            operation,
            state=State.SENT,
            answer=Answer.NONE,
            sendings=operation.sendings + 1,
            started=v.now,
            ended=None,
            open=plan.reconcile is not Reconcile.NOTHING,
        )
        run.ledger.put_operation(sent)
        v.in_flight[sent.id] = None
        effects.append(Send(sent))
    return effects or ([] if v.in_flight else [_finish(run)])


def _take(run: Run) -> Operation | None:
    """The next operation to send, cut to size."""
    ledger, plan = run.ledger, run.plan
    ready = ledger.sendable(plan.push, 1)
    if not ready:
        return None
    operation = ready[0]
    if isolation.known_bad(ledger, operation):
        return _take(run)
    if plan.reconcile is Reconcile.COUNT:
        return plan.sizes.fit(ledger, operation, run.volatile.latest_size if run.volatile.unlooked else 0)
    return operation


def _finish(run: Run) -> Effect:
    """Nothing is left to send."""
    v, plan = run.volatile, run.plan
    if plan.reconcile is Reconcile.COUNT:
        unsettled = run.ledger.unsettled(plan.lock)
        believed = [o for o in unsettled if o.believed]
        if v.unlooked or believed:
            late = max((plan.waits.stable - age(o.ended, v.now) for o in believed if o.ended), default=0)
            return _look_in(run, late)
        baseline = run.ledger.baseline()
        claims = [o for o in unsettled if o.open and o.push == plan.push and o.state in (State.COUNTED, State.VERIFIED)]
        if baseline and baseline.trusted and claims and (plan.final_look or v.trouble):
            return _look_in(run, max(plan.waits.late - age(o.ended or v.locked, v.now) for o in claims))
    planned = [o for o in run.ledger.operations(plan.push) if o.state in SENDABLE]
    if planned:
        return _end(run, PushState.PAUSED, f"{sum(o.size for o in planned):,} rows wait for others that are not in")
    return _end(run, PushState.DONE, "")


def _look_in(run: Run, seconds: float) -> Effect:
    """Count, so many seconds from now."""
    if seconds > 0:
        run.volatile.wake = run.volatile.now.monotonic + seconds
        return _hold(run, Sleep(seconds, "a last look, when no request can be on its way any more"))
    return _hold(run, Count())


def _end(run: Run, state: PushState, reason: str) -> Effect:
    ledger, v = run.ledger, run.volatile
    ledger.put_push(replace(ledger.push(run.plan.push), state=state, reason=reason))
    ledger.event(v.now, EventKind.ENDED, run.plan.push, state=str(state), reason=reason)
    return End(state, reason)


def _put(run: Run, operation: Operation, state: State) -> None:
    run.ledger.put_operation(replace(operation, state=state))


def _plan(run: Run, before: Operation, kind: str) -> None:
    """The next step of a row."""
    run.ledger.add_operation(Operation(0, before.push, before.rows, before.size, kind, parent=before.id))
