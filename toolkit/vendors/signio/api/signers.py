"""6.7 to 6.9, 6.11: signers ("contactos", "firmantes"), and what they sign."""

from typing import TYPE_CHECKING, Annotated

from toolkit.spec import (
    ASSUMED,
    OBSERVED,
    Choice,
    Email,
    Flag,
    Identifier,
    Identity,
    Integer,
    List,
    Nested,
    Phone,
    Record,
    Rows,
    Service,
    Table,
    Text,
    Timestamp,
    get,
    post,
)
from toolkit.vendors.signio.api.base import (
    IDENTITY_RULES,
    IDENTITY_TYPES,
    PARTY_TYPES,
    PATH_ONLY,
    STATUSES,
    SYSTEM,
    DocumentId,
    EnvelopeId,
    SignerId,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandas import DataFrame

SIGNATURE = {0: "Firma electrónica", 1: "Firma digital"}
PERSON = {1: "Persona natural", 0: "Persona jurídica"}
TOLD_OF = {number: STATUSES[number] for number in STATUSES if number in (3, 4, 6, 8)}


class NewSigner(Record):
    """A signer to register."""

    nombre: Text = Text("Name.", required=True, max_length=50)
    tipo_identificacion: Choice = Choice("Type of the identity document.", required=True, choices=IDENTITY_TYPES)
    identificacion: Identity = Identity(
        "Its number.", required=True, max_length=20, by="tipo_identificacion", schemes=IDENTITY_RULES, strict=False
    )
    email: Email = Email("E-mail address; the invitation goes there.", required=True, max_length=50)
    orden: Integer = Integer(
        "Turn in which the person signs; where nobody has one, all sign at the same time.", minimum=0
    )
    aprobador: Flag = Flag("Whether the person approves instead of signing.")
    tipo_firma: Choice = Choice("Kind of signature.", choices=SIGNATURE)
    tipo_firmante: Choice = Choice("Whether a person or a company signs.", choices=PERSON)
    celular: Phone = Phone("Mobile phone.", country="CO", max_length=15, mobile=True, form="as written", strict=False)
    razonsocial: Text = Text("Name of the company that the person represents.", max_length=45)
    company_identification_type: Text = Text("Type of the company's identity document.", max_length=5)
    company_identification: Identity = Identity(
        "Its number.", max_length=30, by="company_identification_type", schemes=IDENTITY_RULES, strict=False
    )
    servicio_identidad: Choice = Choice(
        "How identity is proved.", choices={s: s for s in ("basic", "experian", "experian_lite")}
    )
    rol: Choice = Choice("Notificado: is only notified.", choices={"Notificado": "Notificado"})
    states: List = List("The states of which a Notificado is notified.", choices=TOLD_OF)
    enable_comments: Flag = Flag("Whether the person may comment.")
    on_premise_signature: Flag = Flag("Whether the person may sign on site; as the envelope says where it is missing.")
    operation_rol: List = List(
        "The roles that the documents' tags give this person.",
        separator=",",
        wire="Operation_rol",
        aliases=("operation_rol",),
    )


class Signer(Record):
    """A signer of an envelope."""

    id_contacto: Text = Text("Identifier of the signer.")
    tipo_identificacion: Choice = Choice("Type of the identity document.", choices=PARTY_TYPES)
    identificacion: Text = Text("Its number.")
    nombre: Text = Text("Name.")
    email: Email = Email("E-mail address.")
    orden: Integer = Integer("Turn in which the person signs.")
    tipo_firma: Choice = Choice("Kind of signature.", choices=SIGNATURE)
    aprobador: Flag = Flag("Whether the person approves instead of signing.")
    enable_comments: Flag = Flag("Whether the person may comment.")


class Signature(Record):
    """A signature, given or awaited: one signer and one document."""

    id_firmante: Text = Text("Identifier of the signer.")
    id_documento: Text = Text("Identifier of the document.")
    aprobador: Flag = Flag("Whether it is an approval.")
    fecha_firma: Timestamp = Timestamp("When it was given; missing while it is awaited.", format="iso")


class Stamp(Record):
    """Where a signature is shown: pixels of the page, y growing upwards from the bottom of 595 × 842 (observed)."""

    pagina: Integer = Integer("Page, from 1.", required=True, minimum=1)
    alto: Integer = Integer("Height in pixels.", required=True, minimum=0)
    ancho: Integer = Integer("Width in pixels.", required=True, minimum=0)
    x: Integer = Integer("From the left.", required=True, minimum=0)
    y: Integer = Integer("From the bottom.", required=True, minimum=0)


class Signers(Service):
    """Signers, and their links with documents."""

    system = SYSTEM

    @post(
        "/transacciones/registrar_contacto",
        section="6.7",
        provenance=OBSERVED,
        returns=Identifier(Text("Identifier of the signer."), "id_firmante"),
        body=NewSigner,
        note=PATH_ONLY,
    )
    def add_signer(
        self,
        envelope_id: EnvelopeId,
        *,
        nombre: str,
        tipo_identificacion: str,
        identificacion: str,
        email: str,
        orden: int | None = None,
        aprobador: bool | None = None,
        tipo_firma: int | None = None,
        tipo_firmante: int | None = None,
        celular: str | None = None,
        razonsocial: str | None = None,
        company_identification_type: str | None = None,
        company_identification: str | None = None,
        servicio_identidad: str | None = None,
        rol: str | None = None,
        states: "Sequence[int | str] | None" = None,
        enable_comments: bool | None = None,
        on_premise_signature: bool | None = None,
        operation_rol: "Sequence[str] | None" = None,
    ) -> str:
        """Register one signer in a draft. SIGNIO sends nothing to the signer before `distribute`.

        Not safe to repeat: the person would be there twice. `add_signers` registers many.

        Returns:
            The identifier of the signer.

        Raises:
            InputError: a value is missing or exceeds a limit. Nothing was sent; the message names every problem.
            NotFound: no envelope has this identifier.
            OutcomeUnknown: no trustworthy answer came. `signers(envelope_id)` shows whether the person is there.

        >>> envelope_id = signio.create_envelope("Contrato")
        >>> ana = {"nombre": "Ana Pérez", "tipo_identificacion": "CC", "identificacion": "123456789"}
        >>> signer_id = signio.add_signer(envelope_id, **ana, email="ana@example.co")
        >>> signio.signers(envelope_id)["id_contacto"].tolist() == [signer_id]
        True
        """

    @post("/transacciones/vincular", section="6.8", provenance=OBSERVED, note=PATH_ONLY)
    def link(
        self,
        envelope_id: EnvelopeId,
        signer_id: SignerId,
        document_id: DocumentId,
        *,
        position: Annotated[
            "Mapping[str, int] | None", Nested("Where the signature is shown.", wire="posicion", record=Stamp)
        ] = None,
        stamps: Annotated["DataFrame | Sequence[Mapping[str, int]] | None", Rows("Where else.", record=Stamp)] = None,
        attachment: Annotated[bool | None, Flag("The person only reads it, and does not sign it.")] = None,
        role: Annotated[str | None, Text("The person's role in the template or tags.", wire="operation_rol")] = None,
    ) -> None:
        """Have a signer sign a document of the same draft, and set where the signature is shown.

        Args:
            envelope_id: of a draft.
            signer_id: from `add_signer` or `signers`.
            document_id: from `upload_document` or `documents`.
            position: {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}; y counts from the bottom (observed).
            stamps: further positions: a DataFrame with one row per position, or a list of dicts.
            attachment: True where the person only reads the document.
            role: the person's role in the template or in the document's tags.

        Raises:
            NotFound: the envelope, the signer or the document does not exist, or they do not belong together.
            OutcomeUnknown: no trustworthy answer came. `signatures(envelope_id)` shows whether they are linked.
        """

    @post(
        "/transacciones/cambiar_orden",
        section="6.9",
        provenance=ASSUMED,
        repeatable=True,
        note="The document heads this chapter 6.8 too.",
    )
    def set_order(
        self,
        envelope_id: EnvelopeId,
        signer_id: SignerId,
        order: Annotated[int, Integer("The turn.", wire="orden", minimum=0)],
    ) -> None:
        """Set the turn in which a signer of a draft signs. Safe to repeat.

        Raises:
            NotFound: no envelope has this identifier, or it has no such signer.
        """

    @get("/transacciones/gestionar", section="6.11", provenance=OBSERVED, returns=Table(Signer, "contactos"))
    def signers(self, envelope_id: EnvelopeId) -> "DataFrame":
        """List the signers of one envelope.

        Returns:
            One row per signer, in the vendor's order.

        Raises:
            NotFound: no envelope has this identifier.
        """

    @get("/transacciones/gestionar", section="6.11", provenance=OBSERVED, returns=Table(Signature, "firmas"))
    def signatures(self, envelope_id: EnvelopeId) -> "DataFrame":
        """List the signatures of one envelope, given and awaited.

        Returns:
            One row per document and signer.

        Raises:
            NotFound: no envelope has this identifier.
        """
