"""What calling means: values are checked, pages become one frame, one object becomes one row."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from toolkit import frames
from toolkit.errors import InputError, SettingsError, ToolkitError
from toolkit.http import wire
from toolkit.http.pages import pages
from toolkit.http.secrets import ClearedFrames, Secret
from toolkit.http.session import Session
from toolkit.sheets.check import check
from toolkit.spec import Endpoint, Field, Masked, Nested, Rows, Text


class Client:
    """What a service is handed: it turns a call of a declared endpoint into requests, and answers into tables."""

    def __init__(
        self, session: Session, *, corrections: Mapping[str, str] | None = None, workers: int = 8, progress: bool = True
    ) -> None:
        self.session, self.workers, self.progress = session, workers, progress
        self._corrections = {name: _method_and_path(line) for name, line in (corrections or {}).items()}

    def __repr__(self) -> str:
        return f"<Client of {self.session.host}>"

    def __call__(self, endpoint: Endpoint, values: Mapping[str, Any], /, *, checked: bool = False) -> Any:
        """Call an endpoint: a DataFrame, one value, or None, as it declares.

        With `checked`, the values are in the vendor's form already and are sent as they are.
        """
        with ClearedFrames():  # they hold what was given and what came, tokens and all
            endpoint = self.corrected(endpoint)
            return self._answered(endpoint, values if checked else _checked(endpoint, values))

    def _answered(self, endpoint: Endpoint, values: Mapping[str, Any]) -> Any:
        if endpoint.value:
            answer = self.session.send(endpoint, wire.request(endpoint, values))
            if endpoint.rows:
                made = frames.to_frame(endpoint.rows, wire.rows(endpoint, answer))
                return made.iat[0, 0] if len(made) else None
            return wire.find(answer, endpoint.at)
        if not endpoint.rows:
            self.session.send(endpoint, wire.request(endpoint, values))
            return None
        every = pages(endpoint, values, partial(self.session.answer, endpoint), self.session.base_url)
        return frames.to_frame(endpoint.rows, [row for page in every for row in page])

    def corrected(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with the method and path that the user's settings give it."""
        method, path = self._corrections.get(endpoint.name, (endpoint.method, endpoint.path))
        made = replace(endpoint, method=method, path=path)
        if unknown := made.in_path - {a.name for a in endpoint.arguments}:
            raise SettingsError(f"{path}: {endpoint.name} has no argument {', '.join(sorted(unknown))}")
        return made

    def each(
        self, endpoint: Endpoint, many: Sequence[Mapping[str, Any]], *, label: str = "", workers: int | None = None
    ) -> list[Any]:
        """One call for each of many values, some at a time; answers in order, a `ToolkitError` where one failed.

        The values are in the vendor's form already. For reads: what fails does not stop the others.
        """

        def call(values: Mapping[str, Any]) -> Any:
            try:
                return self(endpoint, values, checked=True)
            except ToolkitError as problem:
                return problem

        return self.map_concurrently(call, many, label=label or endpoint.name, workers=workers)

    def map_concurrently(
        self, work: Callable[[Any], Any], many: Sequence[Any], *, label: str, workers: int | None = None
    ) -> list[Any]:
        """`work` on each of many things, some at a time, with a progress bar; results in the same order."""
        from tqdm.auto import tqdm

        with ThreadPoolExecutor(max(1, min(workers or self.workers, len(many)))) as pool:
            results = pool.map(work, many)
            return list(tqdm(results, total=len(many), desc=label, disable=not self.progress, leave=False))


def _checked(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the vendor's form, or an error that names every problem at once."""
    declared = {a.name: a for a in endpoint.arguments}
    free = {name: value for name, value in values.items() if name not in declared}
    wrong = []
    if free and not (endpoint.body and endpoint.body.open):
        wrong = [f"there is no argument {', '.join(map(repr, free))}, only {', '.join(declared) or 'none'}"]
    ready: dict[str, Any] = {name: value for name, value in free.items() if isinstance(value, str)}
    plain: list[Field] = [Text(name=name) for name in free if name not in ready and not wrong]
    for name, field in declared.items():
        if isinstance(field, Rows) and name in values:
            ready[name] = records(field, values[name])
        elif isinstance(field, Nested) and name in values:
            (ready[name],) = records(field, [values[name]])
        else:
            plain.append(field)
    one = pd.DataFrame(
        {f.name: pd.Series([values[f.name]], dtype=object) for f in plain if f.name in values}, index=[0]
    )
    done = check(one, tuple(plain), empty_rows=True)
    if wrong or not done.ok:
        wrong += [f"{p.column}: {p.problem}" for p in done.errors.itertuples()]
        raise InputError(f"{endpoint.name}: {'; '.join(wrong)}. Nothing was sent")
    made = done.wire()
    known = {f.name: made[f.key][0] for f in plain if f.name in values}
    masked = {f.name for f in plain if isinstance(f, Masked)}
    return ready | {n: Secret(v) if n in masked else v for n, v in known.items() if v is not None}


def records(field: Rows | Nested, given: Any) -> list[dict[str, Any]]:
    """A DataFrame (or a list of names, or of dicts) as the list of objects that a body carries, defaults filled in."""
    assert field.record
    fields = tuple(f for f in field.record.fields if not f.readonly)
    if not isinstance(given, pd.DataFrame):
        given = [given] if isinstance(given, str | Mapping) else given
        listed = [g if isinstance(g, Mapping) else {fields[0].name: g} for g in given]
        given = pd.DataFrame(listed, dtype=object)
    done = check(given, fields)
    done.raise_if_bad()
    made = done.wire()
    rows = []
    for position in range(len(given)):
        row = {f.key: made[f.key][position] if f.key in made else None for f in fields}
        filled = {f.key: f.default if row[f.key] is None else row[f.key] for f in fields}
        rows.append({key: value for key, value in filled.items() if value is not None})
    return rows


def _method_and_path(line: str) -> tuple[str, str]:
    method, _, path = line.partition(" ")
    if method not in ("GET", "POST", "PUT", "DELETE") or not path.startswith("/"):
        raise SettingsError(f"an endpoint is corrected as 'METHOD /path', not {line!r}")
    return method, path
