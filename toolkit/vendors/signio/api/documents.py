"""6.6, 6.11, 6.14: documents of an envelope."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import OBSERVED, Bool, File, Identifier, Json, Record, Service, Table, Text, get, post
from toolkit.vendors.signio.api.base import PATH_ONLY, SYSTEM, DocumentId, EnvelopeId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from pandas import DataFrame

EXTENSIONS = ("doc", "docx", "xls", "xlsx", "png", "jpg", "pdf")


class Document(Record):
    """A document of an envelope."""

    id_documento: Text = Text("Identifier of the document.")
    nombre: Text = Text("Name of the file.")
    path: Text = Text("Where the file is to be had.")


class Documents(Service):
    """Documents."""

    system = SYSTEM

    @post(
        "/transacciones/cargar_documento",
        section="6.6",
        provenance=OBSERVED,
        returns=Identifier(Text("Identifier of the document."), "id_documento"),
        note=PATH_ONLY,
    )
    def upload_document(
        self,
        envelope_id: EnvelopeId,
        document: Annotated[
            "str | PathLike[str] | tuple[str, bytes]", File("The file.", wire="documento", extensions=EXTENSIONS)
        ],
        *,
        metatags: Annotated[
            "Mapping[str, Any] | None", Json("What is known of each role that the document's tags name.")
        ] = None,
    ) -> str:
        """Add a file to a draft.

        Not safe to repeat: the file would be there twice.

        Args:
            envelope_id: of a draft.
            document: a path, or a pair of name and bytes. Name and content must be of one of the manual's types.
            metatags: for files with tags such as {{SigStamp:signer1:250,55}}: SIGNIO then creates and links the signers
                itself. {"signer1": {"SigIDType": "CC", "SigID": …}}; observed: SigName, SigEmail, SigPhone, SigOrder,
                SigCmpy, SigCmpyID, SigCmpyIDType.

        Returns:
            The identifier of the document.

        Raises:
            InputError: the file is missing, empty or of another type. Nothing was sent.
            NotFound: no envelope has this identifier.
            OutcomeUnknown: no trustworthy answer came. `documents(envelope_id)` shows whether the file is there.
        """

    @get("/transacciones/gestionar", section="6.11", provenance=OBSERVED, returns=Table(Document, "documentos"))
    def documents(self, envelope_id: EnvelopeId) -> "DataFrame":
        """List the documents of one envelope.

        Returns:
            One row per document, in the vendor's order.

        Raises:
            NotFound: no envelope has this identifier.
        """

    @post("/documentos/proteger/", section="6.14", provenance=OBSERVED, repeatable=True)
    def protect_document(
        self,
        document_id: DocumentId,
        protect: Annotated[bool, Bool("Whether it is protected.")] = True,
    ) -> None:
        """Protect a document, or end its protection. Safe to repeat.

        Nobody can read a protected document once its envelope is signed.

        Args:
            document_id: from `upload_document` or `documents`.
            protect: False ends the protection.

        Raises:
            NotFound: no document has this identifier.
        """
