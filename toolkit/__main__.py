"""python -m toolkit demo | lab | report | sandbox"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import toolkit
from toolkit.plain import plain

if TYPE_CHECKING:
    from toolkit.sandbox import Sandbox

EXTRAS = {"demo": "sandbox", "lab": "lab", "report": "reports", "sandbox": "sandbox"}
EXTRA = 'This needs the extra "{0}" (the package {1} is missing): python -m pip install "analyst-toolkit[{0}]"'


def main(arguments: Sequence[str] | None = None) -> int:
    """What the command line asks for; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that has no "ñ" shows "?" and goes on
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("toolkit"):
            raise
        return _failed(EXTRA.format(EXTRAS[chosen.command], missing.name))
    except (toolkit.ToolkitError, OSError, ValueError) as problem:
        return _failed(str(problem))
    except KeyboardInterrupt:
        return 130


def demo(chosen: argparse.Namespace) -> int:
    """Push the bundled spreadsheet into a sandbox, and say what happened."""
    from toolkit.sandbox.demo import run

    for line in run(chosen.output or _free(Path("resultado.xlsx"))):
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

    try:
        serve_forever(toolkit.Api.fakes(), chosen.data, chosen.port, ready=lambda box: print(_welcome(box), flush=True))
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _welcome(box: "Sandbox") -> str:
    lines = [f"The sandbox runs at {box.url}; Ctrl-C stops it.", ""]
    for system, address in box.addresses.items():
        account = ", ".join(f"{name} {value!r}" for name, value in box.credentials[system].items())
        lines.append(f"  {system:11}{address:36}  {account}".rstrip())
    lines += [
        f"  {'control':11}{box.url}/control, with the token in {box.token_file}",
        f"  {'OpenAPI':11}{box.url}/openapi.json",
        "",
        f'With the environment variable TOOLKIT_SANDBOX={box.url}, toolkit.connect("sandbox") uses it.',
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m toolkit", description=toolkit.__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(run.__name__, help=about, description=about)
        made.set_defaults(run=run)
        return made

    made = command(
        demo, "put a spreadsheet of 5,200 invented contacts into the embedded sandbox, and see what became of each"
    )
    made.add_argument("--output", type=Path, metavar="FILE", help="the result workbook (default: resultado.xlsx, here)")
    made = command(lab, "open JupyterLab on a copy of the notebooks, with a sandbox beside it")
    made.add_argument("--folder", type=Path, default=Path("toolkit-notebooks"), metavar="DIR", help="for the copy")
    made.add_argument("options", nargs="*", metavar="OPTION", help="for JupyterLab, after --, as: -- --no-browser")
    made = command(report, "run a notebook from top to bottom, and write it as a notebook, an HTML page and a PDF")
    made.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    about = "the value of a name in the notebook's cell tagged `parameters`; may be given several times"
    made.add_argument("-p", dest="parameters", action="append", default=[], metavar="NAME=VALUE", help=about)
    made.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the three files go")
    made.add_argument("--no-pdf", dest="pdf", action="store_false", help="leave the PDF out")
    made = command(sandbox, "run the systems on this computer, for tests and for trying things out")
    made.add_argument("--data", type=Path, metavar="FILE", help="keep the state in this file")
    made.add_argument("--port", type=_port, default=0, metavar="N", help="listen there (default: any free port)")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text[:9]) > 65_535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def _free(path: Path) -> Path:
    """The path, or the next one that no file has: somebody's workbook is not overwritten."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _failed(message: str) -> int:
    print(plain(message), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
