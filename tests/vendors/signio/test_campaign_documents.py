"""Campaigns in which documents differ: who signs them, where, by tags of their own, protected before they go out."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.vendors.signio.helpers import CONTRACT, crowd, envelopes, mails, pdf, planned, posts
from toolkit.errors import InputError, RowErrors
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio

NOTE = ("pagaré.pdf", pdf(1))
ROLES = ["Deudor", "Codeudor", "Testigo"]


@pytest.fixture
def signio(api: toolkit.Api) -> Signio:
    return api.signio


def people(many: int = 2, **columns: Any) -> pd.DataFrame:
    rows = [
        {
            "contrato": f"c-{n}",
            "nombre": f"{role} {n}",
            "tipo_identificacion": "CC",
            "identificacion": f"{n:05}{k}",
            "email": f"{role.lower()}.{n}@example.co",
            "operation_rol": role,
        }
        for n in range(many)
        for k, role in enumerate(ROLES)
    ]
    return pd.DataFrame(rows).assign(**columns)


def plan(signio: Signio, *documents: Any, rows: pd.DataFrame | None = None, **how: Any) -> Plan:
    return signio.plan_envelopes(people() if rows is None else rows, "contrato", documents=list(documents), **how)


def signed_by(box: Sandbox) -> dict[str, list[str]]:
    """The names of those who sign each file, in the sandbox's truth."""
    names = {s["id_contacto"]: s["nombre"] for s in box.control.stored("signio", "Signer")}
    files = {d["id_documento"]: d["nombre"] for d in box.control.stored("signio", "Document")}
    found: dict[str, list[str]] = {}
    for link in box.control.stored("signio", "Link", {"attachment": 0}):
        found.setdefault(files[link["id_documento"]], []).append(names[link["id_firmante"]])
    return {name: sorted(signers) for name, signers in found.items()}


def test_all_sign_the_contract_and_two_the_promissory_note(box: Sandbox, signio: Signio) -> None:
    note = Signio.CampaignDocument(NOTE, signers=["Deudor", "Codeudor"])
    made = plan(signio, CONTRACT, note)
    assert made.envelopes["signatures"].tolist() == [5, 5]
    assert made.signers.query("envelope == 'c-0'")[["document", "rol"]].to_numpy().tolist() == [
        *(["contrato.pdf", role] for role in ROLES),
        *(["pagaré.pdf", role] for role in ROLES[:2]),
    ]
    assert made.build().complete
    everybody = sorted(f"{role} {n}" for role in ROLES for n in range(2))
    assert signed_by(box) == {
        "contrato.pdf": everybody,
        "pagaré.pdf": [name for name in everybody if "Testigo" not in name],
    }
    assert made.distribute(confirm=2).complete
    ids = made.signers["id_transaccion"].unique()
    for envelope in ids:
        while not box.control.sign(envelope):
            pass
    status = signio.signature_status(ids, roles=made.signers)
    assert status["signature"].eq("signed").all()
    assert status["rol"].value_counts().to_dict() == {"Deudor": 4, "Codeudor": 4, "Testigo": 2}


def test_a_column_says_who_signs(box: Sandbox, signio: Signio) -> None:
    rows = people(1, firma_pagare=["sí", None, "no"])
    made = plan(signio, CONTRACT, {"file": NOTE, "signers": "{firma_pagare}"}, rows=rows)
    assert made.build().complete
    assert signed_by(box)["pagaré.pdf"] == ["Deudor 0"]
    unclear = plan(
        signio, CONTRACT, {"file": NOTE, "signers": "{firma_pagare}"}, rows=rows.assign(firma_pagare="quizás")
    )
    assert set(unclear.problems["column"]) >= {"firma_pagare"}
    assert unclear.build().table["outcome"].eq("not sent").all()


def test_each_role_has_its_place(box: Sandbox, signio: Signio) -> None:
    places = {"Deudor": "bottom left of page 1", "Codeudor": "top right of page 2", "Testigo": "middle of page 1"}
    assert plan(signio, {"file": CONTRACT, "place": places}, rows=people(1)).build().complete
    names = {s["id_contacto"]: s["nombre"] for s in box.control.stored("signio", "Signer")}
    at = {names[k["id_firmante"]]: (k["posicion"]["pagina"], k["posicion"]["y"]) for k in
          box.control.stored("signio", "Link")}  # fmt: skip
    assert at == {"Deudor 0": (1, 50), "Codeudor 0": (2, 842 - 50 - 50), "Testigo 0": (1, 396)}
    del places["Testigo"]
    short = plan(signio, {"file": CONTRACT, "place": places}, rows=people(1))
    assert short.problems[["row", "column", "value"]].to_numpy().tolist() == [[2, "place", "Testigo"]]


