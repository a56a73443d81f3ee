"""A campaign's sheet that was edited after its drafts were built: what people see in the plan is what is sent."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import crowd, envelopes, mails, pdf
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio

STANDS = 'the draft of an earlier sheet stands; `if_sent="resend"` builds it anew'
EDITS: dict[str, dict[str, Any]] = {
    "address": {"email": "otra@example.co"},
    "name": {"nombre": "Otra persona"},
    "turn": {"orden": 7},
    "file": {"archivo": "tres.pdf"},
    "content": {},
    "place": {"lugar": "top right of page 1"},
    "metatag": {"celular": "3001234567"},
    "role": {"operation_rol": "Avalista"},
    "option": {"asunto": "Otro asunto"},
}


@pytest.fixture
def signio(box: Sandbox, clock: Any) -> Signio:
    return toolkit.connect(**box.settings(), clock=clock, progress=False).signio


@pytest.fixture
def people(tmp_path: Path) -> pd.DataFrame:
    """Two envelopes of one signer, with all that an edit may change."""
    for name, pages in {"emp-000.pdf": 1, "emp-001.pdf": 1, "tres.pdf": 3}.items():
        (tmp_path / name).write_bytes(pdf(pages))
    more = {"lugar": "bottom left of page 1", "celular": "3000000000", "operation_rol": "Deudor", "asunto": "Contrato"}
    return crowd(2, 1).assign(orden=1, **more)


def plan_of(signio: Signio, people: pd.DataFrame, folder: Path) -> Plan:
    file = f"{folder}/{{archivo}}"
    documents = [{"file": file, "place": "{lugar}"}, {"file": file, "metatags": True}]
    return signio.plan_envelopes(
        people, "contrato", documents=documents, campaign="marzo", envelope_options={"nombre": "{asunto}"}
    )


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("alone", [True, False])
def test_an_edited_envelope_is_not_distributed_as_it_was(
    box: Sandbox, signio: Signio, people: pd.DataFrame, tmp_path: Path, edit: str, alone: bool
) -> None:
    people = people.head(1) if alone else people
    first = plan_of(signio, people, tmp_path)
    assert first.problems.empty
    old = first.build().table["id_transaccion"].tolist()
    people.loc[0, list(EDITS[edit])] = list(EDITS[edit].values())
    if edit == "content":
        (tmp_path / "emp-000.pdf").write_bytes(pdf(2))
    plan = plan_of(signio, people, tmp_path)
    report = plan.build(if_sent="skip")
    assert report.table["outcome"].tolist() == ["not sent", "accepted"][: len(people)]
    assert report.table["error"].iloc[0] == plan.envelopes["problem"].iloc[0] == STANDS
    assert plan.envelopes["problem"].isna().tolist()[1:] == [True][: len(people) - 1]
    assert plan.ready["id_transaccion"].tolist() == old[1:]
    assert set(plan.signers["id_transaccion"].dropna()) == set(old[1:])
    with pytest.raises(toolkit.InputError, match="Nothing was sent"):
        plan.distribute(confirm=len(people))
    assert mails(box) == []
    if not alone:
        assert plan.distribute(confirm=1).complete
        assert mails(box) == ["persona.1.0@example.co"]


def test_built_anew_it_is_distributed_as_it_is_now(
    box: Sandbox, signio: Signio, clock: ManualClock, people: pd.DataFrame, tmp_path: Path
) -> None:
    plan_of(signio, people, tmp_path).build()
    clock.advance(60)
    before = people.copy()
    people.loc[0, "email"] = "otra@example.co"
    plan = plan_of(signio, people, tmp_path)
    plan.build(if_sent="skip")
    plan.build(if_sent="resend")
    assert plan.envelopes["problem"].isna().all()
    again = plan_of(signio, people, tmp_path)
    assert again.build(if_sent="skip").complete
    assert again.ready.equals(plan.ready)
    again.distribute(confirm=2)
    assert mails(box) == ["otra@example.co", "persona.1.0@example.co"]
    back = plan_of(signio, before, tmp_path)  # the sheet as it was at first: another draft stands now
    with pytest.raises(toolkit.PushRefused):
        back.build()
    assert back.build(if_sent="skip").table["outcome"].tolist() == ["not sent", "accepted"]
    assert back.ready["id_transaccion"].tolist() == plan.ready["id_transaccion"].tolist()[1:]


def test_new_envelopes_beside_an_edited_one_are_built(
    box: Sandbox, signio: Signio, people: pd.DataFrame, tmp_path: Path
) -> None:
    plan_of(signio, people.head(1), tmp_path).build()
    people.loc[0, "email"] = "otra@example.co"
    for _ in range(2):
        plan = plan_of(signio, people, tmp_path)
        assert plan.build(if_sent="skip").table["outcome"].tolist() == ["not sent", "accepted"]
        assert len(envelopes(box)) == 2
        assert plan.ready.index.tolist() == ["emp-001"]


def test_no_draft_is_filled_twice_where_some_are_built_anew_and_others_again(
    box: Sandbox, signio: Signio, people: pd.DataFrame, tmp_path: Path
) -> None:
    """Two builds that send once more, of different sheets: what both hold has a draft in each."""
    for email in ("ana@example.co", "eva@example.co"):
        people.loc[0, "email"] = email
        built = plan_of(signio, people, tmp_path).build(if_sent="resend")
        assert built.complete
    assert_filled_once(box)
    assert len(envelopes(box)) == 4
    assert built.table["id_transaccion"].nunique() == 2


def test_no_draft_is_filled_twice_where_another_build_takes_over(
    box: Sandbox, signio: Signio, people: pd.DataFrame, tmp_path: Path
) -> None:
    """A build that stops half-way in an envelope: another sheet with the same envelope makes it anew."""
    path = "/transacciones/registrar_contacto"
    box.control.fault(system="signio", match={"path": path}, commit="before", reply="reset", times=None)
    assert not plan_of(signio, people, tmp_path).build(options={"workers": 1, "max_ambiguous": 1}).complete
    box.control.clear_faults()
    more = pd.concat([people, people.tail(1).assign(contrato="emp-002")], ignore_index=True)
    built = plan_of(signio, more, tmp_path).build(if_sent="skip")
    assert built.complete
    assert_filled_once(box, *built.table["id_transaccion"])


def assert_filled_once(box: Sandbox, *ids: str) -> None:
    """Each of these drafts, or all of them, holds its two documents and its signer, once."""
    drafts = ids or [draft["id_transaccion"] for draft in envelopes(box)]
    for record, count in (("Document", 2), ("Signer", 1)):
        held = [len(box.control.stored("signio", record, {"id_transaccion": draft})) for draft in drafts]
        assert held == [count] * len(drafts)
