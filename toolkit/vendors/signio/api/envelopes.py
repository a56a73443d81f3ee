"""6.2 to 6.5, 6.10 to 6.13, 6.16, 6.20: envelopes. The vendor calls them "transacciones" and, later, "envelopes"."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import (
    ASSUMED,
    OBSERVED,
    Choice,
    Flag,
    Identifier,
    Integer,
    Json,
    Link,
    List,
    Offset,
    Record,
    Service,
    Table,
    Text,
    Timestamp,
    Value,
    get,
    post,
)
from toolkit.vendors.signio.api.base import PATH_ONLY, STATUSES, SYSTEM, EnvelopeId, InPath

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pandas import DataFrame

    from toolkit.http.secrets import Secret
    from toolkit.vendors.signio.api.base import Status

SEARCHED = ("En Proceso", "Pendiente de Firma", "Firmada", "Rechazada", "Suspendida")
SORTED_BY = ("name", "status", "created_at", "updated_at")
SORTS = {f"{sign}{by}": f"{way} {by}" for by in SORTED_BY for sign, way in (("-", "descending"), ("+", "ascending"))}
LISTED: dict[int, str] = {0: "Todos los estados", **{number: name for number, name in STATUSES.items() if number != 8}}
PHOTO = {"NO": "No se solicita", "OP": "Opcional", "OB": "Obligatoria"}
ON_SCREEN = {"SCREEN": "Token en pantalla", "SHOW_OPTIONS": "Opciones de envío"}


class ListedEnvelope(Record):
    """An envelope of the list. What else the vendor sends stands in columns of its own, as text."""

    open = True
    id_transaccion: Text = Text("Identifier of the envelope.")
    nombre: Text = Text("Its name.")
    estado: Choice = Choice("Its state, as the vendor's number.", choices=STATUSES, meaning="estado_nombre")


class BaseEnvelope(Record):
    """An envelope whose structure others copy. What else the vendor sends stands in columns of its own, as text."""

    open = True
    id_transaccion: Text = Text("Identifier, for `create_envelope(id_transaccion_base=…)`.")
    nombre: Text = Text("Its name.")


class Tag(Record):
    """A label for envelopes."""

    tag: Text = Text("The label.")


class FoundEnvelope(Record):
    """An envelope that a search found."""

    id: Text = Text("Identifier of the envelope.")
    name: Text = Text("Its name.")
    status: Text = Text("Its state, in words.")
    created_at: Timestamp = Timestamp("When it was created.", format="iso")
    updated_at: Timestamp = Timestamp("When it last changed.", format="iso")
    documents_count: Integer = Integer("How many documents it holds.")


class Envelope(Record):
    """An envelope."""

    apart = ("documentos", "contactos", "firmas")
    id_transaccion: Text = Text("Identifier of the envelope.")
    nombre: Text = Text("Its name.")
    mensaje: Text = Text("The message that goes with it.")
    ciclo_aprobacion: Flag = Flag("Whether some of its signers approve.")
    estado: Choice = Choice("Its state, as the vendor's number (observed).", choices=STATUSES, meaning="estado_nombre")


class EnvelopeOptions(Record):
    """The options of a new envelope."""

    mensaje: Text = Text("A message that goes with it.")
    ciclo_aprobacion: Flag = Flag("Whether some of its signers approve.")
    tags: List = List("Labels, as `tags()` lists them.", separator=";")
    id_transaccion_base: Text = Text("Identifier of the base envelope to copy, from `base_envelopes()`.", max_length=36)
    external_id: Text = Text("The caller's own identifier; webhooks carry it.")
    cc: List = List(
        "E-mail addresses to notify when it ends; they may read every document.", separator=",", emails=True
    )
    op_btnRechazo: Flag = Flag("Whether signers may reject.")
    op_foto: Choice = Choice("Whether signing takes a photo.", choices=PHOTO)
    op_certLegops: Flag = Flag("Whether documents get the certification of Legops.")
    op_firmasProcesadas: Flag = Flag("Whether signers see the signatures so far.")
    remitente: Text = Text("Sender shown in the e-mail.")
    mensaje_firma: Text = Text("Message of the first step of signing.")
    mensaje_final: Text = Text("Message of the last step of signing.")
    permiteEdicion: Flag = Flag("Whether approvers may return it with remarks.")
    permiteEdicionFirmantes: Flag = Flag("Whether signers may return it with remarks.")
    on_premise_signature: Flag = Flag("Whether it may be signed on site.")
    envelopeDeduplicationKey: Text = Text(
        "A key of the caller's: the same key again gives the same envelope.", max_length=36
    )
    notificar_contacto: Flag = Flag("Whether it has contacts who are only notified.")
    campos_plantillas: Json = Json("Values for the inputs of its templates: a dict, its keys the inputs' names.")
    created_by: Text = Text("The user who becomes its distributor and is notified.")
    op_token: Choice = Choice("How signers on site get their token (observed).", choices=ON_SCREEN)


class Envelopes(Service):
    """Envelopes, from the draft to the end."""

    system = SYSTEM

    @post(
        "/transacciones/listar",
        section="6.2",
        provenance=OBSERVED,
        returns=Table(ListedEnvelope, "transacciones"),
        repeatable=True,
    )
    def envelopes(
        self,
        status: Annotated[
            "str | int | Status | None", Choice("Only envelopes in this state.", choices=LISTED, wire="estado")
        ] = None,
    ) -> "DataFrame":
        """List every envelope of the customer.

        Args:
            status: "pendiente de firma", 2, or `Status.PENDING`; None for all states.

        Returns:
            One row per envelope, in the vendor's order.

        >>> signio.envelopes("en elaboración").columns.tolist()
        ['id_transaccion', 'nombre', 'estado', 'estado_nombre']
        """

    @post("/transacciones/listar_tags", section="6.3", provenance=ASSUMED, returns=Table(Tag, "tags"), repeatable=True)
    def tags(self) -> "DataFrame":
        """List every label that envelopes can have.

        Returns:
            One row per label, in the vendor's order.
        """

    @post(
        "/transacciones/listar_base",
        section="6.4",
        provenance=ASSUMED,
        returns=Table(BaseEnvelope, "transacciones"),
        repeatable=True,
    )
    def base_envelopes(self) -> "DataFrame":
        """List every base envelope, whose structure new envelopes can copy.

        Returns:
            One row per base envelope, in the vendor's order.
        """

    @post(
        "/transacciones/crear",
        section="6.5",
        provenance=OBSERVED,
        returns=Identifier(Text("Identifier of the envelope."), "id_transaccion"),
        body=EnvelopeOptions,
        note=f"{PATH_ONLY} What the same `envelopeDeduplicationKey` answers again is assumed.",
    )
    def create_envelope(
        self,
        nombre: Annotated[str, Text("Name of the envelope.", max_length=255)],
        *,
        mensaje: str | None = None,
        ciclo_aprobacion: bool | None = None,
        tags: "Sequence[str] | None" = None,
        id_transaccion_base: str | None = None,
        external_id: str | None = None,
        cc: "Sequence[str] | None" = None,
        op_btnRechazo: bool | None = None,
        op_foto: str | None = None,
        op_certLegops: bool | None = None,
        op_firmasProcesadas: bool | None = None,
        remitente: str | None = None,
        mensaje_firma: str | None = None,
        mensaje_final: str | None = None,
        permiteEdicion: bool | None = None,
        permiteEdicionFirmantes: bool | None = None,
        on_premise_signature: bool | None = None,
        envelopeDeduplicationKey: str | None = None,
        notificar_contacto: bool | None = None,
        campos_plantillas: "Mapping[str, Any] | None" = None,
        created_by: str | None = None,
        op_token: str | None = None,
    ) -> str:
        """Create an envelope. It is a draft: SIGNIO notifies nobody before `distribute`.

        Not safe to repeat, unless you give `envelopeDeduplicationKey`.

        Returns:
            The identifier of the envelope.

        Raises:
            InputError: a value exceeds the manual's limits. Nothing was sent; the message names every problem.
            Rejected: the vendor refused the envelope; `.errors` lists the reasons.
            OutcomeUnknown: no trustworthy answer came. `search_envelopes(name=…)` shows whether the envelope is there.

        >>> envelope_id = signio.create_envelope("Contrato", tags=["Contratos"], external_id="emp-001")
        >>> len(envelope_id)
        36
        """

    @post("/transacciones/distribuir", section="6.10", provenance=OBSERVED, irrevocable=True, note=PATH_ONLY)
    def distribute(self, envelope_id: EnvelopeId) -> None:
        """Send an envelope to its signers. Real people get e-mail at once, and this cannot be taken back.

        Where no signer has an `orden`, SIGNIO notifies all of them at the same time; else the first, and each next one
        when the one before has signed everything. The toolkit never sends an envelope twice on its own.

        Raises:
            Rejected: the envelope is not a draft, or is not complete. Nobody was notified.
            OutcomeUnknown: no trustworthy answer came. Look at `envelope(envelope_id)` before you do anything else.
        """

    @get("/transacciones/gestionar", section="6.11", provenance=OBSERVED, returns=Table(Envelope))
    def envelope(self, envelope_id: EnvelopeId) -> "DataFrame":
        """Read one envelope. `documents`, `signers` and `signatures` list what it holds.

        Returns:
            One row.

        Raises:
            NotFound: no envelope has this identifier.
        """

    @post("/transacciones/devolver", section="6.12", provenance=ASSUMED)
    def return_to_draft(self, envelope_id: EnvelopeId) -> None:
        """Take an envelope back to edit it. Its state must be *Pendiente de firma* or *Captura de datos*.

        Raises:
            NotFound: no envelope has this identifier, or it is in another state.
            OutcomeUnknown: no trustworthy answer came. `envelope(envelope_id)` shows its state.
        """

    @post("/transacciones/eliminar", section="6.13", provenance=ASSUMED)
    def delete_envelope(self, envelope_id: EnvelopeId) -> None:
        """Delete an envelope. Its state must be *En elaboración*. This cannot be undone.

        Raises:
            NotFound: no envelope has this identifier, or it is in another state.
            OutcomeUnknown: no trustworthy answer came. `envelope(envelope_id)` shows whether it is still there.
        """

    @get(
        "/envelopes",
        section="6.16",
        provenance=ASSUMED,
        returns=Table(FoundEnvelope, "envelopes"),
        page=Offset("offset", 1000),
        note="*En Proceso* covers *En elaboración* and *Captura de datos* (assumed).",
    )
    def search_envelopes(
        self,
        *,
        name: Annotated[str | None, Text("Part of the name, in capitals or not.", wire="filter[name]")] = None,
        updated_from: Annotated[
            "str | datetime | None",
            Timestamp("Changed then or later.", wire="filter[from]", format="%Y-%m-%d %H:%M:%S"),
        ] = None,
        updated_to: Annotated[
            "str | datetime | None",
            Timestamp("Changed then or before.", wire="filter[to]", format="%Y-%m-%d %H:%M:%S"),
        ] = None,
        status: Annotated[
            str | None, Choice("Only in this state.", wire="filter[status]", choices={s: s for s in SEARCHED})
        ] = None,
        sort: Annotated[str | None, Choice("Order: - descending, + ascending.", choices=SORTS)] = None,
        offset: Annotated[int | None, Integer("Rows to leave out at the start.", minimum=0)] = None,
    ) -> "DataFrame":
        """List the envelopes that match every condition you give.

        Args:
            name: part of the name, in capitals or not.
            updated_from: the first moment of change; UTC where it names no zone.
            updated_to: the last moment of change.
            status: "En Proceso", "Pendiente de Firma", "Firmada", "Rechazada" or "Suspendida".
            sort: "-created_at" (descending), "+name" (ascending) and so on.
            offset: how many rows to leave out at the start.

        Returns:
            One row per envelope, from all pages.

        >>> signio.search_envelopes(name="contrato", sort="-created_at").columns.tolist()
        ['id', 'name', 'status', 'created_at', 'updated_at', 'documents_count']
        """

    @get(
        "/envelopes/{envelope_id}/magic-link",
        section="6.20",
        provenance=ASSUMED,
        returns=Value(Link("The link: whoever has it is signed in as you."), "magic_link"),
    )
    def magic_link(self, envelope_id: InPath) -> "Secret":
        """Make a link to edit a draft, or to look at any other envelope. It works for thirty minutes.

        Whoever has the link is signed in as you.

        Returns:
            The link, masked; `.reveal()` shows it.

        Raises:
            NotFound: no envelope has this identifier.
        """
