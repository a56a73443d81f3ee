"""One run of a push: `step(run, event)` writes the ledger and says what to do next. No I/O of its own, no clock.

`driver` performs effects and hands events in; the simulator of the tests is the other driver. A crash is to
drop the `Volatile`: all that has to be remembered is in the ledger, and durable before an effect is given out.
"""

from dataclasses import replace

from toolkit.plain import message, plural
from toolkit.push import chunking, events
from toolkit.push.decide import Book, Decision, decide
from toolkit.push.events import Answered, Counted, Effect, End, Event, Looked, Reconcile, Reply, Run, Sleep
from toolkit.push.states import SENDABLE, Answer, Baseline, EventKind, Operation, PushState, Stamp, State, age

REFUSED = Reply(Answer.REFUSED)  # by an answer that came to an earlier run: the ledger keeps what is known of it
SHORTEST = 0.01  # seconds: a shorter wait may be lost in the clock's own rounding, and never end


def step(run: Run, event: Event) -> list[Effect]:
    """Take in what happened, inside a transaction, and say what to do once that is durable."""
    match event:
        case Answered():
            _answered(run, event)
        case Counted():
            _counted(run, event)
        case Looked():
            _looked(run, event)
        case events.Stopped():
            run.volatile.stop, run.volatile.parted = event.reason, True
    return _next_effects(run)


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
        _put(run, replace(ended, sendings=sendings, open=bool(sendings)), State.PLANNED)
        return
    v.unlooked += 1
    if reply.answer is Answer.ACKNOWLEDGED:
        v.doubts, v.latest_size = 0, operation.size
        v.mapping.taken += operation.size
        if reply.results:
            run.ledger.keep_results(operation.push, reply.results)
        chunking.acknowledge(run.ledger, ended, reply.doubtful)
        if reply.follows:
            _next_step(run, ended, reply.follows)
    elif reply.answer is Answer.REFUSED and not _needs_look(run, ended):
        _refused(run, ended, reply, believed=run.plan.reconcile is Reconcile.COUNT)
    else:
        v.refusals[operation.id] = reply
        v.trouble = v.trouble or reply.answer is not Answer.REFUSED
        run.ledger.put_operation(ended)


def _needs_look(run: Run, operation: Operation) -> bool:
    """Whether a refusal is not believed before somebody looks."""
    plan, baseline = run.plan, run.ledger.baseline()
    if plan.reconcile is Reconcile.COUNT:
        return not run.volatile.refusal_looked_at or not baseline or not baseline.trusted or operation.resent
    return plan.reconcile is Reconcile.READ and (plan.reads_refusals or operation.resent)


def _refused(run: Run, operation: Operation, reply: Reply, *, believed: bool) -> None:
    """This was refused, and nothing of it is stored: the row is rejected, many are parted."""
    v, operation, rejected = run.volatile, replace(operation, believed=believed), 0
    if run.plan.irrevocable:
        rejected = chunking.reject(run.ledger, operation, reply.suspects)
    elif reply.too_large and operation.size > 1:
        run.plan.sizes.too_large(operation.size)
        chunking.halve(run.ledger, operation)
    else:
        rejected = chunking.part(run.ledger, operation, reply.suspects)
    v.mapping.refused(rejected)
    v.stop = v.stop or v.mapping.suspicion(run.ledger, run.plan.push, run.plan.max_rejected)
    if not v.stop and v.mapping.wants_probes():
        ready = run.ledger.sendable(run.plan.push, 100)
        v.mapping.probes = chunking.probe(run.ledger, [o for o in ready if o.rows[0][0] in run.plan.span])


def _counted(run: Run, event: Counted) -> None:
    v, ledger, at = run.volatile, run.ledger, event.at or run.volatile.now
    if (baseline := ledger.baseline()) is None:
        ledger.set_baseline(Baseline(event.count, at, first=at))
        v.looked = True
        return
    decision = decide(_book(run, baseline, at), event.count, at, run.plan.waits)
    if decision.wait > 0:
        v.wake = v.now.monotonic + max(decision.wait, SHORTEST)
        return
    _apply(run, decision)
    assert decision.baseline
    v.looked, v.unlooked, v.latest_size, v.proved = True, 0, 0, decision.baseline.proved


