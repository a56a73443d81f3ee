"""What people write instead, against the same faults, judged in the same way."""

import contextlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

import toolkit
from tests.push.checker import findings
from tests.push.world import REFUSED, Database, in_our_folder
from tests.reliability.chaos import Tally
from toolkit.sandbox import Sandbox

CHUNK = 230
WAIT = 10  # seconds
Send = Callable[[requests.Session, str, bytes | Any], str]


def bare_loop(http: requests.Session, url: str, body: Any) -> str:
    """`requests.post` in a loop; where a cell fails, it is run again from the chunk that failed."""
    for _ in range(10):
        try:
            answer = http.post(url, json=body, timeout=WAIT)
        except requests.RequestException:
            continue
        if answer.status_code == 200:
            return "accepted"
        if answer.status_code < 500 and answer.status_code != 429:
            return "rejected"
    return "not sent"


def retrying(http: requests.Session, url: str, body: Any) -> str:
    """urllib3's `Retry(3)`, for POST too; what fails after that is taken for not sent."""
    policy = Retry(3, allowed_methods=None, status_forcelist=[429, 500, 502, 503, 504], backoff_factor=0)
    http.mount("http://", HTTPAdapter(max_retries=policy))
    try:
        answer = http.post(url, json=body, timeout=WAIT)
    except requests.RequestException:
        return "not sent"
    return "accepted" if answer.status_code == 200 else "rejected"


def at_most_once(http: requests.Session, url: str, body: Any) -> str:
    """Sent once; whatever is not a clear answer is unknown."""
    try:
        answer = http.post(url, json=body, timeout=WAIT)
        said = answer.json()
    except (requests.RequestException, ValueError):
        return "unknown"
    if answer.status_code == 200 and said.get("code") == 200:
        return "accepted"
    return "unknown" if answer.status_code >= 500 else "rejected"


WAYS: dict[str, Send] = {"bare loop": bare_loop, "urllib3 Retry(3)": retrying, "at most once": at_most_once}


AGAIN = {"bare loop": True, "urllib3 Retry(3)": True, "at most once": False}  # whether what was under way is sent again


def run(box: Sandbox, name: str, pushes: int, rows: int, kills: int) -> Tally:
    """So many pushes of so many rows, each killed so often; then the cell is run again from the chunk that it was at.

    A kill is simulated: the request has left, or has not, and nothing that comes back is seen.
    """
    tally = Tally()
    api = toolkit.connect(**in_our_folder(box.settings()), progress=False)
    token = box.control.token("ida")
    for number in range(pushes):
        world = Database(box, api, Path())
        world.add(rows // 2)
        world.add(1, REFUSED)
        world.add(rows - rows // 2)
        _take_in(tally, world, _push(world, name, token, kills, random.Random(number)))
        tally.kills += kills
        api.ida.delete_database(world.database)
    return tally


def _push(world: Database, name: str, token: str, kills: int, chance: random.Random) -> list[str]:
    field = int(world.api.ida.fields(world.database)["id"].iloc[0])
    url = f"{world.box.addresses['ida']}/api/v2/database/records"
    starts = range(0, len(world.values), CHUNK)
    killed_at = {*chance.sample([*starts], min(kills, len(starts)))}
    outcomes: list[str] = []
    with requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {token}"
        for start in starts:
            chunk = world.values[start : start + CHUNK]
            records = [{"values": [{"field_id": field, "fvalue": value}]} for value in chunk]
            body = {"database_id": world.database, "records": records}
            if start in killed_at:
                if chance.random() < 0.5:
                    with contextlib.suppress(requests.RequestException):
                        http.post(url, json=body, timeout=WAIT)
                if not AGAIN[name]:
                    outcomes += ["unknown"] * len(chunk)
                    continue
            outcomes += [WAYS[name](http, url, body)] * len(chunk)
    return outcomes


def _take_in(tally: Tally, world: Database, outcomes: Sequence[str]) -> None:
    stored = world.stored()
    found = findings(outcomes, world.values, stored)
    tally.pushes += 1
    tally.rows += len(world.values)
    tally.lost += len(found.lost)
    tally.doubled += len(found.doubled)
    tally.false_rejected += len(found.false_rejected)
    tally.wrong_pushes += found.wrong > 0
    tally.duplicates += sum(n - 1 for n in stored.values() if n > 1)
    for outcome, count in found.outcomes.items():
        tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + count
