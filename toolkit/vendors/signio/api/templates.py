"""6.15, 6.17 to 6.19: templates."""

from typing import TYPE_CHECKING, Annotated

from toolkit.spec import (
    ASSUMED,
    Bool,
    Choice,
    Identifier,
    Integer,
    List,
    Record,
    Service,
    Table,
    Text,
    Timestamp,
    get,
    post,
    put,
)
from toolkit.vendors.signio.api.base import SYSTEM, DocumentInPath, EnvelopeId, Fields, InPath

if TYPE_CHECKING:
    from pandas import DataFrame


class Template(Record):
    """A template."""

    id: Integer = Integer("Identifier of the template.")
    name: Text = Text("Its name.")
    description: Text = Text("What it is for.")
    type: Choice = Choice("What it is made of.", choices={"PLL": "Formato documento", "XFORM": "Formato PDF forms"})
    status: Choice = Choice("Whether it can be used.", choices={1: "Activa", 2: "Inactiva"}, meaning="status_name")
    protected: Bool = Bool("Whether it makes an electronic security (título valor).")
    roles: List = List("The roles that fill or sign it.", separator=",")
    created_at: Timestamp = Timestamp("When it was created.", format="iso")


class TemplateField(Record):
    """An input of a template. What else the vendor sends stands in columns of its own, as text."""

    open = True
    name: Text = Text("Name of the input: the key of `fields`.")


class TemplateDocument(Record):
    """A document made from a template. What else the vendor sends stands in columns of its own, as text."""

    open = True
    id: Text = Text("Identifier of the document.")
    name: Text = Text("Its name.")


class Templates(Service):
    """Templates, and the documents made from them."""

    system = SYSTEM

    @get("/transacciones/campos_plantillas", section="6.15", provenance=ASSUMED, returns=Table(TemplateField, "campos"))
    def template_fields(self, envelope_id: EnvelopeId) -> "DataFrame":
        """List the inputs to fill in the template documents of an envelope.

        Returns:
            One row per input.

        Raises:
            NotFound: no envelope has this identifier.
        """

    @get("/templates", section="6.17", provenance=ASSUMED, returns=Table(Template, "templates"))
    def templates(self) -> "DataFrame":
        """List every template. `template_roles()` has one row per role.

        Returns:
            One row per template, in the vendor's order.

        >>> signio.templates()[["id", "status_name"]]
           id status_name
        0  12      Activa
        1  13    Inactiva
        """

    @post(
        "/envelopes/{envelope_id}/templates",
        section="6.18",
        provenance=ASSUMED,
        returns=Identifier(Text("Identifier of the document."), "document.id"),
    )
    def use_template(
        self,
        envelope_id: InPath,
        template_id: Annotated[int, Integer("Identifier of the template.", minimum=1)],
        fields: Fields = None,
    ) -> str:
        """Add a document made from a template to a draft.

        Every signer of the envelope gets it as an attachment; `link` has a signer sign it. Not safe to repeat.

        Args:
            envelope_id: of a draft.
            template_id: from `templates()`.
            fields: {"name": "Ana"}. SIGNIO asks the signers for what you leave out.

        Returns:
            The identifier of the document.

        Raises:
            NotFound: the envelope or the template does not exist.
            OutcomeUnknown: no trustworthy answer came. `documents(envelope_id)` shows whether the document is there.
        """

    @put(
        "/envelopes/{envelope_id}/templates/{document_id}",
        section="6.19",
        provenance=ASSUMED,
        returns=Table(TemplateDocument, "document"),
        repeatable=True,
    )
    def update_template(self, envelope_id: InPath, document_id: DocumentInPath, fields: Fields = None) -> "DataFrame":
        """Fill inputs of a document that was made from a template. Safe to repeat.

        Args:
            envelope_id: of a draft.
            document_id: from `use_template` or `documents`.
            fields: {"name": "Ana"}; without it, the document stays as it is.

        Returns:
            The document as it is now, as one row.

        Raises:
            NotFound: the envelope does not exist, or has no such document made from a template.
        """