def _book(run: Run, baseline: Baseline, at: Stamp) -> Book:
    v = run.volatile
    operations = tuple(run.ledger.unsettled(run.plan.lock))
    ages = {o.id: age(o.ended, v.locked, at) for o in operations}
    locked, counted = age(None, v.locked, at), age(baseline.at, v.locked, at)
    return Book(baseline, operations, ages, locked, counted, first=not v.looked)


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
        _change(run, *each)
    if decision.refused is not None:
        v.refusal_looked_at = True
        reply = v.refusals.pop(decision.refused, REFUSED)
        _refused(run, ledger.operation(decision.refused), reply, believed=False)
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
    operation = ledger.operation(event.operation)
    if event.there is None:
        v.not_here.add(operation.id)
        return
    if event.results:
        ledger.keep_results(operation.push, event.results)
    if event.there == operation.size:
        _change(run, operation.id, State.VERIFIED, message("read back after an answer that left doubt"))
    elif operation.state is State.UNKNOWN:
        pass
    elif event.there < 0 or (event.there and not plan.repeatable):
        text = "read back after an answer that left doubt: a part of it is there, or something that may be it"
        _change(run, operation.id, State.UNKNOWN, message(text))
    elif (due := _due(run, operation)) > 0:
        v.wake = v.now.monotonic + max(due, SHORTEST)
    elif operation.answer is Answer.REFUSED:
        _refused(run, operation, v.refusals.pop(operation.id, REFUSED), believed=False)
    elif plan.irrevocable:
        note = message("no trustworthy answer came, and it was not there; not sent again")
        _change(run, operation.id, State.UNKNOWN, note)
    else:
        note = message("no trustworthy answer came; read back, it was not there")
        _change(run, operation.id, State.PLANNED, note)


def _due(run: Run, operation: Operation) -> float:
    """Seconds until a reading shows that an operation will not be stored any more."""
    v, waits, repeatable = run.volatile, run.plan.waits, run.plan.repeatable
    refused = operation.answer is Answer.REFUSED
    earlier = repeatable and operation.resent  # a refusal says nothing of the sending before it
    if not (earlier if refused else not repeatable):
        return 0
    passed = age(operation.ended, v.locked, v.now)
    return (waits.stable if operation.answer is Answer.BUSY else waits.late) - passed


# ── what comes next ──


def _next_effects(run: Run) -> list[Effect]:
    v = run.volatile
    if v.stop:
        return [] if v.in_flight else [_part(run)]
    if not v.in_flight:
        if settling := _settle(run):
            return [settling]
    elif _in_doubt(run):
        return []  # what is under way comes back first
    return _send(run) if run.plan.push else [End(PushState.DONE, "")]


def _part(run: Run) -> Effect:
    """It stops here; what was acknowledged is counted, where that costs one look, and what is in doubt is read."""
    v = run.volatile
    if run.plan.reconcile is not Reconcile.COUNT:
        may_settle = run.plan.reconcile is not Reconcile.READ or not (v.parted or v.hurried)
        settling = _settle(run) if may_settle and _in_doubt(run) else None
        return settling or _end(run, PushState.PAUSED, v.stop)
    if v.unlooked and not v.parted and not _in_doubt(run):
        v.parted = True
        return events.Count()
    return _end(run, PushState.PAUSED, v.stop)


