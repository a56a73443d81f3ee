"""Business systems from a notebook: DataFrames out, spreadsheets in, nothing lost, nothing sent twice.

api = toolkit.connect("sandbox")
report = api.ida.insert_records(11111, toolkit.read_sheet("clientes.xlsx"))
"""

import importlib.util
import inspect
import logging
from typing import TYPE_CHECKING, Any

from toolkit.plain import look_up_setting, message

if TYPE_CHECKING:
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
    from toolkit.http.secrets import Secret
    from toolkit.notebook import forms, plots
    from toolkit.notebook.recording import NotRecorded, load_ipython_extension, recorded
    from toolkit.notebook.reports import run_report
    from toolkit.push import Options, Report, open_push, pushes, resolve
    from toolkit.settings import language
    from toolkit.sheets import Outcome, match_columns, only_failed, read_sheet
    from toolkit.sheets.check import check
    from toolkit.vendors import Api, connect, start_sandbox
    from toolkit.vendors.ida.fields_for import fields_for as ida_fields_for

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
    "resolve",
    "run_report",
    "start_sandbox",
]

_HOMES = {  # where the names of the front door come from; each room is loaded when one of its names is first used
    "http.secrets": ("Secret",),
    "notebook.recording": ("NotRecorded", "load_ipython_extension", "recorded"),
    "notebook.reports": ("run_report",),
    "push": ("Options", "Report", "open_push", "pushes", "resolve"),
    "settings": ("language",),
    "sheets": ("Outcome", "check", "match_columns", "only_failed", "read_sheet"),
    "vendors": ("Api", "connect", "start_sandbox"),
    "vendors.ida.fields_for": ("ida_fields_for",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}  # the others are errors


def _setting_of_language() -> str:
    from toolkit.settings import language_setting

    return language_setting()


logging.getLogger("toolkit").addHandler(logging.NullHandler())  # what is logged is shown where somebody asks for it
look_up_setting(_setting_of_language)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        try:
            return metadata.version("analyst-toolkit")
        except metadata.PackageNotFoundError:
            return "0+unknown"  # a checkout that was not installed
    if not name.startswith("_") and name not in __all__ and importlib.util.find_spec(f"toolkit.{name}"):
        return importlib.import_module(f"toolkit.{name}")  # a room, as in `toolkit.errors`
    from toolkit.spec.suggest import did_you_mean, forget_half_imported, suggests_arguments

    if name not in __all__:
        hint = "" if name.startswith("_") else did_you_mean(name, __all__)
        raise AttributeError(message("module 'toolkit' has no attribute {name!r}{hint}", name=name, hint=hint))
    if name in ("forms", "plots"):
        return importlib.import_module(f"toolkit.notebook.{name}")
    try:
        home = importlib.import_module(f"toolkit.{_HOME_OF.get(name, 'errors')}")
    except KeyboardInterrupt:
        forget_half_imported()
        raise
    value = getattr(home, name.removeprefix("ida_"))
    if inspect.isfunction(value):  # it names itself, and the nearest argument, when called with one that it lacks
        value = suggests_arguments(value, f"toolkit.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
