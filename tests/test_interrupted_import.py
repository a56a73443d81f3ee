"""Ctrl-C while the first call still imports what it needs: the next call imports it anew."""

import json
import subprocess
import sys
from typing import Any

import pytest

FIRST_CALL = """
import importlib.abc, json, os, sys
import pandas as pd
import toolkit

class Interrupted(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            self.name = ""
            raise KeyboardInterrupt

def outcome(settings):
    try:
        rows = pd.DataFrame({"EMAIL": ["ana@example.cl"], "NOMBRE": ["Ana"]})
        return str(toolkit.connect(ida=settings, progress=False).ida.insert_records(11111, rows).table["outcome"][0])
    except BaseException as problem:
        return f"{type(problem).__name__}: {problem}"

settings, *names = sys.argv[1:]
for name in names:  # each in a process of its own, in which nothing but pandas is imported
    sys.stdout.flush()
    if not os.fork():
        finder = Interrupted()
        finder.name = name
        sys.meta_path.insert(0, finder)
        account = {**json.loads(settings), "state": f"{json.loads(settings)['state']}/{name}"}
        print(json.dumps([outcome(account), outcome(account)]), flush=True)
        os._exit(0)
    os.wait()
"""
NAMES = ("requests.models", "urllib3.contrib", "keyring.util", "msgspec", "toolkit.push.driver", "toolkit.http.session")


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="a process is copied")
def test_an_interrupt_leaves_nothing_half_imported(box: Any, tmp_path: Any) -> None:
    settings = {"base_url": box.addresses["ida"], "state": str(tmp_path), **box.credentials["ida"]}
    command = [sys.executable, "-W", "ignore", "-c", FIRST_CALL, json.dumps(settings), *NAMES]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    outcomes = [json.loads(line) for line in ran.stdout.splitlines()]
    assert outcomes == [["KeyboardInterrupt: ", "verified"]] * len(NAMES), ran.stdout
