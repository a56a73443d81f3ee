"""python -m toolkit demo | import | lab | ledger | probe | pushes | report | resume | sandbox | status"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import toolkit
from toolkit import settings
from toolkit.commands import exits, imports, ledgers, overview, probe
from toolkit.commands.console import complain
from toolkit.commands.exits import Exit
from toolkit.commands.extras import how_to_install
from toolkit.commands.imports import require_writable
from toolkit.plain import mark, message

if TYPE_CHECKING:
    from toolkit.sandbox import Sandbox

ABOUT = mark("Business systems from a notebook: DataFrames out, spreadsheets in, nothing lost, nothing sent twice.")
EXTRAS = {"lab": "lab", "report": "reports"}  # of commands; of the others it is that of the sandbox
OF_PACKAGES = {"psycopg": "team", "dask": "cluster", "distributed": "cluster"}


def main(arguments: Sequence[str] | None = None, *, registry: type[toolkit.Api] = toolkit.Api) -> int:
    """What the command line asks for; the exit status, as `toolkit.commands.exits` has it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that has no "ñ" shows "?" and goes on
    chosen = _parser().parse_args(arguments)
    chosen.registry = registry
    try:
        return int(chosen.run(chosen))
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("toolkit"):
            raise
        return _failed(_missing(chosen.command, missing.name), Exit.NOT_CONFIGURED)
    except OSError as problem:
        named = problem.filename and problem.strerror
        return _failed(f"{problem.filename}: {problem.strerror}" if named else str(problem), exits.of_error(problem))
    except (toolkit.ToolkitError, ValueError) as problem:
        return _failed(str(problem), exits.of_error(problem))
    except KeyboardInterrupt as stopped:
        return _failed(str(stopped), Exit.INTERRUPTED)


def _missing(command: str, package: str) -> str:
    extra = OF_PACKAGES.get(package.partition(".")[0]) or EXTRAS.get(command, "sandbox")
    text = 'This needs the extra "{extra}" (the package {package} is missing): {way}'
    return message(text, extra=extra, package=package, way=how_to_install(extra))


def demo(chosen: argparse.Namespace) -> int:
    """Push the bundled spreadsheet into a sandbox, and say what happened."""
    from toolkit.sandbox.demo import run

    output = chosen.output or _free(Path("resultado.xlsx"))
    require_writable(output)
    for line in run(output):
        print(line, flush=True)
    return 0


def lab(chosen: argparse.Namespace) -> int:
    """Open JupyterLab on a copy of the notebooks, with a sandbox beside it."""
    from toolkit.notebook.lab import run

    return run(chosen.folder, chosen.options)


def report(chosen: argparse.Namespace) -> int:
    """Run a notebook as a report, and say which files it gave."""
    from toolkit.notebook.reports import from_texts, run_report

    parameters = from_texts(chosen.notebook, chosen.parameters)
    print(run_report(chosen.notebook, chosen.output, parameters=parameters, pdf=chosen.pdf))
    return 0


