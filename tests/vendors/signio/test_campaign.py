"""A campaign of envelopes: planned without sending, built as drafts."""

import itertools
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import crowd, envelopes, mails, pdf, planned, posts
from toolkit.errors import Stopped
from toolkit.http.session import Session as HttpSession
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.client import Signio


@pytest.fixture
def signio(box: Sandbox, clock: Any) -> Signio:
    return toolkit.connect(**box.settings(), clock=clock, progress=False).signio


# ── the whole ────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_two_hundred_envelopes(box: Sandbox, signio: Signio, tmp_path: Path) -> None:
    people = crowd(200, lambda n: 2 + n % 3)
    people["archivo"] = [str(tmp_path / name) for name in people["archivo"]]
    for n, path in enumerate(people["archivo"].unique()):
        Path(path).write_bytes(pdf(1 + n % 2))
    people.drop(columns="orden").assign(orden=people["orden"]).to_excel(tmp_path / "firmantes.xlsx", index=False)
    sheet = toolkit.read_sheet(tmp_path / "firmantes.xlsx")

    plan = planned(signio, sheet, documents="{archivo}", tags=["Contratos"], campaign="marzo")
    first = [email for n in range(200) for email in _expected(people, f"emp-{n:03}")]
    expected = {
        "envelopes": 200,
        "signers": len(people),
        "documents": 200,
        "signatures": len(people),
        "e-mails at first": len(first),
        "envelopes left out": 0,
        "problems": 0,
        "doubts": 0,
    }
    assert plan.summary.to_dict() == expected
    assert posts(box) == []

    drafts = plan.build(options={"workers": 32})
    assert drafts.summary["accepted"] == 200
    assert mails(box) == []
    assert {e["estado"] for e in envelopes(box)} == {1}
    with pytest.raises(toolkit.InputError, match="200 drafts are ready"):
        plan.distribute(confirm=199)
    assert mails(box) == []

    sent = plan.distribute(confirm=200, options={"workers": 8})
    assert sent.summary["accepted"] == 200
    assert sorted(mails(box)) == sorted(first)
    _half_of_them_sign_and_the_status_agrees(box, signio, drafts.table["id_transaccion"])


def _expected(people: pd.DataFrame, envelope: str) -> list[str]:
    group = people[people["contrato"] == envelope]
    return group[group["orden"].isna() | (group["orden"] == 1)]["email"].tolist()


def _half_of_them_sign_and_the_status_agrees(box: Sandbox, signio: Signio, ids: "pd.Series[str]") -> None:
    for envelope in ids[:100]:
        while not box.control.sign(envelope):
            pass
    status = signio.signature_status(ids)
    truth = {(k["id_firmante"], k["id_documento"]): k["fecha_firma"] is not None for k in
             box.control.stored("signio", "Link")}  # fmt: skip
    shown = dict(zip(zip(status["id_firmante"], status["id_documento"], strict=True), status["firmada"], strict=True))
    assert shown == truth
    assert status.groupby("estado")["id_transaccion"].nunique().to_dict() == {2: 100, 3: 100}
    turns = status[status["en_turno"]].groupby("id_transaccion")["id_firmante"].apply(set)
    assert turns.to_dict() == {envelope: set(box.control.turn(envelope)) for envelope in ids[100:]}


# ── the plan ─────────────────────────────────────────────────────────────────


def test_the_plan_shows_what_will_happen_and_sends_nothing(box: Sandbox, signio: Signio) -> None:
    plan = planned(signio, crowd(2), nombre="Contrato de {nombre}", cc=["rrhh@example.co"])
    table = plan.envelopes
    assert table.index.tolist() == ["emp-000", "emp-001"]
    assert table["nombre"].tolist() == ["Contrato de Persona 0-0", "Contrato de Persona 1-0"]
    assert table["order"].tolist() == ["at the same time", "in series"]
    assert table["mails"].tolist() == [2, 1]
    assert table["first"].iloc[1] == "persona.1.0@example.co"
    assert table["documents"].tolist() == ["contrato.pdf"] * 2
    assert "envelopes" in repr(plan)
    assert "<table" in plan._repr_html_()
    assert box.control.log() == []


