"""6.15, 6.17 to 6.19: templates."""

from typing import TYPE_CHECKING, Annotated

from toolkit.spec import ASSUMED, Bool, Choice, Integer, List, Record, Service, Text, Timestamp, get, post, put
from toolkit.vendors.signio.api.base import SYSTEM, DocumentInPath, EnvelopeId, Fields, InPath

if TYPE_CHECKING:
    from pandas import DataFrame


class Template(Record):
    """A template."""

    id = Integer("Identifier of the template.")
    name = Text("Its name.")
    description = Text("What it is for.")
    type = Choice("What it is made of.", choices={"PLL": "Formato documento", "XFORM": "Formato PDF forms"})
    status = Choice("Whether it can be used.", choices={1: "Activa", 2: "Inactiva"}, meaning="status_name")
    protected = Bool("Whether it makes an electronic security (título valor).")
    roles = List("The roles that fill or sign it.", separator=",")
    created_at = Timestamp("When it was created.", format="iso")


class TemplateField(Record):
    """An input of a template. What else the vendor sends stands in columns of its own, as text."""

    open = True
    name = Text("Name of the input: the key of `fields`.")


class TemplateDocument(Record):
    """A document made from a template. What else the vendor sends stands in columns of its own, as text."""

    open = True
    id = Text("Identifier of the document.")
    name = Text("Its name.")


class Templates(Service):
    """Templates, and the documents made from them."""

    system = SYSTEM

    @get("/transacciones/campos_plantillas", section="6.15", provenance=ASSUMED, rows=TemplateField, at="campos")
    def template_fields(self, envelope_id: EnvelopeId) -> "DataFrame":
        """The inputs to fill in the template documents of an envelope, one row each.

        Raises:
            NotFound: there is no envelope with this identifier.
        """

    @get("/templates", section="6.17", provenance=ASSUMED, rows=Template, at="templates")
    def templates(self) -> "DataFrame":
        """Every template, one row each. `template_roles()` gives a row for each role."""

    @post(
        "/envelopes/{envelope_id}/templates", section="6.18", provenance=ASSUMED, rows=TemplateDocument, at="document"
    )
    def use_template(
        self,
        envelope_id: InPath,
        template_id: Annotated[int, Integer("Identifier of the template.", minimum=1)],
        fields: Fields = None,
    ) -> "DataFrame":
        """Add a document made from a template to a draft, and return it as one row.

        Every signer of the envelope gets it as an attachment; `link` makes one sign it. Not safe to repeat.

        Args:
            envelope_id: of a draft.
            template_id: from `templates()`.
            fields: {"name": "Ana"}; what is left out is asked of the signers before they sign.

        Raises:
            NotFound: there is no such envelope or template.
            OutcomeUnknown: no trustworthy answer came; `documents(envelope_id)` shows whether it is there.
        """

    @put(
        "/envelopes/{envelope_id}/templates/{document_id}",
        section="6.19",
        provenance=ASSUMED,
        rows=TemplateDocument,
        at="document",
        repeatable=True,
    )
    def update_template(self, envelope_id: InPath, document_id: DocumentInPath, fields: Fields) -> "DataFrame":
        """Fill inputs of a document made from a template, and return it as one row. Safe to repeat.

        Raises:
            NotFound: there is no such envelope, or no such document made from a template in it.
        """
