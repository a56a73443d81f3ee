"""Requests ready to be sent. Those that do not hang on the answers before them are made while these are awaited."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import NamedTuple

from toolkit.http import wire
from toolkit.push.journal import Step
from toolkit.spec import Endpoint


class Made(NamedTuple):
    """A request, and what the journal knows it by."""

    endpoint: Endpoint
    request: wire.Request
    sha256: str

    @property
    def size(self) -> int:
        return len(self.request.body or b"")


class Maker:
    """Makes the requests of steps."""

    def __init__(self, request: Callable[[Step], tuple[Endpoint, wire.Request]]) -> None:
        self._request = request
        self._ahead: dict[Step, Future[Made]] = {}

    def make(self, steps: Sequence[Step]) -> list[Made]:
        """Their requests, as far as possible those made before."""
        return [self._ready(step) or self._made(step) for step in steps]

    def make_ahead(self, steps: Sequence[Step], beside: Executor) -> None:
        """Begin with these; whoever wants them waits. What was made for others is forgotten."""
        self._ahead = {step: self._ahead.get(step) or beside.submit(self._made, step) for step in steps}

    def _ready(self, step: Step) -> Made | None:
        """What was made before. What failed is made again in its turn, and fails there."""
        ahead = self._ahead.pop(step, None)
        return None if ahead is None or ahead.exception() else ahead.result()

    def _made(self, step: Step) -> Made:
        endpoint, request = self._request(step)
        return Made(endpoint, request, _sha256(request))


def _sha256(request: wire.Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.path} {sorted(request.query.items())}".encode())
    digest.update(request.body or repr(sorted(request.form.items())).encode())
    for name, (file, content) in sorted(request.files.items()):
        digest.update(f"{name} {file}".encode() + content)
    return digest.hexdigest()
