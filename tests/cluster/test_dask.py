"""Dask itself: on threads, and on a LocalCluster of two processes, of which a worker or the client is killed."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.benchmarks.server import serving
from tests.helpers.waiting import wait_until
from toolkit import plain
from toolkit.sheets import partitions

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
pytest.importorskip("dask.dataframe", reason="Dask is not installed (extra `cluster`)")
pytest.importorskip("distributed", reason="Dask is not installed (extra `cluster`)")
ROOT = Path(__file__).parents[2]


def contacts(rows: int) -> pd.DataFrame:
    emails = [f"ana{n}@example.cl" if n % 100 else "no-mail" for n in range(rows)]
    return pd.DataFrame({"NOMBRE": [f"Ana {n}" for n in range(rows)], "EMAIL": emails})


def test_a_dask_frame_is_pushed_as_the_frame(api: Any, box: Any) -> None:
    import dask.dataframe as dd

    rows = dd.from_pandas(contacts(600), npartitions=4)
    before = len(box.control.stored("ida", "Contact"))
    report = api.ida.insert_records(11111, rows)
    assert report.summary[["verified", "not sent"]].tolist() == [594, 6]
    assert len(box.control.stored("ida", "Contact")) == before + 594
    assert api.ida.insert_records(11111, rows).summary["verified"] == 594
    assert len(box.control.stored("ida", "Contact")) == before + 594


def test_its_check_counts_as_that_of_the_frame(api: Any) -> None:
    import dask.dataframe as dd

    frame, fields = contacts(3000), api.ida.fields(11111)
    whole, parts = toolkit.check(frame, fields), toolkit.check(dd.from_pandas(frame, npartitions=5), fields)
    assert parts.summary.tolist() == whole.summary.tolist()
    assert parts.facets["cells"].tolist() == whole.facets["cells"].tolist() == [30]
    assert (len(parts.problems), len(parts), parts.ok, parts.partitions) == (20, 3000, False, 5)
    assert "3,000 rows in 5 partitions" in repr(parts)
    with pytest.raises(toolkit.RowErrors):
        parts.raise_if_bad()


def test_a_column_that_is_no_field_is_said(api: Any) -> None:
    import dask.dataframe as dd

    rows = dd.from_pandas(contacts(10).rename(columns={"EMAIL": "Correo"}), npartitions=2)
    for call in (lambda: toolkit.check(rows, api.ida.fields(11111)), lambda: api.ida.insert_records(11111, rows)):
        with pytest.raises(toolkit.InputError, match="'Correo' is no field"):
            call()


def test_a_worker_speaks_the_language_of_who_asked(api: Any) -> None:
    import dask
    import dask.dataframe as dd

    rows, fields = dd.from_pandas(contacts(200), npartitions=1), api.ida.fields(11111)
    plain.speak("es")
    with dask.config.set(scheduler="processes", num_workers=1):
        there = toolkit.check(rows, fields)
    here = toolkit.check(contacts(200), fields)
    assert there.facets["problem"].tolist() == here.facets["problem"].tolist()
    assert there.problems["problem"].tolist() == here.problems["problem"].tolist()
    assert "no es un correo" in there.problems["problem"].iloc[0]


SIGNERS = {
    "nombre": ["Ana", "Ana", " Luis", "", None],
    "email": ["ana@example.cl", "ana@example.cl", "luis(at)example.cl", "", None],
    "tipo_identificacion": ["RUT", "RUT", "CC", "", None],
    "identificacion": ["11.111.111-1", "11.111.111-1", "12.345.678-0", "", None],
}


@pytest.mark.parametrize("kind", ["contacts", "signers"])
def test_a_check_travels_whole(api: Any, kind: str) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    frame = contacts(300) if kind == "contacts" else pd.DataFrame(SIGNERS)
    frame.iloc[2, 0], frame.iloc[4] = None, None
    target = api.ida.fields(11111) if kind == "contacts" else api.signio.add_signers
    here = toolkit.check(frame, target).leave_out(rows=[0])
    there = cloudpickle.loads(cloudpickle.dumps(here))
    for name in ("problems", "facets", "refused", "summary", "bad", "frame", "outcomes"):
        assert getattr(there, name).equals(getattr(here, name)), name
    for name in ("notes", "reading", "mapping", "wrong_cells"):
        assert getattr(there, name) == getattr(here, name), name
    assert (there.wire(), there.changes(), there.repeats()) == (here.wire(), here.changes(), here.repeats())
    filled = [check.replace(frame.columns[0], {None: "Eva"}) for check in (here, there)]
    assert filled[0].frame.equals(filled[1].frame)
    assert pd.isna(filled[1].frame.iloc[4, 0])


def test_what_travels_to_a_worker_holds_no_secret(
    api: Any, box: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask.dataframe as dd

    cloudpickle = pytest.importorskip("cloudpickle")
    computed, sent = partitions._computed, []

    def spy(task: Any, *work: Any) -> Any:
        sent.append(cloudpickle.dumps(work))
        return computed(task, *work)

    monkeypatch.setattr(partitions, "_computed", spy)
    api.ida.insert_records(11111, dd.from_pandas(contacts(100), npartitions=2))
    secrets = [(home / "state" / "key").read_text(), *box.credentials["ida"].values()]
    assert (len(sent), len(secrets) > 1) == (2, True)
    assert not [secret for secret in secrets for each in sent if secret.encode() in each]


# ── a cluster of two processes ──


@pytest.fixture
def sink() -> Iterator[str]:
    """A server that counts, as fast as it can."""
    with serving("--delay", "0.005") as address:
        yield address


def start(sink: str, home: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore", "-m", "tests.cluster.client", sink, *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOOLKIT_STATE": str(home / "state")}
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def counted(sink: str) -> int:
    with urllib.request.urlopen(f"{sink}/api/v2/database/11111") as answer:
        return int(json.load(answer)["data"]["rowCounter"])


def test_a_worker_is_killed_half_way(sink: str, home: Path) -> None:
    told = ended(start(sink, home, "--kill-worker", "1.0"))
    assert told["killed"]
    assert told["outcomes"]["verified"] == counted(sink) == 200_000


def test_the_client_is_killed_and_started_again(sink: str, home: Path) -> None:
    process = start(sink, home)
    wait_until(lambda: counted(sink) >= 40_000, process=process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = counted(sink)
    assert before < 200_000
    told = ended(start(sink, home))
    assert told["outcomes"]["verified"] + told["outcomes"]["accepted"] == counted(sink) == 200_000
