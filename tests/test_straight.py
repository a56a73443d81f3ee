"""A read goes down and comes back: how many calls inside the package it takes, and how often it changes the file."""

import itertools
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
import pytest

import toolkit

ROOT = str(Path(toolkit.__file__).parent)
READS = {  # calls, files, changes of file, at most
    "record": (lambda api: api.ida.record(1234), 55, 9, 13),
    "database": (lambda api: api.ida.database(11111), 90, 9, 13),
    "templates": (lambda api: api.signio.templates(), 72, 8, 11),
}


def walk(call: Any) -> list[str]:
    """The files of the calls inside the package, one for each call, in their order."""
    files: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOT):
            files.append(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return files


@pytest.mark.parametrize(("call", "calls", "files", "changes"), READS.values(), ids=READS)
def test_a_read_is_straight(call: Any, calls: int, files: int, changes: int, box: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    api = toolkit.connect("sandbox", progress=False)  # with the clock that analysts have
    call(api)  # signs in, and loads what is loaded when it is used
    walked = walk(lambda: call(api))
    turns = sum(one != other for one, other in itertools.pairwise(walked))
    assert (len(walked) <= calls, len(set(walked)) <= files, turns <= changes) == (True, True, True), (
        len(walked),
        len(set(walked)),
        turns,
    )


def test_a_small_push_is_as_straight_as_it_got(box: Any, monkeypatch: Any) -> None:
    """The aim is 900 calls, 24 files and 300 changes of file: these bounds only fall."""
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    api = toolkit.connect("sandbox", progress=False)
    frames = [pd.DataFrame({"EMAIL": [f"{kind}{n}@example.cl" for n in range(3)], "NOMBRE": "Ana"}) for kind in "abcd"]
    api.ida.insert_records(11111, frames[0])
    walks = [walk(lambda frame=frame: api.ida.insert_records(11111, frame)) for frame in frames[1:]]
    walked = min(walks, key=len)  # a busy machine adds a step or two, and keys are random
    turns = sum(one != other for one, other in itertools.pairwise(walked))
    assert (len(walked) <= 895, len(set(walked)) <= 47, turns <= 396) == (True, True, True), (
        len(walked),
        len(set(walked)),
        turns,
    )