def test_a_stamp_stands_where_it_was_meant_in_either_direction_of_y(box: Sandbox) -> None:
    found = []
    for down in ("up", "down"):
        box.control.reset()
        box.control.assume("signio", {"y_direction": down})
        settings = box.settings()
        settings["signio"] = {**settings["signio"], "assumptions": {"y_direction": down}}
        signio = toolkit.connect(signio=settings["signio"], progress=False).signio
        exact = {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}
        documents = [{"file": CONTRACT, "place": "bottom left of page 1"}, {"file": NOTE, "place": exact}]
        assert plan(signio, *documents, rows=people(1).head(1), campaign=down).build().complete
        (envelope,) = envelopes(box)
        found.append([stamp["bottom"] for stamp in box.control.stamps(envelope["id_transaccion"])])
    assert found == [[50, 80], [50, 80]]


def test_metatags_stand_in_for_places(box: Sandbox, signio: Signio) -> None:
    tagged = {"file": CONTRACT, "metatags": True}
    rows = people(1, orden=[1, 1, 2], celular="+573001234567")
    made = plan(signio, tagged, {"file": NOTE, "metatags": True, "signers": ["Deudor", "Codeudor"]}, rows=rows)
    assert made.envelopes["order"].tolist() == ["in groups"]
    assert made.build().complete
    kept = box.control.stored("signio", "Document")
    assert [d["roles"] for d in kept] == [ROLES, ROLES[:2]]
    assert len(box.control.stored("signio", "Signer")) == 3
    assert {link["operation_rol"] for link in box.control.stored("signio", "Link")} == set(ROLES)
    assert all(link["posicion"] is None for link in box.control.stored("signio", "Link"))
    assert signed_by(box)["pagaré.pdf"] == ["Codeudor 0", "Deudor 0"]
    assert made.distribute(confirm=1).complete
    assert sorted(mails(box)) == ["codeudor.0@example.co", "deudor.0@example.co"]  # a group at the same time


def test_metatags_need_a_role_of_each_and_no_two_of_one(signio: Signio) -> None:
    tagged = {"file": CONTRACT, "metatags": True}
    bare = plan(signio, tagged, rows=people(1, operation_rol=["Deudor", None, "Deudor"]))
    assert bare.problems[["row", "column"]].to_numpy().tolist() == [[1, "operation_rol"], [2, "operation_rol"]]


def test_documents_are_protected_before_anybody_hears_of_them(box: Sandbox, signio: Signio) -> None:
    made = plan(signio, CONTRACT, {"file": NOTE, "protect": True})
    assert made.build().complete
    assert {d["nombre"]: d["protected"] for d in box.control.stored("signio", "Document")} == {
        "contrato.pdf": False,
        "pagaré.pdf": True,
    }
    assert mails(box) == []
    assert made.distribute(confirm=2).complete
    asked = posts(box)
    last = max(n for n, name in enumerate(asked) if name == "protect_document")
    assert last < asked.index("distribute")


def test_templates_are_documents_like_others(box: Sandbox, signio: Signio) -> None:
    fields = {"name": "{nombre}", "identification": "{identificacion}"}
    made = plan(signio, {"template": 12, "fields": fields, "signers": "Deudor", "protect": True}, CONTRACT)
    assert made.envelopes["documents"].tolist() == ["template 12, contrato.pdf"] * 2
    assert made.build().complete
    assert signed_by(box)["Contrato"] == ["Deudor 0", "Deudor 1"]
    assert made.distribute(confirm=2).complete


