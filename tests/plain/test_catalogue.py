"""No sentence stands outside the catalogue, and each has its Spanish."""

import ast
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.commands import catalogue
from toolkit.spec import KINDS

ROOT = Path(__file__).parent.parent.parent / "toolkit"
FILES = sorted(ROOT.rglob("*.py"))
EXEMPT = {  # files whose sentences are no sentences of ours to people
    "push/store/index.py": "places in a damaged ledger",
    "push/store/tables.py": "places in a damaged ledger",
    "push/store/operations.py": "places in a damaged ledger",
    "push/store/sql.py": "SQL",
    "vendors/*/assumptions.py": "help: `assumptions()` and the page of settings",
    "vendors/*/api*": "declarations: what forms show of them is drawn apart, the rest is help",
    "vendors/*/sandbox*": "a vendor's words",
    "spec/fields.py": "a mistake in a declaration",
    "spec/raw.py": "help",
    "spec/service.py": "help",
    "sandbox/connection.py": "answers on the wire",
    "sandbox/guard.py": "answers on the wire",
    "sandbox/machine.py": "answers on the wire",
    "sandbox/openapi.py": "a document for programs",
    "sandbox/faults.py": "help of the control plane",
    "sheets/dates.py": "what people write",
    "sheets/kinds.py": "what people write",
    "sheets/not_data.py": "what people write",
    "sheets/countries.py": "what people write",
    "sheets/synonyms.py": "what people write",
}
NAMED = {  # constants of a module that hold no sentences for people
    "settings.py": "COMMON",  # help: the page of settings
    "notebook/lab.py": "SANDBOX",
    "notebook/reports/page.py": "PROGRAMS POLICY PAGE",
    "notebook/reports/run.py": "SCRUB",
}
IDENTIFIERS = {
    "not sent",
    "not executed",
    "sent before, unchanged",
    "sent before, edited since",
    "datetime64[us, UTC]",
    "bulk write",
}
ALLOWED = {  # by file: texts that look like sentences, and are none
    "__main__.py": r"  ……/control, …",
    "commands/reading.py": r"`?--column .*",  # code
    "commands/extras.py": r"python -m pip install .*",
    "errors.py": r"…, code …",
    "http/session.py": r"without an address",
    "http/transport.py": r"no header carries this token",
    "notebook/forms/parts.py": r"tk-.*",
    "notebook/forms/places.py": r"(bottom|middle|top) .*|of the (first|last) page",
    "notebook/forms/probe.py": r"!analyst-toolkit probe .*",
    "notebook/forms/problems.py": r"as in row",
    "notebook/forms/widgets.py": r"tk-.*",
    "notebook/lab.py": r"No module named …",
    "notebook/plots.py": r"axes fraction|offset points|outside lower center",
    "push/options.py": r"once more",  # a name in the ledger, as those below
    "push/disk.py": r"network share",
    "push/chunking.py": r"second half",
    "push/readers.py": r"… of …",
    "push/start.py": r" and more frames",
    "push/store/card.py": r"ledger of",
    "push/store/care.py": r"by hand",
    "push/store/file.py": r"SQLite: …",
    "push/store/ledger.py": r"its history|(a|the) \S+ of push …|event …",  # places in a damaged ledger
    "push/store/keys.py": r"key of analyst-toolkit",
    "push/store/postgres.py": r"SET search_path .*|PostgreSQL: …",
    "push/store/team.py": r"analyst-toolkit ledger, version |use of …",
    "sandbox/control.py": r"the control plane is called by POST|the arguments are .*",  # answers on the wire
    "sandbox/demo/__init__.py": r"  ida\.insert_records.*",
    "sandbox/demo/scenes.py": r"(Contrato|Anexo|Clientes|Persona|Bearer) .*|Lucía Cárdenas|Credit History",
    "sandbox/server.py": r"GET, HEAD|this is only read",
    "sandbox/switches.py": r"the sandbox's …",
    "sandbox/vendor.py": r"… is not JSON",
    "sheets/delimited.py": r".*\\[sx].*",
    "sheets/header.py": r"Column …",
    "sheets/html_table.py": r"Table …",
    "sheets/match.py": r"toolkit\.match_columns.*",
    "sheets/partitions.py": r"rows that cannot",
    "sheets/sheet_frame.py": r"Column …",
    "sheets/write.py": r"yyyy-mm-dd hh:mm:ss",
    "vendors/carmachain/push.py": r"peers at .*|createrequest …",  # what a push is known by, as those below
    "vendors/ida/probe.py": r"una palabra, y otra|(la misma|una) fila|analyst-toolkit probe",
    "vendors/ida/push.py": r"database … («…» )?at …",
    "vendors/nddprint/push.py": r"users at …|card codes",
    "vendors/signio/campaign_documents.py": r"bottom left of the last page",
    "vendors/signio/changes.py": r"not read",
    "vendors/signio/client.py": r" for …",
    "vendors/signio/drafts.py": r"at the same time|in series|in groups|(template|signer|link|protect) .*",
    "vendors/signio/places.py": r"“bottom left of the last page”.*",
    "vendors/signio/probe.py": r"same envelope|analyst-toolkit probe",
    "vendors/signio/push.py": r"(envelope …|…|signers) at .*| for …",
    "vendors/signio/status.py": r"not yet",
}
KIND_NAMES = {kind.__name__ for kind in KINDS}
WORDS = re.compile(r"[^\W\d_]{2,}[,;:.]? (?:[^\W\d_]{2,}|\0)|\0[,;:]? [^\W\d_]{2,} |\0 [^\W\d_]{3,}$")
CODE = re.compile(r"[A-Z ]{5,}|import |[<@.#{\s]*[<{@]|from \w+ import|[\w.]+ = |[\w.]+=[\w.'\"\0]")


