"""What every public call does besides: it names the nearest argument, attribute, column or setting to one that is
misspelt, and leaves nothing half imported."""

import difflib
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from toolkit.errors import ArgumentError
from toolkit.plain import message

P = ParamSpec("P")
R = TypeVar("R")


def nearest(name: str, known: Iterable[str], *, key: Callable[[str], str] = str.casefold) -> str | None:
    """The known name that is most like this one, as `key` writes both; None where none is alike."""
    by_key: dict[str, str] = {}
    for one in known:
        by_key.setdefault(key(one), one)
    close = difflib.get_close_matches(key(name), list(by_key), 1)
    return by_key[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str], *, key: Callable[[str], str] = str.casefold) -> str:
    """The end of a message about a name that nobody knows: "; did you mean 'x'?", or nothing."""
    near = nearest(name, known, key=key)
    return message("; did you mean {name!r}?", name=near) if near else ""


class Suggesting:
    """An object that answers a misspelt attribute with the nearest name."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _keep_completion(cls)

    if not TYPE_CHECKING:  # type checkers find misspelt names themselves

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or hasattr(type(self), name):  # a property's own AttributeError comes again
                return object.__getattribute__(self, name)
            raise AttributeError(self._no_attribute(name))

    def _no_attribute(self, name: str) -> str:
        known = [n for n in dir(self) if not n.startswith("_")]
        return message("{kind} has no {name!r}", kind=type(self).__name__, name=name) + did_you_mean(name, known)


def _keep_completion(kind: type) -> None:
    """Let IPython complete what stands in such an object without jedi too: it trusts no class with a `__getattr__`."""
    evaluation = sys.modules.get("IPython.core.guarded_eval")
    for policy in getattr(evaluation, "EVALUATION_POLICIES", {}).values():
        allowed = getattr(policy, "allowed_getattr", None)
        if isinstance(allowed, set):
            allowed.add(kind)


def wrong_arguments(
    function: str, signature: inspect.Signature, args: Sequence[Any], named: Mapping[str, Any]
) -> ArgumentError | None:
    """The error of a call, where its arguments are not those of the function. `signature` is without `self`."""
    try:
        signature.bind(*args, **named)
    except TypeError as problem:
        known = list(signature.parameters)
        takes = message("; it takes {arguments}.", arguments=", ".join(known) or "none")
        if unknown := next((name for name in named if name not in known), None):
            text = message("{function}() has no argument {name!r}", function=function, name=unknown)
            text += did_you_mean(unknown, known) or takes
        else:
            text = f"{function}(): {problem}{takes}"
        return ArgumentError(f"{text} {message('Nothing was sent')}")
    return None


def suggests_arguments(function: Callable[P, R], name: str) -> Callable[P, R]:
    """The same function; called with arguments that it does not take, it names itself and the nearest one."""
    declared = inspect.signature(function)
    signature, bound = without_self(declared), int("self" in declared.parameters)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            if wrong := wrong_arguments(name, signature, args[bound:], kwargs):
                raise wrong from None
            raise
        except KeyboardInterrupt:
            forget_half_imported()
            raise
        finally:
            del args, kwargs  # a traceback shows variables

    call.__signature__ = declared  # type: ignore[attr-defined]
    return call


def without_self(signature: inspect.Signature) -> inspect.Signature:
    return signature.replace(parameters=[p for p in signature.parameters.values() if p.name != "self"])


def forget_half_imported() -> None:
    """Let a package whose import was interrupted be imported anew: the parts of it that were there are taken away.

    Python takes away the package only. The parts that stay are not its attributes any more, and each later import of it
    fails, until the process ends. What is loaded from machine code cannot be loaded twice, and stays.
    """
    for name, module in [*sys.modules.items()]:
        package = name.rpartition(".")[0]
        if package and package not in sys.modules and type(getattr(module, "__loader__", None)) is SourceFileLoader:
            del sys.modules[name]
