"""One run of a push: `step(run, event)` writes the ledger and says what to do next. No I/O of its own, no clock.

`driver` performs effects and hands events in; the simulator of the tests is the other driver. A crash is to
drop the `Volatile`: all that has to be remembered is in the ledger, and durable before an effect is given out.
"""

from dataclasses import replace

from toolkit.plain import message
from toolkit.push import isolation
from toolkit.push.decide import Book, Change, Decision, decide
from toolkit.push.events import Answered, Counted, Effect, Event, Looked, Reconcile, Reply, Run, Stopped, Woke
from toolkit.push.schedule import SHORTEST, change, next_effects, plan_next, put, sendable
from toolkit.push.states import Answer, Baseline, EventKind, Operation, Stamp, State, age


def step(run: Run, event: Event) -> list[Effect]:
    """Take in what happened, inside a transaction, and say what to do once that is durable."""
    match event:
        case Answered():
            _answered(run, event)
        case Counted():
            _counted(run, event)
        case Looked():
            _looked(run, event)
        case Stopped():
            run.volatile.stop, run.volatile.busy, run.volatile.parted = event.reason, False, True
        case Woke():
            run.volatile.busy = False
    return next_effects(run)


# ── what happened ──


def _answered(run: Run, event: Answered) -> None:
    v, reply, operation = run.volatile, event.reply, run.ledger.operation(event.operation)
    del v.in_flight[operation.id]
    v.rest = max(v.rest, v.now.monotonic + reply.retry_in)
    v.stop, v.parted = v.stop or reply.stop, v.parted or reply.away
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
        put(run, replace(ended, sendings=sendings, open=bool(sendings)), State.PLANNED)
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
        put(run, ended, State.ACKNOWLEDGED)
        put(run, ended, State.REPLACED)
        plan_next(run, ended, reply.follows)
    else:
        put(run, ended, State.ACKNOWLEDGED)


def _needs_look(run: Run, operation: Operation) -> bool:
    """Whether a refusal is not believed before somebody looks."""
    plan, baseline = run.plan, run.ledger.baseline()
    if plan.reconcile is Reconcile.COUNT:
        return not run.volatile.refusal_looked_at or not baseline or not baseline.trusted or operation.resent
    return plan.reconcile is Reconcile.READ and (plan.reads_refusals or operation.resent)


def _refused(run: Run, operation: Operation, reply: Reply | None, *, believed: bool) -> None:
    """This was refused, and nothing of it is stored: the row is rejected, many are parted."""
    operation, rejected = replace(operation, believed=believed), 0
    if run.plan.irrevocable:
        rejected = isolation.reject(run.ledger, operation, reply)
    elif reply is not None and reply.too_large and operation.size > 1:
        run.plan.sizes.too_large(operation.size)
        isolation.halve(run.ledger, operation)
    else:
        rejected = isolation.part(run.ledger, operation, reply)
    run.volatile.mapping.refused(rejected)
    _worth_going_on(run)


def _worth_going_on(run: Run) -> None:
    """Whether the refusals so far look like a column in the wrong place: then it stops, or tries a few rows alone."""
    v, ledger, plan = run.volatile, run.ledger, run.plan
    if why := v.mapping.suspicion(ledger, plan.max_rejected):
        texts = "; ".join(dict.fromkeys(error for error, _ in ledger.blames(plan.push).values()))[:300]
        v.stop = v.stop or (
            message(
                "{why}: this looks like a column in the wrong place. First messages: {texts}. To send the "
                "rest all the same, run it again with a higher max_rejected",
                why=why,
                texts=texts,
            )
        )
    elif v.mapping.wants_probes():
        largest = max(sendable(run, 100), key=lambda o: o.size, default=None)
        if largest is not None and largest.size > isolation.PROBES and not largest.sendings:
            v.mapping.probes = isolation.probe(ledger, largest)


