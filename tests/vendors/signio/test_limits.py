"""SIGNIO by the toolkit's client: limits before anything is sent; what the vendor says, in both dialects."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

import toolkit
from tests.helpers import witness
from tests.helpers.clock import ManualClock
from tests.helpers.registry import VENDORS, cassettes
from tests.vendors.signio.helpers import ANA, PDF, STAMP, draft, sent
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.client import Signio


@pytest.fixture
def signio(box: Sandbox) -> Signio:
    return toolkit.connect(**box.settings(), clock=ManualClock(box), progress=False).signio


# ── limits ───────────────────────────────────────────────────────────────────


def test_every_problem_is_said_at_once_and_nothing_is_sent(box: Sandbox, signio: Signio) -> None:
    before = sent(box)
    with pytest.raises(toolkit.InputError) as caught:
        signio.add_signer(
            "x" * 37, nombre="x" * 51, tipo_identificacion="XX", identificacion="", email="ana", celular="1" * 16,
            razonsocial="x" * 46, company_identification_type="x" * 6, states=[5], rol="Otro", orden=-1,
        )  # fmt: skip
    for name in ("envelope_id", "nombre", "tipo_identificacion", "identificacion", "email", "celular", "razonsocial",
                 "company_identification_type", "states", "rol", "orden"):  # fmt: skip
        assert f"{name}: " in str(caught.value), name
    assert sent(box) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.create_envelope("x" * 256),
        lambda s: s.create_envelope(""),
        lambda s: s.create_envelope("x", envelopeDeduplicationKey="k" * 37),
        lambda s: s.create_envelope("x", op_foto="SI"),
        lambda s: s.create_envelope("x", ciclo_aprobacion=2),
        lambda s: s.create_envelope("x", cc=["a@example.co", "nobody"]),
        lambda s: s.create_envelope("x", campo="y"),
        lambda s: s.envelopes(5),
        lambda s: s.search_envelopes(status="Pendiente"),
        lambda s: s.search_envelopes(sort="nombre"),
        lambda s: s.search_envelopes(offset=-1),
        lambda s: s.upload_document("e", ("contrato.exe", PDF)),
        lambda s: s.upload_document("e", ("contrato.pdf", b"")),
        lambda s: s.upload_document("e", "no such file.pdf"),
        lambda s: s.add_signer("e", **ANA, servicio_identidad="otro"),
        lambda s: s.link("e", "s", "d", position={"pagina": 0, "alto": 1, "ancho": 1, "x": 1, "y": 1}),
        lambda s: s.link("e", "s", "d", position={"pagina": 1}),
        lambda s: s.link("e", "s", "d", stamps=[{**STAMP, "y": "arriba"}]),
        lambda s: s.set_order("e", "s", "uno"),
        lambda s: s.upload_promissory_note("e", type="SIMPLE", template_id=7),
        lambda s: s.upload_promissory_note("e", type="BLANK", template_id=0),
        lambda s: s.upload_promissory_note("e", type="BLANK", template_id=0, consecutive="1", document=("a.png", PDF)),
        lambda s: s.edit_promissory_note("e", "d", type="SIMPLE"),
        lambda s: s.edit_promissory_note("e", "d", type="OTRO"),
        lambda s: s.signing_url("e", document_type="CC", document="123", op_token="SMS"),
    ],
)
def test_every_limit_is_refused_before_sending(box: Sandbox, signio: Signio, call: Any) -> None:
    before = sent(box)
    with pytest.raises(toolkit.InputError):
        call(signio)
    assert sent(box) == before


CASES = witness.cases(cassettes(VENDORS["signio"]) / "manual.yaml").values()
SECTIONS = {e.section: e for e in reversed(Signio.endpoints.values())}


def limits() -> Iterator[Any]:
    """Each limit of the manual's tables: the call that keeps it, the argument, and a value that does not."""
    for case in CASES:
        request, endpoint = case["request"], SECTIONS[case["section"]]
        names = {a.key: a.name for a in endpoint.arguments}
        sent = {**request.get("json", {}), **request.get("query", {}), **request.get("form", {})}
        values = {names[key]: value for key, value in sent.items()} | dict.fromkeys(endpoint.in_path, "x")
        values |= {names[key]: (name, PDF) for key, name in request.get("files", {}).items()}
        if "company_identification" in values:
            values["company_identification"] = "900123456-8"  # the witness's has a wrong check digit
        for key, limit in case.get("limits", {}).items():
            if key != "page":
                for value in against(limit, values):
                    yield pytest.param(
                        endpoint.name, values, names[key], value, id=f"{endpoint.name}-{key}-{value!r:.20}"
                    )


def against(limit: Any, values: dict[str, Any]) -> Iterator[Any]:
    limit = {"*": True} if limit == "*" else limit
    if isinstance(limit, str):
        needed = limit == "required for SIMPLE" and values["type"] == "SIMPLE"
        yield from [None] if needed or (values["template_id"] == "0" and "template_id" in limit) else []
        return
    yield from [None] if "*" in limit else []
    yield from ["x" * (limit["max"] + 1)] if "max" in limit else []
    yield from ["ninguno"] if "one_of" in limit else []
    yield from [[1]] if "items_of" in limit else []
    yield from [("contrato.exe", PDF)] if "extensions" in limit else []


