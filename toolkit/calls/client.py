"""What calling means: values are checked, pages become one frame, one object becomes one row."""

import copy
import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from toolkit.calls import frames
from toolkit.errors import AnswerWarning, BadAnswer, InputError, SettingsError, ToolkitError
from toolkit.http import answers, wire
from toolkit.http.pages import pages
from toolkit.http.secrets import ClearedFrames, Secret, clear_frames, masked, vendor_text
from toolkit.http.session import Session
from toolkit.plain import message
from toolkit.sheets.check import check
from toolkit.sheets.checker import MAY_BE_NO_DATA, REPEATED_NAME
from toolkit.sheets.value import REQUIRED, check_value
from toolkit.spec import (
    Assumed,
    Choice,
    Endpoint,
    Field,
    File,
    Identity,
    Masked,
    Nested,
    Payload,
    Rows,
    Table,
    Text,
    Value,
    secret_keys,
)
from toolkit.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from tqdm.auto import tqdm

AHEAD = 4  # answers for each call under way that wait until they are asked for


GIVEN_ON_PURPOSE = {problem.reason for problem in (*MAY_BE_NO_DATA, REPEATED_NAME)}  # in the rows of a call


class Client:
    """What a service is handed: it turns a call of a declared endpoint into requests, and answers into tables."""

    def __init__(
        self,
        session: Session,
        *,
        corrections: Mapping[str, str] | None = None,
        assumed: Assumed | None = None,
        workers: int = 8,
        progress: bool = True,
    ) -> None:
        self.session: Session = session
        self.assumed: Assumed = Assumed() if assumed is None else assumed
        self._corrected: dict[Endpoint, Endpoint] = {}
        self.workers: int = workers
        self.progress: bool = progress
        self._corrections = {name: _method_and_path(line) for name, line in (corrections or {}).items()}

    def holding(self, token: Secret) -> Self:
        """The same client for calls that need a certain token (`Session.holding`)."""
        client = copy.copy(self)
        client.session = self.session.holding(token)
        return client

    def __repr__(self) -> str:
        return f"<Client of {self.session.host}>"

    def __call__(self, endpoint: Endpoint, values: Mapping[str, Any], /, *, checked: bool = False) -> Any:
        """Call an endpoint, and return what it declares: a DataFrame, one value, the whole answer, or None.

        With `checked`, the values are in the vendor's form already and are sent as they are.
        """
        before = sys.exception()
        try:
            endpoint = self.corrected(endpoint)
            return self._result(endpoint, values if checked else check_arguments(endpoint, values))
        except BaseException as problem:
            clear_frames(problem, before)  # they hold what was given and what came, tokens and all
            raise

    def _result(self, endpoint: Endpoint, values: Mapping[str, Any]) -> Any:
        returns = endpoint.returns
        if endpoint.page and isinstance(returns, Table):
            every = pages(endpoint, values, partial(self.session.send, endpoint), self.session.base_url)
            rows = [row for page in every for row in page]
            return frames.to_frame(returns.record, rows, call=endpoint.name, apart=answers.envelope_of(endpoint))
        payload = self.session.send(endpoint, wire.request(endpoint, values)).payload
        assert endpoint.system
        dialect = endpoint.system.dialect
        if (dialect.status or dialect.success) and (words := answers.remark(endpoint, payload)):
            text = message("{call}: the vendor says: {words}", call=endpoint.name, words=vendor_text(words))
            warnings.warn(text, AnswerWarning, stacklevel=2)
        if isinstance(returns, Table):
            rows = answers.rows(endpoint, payload)
            return frames.to_frame(returns.record, rows, call=endpoint.name, apart=answers.envelope_of(endpoint))
        if isinstance(returns, Value):
            value = answers.stated(returns, payload)
            return frames.value(returns.field, None if value is answers.ABSENT else value)
        return payload if isinstance(returns, Payload) else None

    def raw(self, endpoint: Endpoint, values: Mapping[str, Any], /) -> Any:
        """Send values as they are, a write once, and return the answer as it came, with its secrets masked."""
        with ClearedFrames():
            whole = self.corrected(endpoint)
            whole = replace(whole, returns=Payload(whole.returns))
            payload = self._sent_once(whole, wire.request(whole, _concealed(endpoint, values)))
            if endpoint.is_text and isinstance(endpoint.returns, Value) and isinstance(endpoint.returns.field, Masked):
                return Secret(payload)
            assert endpoint.system
            try:
                return masked(payload, endpoint.secret_keys | secret_keys(endpoint.system.credentials.fields))
            except RecursionError:
                text = "{call}: the answer is nested too deeply"
                raise BadAnswer(message(text, call=endpoint.name)) from None

    def _sent_once(self, endpoint: Endpoint, request: wire.Request) -> Any:
        """The answer to a request; that of a read may be asked for again."""
        if endpoint.method == "GET":
            return self.session.send(endpoint, request).payload
        self.session.wait_for_pause(endpoint)
        attempt = self.session.attempt(endpoint, request)
        if attempt.error:
            raise attempt.error
        return attempt.result.payload

    def corrected(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint as the assumptions have it, with the method and path that the user's settings give it."""
        if endpoint not in self._corrected:
            self._corrected[endpoint] = self._with_correction(self.assumed.endpoint(endpoint))
        return self._corrected[endpoint]

    def _with_correction(self, endpoint: Endpoint) -> Endpoint:
        if endpoint.name not in self._corrections:
            return endpoint
        method, path = self._corrections[endpoint.name]
        corrected = replace(endpoint, method=method, path=path)
        if unknown := corrected.in_path - {a.name for a in endpoint.arguments}:
            names = ", ".join(sorted(unknown))
            raise SettingsError(
                message("{path}: {call} has no argument {names}", path=path, call=endpoint.name, names=names)
            )
        return corrected

    def stream(self, endpoint: Endpoint, many: Sequence[Mapping[str, Any]], *, label: str = "") -> Iterator[Any]:
        """One call for each of many values, some at a time; answers in order, a `ToolkitError` where one failed.

        The values are in the vendor's form already. For reads: what fails does not stop the others. Each answer comes
        when it is asked for: of a million, only a few wait here.
        """

        def call(values: Mapping[str, Any]) -> Any:
            try:
                return self(endpoint, values, checked=True)
            except ToolkitError as problem:
                return problem

        return self.map_concurrently(call, many, label=label or endpoint.name)

    def map_concurrently(self, work: Callable[[Any], Any], many: Sequence[Any], *, label: str) -> Iterator[Any]:
        """`work` on each of many things, some at a time, with a progress bar; results in the same order."""
        at_a_time = max(1, min(self.workers, len(many)))
        waiting: deque[Future[Any]] = deque()
        with (
            ThreadPoolExecutor(at_a_time) as pool,
            progress_bar(len(many), label, shown=self.progress, leave=False) as bar,
        ):
            try:
                for one in many:
                    waiting.append(pool.submit(copy_context().run, work, one))
                    if len(waiting) > AHEAD * at_a_time:
                        yield waiting.popleft().result()
                        bar.update()
                while waiting:
                    yield waiting.popleft().result()
                    bar.update()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def progress_bar(total: int, label: str, *, shown: bool, **look: Any) -> "tqdm[Any]":
    """A bar in a notebook or a terminal; it is not drawn anywhere else, nor where `TQDM_DISABLE` is set."""
    from tqdm.auto import tqdm

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    in_notebook = "IPKernelApp" in getattr(shell, "config", {})
    in_terminal = sys.stderr is not None and sys.stderr.isatty()
    unwanted = os.environ.get("TQDM_DISABLE", "").lower() not in ("", "0", "false", "no")
    return tqdm(total=total, desc=label, disable=unwanted or not (shown and (in_notebook or in_terminal)), **look)


def check_arguments(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call in the vendor's form, or an error that names every problem at once."""
    ready, problems = _checked(endpoint.arguments, values, endpoint.name)
    if problems:
        raise InputError(
            message("{call}: {problems}. Nothing was sent", call=endpoint.name, problems="; ".join(problems))
        )
    return ready


def _checked(fields: Sequence[Field], values: Mapping[str, Any], call: str = "") -> tuple[dict[str, Any], list[str]]:
    """Values in the vendor's form, by the names of their fields, and what is wrong with them."""
    ready: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields:
        value, problem, name = values.get(field.name), None, field.name
        if value is not None and isinstance(field, Rows):
            ready[name] = records(field, value, call)
        elif value is not None and isinstance(field, Nested):
            ready[name], inner = _record(field, value)
            problems += inner or ([f"{name}: {REQUIRED}"] if field.required and field.flat and not ready[name] else [])
        else:
            scheme = field.schemes.get(ready.get(field.by, ""), "") if isinstance(field, Identity) and field.by else ""
            value, problem = check_value(field, value, scheme=scheme)
            if problem:
                problems.append(f"{name}: {problem}")
            elif value is not None:
                ready[name] = Secret(value) if isinstance(field, Masked) else value
            elif field.default is not None:
                ready[name] = field.default
            elif field.required or (field.required_when and _holds(field.required_when, ready)):
                problems.append(f"{name}: {REQUIRED}")
    return ready, problems


def _holds(condition: tuple[str, Any], ready: Mapping[str, Any]) -> bool:
    name, value = condition
    return name in ready and str(ready[name]) == str(value)


def _record(field: Nested, mapping: Any) -> tuple[dict[str, Any], list[str]]:
    """A mapping as the object that a body carries, with what is wrong with it."""
    assert field.record
    if not isinstance(mapping, Mapping):
        return {}, [message("{name}: is {kind}, not a dict", name=field.name, kind=type(mapping).__name__)]
    fields = {f.name: f for f in field.record.fields if not f.readonly}
    unknown = [str(name) for name in mapping if name not in fields]
    problems = [message("{name}: has no {key!r}", name=field.name, key=k) + did_you_mean(k, fields) for k in unknown]
    texts: dict[str, Any] = {}
    if field.record.open:
        fields |= {name: Text(name=name) for name in unknown}
        texts = {name: value for name, value in mapping.items() if isinstance(value, str)}
        problems = []
    ready, wrong = _checked([f for f in fields.values() if f.name not in texts], mapping)
    ready |= texts
    return {fields[n].key: ready[n] for n in mapping if n in ready}, problems + wrong


def records(field: Rows, table: Any, call: str = "") -> list[dict[str, Any]]:
    """A DataFrame (or a list of names, or of dicts) as the list of objects that a body carries, defaults filled in."""
    assert field.record
    fields = tuple(f for f in field.record.fields if not f.readonly)
    if not isinstance(table, pd.DataFrame):
        listed = [table] if isinstance(table, str | Mapping) else table
        table = pd.DataFrame([r if isinstance(r, Mapping) else {fields[0].name: r} for r in listed], dtype=object)
    elif field.answered:
        table = table.drop(columns=[c for c in table if c in _answered_only(field)])
    checked = check(table, fields)
    for column, reason in checked.facets[["column", "reason"]].itertuples(index=False) if not checked.ok else ():
        if reason in GIVEN_ON_PURPOSE:
            checked = checked.accept(column, reason)
    hint = message("These are rows of `{field}` of {call}.", field=field.name, call=call) if call else ""
    checked.raise_if_bad(hint and f"\n{hint}")
    columns = checked.wire()
    rows = []
    for position in range(len(table)):
        row = {f: columns[f.key][position] if f.key in columns else None for f in fields}
        by_name = {f.name: value for f, value in row.items()}
        filled = {f: by_name.get(f.like, f.default) if value is None else value for f, value in row.items()}
        rows.append({f.key: value for f, value in filled.items() if value is not None and f.sent})
    return rows


def _answered_only(field: Rows) -> set[str]:
    """The columns that a table of answers has, and the rows of a request have not."""
    assert field.record
    assert field.answered
    answered = field.answered.fields
    columns = {f.name for f in answered} | {f.meaning for f in answered if isinstance(f, Choice)}
    return (columns | {*field.answered.apart}) - {f.name for f in field.record.fields}


def _concealed(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a raw call: secrets kept as secrets, files read."""
    ready = {}
    for name, value in values.items():
        field = endpoint.by_name[name]
        if isinstance(field, File) and not isinstance(value, tuple):
            value, problem = check_value(File(name=name), value)
            if problem:
                raise InputError(
                    message("{call}: {problems}. Nothing was sent", call=endpoint.name, problems=f"{name}: {problem}")
                )
        ready[name] = Secret(value) if isinstance(field, Masked) and value is not None else value
    return ready


def _method_and_path(line: str) -> tuple[str, str]:
    method, _, path = line.partition(" ")
    if method not in ("GET", "POST", "PUT", "PATCH", "DELETE") or not path.startswith("/"):
        raise SettingsError(message("an endpoint is corrected as 'METHOD /path', not {line!r}", line=line))
    return method, path
