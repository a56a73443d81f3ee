"""What a person decides of a push, one form for all systems; and how far it is, for whoever watches."""

import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import TracebackType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from toolkit.calls.client import progress_bar
from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from tqdm.auto import tqdm


class Progress:
    """Rows, rate, time left, and what a push waits for: in notebooks and terminals, off with one switch.

    `watch` is called at every change, from the thread that pushes: for bars of somebody else's.
    """

    def __init__(self, rows: int, label: str, shown: bool, watch: "Callable[[Progress], None] | None" = None) -> None:
        self.rows: int = rows
        self._label, self._shown, self._watch = label, shown, watch
        self.done: int = 0
        self.waits_for = ""
        self._bar: tqdm | None = None  # type: ignore[type-arg]

    def __enter__(self) -> "Progress":
        if self._shown:
            self._bar = progress_bar(self.rows, self._label, shown=True, initial=self.done, unit="rows")
        if self._watch:
            self._watch(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, rows: int) -> None:
        self.done += rows
        if self._bar is not None:
            self._bar.update(rows)
        if self._watch:
            self._watch(self)

    def waiting(self, seconds: float = 0, why: str = "") -> None:
        """Show what is waited for; nothing when called without a reason."""
        self.waits_for = message("waiting up to {seconds:.0f} s: {why}", seconds=seconds, why=why) if why else ""
        if self._bar is not None:
            self._bar.set_postfix_str(self.waits_for)
        if self._watch:
            self._watch(self)


@dataclass(frozen=True)
class Options:
    """The options of a push: `options={"workers": 4}` or `options=toolkit.Options(workers=4)`. Times in seconds."""

    settle_wait: float = 65  # a request whose connection died is applied within this time, or never
    settle_stable: float = 5  # a counter that stays so long is current
    final_look: bool = False  # look once more when no request can be on its way any longer
    max_wait: float = 120  # a vendor that asks for more pauses the push
    requests_per_second: float | None = None  # at most
    workers: int = 1  # requests at a time
    chunk_rows: int = 3896  # in a request, at most; it begins with fewer (see `sizes`)
    fence_every: int = 10  # chunks of each worker between two looks at the counter
    max_ambiguous: int = 5  # in a row, before the push pauses
    max_resends: int = 2  # of one request
    max_rejected: float = 0.1  # of the rows, before it looks like a wrong mapping
    doubts: Literal["send", "hold"] | None = None  # rows with a well-formed value that looks doubtful; None: as checked
    resend_as: str = ""  # a name for a further time of `if_sent="resend"`
    progress: bool = True  # whether a bar is shown
    watch: Callable[[Progress], None] | None = None  # told of progress too, in the thread that pushes
    stop: threading.Event = field(default_factory=threading.Event)  # set by another thread, it pauses the push

    def __post_init__(self) -> None:
        kinds = _kinds()
        for name, value in vars(self).items():
            kind = kinds[name]
            if value is not getattr(type(self), name, None) and not _fits(value, kind):
                wanted = _in_words(kind)
                raise InputError(message("the option {name} is {wanted}, not {v!r}", name=name, wanted=wanted, v=value))
        for name in ("workers", "chunk_rows", "fence_every"):
            if (value := getattr(self, name)) < 1:
                raise InputError(message("the option {name} is 1 or more, not {value}", name=name, value=value))
        if self.requests_per_second is not None and not self.requests_per_second > 0:
            raise InputError(message("the option requests_per_second is more than 0"))

    @classmethod
    def of(cls, *sets: "Options | Mapping[str, Any] | None") -> "Options":
        """The defaults, changed by each of these in turn.

        Raises:
            InputError: an option is unknown, or its value is of another type.
        """
        changes: dict[str, Any] = {}
        for each in sets:
            if isinstance(each, Options):
                changes |= {f.name: value for f in fields(cls) if (value := getattr(each, f.name)) != f.default}
            elif isinstance(each, Mapping):
                changes |= each
            elif each is not None:
                raise InputError(message("options come as a dict, not as {kind}", kind=type(each).__name__))
        names = _kinds()
        if unknown := [name for name in changes if name not in names]:
            hint = did_you_mean(str(unknown[0]), names) or message("; there are {names}", names=", ".join(names))
            raise InputError(message("a push has no option {name!r}", name=unknown[0]) + hint)
        return cls(**changes)


@functools.cache
def _kinds() -> dict[str, Any]:
    """The type of each option."""
    return get_type_hints(Options)


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return any(_fits(value, each) for each in get_args(kind))
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if kind is float:
        return isinstance(value, int | float) and value >= 0
    if kind is int and isinstance(value, int):
        return value >= 0
    plain = get_origin(kind) or kind
    return callable(value) if plain is Callable else isinstance(value, plain)


def _in_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return message(" or ").join(map(repr, get_args(kind)))
    if get_origin(kind) in (Union, UnionType):
        return message(" or ").join(map(_in_words, get_args(kind)))
    names = {
        bool: message("True or False"),
        int: message("a whole number from 0 on"),
        float: message("a number from 0 on"),
        str: message("a text"),
        type(None): "None",
    }
    return names.get(kind, message("a function") if get_origin(kind) else kind.__name__)


IfSent = Literal["raise", "skip", "resend"]
OnBadRows = Literal["skip", "raise"]


@dataclass(frozen=True)
class SendPolicy:
    """What a person decided: about rows that were sent before, about bad rows, and how to go about it."""

    if_sent: IfSent = "raise"
    on_bad_rows: OnBadRows = "skip"
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        for name, known in (("if_sent", get_args(IfSent)), ("on_bad_rows", get_args(OnBadRows))):
            if (value := getattr(self, name)) not in known:
                wanted = " or ".join(map(repr, known))
                raise InputError(message("{name} is {wanted}, not {value!r}", name=name, wanted=wanted, value=value))
        if self.options.resend_as and self.if_sent != "resend":
            raise InputError(message('the option resend_as goes with if_sent="resend"'))

    @property
    def resend_as(self) -> str:
        """The name of a further time of sending; "" where rows are not sent once more."""
        return (self.options.resend_as or "once more") if self.if_sent == "resend" else ""
