"""6.2 to 6.5, 6.10 to 6.13, 6.16, 6.20: envelopes. The vendor calls them "transacciones" and, later, "envelopes"."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import (
    ASSUMED,
    OBSERVED,
    Choice,
    Flag,
    Integer,
    Json,
    Link,
    List,
    Offset,
    Record,
    Service,
    Text,
    Timestamp,
    get,
    post,
)
from toolkit.vendors.signio.api.base import PATH_ONLY, STATUSES, SYSTEM, EnvelopeId, InPath

if TYPE_CHECKING:
    from pandas import DataFrame

SEARCHED = ("En Proceso", "Pendiente de Firma", "Firmada", "Rechazada", "Suspendida")
SORTED_BY = ("name", "status", "created_at", "updated_at")
SORTS = {f"{sign}{by}": f"{way} {by}" for by in SORTED_BY for sign, way in (("-", "falling"), ("+", "rising"))}
LISTED: dict[int, str] = {0: "Todos los estados", **{number: name for number, name in STATUSES.items() if number != 8}}
PHOTO = {"NO": "No se solicita", "OP": "Opcional", "OB": "Obligatoria"}
ON_SCREEN = {"SCREEN": "Token en pantalla", "SHOW_OPTIONS": "Opciones de envío"}


class ListedEnvelope(Record):
    """An envelope of the list. What else the vendor sends stands in columns of its own, as text."""

    open = True
    id_transaccion = Text("Identifier of the envelope.")
    nombre = Text("Its name.")
    estado = Choice("Its state, as the vendor's number.", choices=STATUSES, meaning="estado_nombre")


class BaseEnvelope(Record):
    """An envelope whose structure others copy. What else the vendor sends stands in columns of its own, as text."""

    open = True
    id_transaccion = Text("Identifier, for `create_envelope(id_transaccion_base=…)`.")
    nombre = Text("Its name.")


class Tag(Record):
    """A label for envelopes."""

    tag = Text("The label.")


class FoundEnvelope(Record):
    """An envelope that a search found."""

    id = Text("Identifier of the envelope.")
    name = Text("Its name.")
    status = Text("Its state, in words.")
    created_at = Timestamp("When it was created.", format="iso")
    updated_at = Timestamp("When it last changed.", format="iso")
    documents_count = Integer("How many documents it holds.")


class Envelope(Record):
    """An envelope."""

    id_transaccion = Text("Identifier of the envelope.")
    nombre = Text("Its name.")
    mensaje = Text("The message that goes with it.")
    ciclo_aprobacion = Flag("Whether some of its signers approve.")
    estado = Choice("Its state, as the vendor's number (observed).", choices=STATUSES, meaning="estado_nombre")


class EnvelopeOptions(Record):
    """What may be said of a new envelope."""

    mensaje = Text("A message that goes with it.")
    ciclo_aprobacion = Flag("Whether some of its signers approve.")
    tags = List("Labels, as `tags()` lists them.", separator=";")
    id_transaccion_base = Text("Identifier of the base envelope to copy, from `base_envelopes()`.", max_length=36)
    external_id = Text("The caller's own identifier; webhooks carry it.")
    cc = List("E-mail addresses told when it ends; they may read every document.", separator=",", emails=True)
    op_btnRechazo = Flag("Whether signers may reject.")
    op_foto = Choice("Whether signing takes a photo.", choices=PHOTO)
    op_certLegops = Flag("Whether documents get the certification of Legops.")
    op_firmasProcesadas = Flag("Whether signers see the signatures so far.")
    remitente = Text("Sender shown in the e-mail.")
    mensaje_firma = Text("Message of the first step of signing.")
    mensaje_final = Text("Message of the last step of signing.")
    permiteEdicion = Flag("Whether approvers may return it with remarks.")
    permiteEdicionFirmantes = Flag("Whether signers may return it with remarks.")
    on_premise_signature = Flag("Whether it may be signed on site.")
    envelopeDeduplicationKey = Text("A key of the caller's: the same key again gives the same envelope.", max_length=36)
    notificar_contacto = Flag("Whether it has contacts who are only notified.")
    campos_plantillas = Json("Values for the inputs of its templates: a dict, its keys the inputs' names.")
    created_by = Text("The user who becomes its distributor and is notified.")
    op_token = Choice("How signers on site get their token (observed).", choices=ON_SCREEN)


class EditLink(Record):
    """A link to an envelope."""

    magic_link = Link("The link: whoever has it is logged in as the user who asked for it.")


class Envelopes(Service):
    """Envelopes, from the draft to the end."""

    system = SYSTEM

    @post(
        "/transacciones/listar",
        section="6.2",
        provenance=OBSERVED,
        rows=ListedEnvelope,
        at="transacciones",
        repeatable=True,
    )
    def envelopes(
        self,
        status: Annotated[Any, Choice("Only envelopes in this state.", choices=LISTED, wire="estado")] = None,
    ) -> "DataFrame":
        """Every envelope of the customer, one row each, in the vendor's order.

        Args:
            status: "pendiente de firma", 2, or `Status.PENDING`; all states where it is None.

        >>> signio.envelopes("en elaboración").columns.tolist()
        ['id_transaccion', 'nombre', 'estado', 'estado_nombre']
        """

    @post("/transacciones/listar_tags", section="6.3", provenance=ASSUMED, rows=Tag, at="tags", repeatable=True)
    def tags(self) -> "DataFrame":
        """Every label that envelopes can be given, one row each."""

    @post(
        "/transacciones/listar_base",
        section="6.4",
        provenance=ASSUMED,
        rows=BaseEnvelope,
        at="transacciones",
        repeatable=True,
    )
    def base_envelopes(self) -> "DataFrame":
        """Every base envelope, one row each: new envelopes can copy their structure."""

    @post(
        "/transacciones/crear",
        section="6.5",
        provenance=OBSERVED,
        value=True,
        at="id_transaccion",
        body=EnvelopeOptions,
        note=f"{PATH_ONLY} What the same `envelopeDeduplicationKey` answers again is assumed.",
    )
    def create_envelope(
        self, nombre: Annotated[str, Text("Name of the envelope.", max_length=255)], **options: Any
    ) -> str:
        """Create an envelope, and return its identifier. It is a draft: nobody is told before `distribute`.

        Not safe to repeat, unless `envelopeDeduplicationKey` is given.

        Raises:
            InputError: something exceeds the manual's limits. Nothing was sent; the message names all of it.
            Rejected: the vendor refused it; `.errors` says what.
            OutcomeUnknown: no trustworthy answer came; `search_envelopes(name=…)` shows whether it is there.

        >>> envelope_id = signio.create_envelope("Contrato", tags=["Contratos"], external_id="emp-001")
        >>> len(envelope_id)
        36
        """

    @post("/transacciones/distribuir", section="6.10", provenance=OBSERVED, irrevocable=True, note=PATH_ONLY)
    def distribute(self, envelope_id: EnvelopeId) -> None:
        """Send an envelope to its signers. Real people get e-mail at once, and it cannot be taken back.

        All signers are told at the same time where nobody has an `orden`; else the first, and each next one when the
        one before has signed everything. Never sent twice by itself, whatever comes back.

        Raises:
            Rejected: it is not a draft, or is not complete. Nobody was told.
            OutcomeUnknown: no trustworthy answer came; look at `envelope(envelope_id)` before anything else.
        """

    @get("/transacciones/gestionar", section="6.11", provenance=OBSERVED, rows=Envelope)
    def envelope(self, envelope_id: EnvelopeId) -> "DataFrame":
        """One envelope, as one row. `documents`, `signers` and `signatures` give what it holds.

        Raises:
            NotFound: there is none with this identifier.
        """

    @post("/transacciones/devolver", section="6.12", provenance=ASSUMED)
    def return_to_draft(self, envelope_id: EnvelopeId) -> None:
        """Take an envelope back to be edited, from *Pendiente de firma* or *Captura de datos* only.

        Raises:
            NotFound: there is none with this identifier, or it is in another state.
            OutcomeUnknown: no trustworthy answer came; `envelope(envelope_id)` shows its state.
        """

    @post("/transacciones/eliminar", section="6.13", provenance=ASSUMED)
    def delete_envelope(self, envelope_id: EnvelopeId) -> None:
        """Delete an envelope, from *En elaboración* only. Cannot be undone.

        Raises:
            NotFound: there is none with this identifier, or it is in another state.
        """

    @get(
        "/envelopes",
        section="6.16",
        provenance=ASSUMED,
        rows=FoundEnvelope,
        at="envelopes",
        page=Offset("offset", 1000),
        note="*En Proceso* covers *En elaboración* and *Captura de datos* (assumed).",
    )
    def search_envelopes(
        self,
        *,
        name: Annotated[str | None, Text("Part of the name, in capitals or not.", wire="filter[name]")] = None,
        updated_from: Annotated[
            Any, Timestamp("Changed then or later.", wire="filter[from]", format="%Y-%m-%d %H:%M:%S")
        ] = None,
        updated_to: Annotated[
            Any, Timestamp("Changed then or before.", wire="filter[to]", format="%Y-%m-%d %H:%M:%S")
        ] = None,
        status: Annotated[
            str | None, Choice("Only in this state.", wire="filter[status]", choices={s: s for s in SEARCHED})
        ] = None,
        sort: Annotated[str | None, Choice("Order: - falls, + rises.", choices=SORTS)] = None,
        offset: Annotated[int | None, Integer("Rows to leave out at the start.", minimum=0)] = None,
    ) -> "DataFrame":
        """The envelopes that match all that is given, one row each, from all pages.

        Args:
            name: part of the name.
            updated_from: the first moment of change; UTC where it names no zone.
            updated_to: the last one.
            status: "En Proceso", "Pendiente de Firma", "Firmada", "Rechazada" or "Suspendida".
            sort: "-created_at", "+name" and so on.
            offset: rows to leave out at the start.
        """

    @get(
        "/envelopes/{envelope_id}/magic-link",
        section="6.20",
        provenance=ASSUMED,
        rows=EditLink,
        at="magic_link",
        value=True,
    )
    def magic_link(self, envelope_id: InPath) -> Any:
        """A link to edit a draft, or to look at any other envelope. It works for thirty minutes.

        Whoever has the link is logged in as you: it is masked, and `.reveal()` shows it.

        Raises:
            NotFound: there is no envelope with this identifier.
        """