def sentences_outside(source: str, named: Sequence[str] = ()) -> Iterator[tuple[int, str]]:
    """Literals and f-strings that read as sentences, and go neither through the catalogue nor to a log."""
    tree = ast.parse(source)
    inside = {id(one) for call in catalogue.literals_taken(tree) for part in call for one in part}
    constants = [n for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") in named]
    inside |= {id(inner) for constant in constants for inner in ast.walk(constant)}
    for node in ast.walk(tree):
        inside |= {id(inner) for part in _no_sentences(node) for inner in ast.walk(part)}
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values if isinstance(part, ast.Constant)}
    for node in ast.walk(tree):
        if id(node) in inside or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = _text(node)
        if WORDS.search(text) and not CODE.match(text) and text not in IDENTIFIERS:
            yield node.lineno, text.replace("\0", "…")


def _no_sentences(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of the code in which a text is none that is shown."""
    match node:
        case ast.Expr(value=ast.Constant()):
            yield node  # a docstring
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "_log"))):
            yield node
        case ast.Call(func=ast.Name(id=kind), args=[doc, *_]) if kind in KIND_NAMES:
            yield doc  # help; what forms show of it is drawn apart
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError" | "NotImplementedError"))):
            yield node
        case ast.Assert() | ast.Compare():
            yield node
        case ast.ClassDef(bases=[ast.Attribute(attr="StrEnum" | "Enum")]):
            yield node  # values are identifiers
    yield from _names_and_types(node)


def _names_and_types(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Dict():
            yield from (key for key in node.keys if key is not None)
        case ast.Subscript():
            yield node.slice
        case ast.AnnAssign():
            yield node.annotation
        case ast.arg(annotation=ast.expr() as annotation):
            yield annotation
        case ast.FunctionDef(returns=ast.expr() as returns):
            yield returns


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_sentence_stands_outside_the_catalogue(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    if any(fnmatch(name, pattern) for pattern in EXEMPT):
        return
    found = sentences_outside(path.read_text(encoding="utf-8"), NAMED.get(name, "").split())
    assert [one for one in found if not re.fullmatch(ALLOWED.get(name, "-"), one[1])] == []


def test_the_search_finds_sentences_and_nothing_else() -> None:
    source = '''
"""A docstring of a module."""
import enum
COLOURS = {"not sent": "a #123456"}
class Kind(enum.StrEnum):
    ONE = "of one kind"
def f(x: "a b") -> None:
    """A docstring here."""
    log.info("this is logged only %s", x)
    if x == "two words": raise ValueError("this is wrong")
    say(f"{x} was sent")
    say(message("this is taken {x}", x=x))
    run("SELECT x FROM y WHERE z")
'''
    assert {text for _, text in sentences_outside(source)} == {"this is wrong", "… was sent"}


def test_every_sentence_has_its_spanish() -> None:
    missing = catalogue.missing(catalogue.updated("es", catalogue.template()))
    assert missing == [], "translate it in toolkit/plain/locale/es, and run python -m tests.commands.catalogue"
