"""A notebook's reads, recorded once and run again without network, to the same tables."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlencode, urlsplit

from toolkit.errors import InputError, ToolkitError
from toolkit.http.answers import Answer, classify
from toolkit.http.secrets import holds_secret, scrub, scrub_json, scrubbed
from toolkit.http.session import RECORDER
from toolkit.http.wire import Request
from toolkit.plain import day, message
from toolkit.spec import Endpoint, Meaning, System, secret_keys

if TYPE_CHECKING:
    from vcr.cassette import Cassette

REFUSED_TOKEN = (Meaning.TOKEN, Meaning.FORBIDDEN)  # the session gets another one and asks again; a replay has none
KEPT_HEADERS = ("content-type", "link")  # of an answer: what it takes to read it, and to ask for the next page
Mode = Literal["once", "record", "replay"]
RECORDED = "# recorded "  # begins the first line of a recording, and a moment follows


class NotRecorded(InputError):
    """The recording does not know this call. Nothing was sent."""


class Recording:
    """The exchanges of one recording, in vcrpy's format. Threads may share it.

    `as_of` is when its answers were given: a report says so beside its figures.
    """

    def __init__(self, path: Path, *, replays: bool, as_of: datetime) -> None:
        self.path: Path = path
        self.replays: bool = replays
        self.as_of: datetime = as_of
        self._cassette = _cassette(path, replays)
        self._lock = threading.Lock()

    def exchange(self, endpoint: Endpoint, request: Request, send: Callable[[], Answer]) -> Answer:
        """The recorded answer, or the one that comes now and is kept."""
        from vcr.errors import UnhandledHTTPRequestError

        if not endpoint.repeatable:
            raise InputError(
                message("{name} changes something: inside a recording only reads are run", name=endpoint.name)
            )
        wanted = _as_recorded(endpoint, request)
        if not self.replays:
            answer = send()
            if classify(endpoint, answer, datetime.now(UTC)).meaning not in REFUSED_TOKEN:
                with self._lock:
                    self._cassette.append(wanted, _kept(endpoint, answer))
            return answer
        try:
            with self._lock:
                return _answer(self._cassette.play_response(wanted))
        except UnhandledHTTPRequestError:
            raise NotRecorded(
                message(
                    "{path} does not know this call (any more): {method} {uri}. Nothing was sent. Record it again "
                    'with mode="record"',
                    path=self.path,
                    method=wanted.method,
                    uri=wanted.uri,
                )
            ) from None

    def save(self) -> None:
        """Write the recording; refused where a secret would stand in it."""
        refuse_secrets(self.path, self._cassette.data)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._cassette._save(force=True)
        text = self.path.read_text(encoding="utf-8")
        self.path.write_text(f"{RECORDED}{self.as_of.isoformat()}\n{text}", encoding="utf-8", newline="\n")


@contextmanager
def recorded(
    path: str | Path, *, mode: Mode = "once", not_before: datetime | None = None, now: datetime | None = None
) -> Iterator[Recording]:
    """Record the reads of a block, or run them again without network, to the same tables.

    The first run records; later runs replay, need no credentials and reach no network. Requests are compared whole,
    JSON bodies by value. Secrets are taken out, of requests and answers. What a block does besides reading is refused:
    a recording is not a way to send. It is of the thread that it runs in: what other threads do, as a form or a push
    that is under way, goes on without it; a thread of your own joins with `contextvars.copy_context().run`.

    Args:
        path: of the recording, a YAML file (vcrpy's format).
        mode: "once" records where there is no file yet; "record" renews it; "replay" never records.
        not_before: an older recording is not replayed, as one of a month that was not over yet: "once" records anew,
            "replay" is an error.
        now: when the answers are given, where that is not the computer's own time (as on a sandbox).

    Returns:
        The recording; its `as_of` is when the answers were given.

    Raises:
        NotRecorded: a call that the recording does not know. Nothing was sent.
        InputError: recordings do not nest; or there is nothing to replay, or nothing recent enough.
    """
    path = Path(path)
    now = _aware(now or datetime.now(UTC)).replace(microsecond=0)
    if mode not in get_args(Mode):
        raise InputError(
            message("there is no mode {mode!r}; there are {names}", mode=mode, names=", ".join(get_args(Mode)))
        )
    if RECORDER.get() is not None:
        raise InputError(message("a recording is running already; recordings do not nest"))
    if mode == "replay" and not path.exists():
        raise InputError(message("there is no recording {path}", path=path))
    known = _recorded_at(path) if path.exists() else None
    stale = known is not None and not_before is not None and known < _aware(not_before)
    if known and not_before and stale and mode == "replay":
        raise InputError(
            message(
                "{path} was recorded at {known} UTC, before {not_before}",
                path=path,
                known=day(known),
                not_before=day(not_before),
            )
        )
    replays = mode == "replay" or (mode == "once" and path.exists() and not stale)
    recording = Recording(path, replays=replays, as_of=known if known is not None and replays else now)
    RECORDER.set(recording)
    try:
        yield recording
    finally:
        RECORDER.set(None)
    if not recording.replays:
        recording.save()


def _aware(moment: datetime) -> datetime:
    """A moment that names no zone is one of UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _recorded_at(path: Path) -> datetime:
    """When a recording was made; of one that does not say so, when its file was last written."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(100)
        return _aware(datetime.fromisoformat(first.removeprefix(RECORDED).strip()))
    except (ValueError, OSError):
        return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext toolkit` gives the cell magic `%%recorded path [mode]`."""

    def magic(line: str, cell: str) -> None:
        path, *mode = line.split() or [""]
        if not path:
            raise InputError(message("say where the recording is: %%recorded reports/2026-11.yaml"))
        with recorded(path, mode=mode[0] if mode else "once"):  # type: ignore[arg-type]
            shell.run_cell(cell).raise_error()

    shell.register_magic_function(magic, "cell", "recorded")


class PlainYaml:
    """The format of recordings, as data and nothing else: no text of it makes an object or runs code."""

    @staticmethod
    def deserialize(text: str) -> Any:
        import yaml

        loaded = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        if not all(map(_is_exchange, loaded["interactions"])):
            raise ValueError(message("an exchange is incomplete"))
        return loaded

    @staticmethod
    def serialize(recording: Any) -> str:
        import yaml

        text: str = yaml.dump(recording, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
        return text

    @staticmethod
    def load_cassette(path: str, serializer: Any) -> Any:
        from vcr.serialize import deserialize

        return deserialize(Path(path).read_text(encoding="utf-8"), serializer)

    @staticmethod
    def save_cassette(path: str, recording: Any, serializer: Any) -> None:
        from vcr.serialize import serialize

        Path(path).write_text(serialize(recording, serializer), encoding="utf-8", newline="\n")


def _is_exchange(exchange: Any) -> bool:
    """Whether it has all that is read of it, of the right types."""
    request, response = exchange["request"], exchange["response"]
    body, headers = response["body"]["string"], response["headers"]
    return (
        isinstance(request["method"], str)
        and isinstance(request["uri"], str)
        and isinstance(request["body"], str | bytes | None)
        and isinstance(request["headers"], dict)
        and isinstance(body, str | bytes)
        and isinstance(response["status"]["code"], int)
        and all(isinstance(v, list) and v and isinstance(v[0], str) for v in headers.values())
    )


def _cassette(path: Path, replays: bool) -> "Cassette":
    import yaml
    from vcr.cassette import Cassette
    from vcr.record_mode import RecordMode

    facts: dict[str, Any] = {"serializer": PlainYaml, "persister": PlainYaml, "match_on": (_same,)}
    if not replays:
        return Cassette(str(path), record_mode=RecordMode.ALL, **facts)
    try:
        return Cassette.load(path=str(path), record_mode=RecordMode.NONE, **facts)
    except (yaml.YAMLError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise InputError(
            message(
                "{path} is no recording that can be read: it is damaged, or holds more than data. Nothing of "
                'it was run. Record it again with mode="record"',
                path=path,
            )
        ) from None


def _same(one: Any, other: Any) -> None:
    assert (one.method, one.uri) == (other.method, other.uri)
    assert _value(one.body) == _value(other.body)


def _value(body: Any) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body


def _as_recorded(endpoint: Endpoint, request: Request) -> Any:
    """The request as a recording holds it: addressed to the vendor, without secrets, files by their digest."""
    from vcr.request import Request as Recorded

    assert endpoint.system
    host = urlsplit(public_address(endpoint.system)).netloc
    secret = secret_keys(endpoint.arguments)
    query = urlencode(sorted(scrubbed(request.query, secret).items()))
    body = request.body
    if request.files:
        files = {name: [file, hashlib.sha256(content).hexdigest()] for name, (file, content) in request.files.items()}
        body = json.dumps({"form": scrubbed(request.form, secret), "files": files}).encode()
    uri = f"https://{host}{request.path}{'?' if query else ''}{query}"
    return Recorded(request.method, scrub(uri), scrub_json(body.decode(), secret).encode() if body else body, {})


def _kept(endpoint: Endpoint, answer: Answer) -> dict[str, Any]:
    """The answer as a recording holds it."""
    body = scrub_json(answer.body.decode("utf-8", "replace"), endpoint.secret_keys)
    headers = {k: [scrub(v)] for k, v in answer.headers.items() if k.lower() in KEPT_HEADERS}
    status = {"code": answer.status, "message": HTTPStatus(answer.status).phrase}
    return {"status": status, "headers": headers, "body": {"string": body.encode()}}


def _answer(kept: Mapping[str, Any]) -> Answer:
    body = kept["body"]["string"]
    headers = {name: values[0] for name, values in kept["headers"].items()}
    return Answer(kept["status"]["code"], headers, body.encode() if isinstance(body, str) else body)


# ── what every recording leaves out ──────────────────────────────────────────


def public_address(system: System) -> str:
    """Where a recording says that its requests went: to the vendor, or to nobody where each customer has its own."""
    return system.base_url or f"https://{system.name}.example"


def refuse_secrets(path: Path, exchanges: Iterable[tuple[Any, Mapping[str, Any]]]) -> None:
    """Before a recording is written.

    Raises:
        ToolkitError: a secret would stand in it.
    """
    for request, answer in exchanges:
        if holds_secret(f"{request.uri} {request.headers} {request.body} {answer['body']['string']!r}"):
            raise ToolkitError(
                message(
                    "{path} was not written: a secret would stand in {method} {address}",
                    path=path,
                    method=request.method,
                    address=request.path,
                )
            )
