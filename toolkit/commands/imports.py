"""`analyst-toolkit import`: a spreadsheet goes in, is matched, checked, sent, and comes back. Nobody has to watch."""

import argparse
import contextlib
import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pandas as pd

from toolkit import settings
from toolkit.commands import exits, logs, reading
from toolkit.commands.calls import Call
from toolkit.commands.console import complain, say
from toolkit.commands.exits import Exit
from toolkit.commands.operations import Operation, named_values, operation
from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.push import IfSent, OnBadRows, Options, Report
from toolkit.sheets import Check, Match, check
from toolkit.sheets.fields import as_fields
from toolkit.sheets.target import resolved
from toolkit.sheets.write import require_format
from toolkit.vendors import Api

PATHS = ("file", "match", "result")
OF_CODE = ("watch", "stop", "progress")  # options that are no plain values
ABOUT = mark("put the rows of a spreadsheet into a system, and say what became of each")


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.set_defaults(run=run)
    parser.add_argument("file", type=Path, metavar="FILE", help=message("xlsx, xls, xlsb, ods, csv or tsv"))
    about = message(
        "where the rows go, as bookshop:novels; SYSTEM.OPERATION where a system takes several kinds of rows"
    )
    parser.add_argument("--to", required=True, metavar="SYSTEM[.OPERATION][:PLACE]", help=about)
    several: dict[str, Any] = {"action": "append", "default": [], "metavar": "NAME=VALUE"}
    parser.add_argument(
        "-p", dest="parameters", help=message("an argument of the operation, as categories=Address"), **several
    )
    parser.add_argument("--profile", default="default", metavar="NAME", help=message("of the settings file"))
    about = message(
        "which column fills which field, saved by `match.save`; without it, columns are called like the fields"
    )
    parser.add_argument("--match", type=Path, metavar="FILE", help=about)
    parser.add_argument(
        "--sheet", metavar="NAME", help=message("of the workbook (default: the first that holds anything)")
    )
    reading.add_options(parser)
    parser.add_argument("--on-bad-rows", choices=get_args(OnBadRows), default="skip", help="default: %(default)s")
    about = message("what becomes of rows that were sent before (default: %(default)s)")
    parser.add_argument("--if-sent", choices=get_args(IfSent), default="raise", help=about)
    parser.add_argument("--option", dest="options", help=message("of toolkit.Options, as workers=4"), **several)
    parser.add_argument(
        "--result", type=Path, metavar="FILE", help=message("a workbook, or .csv, with what became of each row")
    )
    parser.add_argument("--dry-run", action="store_true", help=message("check the rows, and send nothing"))
    parser.add_argument("--json", action="store_true", help=message("say how it ended as one JSON object"))
    add_log_arguments(parser)


def add_log_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log", metavar="FILE", help=message("add JSON lines about what happens to it; - is standard error")
    )
    levels = ("debug", "info", "warning")
    parser.add_argument("--log-level", choices=levels, default="info", help="default: %(default)s")


def run(chosen: argparse.Namespace) -> int:
    """Do what the command line says; how it ended."""
    _refuse_to_overwrite(chosen)
    with logs.logged(chosen.log, chosen.log_level):
        try:
            return _Import(chosen).run()
        except BaseException as problem:
            ends = exits.of_error(problem)
            logs.event("ended", exit=int(ends), error=type(problem).__name__, message=str(problem))
            if chosen.json and not isinstance(problem, KeyboardInterrupt):
                say(logs.as_line({"exit": int(ends), "error": type(problem).__name__, "message": str(problem)}))
            raise


