"""A million identifiers in bounded memory: answers become rows a block at a time, and are let go."""

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit.calls import frames
from toolkit.calls.client import AHEAD, Client
from toolkit.vendors.carmachain.answers import merged, tidy, tidy_in_blocks
from toolkit.vendors.signio.api.envelopes import Envelope

IDS = 3_000
BLOCK = 500


class Answer(dict[str, Any]):
    """Of which it can be seen whether anybody still has it."""


class Alive:
    """How many answers are held at the same time, at most."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[Answer] = weakref.WeakSet()
        self.most = 0

    def answer(self, **values: Any) -> Answer:
        made = Answer(values)
        self._all.add(made)
        self.most = max(self.most, len(self._all))
        return made


Answer.__hash__ = object.__hash__  # type: ignore[assignment,method-assign]


def test_answers_are_read_as_they_are_asked_for(monkeypatch: pytest.MonkeyPatch, api: toolkit.Api) -> None:
    client, alive = api.signio.connection.client, Alive()
    monkeypatch.setattr(Client, "__call__", lambda self, endpoint, values, checked: alive.answer(**values))
    endpoint = api.signio.endpoints["envelope"]
    for answer in client.stream(endpoint, [{"envelope_id": str(n)} for n in range(IDS)]):
        assert answer["envelope_id"]
    assert alive.most <= (1 + AHEAD) * client.workers + 10
    stopped = client.stream(endpoint, [{"envelope_id": str(n)} for n in range(IDS)])
    next(stopped)
    stopped.close()  # type: ignore[attr-defined]


def test_the_status_of_many_envelopes(monkeypatch: pytest.MonkeyPatch, api: toolkit.Api) -> None:
    alive = Alive()
    monkeypatch.setattr(
        Client, "__call__", lambda self, endpoint, values, checked: alive.answer(id_transaccion=values["envelope_id"])
    )
    gc.disable()  # an answer that is only in a cycle counts as held
    try:
        table = api.signio.signature_status(str(n) for n in range(IDS))
    finally:
        gc.enable()
    assert table["id_transaccion"].tolist() == [str(n) for n in range(IDS)]
    assert alive.most < 1_000


def test_blocks_are_the_whole() -> None:
    rows = [{"id_transaccion": str(n), "nombre": "Contrato"} for n in range(25)]
    whole = frames.to_frame(Envelope, rows)
    pd.testing.assert_frame_equal(frames.in_blocks(Envelope, iter(rows), size=10), whole)
    pd.testing.assert_frame_equal(frames.in_blocks(Envelope, iter(())), frames.to_frame(Envelope, []))


def looks(ids: list[str], size: int) -> Iterator[tuple[list[str], pd.DataFrame]]:
    """What the vendor says, so many requests at a time."""
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        details = [[{"idPpeers": "p", "groupData": "Job", "fieldName": "name", "fieldValue": i}] * 2 for i in some]
        who = {"idDocument": some, "phoneNumber": None, "idRequest": some, "status": "Done"}
        yield some, pd.DataFrame({**who, "requestDetails": details})


def test_answers_in_blocks_are_those_of_the_whole() -> None:
    ids = [f"r{n}" for n in range(40)]
    asked = pd.DataFrame({"idRequest": pd.array([*ids, None, "r3", *ids[:5]], dtype="str")})
    asked = asked.sample(frac=1, random_state=7).set_axis(["same label"] * len(asked))
    whole = tidy(merged([answer for _, answer in looks(ids, 7)]), asked)
    pd.testing.assert_frame_equal(tidy_in_blocks(looks(ids, 7), asked), whole)
    none = asked[asked["idRequest"].isna()]
    pd.testing.assert_frame_equal(tidy_in_blocks(iter(()), none), tidy({}, none))