def test_every_problem_is_in_the_plan_and_keeps_its_envelope_back(box: Sandbox, signio: Signio, tmp_path: Path) -> None:
    people = crowd(6).drop(columns="archivo")
    people["archivo"] = "contrato.pdf"
    (tmp_path / "roto.pdf").write_bytes(b"%PDF-1.4 nothing %%EOF")
    (tmp_path / "contrato.pdf").write_bytes(pdf())
    people.loc[0, "email"] = "nobody"
    people.loc[3, "orden"] = pd.NA
    people.loc[4, "archivo"] = "roto.pdf"
    people.loc[5, "archivo"] = "nada.pdf"
    people.loc[7, "identificacion"] = people.loc[6, "identificacion"]
    people.loc[9, "email"] = people.loc[8, "email"].upper()
    people.loc[10, "contrato"] = None
    layout = {"documents": f"{tmp_path}/{{archivo}}", "nombre": "x" * 256, "place": "bottom left of page 2"}
    plan = planned(signio, people, **layout)
    found = plan.problems.groupby("row")["column"].apply(set).to_dict()
    assert "email" in found[0]
    assert "orden" in found[3]
    assert "documents" in found[4]
    assert len(plan.problems[plan.problems["column"] == "documents"]) == 2
    assert "identificacion" in found[7]
    assert plan.doubts["row"].tolist() == [8, 9]  # an address may serve two people
    assert "contrato" in found[10]
    assert "place" in found[1]
    assert sum(plan.problems["column"] == "nombre") == 6
    with pytest.raises(toolkit.RowErrors) as caught:
        planned(signio, people, **layout, on_bad_rows="raise")
    assert len(caught.value.table) == len(plan.problems)
    assert plan.build().table["outcome"].tolist() == ["not sent"] * 6
    assert box.control.log() == []


def test_a_bad_row_keeps_its_whole_envelope_back_and_no_other(box: Sandbox, signio: Signio) -> None:
    people = crowd(3)
    people.loc[1, "email"] = "nobody"
    plan = planned(signio, people)
    assert plan.summary[["envelopes", "envelopes left out", "problems"]].tolist() == [2, 1, 1]
    report = plan.build()
    assert report.table["outcome"].tolist() == ["not sent", "accepted", "accepted"]
    assert report.table[["error_column", "error_value"]].iloc[0].tolist() == ["email", "nobody"]
    assert "not an e-mail" in report.table["error"].iloc[0]
    assert plan.envelopes["problem"].notna().tolist() == [True, False, False]
    assert len(envelopes(box)) == 2
    assert plan.distribute(confirm=2).complete


def test_a_doubt_is_sent_unless_it_is_to_be_held(box: Sandbox, signio: Signio) -> None:
    people = crowd(2)
    people.loc[1, "email"] = people.loc[0, "email"].upper()
    plan = planned(signio, people)
    assert (len(plan.problems), len(plan.doubts)) == (0, 2)
    assert plan.build(options={"doubts": "hold"}).table["outcome"].tolist() == ["not sent", "accepted"]
    assert plan.build(if_sent="skip").complete


@pytest.mark.parametrize("other", ["c-01", "C-01.", " C–01", "C 01", "Ć-01"])
def test_envelopes_whose_names_are_spelt_alike_are_doubted(signio: Signio, other: str) -> None:
    people = crowd(3, 1).assign(contrato=["C-01", other, "1-C"])
    doubts = planned(signio, people).doubts
    assert doubts["row"].tolist() == [0, 1]
    assert set(doubts["column"]) == {"contrato"}
    assert planned(signio, people.assign(contrato=["C-01", "C-10", "01-C"])).doubts.empty


