"""SIGNIO: what the signers of one envelope may not be, looked at together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolkit.plain import mark
from toolkit.sheets.check import Check
from toolkit.sheets.checker import DOUBT, ERROR, Problem
from toolkit.sheets.target import RowProblem, Takes
from toolkit.vendors.signio.api.signers import NewSigner

PERSON, ADDRESS = ("tipo_identificacion", "identificacion"), ("email",)


def repeated(people: Sequence[Mapping[str, Any]]) -> Iterator[tuple[list[int], tuple[str, ...], bool]]:
    """The people of one envelope who are there several times, by their document or their address.

    Gives their positions, the fields that agree, and whether that keeps the envelope from being made: the same person
    twice does; an address may serve several people, which is a doubt.
    """
    for names, blocks in ((PERSON, True), (ADDRESS, False)):
        alike: dict[tuple[str, ...], list[int]] = {}
        for n, person in enumerate(people):
            if all(person.get(name) is not None for name in names):
                alike.setdefault(tuple(str(person[name]).casefold() for name in names), []).append(n)
        yield from ((twins, names, blocks) for twins in alike.values() if len(twins) > 1)


def each_signer_once(checked: Check) -> Iterator[RowProblem]:
    """Which of two rows a person should be registered by, nobody here can know: neither is sent."""
    wire, bad = checked.wire(), checked.bad.to_numpy()
    names = [name for name in (*PERSON, *ADDRESS) if name in wire]
    people = [{} if bad[i] else {name: wire[name][i] for name in names} for i in range(len(checked.frame))]
    for twins, fields, blocks in repeated(people):
        for i in twins:
            yield i, fields[-1], Problem(mark("is in several rows of the envelope"), level=ERROR if blocks else DOUBT)


SIGNERS = Takes(NewSigner.fields, (each_signer_once,), "api.signio.add_signers", once=True)
ENVELOPES = Takes(NewSigner.fields, (), "api.signio.plan_envelopes")