def _settle(run: Run) -> Effect | None:
    """What has to be counted or read before anything is sent; None where nothing has to be."""
    v = run.volatile
    match run.plan.reconcile:
        case Reconcile.COUNT:
            return _settle_by_count(run)
        case Reconcile.READ:
            return _settle_by_reading(run)
        case Reconcile.DRAFT:
            for operation in _in_doubt(run):
                _next_step(run, operation, run.plan.first_kind)
                _doubted(run, operation)
                drafts = [o for o in run.ledger.operations(operation.push) if o.rows == operation.rows]
                begun = sum(o.id in v.refusals for o in drafts)
                if begun >= run.plan.max_doubts:  # it fails at the same step each time
                    text = "a draft was begun {count} times, and each time an answer left doubt"
                    v.stop = v.stop or message(text, count=begun)
            if v.stop:
                return _end(run, PushState.PAUSED, v.stop)
        case Reconcile.NOTHING:
            note = "no trustworthy answer came, and the vendor offers no way to look; it was not sent again"
            for operation in _in_doubt(run):
                _change(run, operation.id, State.UNKNOWN, message(note))
    return None


def _settle_by_count(run: Run) -> Effect | None:
    v = run.volatile
    if v.wake > v.now.monotonic:
        return Sleep(v.wake - v.now.monotonic, message("the counter shows what became of a request"))
    if v.wake or not v.looked or _in_doubt(run) or v.unlooked >= _unlooked_at_most(run):
        v.wake = 0
        return events.Count()
    return None


def _settle_by_reading(run: Run) -> Effect | None:
    v = run.volatile
    if v.wake > v.now.monotonic:
        return Sleep(v.wake - v.now.monotonic, message("a request without an answer may still be applied"))
    v.wake = 0
    if v.rest > v.now.monotonic:
        return Sleep(v.rest - v.now.monotonic, message("the vendor asks for a pause"))
    unknown = [o for o in run.ledger.unknown(run.plan.lock) if o.id not in v.read_again]
    for operation in [*_in_doubt(run), *unknown]:
        v.read_again.add(operation.id)
        return events.LookUp(operation)
    if run.plan.repeatable and run.plan.push:  # what another push sent, applied late, would take the place of this
        others = [o for o in run.ledger.unsettled(run.plan.lock) if o.push != run.plan.push]
        recent = [o for o in others if o.state is State.SENT or (o.ended and o.ended.epoch == v.now.epoch)]
        due = max([run.plan.waits.late - age(o.ended, v.locked, v.now) for o in recent], default=0)
        if due > 0:
            return Sleep(max(due, SHORTEST), message("a request without an answer may still be applied"))
    return None


def _send(run: Run) -> list[Effect]:
    v, plan = run.volatile, run.plan
    effects: list[Effect] = []
    while len(v.in_flight) < plan.workers and (operation := _take(run)):
        if plan.reconcile is Reconcile.COUNT and v.unlooked and operation.size <= v.latest_size:
            return [events.Count()]
        if v.rest > v.now.monotonic:
            if not v.in_flight:
                return [Sleep(v.rest - v.now.monotonic, message("the vendor asks for a pause"))]
            break
        sent = replace(
            operation,
            state=State.SENT,
            answer=Answer.NONE,
            sendings=operation.sendings + 1,
            started=v.now,
            ended=None,
            open=plan.reconcile is Reconcile.COUNT,
        )
        run.ledger.put_operation(sent)
        v.in_flight[sent.id] = None
        if plan.reconcile is Reconcile.COUNT and v.proved and (ahead := _take(run, sent)):
            effects.append(events.Prepare(ahead))  # its body is begun before the request leaves that is waited for
        effects.append(events.Send(sent))
    return effects or ([] if v.in_flight else [_finish(run)])


def _take(run: Run, after: Operation | None = None) -> Operation | None:
    """The next operation to send, cut to size. `after`: the one before it, where that is on its way."""
    ledger, plan, v = run.ledger, run.plan, run.volatile
    probes = [o for o in map(ledger.operation, v.mapping.probes) if o.state in SENDABLE] if v.mapping.probes else []
    ready = probes or ledger.sendable(plan.push, 1)
    if not ready or ready[0].rows[0][0] not in plan.span:
        return None
    operation = ready[0]
    if chunking.known_bad(ledger, operation):
        return _take(run, after)
    unlooked, every = v.unlooked + (after is not None), _unlooked_at_most(run)
    if unlooked >= every:  # a look comes before it
        unlooked = 0
    latest = 0 if not unlooked else after.size if after else v.latest_size
    return plan.sizes.fit(ledger, operation, latest, every - unlooked)