@pytest.mark.parametrize(("unnamed", "held"), [([1], [0]), ([5], [2]), ([2, 3], [0]), ([0], [0])])
def test_a_signer_whose_envelope_is_not_named_keeps_the_one_beside_it_back(
    signio: Signio, unnamed: list[int], held: list[int]
) -> None:
    """As where the cells of the envelope are merged, or its name stands in the first row only."""
    people = crowd(3)
    people.loc[unnamed, "contrato"] = None
    plan = planned(signio, people)
    named = people["contrato"].dropna().unique().tolist()
    report = plan.build()
    assert [named.index(f"emp-{n:03}") for n in held] == np.flatnonzero(report.table["outcome"] == "not sent").tolist()
    assert report.table["error"].dropna().str.contains("names no envelope, and may be of this one").all()
    assert len(plan.ready) == len(named) - len(held)


def test_names_of_envelopes_that_are_one_number_are_doubted(signio: Signio) -> None:
    people = crowd(3, 1).assign(contrato=["001", "1", "1.0"])
    assert len(planned(signio, people).doubts) == 3


def test_columns_that_fill_nothing_or_are_not_there(signio: Signio) -> None:
    with pytest.raises(toolkit.InputError, match="correo"):
        planned(signio, crowd(1).assign(correo="x"))
    with pytest.raises(toolkit.InputError, match="no column 'ruta'"):
        planned(signio, crowd(1), documents="{ruta}")
    with pytest.raises(toolkit.InputError, match="document or a template"):
        planned(signio, crowd(1), documents=None)
    with pytest.raises(toolkit.InputError, match="envelopeDeduplicationKey"):
        planned(signio, crowd(1), envelopeDeduplicationKey="x")


def test_an_empty_cell_that_a_text_names_is_a_problem(signio: Signio) -> None:
    people = crowd(1).assign(ciudad=["", "Cali"])
    assert planned(signio, people, nombre="Contrato en {ciudad}").problems["column"].tolist() == ["ciudad"]


def test_empty_rows_at_the_end_of_a_sheet_are_nobody(signio: Signio) -> None:
    people = crowd(2)
    sheet = pd.concat([people, pd.DataFrame({"contrato": [None, " "], "nombre": ["", None]})], ignore_index=True)
    plan = planned(signio, sheet)
    assert plan.problems.empty
    assert plan.summary["signers"] == len(people)
    assert planned(signio, sheet.fillna({"contrato": "emp-000"})).problems["row"].unique().tolist() == [len(people)]


# ── drafts ───────────────────────────────────────────────────────────────────


def test_stamps_stand_where_they_were_asked_for(box: Sandbox, signio: Signio) -> None:
    plan = planned(signio, crowd(1, 4), place="bottom left of the last page")
    plan.build()
    stamps = [link["posicion"] for link in box.control.stored("signio", "Link")]
    assert {s["pagina"] for s in stamps} == {2}
    assert [(s["x"], s["y"]) for s in stamps] == [(50, 50), (210, 50), (370, 50), (50, 110)]


def test_notified_people_sign_nothing(box: Sandbox, signio: Signio) -> None:
    people = crowd(1, 3).assign(rol=[None, None, "Notificado"], orden=pd.NA)
    plan = planned(signio, people)
    assert plan.envelopes["signers"].tolist() == [2]
    plan.build()
    plan.distribute(confirm=1)
    assert len(mails(box)) == 2
    nobody = planned(signio, crowd(1).assign(rol="Notificado"))
    assert "nobody who signs" in nobody.problems["problem"].iloc[0]


def test_templates_with_fields_from_columns(box: Sandbox, signio: Signio) -> None:
    people = crowd(1).assign(operation_rol=["Operador", "Empleado"])
    fields = {"name": "{nombre}", "identification": "{identificacion}"}
    plan = planned(signio, people, template={"id": 12, "fields": fields})
    assert plan.summary["documents"] == 2
    plan.build().raise_if_incomplete()
    (document,) = box.control.stored("signio", "Document", {"kind": "template"})
    assert document["values"] == {"name": "Persona 0-0", "identification": "0000000"}
    links = box.control.stored("signio", "Link", {"id_documento": document["id_documento"]})
    assert [(k["operation_rol"], k["attachment"]) for k in links] == [("Operador", 0), ("Empleado", 0)]
    plan.distribute(confirm=1)
    assert {e["estado"] for e in envelopes(box)} == {2}


