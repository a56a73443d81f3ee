"""What a run does next: settle what is in doubt, look, send, or end."""

from dataclasses import replace

from toolkit.plain import message, plural
from toolkit.push import isolation
from toolkit.push.decide import Change
from toolkit.push.events import Count, Effect, End, LookUp, Prepare, Reconcile, Run, Send, Sleep
from toolkit.push.states import SENDABLE, Answer, EventKind, Operation, PushState, State, age

SHORTEST = 0.01  # seconds: a shorter wait may be lost in the clock's own rounding, and never end


def next_effects(run: Run) -> list[Effect]:
    v = run.volatile
    if v.busy:
        return []
    if v.stop:
        return [] if v.in_flight else [_part(run)]
    if not v.in_flight:
        settling = _settle(run)
        if settling is not None:
            return [_hold(run, settling)]
    elif in_doubt(run):
        return []  # what is under way comes back first
    return _send(run) if run.plan.push else [End(PushState.DONE, "")]


def _part(run: Run) -> Effect:
    """It stops here; what was acknowledged is counted, where that costs one look, and what is in doubt is read."""
    v = run.volatile
    if run.plan.reconcile is not Reconcile.COUNT:
        may_settle = run.plan.reconcile is not Reconcile.READ or not (v.parted or v.hurried)
        settling = _settle(run) if may_settle and in_doubt(run) else None
        return _hold(run, settling) if settling else _end(run, PushState.PAUSED, v.stop)
    if v.unlooked and not v.parted and not in_doubt(run):
        v.parted = True
        return _hold(run, Count())
    return _end(run, PushState.PAUSED, v.stop)


def _hold(run: Run, effect: Effect) -> Effect:
    run.volatile.busy = not isinstance(effect, End)
    return effect


def _settle(run: Run) -> Effect | None:
    """What has to be counted or read before anything is sent; None where nothing has to be."""
    match run.plan.reconcile:
        case Reconcile.COUNT:
            return _settle_by_count(run)
        case Reconcile.READ:
            return _settle_by_reading(run)
        case Reconcile.DRAFT:
            for operation in in_doubt(run):
                put(run, operation, State.REPLACED)
                plan_next(run, operation, run.plan.first_kind)
                doubted(run, operation)
                _limit_drafts(run, operation)
            if run.volatile.stop:
                return _end(run, PushState.PAUSED, run.volatile.stop)
        case Reconcile.NOTHING:
            for operation in in_doubt(run):
                note = message(
                    "no trustworthy answer came, and the vendor offers no way to look; it was not sent again"
                )
                change(run, Change(operation.id, State.UNKNOWN, note))
    return None


def _limit_drafts(run: Run, operation: Operation) -> None:
    """A draft that fails at the same step each time is not begun anew for ever."""
    v = run.volatile
    begun = sum(o.id in v.refusals for o in run.ledger.operations(operation.push) if o.rows == operation.rows)
    if begun >= run.plan.max_doubts:
        text = "a draft was begun {count} times, and each time an answer left doubt"
        v.stop = v.stop or message(text, count=begun)


def _settle_by_count(run: Run) -> Effect | None:
    v = run.volatile
    if v.wake > v.now.monotonic:
        return Sleep(v.wake - v.now.monotonic, message("the counter shows what became of a request"))
    if v.wake or not v.looked or in_doubt(run) or v.unlooked >= _unlooked_at_most(run):
        v.wake = 0
        return Count()
    return None


def _settle_by_reading(run: Run) -> Effect | None:
    v = run.volatile
    if v.wake > v.now.monotonic:
        return Sleep(v.wake - v.now.monotonic, message("a request without an answer may still be applied"))
    v.wake = 0
    if v.rest > v.now.monotonic:
        return Sleep(v.rest - v.now.monotonic, message("the vendor asks for a pause"))
    doubts = in_doubt(run)
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
                return [_hold(run, Sleep(v.rest - v.now.monotonic, message("the vendor asks for a pause")))]
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
            effects.append(Prepare(ahead))  # its body is begun before the request leaves that is waited for
        effects.append(Send(sent))
    return effects or ([] if v.in_flight else [_finish(run)])


def _take(run: Run, after: Operation | None = None) -> Operation | None:
    """The next operation to send, cut to size. `after`: the one before it, where that is on its way."""
    ledger, plan, v = run.ledger, run.plan, run.volatile
    probes = [o for o in map(ledger.operation, v.mapping.probes) if o.state in SENDABLE] if v.mapping.probes else []
    ready = probes or sendable(run, 1)
    if not ready:
        return None
    operation = ready[0]
    if rejected := isolation.known_bad(ledger, operation):
        v.mapping.rejected += rejected - 1
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
            late = [plan.waits.stable - age(o.ended, v.now) for o in believed if o.ended]
            return _look_in(run, max(late, default=0))
        baseline = run.ledger.baseline()
        claims = [o for o in unsettled if o.open and o.push == plan.push and o.state in (State.COUNTED, State.VERIFIED)]
        if baseline and baseline.trusted and claims and (plan.final_look or v.trouble):
            return _look_in(run, max([plan.waits.late - age(o.ended or v.locked, v.now) for o in claims]))
    if waiting := sum([o.size for o in run.ledger.planned(plan.push) if o.rows[0][0] in plan.span]):
        text = "{count} rows wait for others that are not in"
        return _end(run, PushState.PAUSED, plural("{count} row waits for others that are not in", text, count=waiting))
    return _end(run, PushState.OPEN if plan.more else PushState.DONE, "")


def _look_in(run: Run, seconds: float) -> Effect:
    """Count, so many seconds from now."""
    if seconds > 0:
        run.volatile.wake = run.volatile.now.monotonic + max(seconds, SHORTEST)
        return _hold(run, Sleep(seconds, message("a last look, when no request can be on its way any more")))
    return _hold(run, Count())


def _end(run: Run, state: PushState, reason: str) -> Effect:
    ledger, v = run.ledger, run.volatile
    if not run.plan.push:
        return End(state, reason)
    ledger.put_push(replace(ledger.push(run.plan.push), state=state, reason=reason))
    ledger.event(v.now, EventKind.ENDED, run.plan.push, state=str(state), reason=reason)
    return End(state, reason)


# ── what is done to the ledger ──


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
