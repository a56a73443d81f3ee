"""Business systems from a notebook: DataFrames out, spreadsheets in, nothing lost, nothing sent twice.

api = toolkit.connect("sandbox")
report = api.ida.insert_records(11111, toolkit.read_sheet("clientes.xlsx"))
"""

import importlib
import importlib.metadata
import inspect
import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.errors import (
    ApiError,
    ArgumentError,
    AuthError,
    BadAnswer,
    InputError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PushError,
    PushPaused,
    PushRefused,
    Rejected,
    RowErrors,
    SettingsError,
    Throttled,
    ToolkitError,
)
from toolkit.http.secrets import ClearedFrames, Secret
from toolkit.http.session import Clock
from toolkit.notebook.recording import NotRecorded, load_ipython_extension, recorded
from toolkit.notebook.reports import run_report
from toolkit.plain import look_up_setting, message
from toolkit.push import Options, Report, open_push, pushes
from toolkit.settings import language, language_setting
from toolkit.sheets import Outcome, check, match_columns, only_failed, read_sheet
from toolkit.spec.suggest import did_you_mean, suggests_arguments
from toolkit.vendors import Api, with_systems
from toolkit.vendors.ida.fields_for import fields_for as ida_fields_for

if TYPE_CHECKING:
    from toolkit.notebook import forms, plots
    from toolkit.sandbox.embedded import Embedded

    __version__: str

__all__ = [
    "Api",
    "ApiError",
    "ArgumentError",
    "AuthError",
    "BadAnswer",
    "InputError",
    "NotFound",
    "NotRecorded",
    "NotSent",
    "Options",
    "Outcome",
    "OutcomeUnknown",
    "PushError",
    "PushPaused",
    "PushRefused",
    "Rejected",
    "Report",
    "RowErrors",
    "Secret",
    "SettingsError",
    "Throttled",
    "ToolkitError",
    "check",
    "connect",
    "forms",
    "ida_fields_for",
    "language",
    "load_ipython_extension",
    "match_columns",
    "only_failed",
    "open_push",
    "plots",
    "pushes",
    "read_sheet",
    "recorded",
    "run_report",
    "start_sandbox",
]


@with_systems
@ClearedFrames()
def connect(
    profile: str = "default",
    *,
    clock: Clock | None = None,
    progress: bool = True,
    **systems: Mapping[str, Any] | None,
) -> Api:
    """The systems of a profile, ready to use. Nothing is sent before the first call.

    Args:
        profile: a name in the settings file; "sandbox" is the embedded sandbox, started when none runs.
        **systems: settings of one system (address, credentials, limits …); what is not given comes from the
            environment, the keyring, then the profile. A password may be plain text or a `Secret`.
        clock: time, for tests.
        progress: whether progress bars are shown.

    Raises:
        SettingsError: a system or a setting is unknown, or a setting cannot be used. They are read at the first use.

    >>> api = toolkit.connect("sandbox")
    >>> api.ida.databases()[["id", "name"]]
          id             name
    0  11111  Base de datos 1
    """
    return Api.connect(profile, systems, clock=clock, progress=progress)


def start_sandbox(data: str | os.PathLike[str] | None = None, *, port: int = 0) -> "Embedded[Api]":
    """Start the sandbox in this process, on loopback, with demo data of every system. A context manager.

    Gives `.connect()`, `.control`, `.addresses` and `.credentials`. Needs the extra `sandbox`.

    Args:
        data: a file that keeps the state; without one it ends with the sandbox.
        port: 0 takes a free one.

    >>> with toolkit.start_sandbox() as box:
    ...     api = box.connect()
    """
    from toolkit.sandbox.embedded import Embedded

    return Embedded(Api.fakes(), Api, data, port=port).start()


logging.getLogger("toolkit").addHandler(logging.NullHandler())  # what is logged is shown where somebody asks for it
look_up_setting(language_setting)


for _name in __all__:  # each names itself, and the nearest argument, when it is called with one that it does not take
    if inspect.isfunction(_function := globals().get(_name)):
        globals()[_name] = suggests_arguments(_function, f"toolkit.{_name}")


def __getattr__(name: str) -> Any:
    """`toolkit.forms` and `toolkit.plots` need extras: they are loaded when they are used. So is the version."""
    if name in ("forms", "plots"):
        return importlib.import_module(f"toolkit.notebook.{name}")
    if name == "__version__":
        try:
            return importlib.metadata.version("analyst-toolkit")
        except importlib.metadata.PackageNotFoundError:
            return "0+unknown"  # a checkout that was not installed
    hint = "" if name.startswith("_") else did_you_mean(name, __all__)
    raise AttributeError(message("module 'toolkit' has no attribute {name!r}{hint}", name=name, hint=hint))