def test_running_it_again_does_nothing(box: Sandbox, signio: Signio) -> None:
    for _ in range(2):
        plan = planned(signio, crowd(3))
        plan.build()
        plan.distribute(confirm=3)
    assert len(envelopes(box)) == 3
    assert posts(box).count("distribute") == 3


def test_reports_say_in_words_where_it_went(box: Sandbox, signio: Signio) -> None:
    host = box.addresses["signio"].split("/")[2]
    plan = planned(signio, crowd(1), campaign="marzo")
    assert repr(plan.build()).startswith(f"signio.campaign to campaign «marzo» at {host}, push ")
    assert repr(plan.distribute(confirm=1)).startswith(f"signio.distribute to signers at {host}, push ")
    planned(signio, crowd(1)).build()
    where = [f"campaign «marzo» at {host}", f"drafts at {host}", f"signers at {host}"]
    assert sorted(toolkit.pushes()["destination"]) == where


def test_a_changed_row_has_to_be_a_decision(box: Sandbox, signio: Signio) -> None:
    planned(signio, crowd(3)).build()
    people = crowd(3)
    people.loc[0, "nombre"] = "Otra persona"
    with pytest.raises(toolkit.PushRefused) as caught:
        planned(signio, people).build()
    assert caught.value.difference["change"].tolist() == ["sent before, edited since", *["sent before, unchanged"] * 2]
    assert planned(signio, people).build(if_sent="skip").table["outcome"].tolist() == ["not sent", *["accepted"] * 2]
    assert len(envelopes(box)) == 3
    assert planned(signio, people).build(if_sent="resend").complete
    assert len(envelopes(box)) == 6


def test_a_changed_campaign_of_one_envelope_has_to_be_a_decision_too(box: Sandbox, signio: Signio) -> None:
    planned(signio, crowd(1)).build()
    with pytest.raises(toolkit.PushRefused):
        planned(signio, crowd(1).assign(nombre="Otra persona")).build()
    assert len(envelopes(box)) == 1


def test_the_same_people_in_another_campaign(box: Sandbox, signio: Signio) -> None:
    for campaign in ("marzo", "abril"):
        plan = planned(signio, crowd(2), campaign=campaign)
        plan.build()
        plan.distribute(confirm=2)
    assert len(envelopes(box, estado=2)) == 4


@pytest.mark.parametrize("service", ["registrar_contacto", "vincular", "cargar_documento"])
@pytest.mark.parametrize("commit", ["before", "never"])
def test_a_draft_in_doubt_is_left_behind_and_made_anew(box: Sandbox, signio: Signio, service: str, commit: str) -> None:
    box.control.fault(system="signio", match={"path": f"/transacciones/{service}"}, commit=commit, reply="reset")
    plan = planned(signio, crowd(2))
    assert plan.build().summary["accepted"] == 2
    orphans = plan.orphans()
    assert len(orphans) == 1
    plan.distribute(confirm=2)
    assert len(mails(box)) == len(set(mails(box))) == 3
    assert plan.delete_orphans()["error"].isna().all()
    assert sorted(e["estado"] for e in envelopes(box)) == [2, 2]


@pytest.mark.parametrize("commit", ["before", "never"])
def test_a_lost_answer_to_create_makes_no_second_envelope(box: Sandbox, signio: Signio, commit: str) -> None:
    box.control.fault(system="signio", match={"path": "/transacciones/crear"}, commit=commit, reply="reset")
    plan = planned(signio, crowd(2))
    assert plan.build().summary["accepted"] == 2
    assert len(envelopes(box)) == 2
    assert plan.orphans().empty


def test_a_refused_step_costs_its_envelope_only(box: Sandbox, signio: Signio) -> None:
    refusal = {"codigo": "05", "mensaje": "contenido no procesable", "errores": ["email"], "id_firmante": 0}
    match = {"path": "/transacciones/registrar_contacto"}
    box.control.fault(system="signio", match=match, reply="status", status=200, body=refusal)
    plan = planned(signio, crowd(20))
    assert plan.build(options={"max_rejected": 1.0}).summary[["accepted", "rejected"]].tolist() == [19, 1]
    assert len(plan.orphans()) == 1
    with pytest.raises(toolkit.InputError, match="19 drafts"):
        plan.distribute(confirm=20)
    plan.distribute(confirm=19)
    assert len(envelopes(box, estado=1)) == 1


