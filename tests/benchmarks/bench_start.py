"""How long until something is there."""

import re
import subprocess
import sys
import tempfile
import time

from tests.benchmarks.measure import Line, apart, faster, here, in_turns


def imports(runs: int) -> list[Line]:
    """The import alone, and with what the first call needs: rooms are loaded when they are used."""
    lines, libraries = [], "import pandas, requests"
    for what, aim in (("import toolkit", "≥ 0.91"), ("import toolkit; toolkit.connect()", "")):
        apart(what)  # compiled
        taken = in_turns({what: lambda code=what: apart(code), libraries: lambda: apart(libraries)}, runs)
        lines += faster(what, taken, what, {libraries: aim}, {})
    return lines


def demo() -> list[Line]:
    """Seconds to the first line that `python -m toolkit demo` prints, and to the first of its report."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command = [sys.executable, "-u", "-m", "toolkit", "demo", "--output", f"{folder}/resultado.xlsx"]
        with subprocess.Popen(command, env=here(), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            first = report = 0.0
            for line in process.stdout:
                first = first or time.perf_counter() - start
                report = report or (time.perf_counter() - start if re.search(r"\bverified\b", line) else 0.0)
            whole = time.perf_counter() - start
    note = f"the report after {report:.1f} s, the workbook after {whole:.1f} s"
    return [Line("python -m toolkit demo", "seconds to its first line", first, first, first, "", note)]
