"""6.6, 6.11, 6.14: documents of an envelope."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import OBSERVED, Bool, File, Json, Record, Service, Text, get, post
from toolkit.vendors.signio.api.base import PATH_ONLY, SYSTEM, DocumentId, EnvelopeId

if TYPE_CHECKING:
    from pandas import DataFrame

EXTENSIONS = ("doc", "docx", "xls", "xlsx", "png", "jpg", "pdf")


class Document(Record):
    """A document of an envelope."""

    id_documento = Text("Identifier of the document.")
    nombre = Text("Name of the file.")
    path = Text("Where the file is to be had.")


class Documents(Service):
    """Documents."""

    system = SYSTEM

    @post(
        "/transacciones/cargar_documento",
        section="6.6",
        provenance=OBSERVED,
        value=True,
        at="id_documento",
        note=PATH_ONLY,
    )
    def upload_document(
        self,
        envelope_id: EnvelopeId,
        document: Annotated[Any, File("The file.", wire="documento", extensions=EXTENSIONS)],
        *,
        metatags: Annotated[Any, Json("What is known of each role that the document's tags name.")] = None,
    ) -> str:
        """Add a file to a draft, and return the document's identifier. Not safe to repeat: it would be there twice.

        Args:
            envelope_id: of a draft.
            document: a path, or a pair of name and bytes. Name and content must be one of the manual's types.
            metatags: for files with tags such as {{SigStamp:signer1:250,55}}: SIGNIO then creates and links the signers
                itself. {"signer1": {"SigIDType": "CC", "SigID": …}}; observed: SigName, SigEmail, SigPhone, SigOrder,
                SigCmpy, SigCmpyID, SigCmpyIDType.

        Raises:
            InputError: the file is missing, empty or of another type. Nothing was sent.
            NotFound: there is no such envelope.
            OutcomeUnknown: no trustworthy answer came; `documents(envelope_id)` shows whether it is there.
        """

    @get("/transacciones/gestionar", section="6.11", provenance=OBSERVED, rows=Document, at="documentos")
    def documents(self, envelope_id: EnvelopeId) -> "DataFrame":
        """The documents of one envelope, one row each.

        Raises:
            NotFound: there is no envelope with this identifier.
        """

    @post("/documentos/proteger/", section="6.14", provenance=OBSERVED, repeatable=True)
    def protect_document(
        self,
        document_id: DocumentId,
        protect: Annotated[bool, Bool("Whether it is protected.")] = True,
    ) -> None:
        """Protect a document, or no longer: a protected one cannot be read once its envelope is signed. Safe to repeat.

        Raises:
            NotFound: there is no document with this identifier.
        """