def _counted(run: Run, event: Counted) -> None:
    v, ledger, at = run.volatile, run.ledger, event.at or run.volatile.now
    v.busy = False
    baseline = ledger.baseline()
    if baseline is None:
        ledger.set_baseline(Baseline(event.count, at, first=at))
        v.looked = True
        return
    book = _book(run, baseline, at)
    decision = decide(book, event.count, at, run.plan.waits)
    if decision.wait > 0:
        v.wake = v.now.monotonic + max(decision.wait, SHORTEST)
        return
    _apply(run, decision)
    assert decision.baseline
    v.looked, v.unlooked, v.latest_size, v.proved = True, 0, 0, decision.baseline.proved


def _book(run: Run, baseline: Baseline, at: Stamp) -> Book:
    v = run.volatile
    operations = tuple(run.ledger.unsettled(run.plan.lock))
    locked = age(v.locked, at)
    ages = {o.id: locked if o.ended is None else age(o.ended, at) for o in operations}
    return Book(baseline, operations, ages, locked, age(baseline.at, at), first=not v.looked)


def _apply(run: Run, decision: Decision) -> None:
    v, ledger = run.volatile, run.ledger
    assert decision.baseline
    first = decision.baseline.first if v.looked else v.now
    ledger.set_baseline(replace(decision.baseline, first=first))
    for closed in decision.closed:
        ledger.put_operation(replace(ledger.operation(closed), open=False))
    for believed in decision.believed:
        ledger.put_operation(replace(ledger.operation(believed), believed=False))
    for each in decision.changes:
        change(run, each)
    if decision.refused is not None:
        v.refusal_looked_at = True
        _refused(run, ledger.operation(decision.refused), v.refusals.pop(decision.refused, None), believed=False)
    if decision.changes or decision.why:
        changes = [(c.operation, str(c.state)) for c in decision.changes]
        facts = {"count": decision.baseline.count, "rise": decision.rise, "changes": changes}
        ledger.event(v.now, EventKind.LOOK, run.plan.push, **facts)
    if decision.others and run.plan.push:
        push = ledger.push(run.plan.push)
        known = dict(push.facts or {})
        ledger.put_push(replace(push, facts={**known, "others": known.get("others", 0) + decision.others}))
    if decision.why:
        ledger.event(v.now, EventKind.TRUST_LOST, run.plan.push, why=decision.why)
        v.stop = message("{why}. What was not verified is unknown", why=decision.why)


def _looked(run: Run, event: Looked) -> None:
    """One row was read back."""
    v, ledger, plan = run.volatile, run.ledger, run.plan
    v.busy = False
    operation = ledger.operation(event.operation)
    if event.there is None:
        v.not_here.add(operation.id)
        return
    reply = v.refusals.get(operation.id)
    if event.results:
        ledger.keep_results(operation.push, event.results)
    if event.there == operation.size:
        change(run, Change(operation.id, State.VERIFIED, message("read back after an answer that left doubt")))
    elif operation.state is State.UNKNOWN:
        pass
    elif event.there and not plan.repeatable:
        note = message(
            "read back after an answer that left doubt: {there} of {size} rows are there",
            there=event.there,
            size=operation.size,
        )
        change(run, Change(operation.id, State.UNKNOWN, note))
    elif (due := _due(run, operation)) > 0:
        v.wake = v.now.monotonic + max(due, SHORTEST)
    elif operation.answer is Answer.REFUSED:
        v.refusals.pop(operation.id, None)
        _refused(run, operation, reply, believed=False)
    elif plan.irrevocable:
        change(
            run,
            Change(
                operation.id, State.UNKNOWN, message("no trustworthy answer came, and it was not there; not sent again")
            ),
        )
    else:
        change(
            run, Change(operation.id, State.PLANNED, message("no trustworthy answer came; read back, it was not there"))
        )


def _due(run: Run, operation: Operation) -> float:
    """Seconds until a reading shows that an operation will not be stored any more."""
    v, waits, repeatable = run.volatile, run.plan.waits, run.plan.repeatable
    refused = operation.answer is Answer.REFUSED
    earlier = repeatable and operation.resent  # a refusal says nothing of the sending before it
    if not (earlier if refused else not repeatable):
        return 0
    passed = age(v.locked if operation.ended is None else operation.ended, v.now)
    return (waits.stable if operation.answer is Answer.BUSY else waits.late) - passed
