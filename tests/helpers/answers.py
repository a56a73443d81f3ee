"""Other answers than the sandbox gives: what a client makes of a vendor that is not ours."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest


def change_answers(patch: pytest.MonkeyPatch, session: Any, service: str, change: Callable[[Any], Any]) -> None:
    """Let every success of a service have the payload that `change` makes of it."""
    ask = session.attempt

    def attempt(endpoint: Any, request: Any) -> Any:
        exchange = ask(endpoint, request)
        if endpoint.name.rpartition(".")[2] != service or exchange.error:
            return exchange
        return replace(exchange, result=replace(exchange.result, payload=change(exchange.result.payload)))

    patch.setattr(session, "attempt", attempt)
