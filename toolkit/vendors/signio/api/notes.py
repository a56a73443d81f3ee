"""6.22 and 6.23: promissory notes (pagarés, TVE)."""

from typing import Any

from toolkit.spec import ASSUMED, Choice, Date, File, Integer, Record, Service, Text, post, put
from toolkit.vendors.signio.api.base import SYSTEM, DocumentInPath, InPath

SIMPLE = ("type", "SIMPLE")
WITHOUT_TEMPLATE = ("template_id", "0")


class NoteTerms(Record):
    """The terms of a promissory note."""

    type = Choice(
        "SIMPLE has its terms, BLANK has none.", required=True, choices={"BLANK": "En blanco", "SIMPLE": "Simple"}
    )
    reference = Text("A reference to find it by.")
    expiration = Date("Day on which it falls due.", required_when=SIMPLE)
    amount = Integer("Amount.", required_when=SIMPLE, minimum=0)
    payment_way = Text("Way of payment.", required_when=SIMPLE)
    payment_place = Text("Place of payment.", required_when=SIMPLE)


class NewNote(NoteTerms):
    """A promissory note to upload."""

    template_id = Text("Identifier of the template; 0 for a file of one's own.", required=True)
    document = File("The file, where no template is used.", required_when=WITHOUT_TEMPLATE, extensions=("pdf",))
    consecutive = Text("Its consecutive number, where no template is used.", required_when=WITHOUT_TEMPLATE)


class Notes(Service):
    """Promissory notes."""

    system = SYSTEM

    @post(
        "/envelopes/{envelope_id}/tve",
        section="6.22",
        provenance=ASSUMED,
        value=True,
        at="document_id",
        body=NewNote,
        note="The document gives no path; this one follows 6.23.",
    )
    def upload_promissory_note(self, envelope_id: InPath, **fields: Any) -> str:
        """Add a promissory note to a draft, and return the document's identifier. Not safe to repeat.

        Args:
            envelope_id: of a draft.
            **fields: see below. SIMPLE needs expiration, amount, payment_way and payment_place; template_id 0 needs
                document and consecutive.

        Raises:
            InputError: something that its type needs is missing. Nothing was sent; the message names all of it.
            NotFound: there is no such envelope or template.
            OutcomeUnknown: no trustworthy answer came; `documents(envelope_id)` shows whether it is there.
        """

    @put(
        "/envelopes/{envelope_id}/tve/{document_id}",
        section="6.23",
        value=True,
        at="document_id",
        body=NoteTerms,
        repeatable=True,
    )
    def edit_promissory_note(self, envelope_id: InPath, document_id: DocumentInPath, **fields: Any) -> str:
        """Change the terms of a promissory note, and return the document's identifier. Safe to repeat.

        Args:
            envelope_id: of a draft.
            document_id: from `upload_promissory_note`.
            **fields: see below. SIMPLE needs expiration, amount, payment_way and payment_place.

        Raises:
            InputError: something that its type needs is missing. Nothing was sent; the message names all of it.
            NotFound: there is no such envelope, or no such note in it.
        """