def sandbox(chosen: argparse.Namespace) -> int:
    """Run the sandbox until Ctrl-C."""
    from toolkit.sandbox import serve_forever
    from toolkit.sandbox.switches import from_texts, other_forms

    fakes = toolkit.Api.fakes()
    systems = [fake.system for fake in fakes]
    assume = other_forms(systems) if chosen.other_forms else {}
    for system, values in from_texts(chosen.assume, systems).items():
        assume[system] = {**assume.get(system, {}), **values}

    def ready(box: "Sandbox") -> None:
        print(_welcome(box), flush=True)

    try:
        serve_forever(fakes, chosen.data, chosen.port, ready=ready, assume=assume)
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _welcome(box: "Sandbox") -> str:
    lines = [message("The sandbox runs at {url}; Ctrl-C stops it.", url=box.url), ""]
    for system, address in box.addresses.items():
        account = ", ".join(f"{name} {value!r}" for name, value in box.credentials[system].items())
        lines.append(f"  {system:11}{address:36}  {account}".rstrip())
    lines += [
        f"  {'control':11}{box.url}/control, {message('with the token in {file}', file=box.token_file)}",
        f"  {'OpenAPI':11}{box.url}/openapi.json",
        "",
        message(
            'With the environment variable TOOLKIT_SANDBOX={url}, toolkit.connect("sandbox") uses it.', url=box.url
        ),
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    name = settings.APP if Path(sys.argv[0]).stem == settings.APP else "python -m toolkit"
    statuses = "\n".join(f"  {number:>3}  {message(number.meaning)}" for number in Exit)
    parser = argparse.ArgumentParser(
        prog=name,
        description=message(ABOUT),
        epilog=message("exit status:\n{statuses}", statuses=statuses),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {toolkit.__version__}")
    _add_commands(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    return parser


def _add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    def named(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=about, description=about)

    def command(run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        parser = named(run.__name__, about)
        parser.set_defaults(run=run)
        return parser

    parser = command(
        demo,
        message("put a spreadsheet of 5,200 invented contacts into the embedded sandbox, and see what became of each"),
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=message("the result workbook (default: resultado.xlsx, here)")
    )
    imports.add_parser(named("import", message(imports.ABOUT)))
    parser = command(lab, message("open JupyterLab on a copy of the notebooks, with a sandbox beside it"))
    parser.add_argument(
        "--folder", type=Path, default=Path("toolkit-notebooks"), metavar="DIR", help=message("for the copy")
    )
    parser.add_argument(
        "options", nargs="*", metavar="OPTION", help=message("for JupyterLab, after --, as: -- --no-browser")
    )
    about = "say what is known to have been sent, mend what is damaged of it, share it with a team"
    ledgers.add_parser(named("ledger", message(about)))
    probe.add_parser(named("probe", message(probe.ABOUT)))
    overview.add_pushes(named("pushes", message("list what was sent, when, by whom, and what became of it")))
    about = "run a notebook from top to bottom, and write it as a notebook, an HTML page and a PDF"
    _report_parser(command(report, message(about)))
    overview.add_resume(named("resume", message("go on with imports that were begun and are not finished")))
    about = "run the systems on this computer, for tests and for trying things out"
    _sandbox_parser(command(sandbox, message(about)))
    overview.add_status(named("status", message("say who has signed which documents of envelopes")))


def _report_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    about = message("the value of a name in the notebook's cell tagged `parameters`; may be given several times")
    parser.add_argument("-p", dest="parameters", action="append", default=[], metavar="NAME=VALUE", help=about)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help=message("where the three files go"))
    parser.add_argument("--no-pdf", dest="pdf", action="store_false", help=message("leave the PDF out"))


def _sandbox_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="FILE", help=message("keep the state in this file"))
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help=message("listen there (default: any free port)")
    )
    about = message("make a vendor another one, as ida.date_form=%%Y-%%m-%%d; may be given several times")
    parser.add_argument("--assume", action="append", default=[], metavar="NAME=VALUE", help=about)
    about = message("turn every form (spelling, type, date, header, word) to its other value")
    parser.add_argument("--other-forms", action="store_true", help=about)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:9]) > 65_535:
        raise argparse.ArgumentTypeError(message("a port is a number from 0 to 65535, not {what!r}", what=text))
    return int(text)


def _free(path: Path) -> Path:
    """The path, or the next one that no file has: somebody's workbook is not overwritten."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _failed(text: str, ends: int = Exit.FAILED) -> int:
    complain(text)
    return int(ends)


def leave_out_current_folder() -> None:
    """`python -m` looks for modules in the current folder first: a `secrets.py` that lies there would run."""
    if sys.path and Path(sys.path[0] or ".").resolve() == Path.cwd() != Path(__file__).resolve().parents[1]:
        del sys.path[0]


if __name__ == "__main__":
    leave_out_current_folder()
    sys.exit(main())
