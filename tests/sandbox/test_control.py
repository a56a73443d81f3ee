"""The control plane, in Python and over HTTP, and the description of what is served."""

from typing import Any

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

from toolkit import Api
from toolkit.sandbox import Sandbox
from toolkit.sandbox.control import Control, methods_of


def counter(box: Sandbox) -> int:
    headers = {"Authorization": f"Bearer {box.control.token('ida')}"}
    answer = requests.get(f"{box.addresses['ida']}/api/v2/database/11111", headers=headers, timeout=5)
    shown: int = answer.json()["data"]["rowCounter"]
    return shown


def post(box: Sandbox, method: str, facts: Any) -> requests.Response:
    return requests.post(f"{box.url}/control/{method}", json=facts, headers=bearer(box), timeout=5)


def bearer(box: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {box.token_file.read_text(encoding='ascii')}"}


def test_a_foreign_writer_adds_and_removes(box: Sandbox) -> None:
    assert box.control.insert(11111, 3) == 3
    assert box.control.insert(11111, [{"NOMBRE": "Ana"}]) == 1
    assert counter(box) == 34
    assert box.control.contacts(11111)[-1] == {"id": 1238, "NOMBRE": "Ana"}
    assert box.control.remove(11111, 2) == 2
    assert box.control.remove(11111, [1205, 1206, 5]) == 2
    assert box.control.remove(11111, 0) == 0
    assert counter(box) == 30
    assert box.control.multiplicity(11111, "NOMBRE")["ajeno 1"] == 1


def test_a_counter_that_lags_shows_each_change_later(box: Sandbox) -> None:
    box.control.clock(set=1_772_452_800)
    box.control.lag(11111, 5)
    assert counter(box) == 30
    box.control.insert(11111, 2)
    box.control.clock(advance=3)
    box.control.insert(11111, 1)
    assert counter(box) == 30
    box.control.clock(advance=2)
    assert counter(box) == 32
    box.control.lag(11111, 0)
    assert counter(box) == 33


def test_reset_forgets_everything(box: Sandbox) -> None:
    token = box.control.token("ida")
    box.control.insert(11111, 3)
    box.control.fault(reply="reset")
    box.control.clock(set="2020-01-01")
    box.control.reset()
    assert (counter(box), box.control.faults(), len(box.control.log())) == (30, [], 1)
    assert box.control.clock() > 1_700_000_000
    refused = requests.get(
        f"{box.addresses['ida']}/api/v2/database/11111", headers={"Authorization": f"Bearer {token}"}, timeout=5
    )
    assert refused.status_code == 401
    box.control.reset(seed=False)
    assert box.control.stored("ida", "Database") == []


def test_the_clock_stands_still_once_it_is_set(box: Sandbox) -> None:
    assert box.control.clock(set="2026-03-02T12:00:00+00:00") == box.control.clock() == 1_772_452_800
    assert box.control.clock(advance=1.5) == 1_772_452_801.5
    assert box.control.clock(set="2026-03-02T12:00:00") == 1_772_452_800


def test_rows_are_put_and_read_as_they_are_declared(box: Sandbox) -> None:
    row = {"id": 123, "name": "Otra", "deleted": False, "rowCounter": 7}
    assert box.control.put("ida", "Database", [row]) == [123]
    (found,) = box.control.stored("ida", "Database", {"id": 123})
    assert {k: found[k] for k in row} == row
    assert found["deleted"] is False
    for system, table in (("ida", "Nothing"), ("nobody", "Database")):
        with pytest.raises(ValueError, match="there is no table"):
            box.control.stored(system, table)
    for wrong in ({"colour": 1}, {'id" = 1 --': 1}):
        with pytest.raises(ValueError, match="Database has no"):
            box.control.put("ida", "Database", [wrong])
        with pytest.raises(ValueError, match="Database has no"):
            box.control.stored("ida", "Database", wrong)


def test_the_log_tells_what_was_asked_without_secrets(box: Sandbox) -> None:
    for path in (
        "/api/user/login?username=demo&password=centinela",
        "/nowhere?key=centinela",
        "/api/v2/database/data?recordId=5",
    ):
        requests.get(box.addresses["ida"] + path, headers={"Authorization": "Bearer centinela"}, timeout=5)
    log = box.control.log()
    assert [(e["service"], e["status"]) for e in log] == [("login", 404), ("", 404), ("record", 401)]
    assert [e["query"] for e in log] == [{"username": "demo", "password": "***"}, {"key": "***"}, {"recordId": "5"}]
    assert "centinela" not in str(log)


def test_every_method_is_reached_over_http(box: Sandbox) -> None:
    listed = requests.get(f"{box.url}/control", headers=bearer(box), timeout=5).json()["methods"]
    parts = [Control, *(fake.control for fake in Api.fakes())]
    assert set(listed) == {name for part in parts for name in methods_of(part)}
    assert set(listed) > {"reset", "seed", "clock", "fault", "stored", "log", "insert", "lag"}
    assert all(listed.values())
    assert post(box, "clock", {"set": 5}).json() == 5
    assert post(box, "insert", {"database_id": 11111, "records": 2}).json() == 2
    post(box, "fault", {"system": "ida", "match": {"method": "GET"}, "reply": "status", "status": 418})
    answer = requests.get(f"{box.addresses['ida']}/api/v2/database/databases", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (418, 418)
    assert post(box, "multiplicity", {"database_id": 11111, "field": "NOMBRE"}).json()["ajeno 2"] == 1
    assert [e["status"] for e in post(box, "log", {}).json()] == [418]


@pytest.mark.parametrize(
    ("method", "facts"),
    [
        ("clock", {"sett": 5}),
        ("clock", {"set": "yesterday"}),
        ("clock", []),
        ("insert", {"database_id": 5}),
        ("put", {"system": "ida", "table": "Database", "rows": [{"id": 11111}]}),
        ("fault", {"reply": "smile"}),
        ("fault", {"match": 5}),
    ],
)
def test_wrong_arguments_are_400_with_the_reason(box: Sandbox, method: str, facts: Any) -> None:
    answer = post(box, method, facts)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_the_control_plane_is_no_web_form(box: Sandbox) -> None:
    token = bearer(box)
    assert requests.post(f"{box.url}/control/reset", data="{}", headers=token, timeout=5).status_code == 415
    refused = requests.get(f"{box.url}/control/reset", headers=token, timeout=5)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert post(box, "__init__", {}).status_code == post(box, "nothing", {}).status_code == 404


def test_the_description_is_valid_and_whole(box: Sandbox) -> None:
    described = requests.get(f"{box.url}/openapi.json", timeout=5).json()
    assert described == box.openapi()
    OpenAPIV31SpecValidator(described).validate()
    served = {(m.lower(), f"/{v.system.name}{p}") for v in Api.fakes() for (m, p), (e, _) in v.routes.items() if e.name}
    assert {(m, p) for p, operations in described["paths"].items() for m in operations} == served
    create = described["paths"]["/ida/api/v2/database/"]["post"]
    assert create["x-provenance"] == "documented"
    assert create["requestBody"]["content"]["application/json"]["schema"]["required"] == ["name", "fieldList"]
    edit = described["paths"]["/ida/api/v2/database/saveData"]
    assert edit["put"]["x-provenance"] == "assumed"
    assert edit["put"]["requestBody"]["content"]["application/json"]["schema"]["additionalProperties"] is True
    assert [p["name"] for p in edit["get"]["parameters"]] == ["recordId"]