@pytest.mark.parametrize("service", ["crear", "cargar_documento", "registrar_contacto", "vincular"])
def test_a_build_that_stopped_goes_on_where_it_was(
    box: Sandbox, clock: ManualClock, signio: Signio, service: str
) -> None:
    wait = {"reply": "status", "status": 429, "headers": {"Retry-After": "100000"}}
    box.control.fault(system="signio", match={"path": f"/transacciones/{service}"}, every=3, **wait)
    assert "PAUSED" in repr(planned(signio, crowd(4)).build())
    clock.advance(100_000)
    plan = planned(signio, crowd(4))  # a new kernel knows nothing of the first
    assert plan.build().complete
    left_behind = len(plan.orphans())  # a busy vendor may have done what it was asked for: those drafts are built anew
    assert left_behind <= 1
    assert len(envelopes(box)) == 4 + left_behind
    plan.distribute(confirm=4)
    assert len(mails(box)) == 6


def killed(signio: Signio, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The kernel dies when so many requests were answered: of the eight under way nobody learns the answer."""
    answered, session, under_way = itertools.count(1), signio.connection.session, threading.Barrier(8)

    def attempt(*request: Any) -> Any:
        answer = HttpSession.attempt(session, *request)
        if next(answered) > after:
            under_way.wait(20)
            raise KeyboardInterrupt
        return answer

    plan = planned(signio, crowd(20))
    with monkeypatch.context() as patched:
        patched.setattr(session, "attempt", attempt)
        with pytest.raises(Stopped):
            plan.build(options={"workers": 8})


@pytest.mark.parametrize("after", [4, 20, 40])
def test_a_build_that_was_killed_with_many_drafts_in_doubt_goes_on_at_once(
    box: Sandbox, signio: Signio, clock: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    killed(signio, monkeypatch, after)
    again = toolkit.connect(**box.settings(), clock=clock, progress=False).signio
    plan = planned(again, crowd(20))
    assert plan.build().complete
    assert len(envelopes(box)) == 20 + len(plan.orphans())
    plan.distribute(confirm=20)
    assert len(mails(box)) == len(set(mails(box))) == 30


def test_answers_of_this_run_that_tell_nothing_still_stop_it(
    box: Sandbox, signio: Signio, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(signio, monkeypatch, 20)
    box.control.fault(system="signio", match={"method": "POST"}, times=None, commit="before", reply="reset")
    before = len(posts(box))
    report = planned(signio, crowd(20)).build(options={"workers": 1})
    assert "PAUSED: 5 answers in a row did not tell what happened" in repr(report)
    assert len(posts(box)) - before == 5


def test_a_file_that_changed_since_the_plan_is_not_sent(box: Sandbox, signio: Signio, tmp_path: Path) -> None:
    path = tmp_path / "contrato.pdf"
    path.write_bytes(pdf())
    plan = planned(signio, crowd(1), documents=path)
    path.write_bytes(pdf(3))
    with pytest.raises(toolkit.InputError, match="changed since"):
        plan.build()
    assert "upload_document" not in posts(box)


@pytest.mark.parametrize("how", ["gone", "a folder", "empty"])
def test_a_file_that_is_gone_is_said_and_the_same_call_goes_on(
    box: Sandbox, signio: Signio, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "contrato.pdf"
    path.write_bytes(pdf())
    plan = planned(signio, crowd(1), documents=path)
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "empty":
        path.touch()
    with pytest.raises(toolkit.InputError, match=r"contrato\.pdf .*Put it back and run the same call again"):
        plan.build()
    path.rmdir() if how == "a folder" else path.unlink(missing_ok=True)
    path.write_bytes(pdf())
    assert plan.build().complete
    assert posts(box).count("create_envelope") == 1