@dataclass
class _Import:
    """One import."""

    chosen: argparse.Namespace
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        chosen = self.chosen
        logs.event("began", file=str(chosen.file), to=chosen.to, profile=chosen.profile, dry_run=chosen.dry_run)
        if chosen.result:
            require_writable(chosen.result)
        options = named_values(chosen.options, _plain_options(), "toolkit.Options")
        api = chosen.registry.connect(chosen.profile, {}, progress=not chosen.json)
        target = operation(api, chosen.to, chosen.parameters)
        sheet, how = reading.read(chosen.file, chosen.sheet, chosen.reading)
        checked = check(sheet, self._fields(sheet, target.target), **how)
        logs.event("checked", rows=len(sheet), bad_rows=int(checked.bad.sum()))
        if chosen.dry_run:
            return self._dry(checked)
        if chosen.on_bad_rows == "raise":
            checked.raise_if_bad()
        report = self._send(target, checked, options)
        return self._ended(report)

    def _fields(self, sheet: pd.DataFrame, fields: Any) -> Any:
        """The saved match, or the fields by their names; and what was said of single columns."""
        saved, columns = self.chosen.match, reading.columns(self.chosen.reading)
        match = Match.load(saved, fields) if saved else Match(as_fields(resolved(fields)), dict.fromkeys(sheet))
        for column, filled in columns.items():
            match[column] = filled
        sheet.attrs["fields"] = {**sheet.attrs.get("fields", {}), **columns}
        return match if saved else fields

    def _dry(self, checked: Check) -> int:
        bad, ends = int(checked.bad.sum()), Exit.BAD_ROWS if checked.bad.any() else Exit.DONE
        if self.chosen.result:
            _write(checked, self.chosen.result)
        facts = {"exit": int(ends), "dry_run": True, "rows": len(checked.frame), "bad_rows": bad}
        notes = [str(note) for note in checked.notes]
        logs.event("ended", **facts)
        text = message(
            "{good:,} of {rows:,} rows can be sent; nothing was.", good=facts["rows"] - bad, rows=facts["rows"]
        )
        problems = checked.problems[["row", "column", "value", "problem"]]
        shown = [text, *notes, *([problems.head(20).to_string(index=False)] if len(problems) else [])]
        say(*([logs.as_line(facts | {"problems": len(problems), "notes": notes})] if self.chosen.json else shown))
        return ends

    def _send(self, target: Operation, checked: Check, options: Mapping[str, Any]) -> Report:
        call = Call.of(settings.state_folder(), arguments_of(self.chosen))
        kept_before = call.is_kept
        if not kept_before:
            call.keep()
        try:
            with self._stopped_by_signal():
                watch = {"stop": self.stop, "watch": logs.LoggedProgress()}
                contract = {"if_sent": self.chosen.if_sent, "on_bad_rows": self.chosen.on_bad_rows}
                report: Report = target.send(checked, **contract, options={**options, **watch})
        except BaseException as problem:
            if not kept_before and exits.of_error(problem) not in (Exit.PAUSED, Exit.INTERRUPTED, Exit.FAILED):
                call.forget()
            raise
        if exits.of_report(report) is Exit.PAUSED:
            call.keep(report.facts.get("id", ""))
        else:
            call.forget()
        return report

    @contextlib.contextmanager
    def _stopped_by_signal(self) -> Iterator[None]:
        """A request to end lets the request that is under way end, and pauses the push."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, lambda number, frame: self.stop.set())
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def _ended(self, report: Report) -> int:
        chosen, ends, facts = self.chosen, exits.of_report(report), report.facts
        outcome = {
            "exit": int(ends),
            "id": facts.get("id", ""),
            "what": facts.get("what", ""),
            "where": facts.get("where", ""),
            "state": facts.get("state", "done"),
            "rows": len(report),
            "outcomes": report.summary.to_dict(),
            "notes": [str(note) for note in facts.get("notes", ())],
            "result": str(chosen.result or ""),
        }
        try:
            if chosen.result:
                _write(report, chosen.result)
        finally:  # where nobody listens any more, the result is there
            logs.event("ended", **outcome)
            say(logs.as_line(outcome) if chosen.json else repr(report))
            if ends:
                complain(message(ends.meaning))
        return ends


def arguments_of(chosen: argparse.Namespace) -> dict[str, Any]:
    """The arguments of a call, so that it can be made again from any folder."""
    kept = {n: v for n, v in vars(chosen).items() if n not in ("run", "registry", "command")}
    for name in PATHS:
        kept[name] = str(kept[name].absolute()) if kept[name] else None
    return kept


def _plain_options() -> dict[str, Any]:
    return {n: kind for n, kind in get_type_hints(Options).items() if n not in OF_CODE}


def _write(result: Report | Check, path: Path) -> None:
    """The result is there whole, or as it was before."""
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        result.to_excel(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _refuse_to_overwrite(chosen: argparse.Namespace) -> None:
    """InputError where what is written would take the place of what is read, or of the other, however it is spelt."""
    files = [settings.settings_file(), chosen.file, chosen.match]
    for written in (chosen.result, Path(chosen.log) if chosen.log not in (None, "-") else None):
        if written and any(_are_one(written, file) for file in files if file):
            text = (
                "{path} would be written over: it is read here, or written twice. Nothing was sent: give another name"
            )
            raise InputError(message(text, path=written))
        files.append(written)


def _are_one(one: Path, other: Path) -> bool:
    return one.samefile(other) if one.exists() and other.exists() else one.resolve() == other.resolve()


def require_writable(path: Path) -> None:
    """OSError or InputError where a file cannot be written, before anything is done for it."""
    require_format(path)
    was_there = path.exists()
    with path.open("ab"):
        pass
    if not was_there:
        path.unlink()


def chosen_of(arguments: Mapping[str, Any], registry: type[Api]) -> argparse.Namespace:
    """Kept arguments as the parser gives them."""
    paths = {n: Path(v) for n, v in arguments.items() if n in PATHS and v}
    return argparse.Namespace(**{**arguments, **paths}, registry=registry)