@pytest.mark.parametrize("reply", ["lost", "status", "truncated"])
@pytest.mark.parametrize("at", ["*cargar_documento", "*vincular", "*proteger*", "*registrar_contacto", "*crear"])
def test_whatever_breaks_an_envelope_is_whole_or_not_ready(box: Sandbox, signio: Signio, at: str, reply: str) -> None:
    """Two documents with metatags, one protected: what counts as made holds all of it, whatever was lost on the way."""
    documents = [{"file": CONTRACT, "metatags": True}, {"file": NOTE, "signers": "Deudor", "protect": True}]
    made = plan(signio, *documents)
    match = {"method": "POST", "path": at.replace("*crear", "/transacciones/crear")}
    box.control.fault(system="signio", match=match, commit="before", reply=reply, times=1)
    for _ in range(4):
        if made.build(if_sent="raise").complete:
            break
    assert made.drafts is not None
    assert made.drafts.complete
    for row in made.signers.itertuples():
        assert len(box.control.stored("signio", "Signer", {"id_transaccion": row.id_transaccion})) == 3
        links = box.control.stored("signio", "Link", {"id_transaccion": row.id_transaccion})
        assert sorted(link["attachment"] for link in links) == [0, 0, 0, 0]
        kept = box.control.stored("signio", "Document", {"id_transaccion": row.id_transaccion})
        assert [d["protected"] for d in kept if d["nombre"] == "pagaré.pdf"] == [True]
        assert len(kept) == 2
    assert mails(box) == []


# ── what is wrong ────────────────────────────────────────────────────────────


def test_nobody_and_nothing_is_left_out_in_silence(signio: Signio) -> None:
    rows = people(2)
    rows.loc[4, "operation_rol"] = "Deudor"  # envelope c-1 has no Codeudor
    made = plan(
        signio, {"file": NOTE, "signers": ["Deudor", "Testigo"]}, {"file": CONTRACT, "signers": "Codeudor"}, rows=rows
    )
    found = made.problems[["column", "problem"]].to_numpy().tolist()
    assert found == [["documents", "nobody of envelope 'c-1' signs contrato.pdf"]]
    idle = plan(signio, {"file": NOTE, "signers": "Deudor"})
    assert idle.problems["problem"].str.contains("signs no document").sum() == 4
    with pytest.raises(RowErrors):
        plan(signio, {"file": NOTE, "signers": "Deudor"}, on_bad_rows="raise")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"file": CONTRACT, "signers": "Deudro"}, "did you mean 'Deudor'"),
        ({"file": CONTRACT, "place": {"Deudro": "bottom left of page 1"}}, "did you mean 'Deudor'"),
        ({"file": CONTRACT, "singers": "Deudor"}, "did you mean 'signers'"),
        ({"file": CONTRACT, "template": 12}, "a file or a template"),
        ({}, "a file or a template"),
        ({"template": 12, "metatags": True}, "metatags are for files"),
        ({"file": CONTRACT, "fields": {"name": "x"}}, "fields are for templates"),
        ({"file": CONTRACT, "signers": "{nada}"}, "no column 'nada'"),
        (None, "needs a document"),
    ],
)
def test_a_document_that_cannot_be_meant(signio: Signio, document: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(signio, document)


def test_the_same_person_may_have_several_roles(box: Sandbox, signio: Signio) -> None:
    rows = people(1).head(2).assign(operation_rol=["Deudor, Testigo", "Codeudor"])
    made = plan(signio, {"file": CONTRACT, "metatags": True}, {"file": NOTE, "signers": "testigo"}, rows=rows)
    assert made.build().complete
    assert signed_by(box)["pagaré.pdf"] == ["Deudor 0"]
    assert [d["roles"] for d in box.control.stored("signio", "Document")][-1] == ["Deudor", "Testigo", "Codeudor"]


NO_TEXTS = ["#¡REF!", "#N/D", "########", "Loading...", "s/i", "-", "null", "=A1", "'500", "Jos\ufffd"]


@pytest.mark.parametrize("cell", NO_TEXTS)
def test_the_cells_of_texts_are_looked_at_as_others_are(signio: Signio, cell: str) -> None:
    """What stands in a contract is read by those who sign it."""
    rows = crowd(3, 1).assign(monto=["100", cell, "300"], ciudad="Bogotá")
    plan = planned(signio, rows, nombre="Contrato {monto} {ciudad}")
    assert plan.summary["envelopes"] == 2
    assert plan.problems["column"].iloc[0] == "monto"


def test_texts_that_stand_alone_in_their_row_are_no_notes(signio: Signio) -> None:
    rows = crowd(6, 1).assign(monto=["100", "200", "300", "400", "500", "1500"], ciudad="Bogotá")
    plan = planned(signio, rows, nombre="Contrato {monto}", mensaje="De {ciudad}")
    assert plan.summary["envelopes"] == 6
