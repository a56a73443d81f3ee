"""Tab in a notebook shows what an analyst uses, whether or not jedi looks for it."""

import subprocess
import sys

import pytest

PROGRAM = """
import warnings
import toolkit
from IPython.core.completer import IPCompleter, provisionalcompleter

with toolkit.start_sandbox() as box:
    completer = IPCompleter(shell=None, namespace={"api": box.connect()}, global_namespace={})
    completer.use_jedi = JEDI
    for text in ("api.", "api.ida.", "api.ida.raw.", "api.carmachain."):
        with provisionalcompleter():
            found = [c.text.lstrip(".") for c in completer.completions(text, len(text))]
        print(text, *sorted(name for name in found if not name.startswith("_")))
"""


@pytest.mark.parametrize("jedi", [True, False])
def test_completion_shows_what_an_analyst_uses(jedi: bool) -> None:
    pytest.importorskip("IPython")
    code = PROGRAM.replace("JEDI", str(jedi)).replace("import toolkit", "import IPython.core.guarded_eval, toolkit")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shown = {line.split()[0]: set(line.split()[1:]) for line in done.stdout.splitlines()}
    assert {"ida", "signio", "nddprint", "carmachain"} <= shown["api."]
    assert {"databases", "insert_records", "records", "raw", "user"} <= shown["api.ida."]
    assert not {"login", "post_records", "connection"} & shown["api.ida."]
    assert {"login", "post_records", "databases"} <= shown["api.ida.raw."]
    assert {"request", "answers", "collect", "raw"} <= shown["api.carmachain."]
    assert not {"get_token", "respond", "create_request"} & shown["api.carmachain."]
