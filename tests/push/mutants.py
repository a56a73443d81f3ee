"""A weaker protocol: one place of the source is replaced, everywhere where it is used."""

import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.push.explore import explore
from tests.push.simulate import Scope


class Mutant(NamedTuple):
    """What is replaced where; and for those of the pure parts, the scope that finds it out."""

    rule: str
    function: Callable[..., Any]
    old: str
    new: str
    scope: Scope | None = None
    strict: bool = True
    ignored: frozenset[str] = frozenset()  # what goes wrong in this scope by itself


def mutate(patch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    function = mutant.function
    source = textwrap.dedent(inspect.getsource(function))
    assert mutant.old in source, f"{mutant.rule}: {function.__qualname__} does not say {mutant.old!r} any more"
    compiled: dict[str, Any] = {}
    exec(compile(source.replace(mutant.old, mutant.new), mutant.rule, "exec"), function.__globals__, compiled)
    (changed,) = compiled.values()
    owner, _, name = function.__qualname__.rpartition(".")
    if owner:
        patch.setattr(function.__globals__[owner], name, changed)
        return
    for module in [m for n, m in sys.modules.items() if n.startswith(("toolkit.", "tests.push."))]:
        for known, value in [*vars(module).items()]:
            if value is function:
                patch.setattr(module, known, changed)


def found_out(mutant: Mutant) -> tuple[str, tuple[str, ...]] | None:
    """The false claim to which a mutant comes, and its shortest history; None where it comes to none."""
    assert mutant.scope
    with pytest.MonkeyPatch.context() as patch:
        mutate(patch, mutant)
        try:
            bad = explore(mutant.scope, strict=mutant.strict, one=True, ignored=mutant.ignored, most=60_000).bad
        except AssertionError as broken:  # the ledger does not know such a move, or an effect makes no sense
            return f"it stops: {broken}", ()
    return next(iter(bad.items()), None)