def _unlooked_at_most(run: Run) -> int:
    """How many operations may go before somebody looks; whether counting works at all is seen at once."""
    return run.plan.looks_every if run.volatile.proved else 1


def _finish(run: Run) -> Effect:
    """Nothing is left to send."""
    v, plan = run.volatile, run.plan
    if plan.reconcile is Reconcile.COUNT:
        unsettled = run.ledger.unsettled(plan.lock)
        believed = [o for o in unsettled if o.believed]
        if v.unlooked or believed:
            late = [plan.waits.stable - age(o.ended, v.locked, v.now) for o in believed]
            return _look_in(run, max(late, default=0))
        if (plan.final_look or v.trouble) and (baseline := run.ledger.baseline()) and baseline.trusted:
            ours = [o for o in unsettled if o.open and o.push == plan.push]
            claims = [o for o in ours if o.state in (State.COUNTED, State.VERIFIED)]
            if claims:
                return _look_in(run, max([plan.waits.late - age(o.ended, v.locked, v.now) for o in claims]))
    if waiting := sum([o.size for o in run.ledger.planned(plan.push) if o.rows[0][0] in plan.span]):
        text = "{count} rows wait for others that are not in"
        return _end(run, PushState.PAUSED, plural("{count} row waits for others that are not in", text, count=waiting))
    return _end(run, PushState.OPEN if plan.more else PushState.DONE, "")


def _look_in(run: Run, seconds: float) -> Effect:
    """Count, so many seconds from now."""
    if seconds > 0:
        run.volatile.wake = run.volatile.now.monotonic + max(seconds, SHORTEST)
        return Sleep(seconds, message("a last look, when no request can be on its way any more"))
    return events.Count()


def _end(run: Run, state: PushState, reason: str) -> Effect:
    ledger, v = run.ledger, run.volatile
    if run.plan.push:
        ledger.put_push(replace(ledger.push(run.plan.push), state=state, reason=reason))
        ledger.event(v.now, EventKind.ENDED, run.plan.push, state=str(state), reason=reason)
    return End(state, reason)


# ── what is done to the ledger ──


def _change(run: Run, claimed: int, state: State, note: str) -> None:
    """A claim about an operation falls on all that hold its rows."""
    v, ledger = run.volatile, run.ledger
    for operation in ledger.leaves(claimed):
        if operation.state is state or operation.state in (State.RESOLVED_COMMITTED, State.DUPLICATED):
            continue
        reopened = operation.open or state is State.PLANNED
        ledger.put_operation(replace(operation, state=state, note=note, open=reopened))
        if operation.state is State.SENT:
            _doubted(run, operation)
        v.refusals.pop(operation.id, None)


def _doubted(run: Run, operation: Operation) -> None:
    """Too many answers in a row that tell nothing stop the run; a busy vendor is left alone by the retry quota.

    What an earlier run left open says nothing of how the vendor answers now.
    """
    v = run.volatile
    if operation.answer is Answer.BUSY or operation.id not in v.refusals:
        return
    v.doubts += 1
    if v.doubts >= run.plan.max_doubts or operation.sendings >= run.plan.max_sendings:
        v.stop = v.stop or message("{doubts} answers in a row did not tell what happened", doubts=v.doubts)


def _in_doubt(run: Run) -> list[Operation]:
    """Those that this run can settle; by a count, all can be."""
    v = run.volatile
    apart = {*v.in_flight, *v.not_here}
    return [o for o in run.ledger.unsettled(run.plan.lock) if o.state is State.SENT and o.id not in apart]


def _put(run: Run, operation: Operation, state: State) -> None:
    run.ledger.put_operation(replace(operation, state=state))


def _next_step(run: Run, before: Operation, kind: str) -> None:
    """Another step of the same rows takes the place of one."""
    _put(run, before, State.REPLACED)
    run.ledger.add_operation(Operation(0, before.push, before.rows, before.size, kind, parent=before.id))