@pytest.mark.parametrize(("name", "values", "argument", "value"), [*limits()])
def test_every_limit_of_the_tables(
    box: Sandbox, signio: Signio, name: str, values: dict[str, Any], argument: str, value: Any
) -> None:
    everything = witness.everything(type(signio))(signio.connection)
    before = sent(box)
    changed = {k: v for k, v in {**values, argument: value}.items() if v is not None}
    with pytest.raises((toolkit.InputError, TypeError), match=argument):
        getattr(everything, name)(**changed)
    assert sent(box) == before


def test_the_choices_are_those_of_the_tables() -> None:
    for case in CASES:
        arguments = {a.key: a for a in SECTIONS[case["section"]].arguments}
        for key, limit in case.get("limits", {}).items():
            allowed = limit.get("one_of", limit.get("items_of")) if isinstance(limit, dict) else None
            choices = getattr(arguments.get(key), "choices", None)
            if allowed and choices:
                assert sorted(choices, key=str) == sorted(allowed, key=str), key


# ── what the vendor says ─────────────────────────────────────────────────────

OLD, NEW = ("POST", "/transacciones/listar_tags"), ("GET", "/templates")


@pytest.mark.parametrize(("service", "words"), [(OLD, ("codigo", "mensaje")), (NEW, ("code", "message"))])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("01", toolkit.AuthError),
        ("02", toolkit.AuthError),
        ("03", toolkit.AuthError),
        ("04", toolkit.ApiError),
        ("05", toolkit.Rejected),
        ("06", toolkit.NotFound),
        ("99", toolkit.BadAnswer),
        (0, toolkit.BadAnswer),
    ],
)
def test_every_code_is_its_exception_in_both_dialects(
    box: Sandbox, service: tuple[str, str], words: tuple[str, str], code: Any, error: type[Exception]
) -> None:
    limits = {"attempts": 1}
    signio = toolkit.connect(signio={**box.settings()["signio"], "limits": limits}).signio
    body = {words[0]: code, words[1]: "así no", "errores": ["uno", "dos"]}
    match = {"method": service[0], "path": service[1]}
    box.control.fault(system="signio", match=match, times=None, reply="status", status=200, body=body)
    with pytest.raises(error, match="así no") as caught:
        signio.tags() if service is OLD else signio.templates()
    if isinstance(caught.value, toolkit.ApiError):
        assert (caught.value.code, caught.value.errors) == (code, ["uno", "dos"])
        assert caught.value.service == ("tags" if service is OLD else "templates")


@pytest.mark.parametrize("body", ["", "null", "[]", '{"tags": []}', '{"codigo": "00"}', '{"codigo": []}', "<html>"])
def test_what_no_manual_shows_is_an_error_and_never_a_frame(box: Sandbox, body: str) -> None:
    signio = toolkit.connect(signio={**box.settings()["signio"], "limits": {"attempts": 1}}).signio
    match = {"path": "/transacciones/listar_tags"}
    box.control.fault(system="signio", match=match, times=None, reply="status", status=200, body=body)
    with pytest.raises(toolkit.BadAnswer):
        signio.tags()


def test_what_cannot_be_known_is_said_to_be_unknown(box: Sandbox, signio: Signio) -> None:
    """Its state is read, which shows it as a draft: nobody can tell, and it is never sent again by itself."""
    envelope = draft(signio, ANA)
    box.control.fault(system="signio", match={"path": "/transacciones/distribuir"}, commit="never", reply="reset")
    for _ in range(2):
        with pytest.raises(toolkit.OutcomeUnknown):
            signio.distribute(envelope)
    assert [line["service"] for line in box.control.log()].count("distribute") == 1
    assert len(box.control.outbox()) == 0


def test_an_envelope_is_distributed_once_however_often_it_is_asked_for(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, ANA)
    for _ in range(2):
        signio.distribute(envelope)
    assert [line["service"] for line in box.control.log()].count("distribute") == 1
    with pytest.raises(toolkit.Rejected):
        signio.distribute(draft(signio))


@pytest.mark.parametrize(("status", "headers"), [(503, {"Retry-After": "1"}), (500, {}), (502, {})])
def test_distribution_is_never_repeated_by_itself(
    box: Sandbox, signio: Signio, status: int, headers: dict[str, str]
) -> None:
    envelope = draft(signio, ANA)
    match = {"path": "/transacciones/distribuir"}
    box.control.fault(system="signio", match=match, commit="before", reply="status", status=status, headers=headers)
    with contextlib.suppress(toolkit.OutcomeUnknown):  # a vendor that is busy is left alone for now
        signio.distribute(envelope)
    signio.distribute(envelope)  # its state is read, which shows it as sent
    assert len(box.control.outbox()) == 1
    assert [line["service"] for line in box.control.log()].count("distribute") == 1
