"""6.22 and 6.23: promissory notes (pagarés, TVE)."""

from typing import TYPE_CHECKING

from toolkit.spec import ASSUMED, Choice, Date, File, Identifier, Integer, Record, Service, Text, post, put
from toolkit.vendors.signio.api.base import SYSTEM, DocumentInPath, InPath

if TYPE_CHECKING:
    from datetime import date
    from os import PathLike

SIMPLE = ("type", "SIMPLE")
WITHOUT_TEMPLATE = ("template_id", "0")


class NoteTerms(Record):
    """The terms of a promissory note."""

    type: Choice = Choice(
        "SIMPLE has its terms, BLANK has none.", required=True, choices={"BLANK": "En blanco", "SIMPLE": "Simple"}
    )
    reference: Text = Text("A reference to find it by.")
    expiration: Date = Date("Day on which it falls due.", required_when=SIMPLE)
    amount: Integer = Integer("Amount.", required_when=SIMPLE, minimum=0)
    payment_way: Text = Text("Way of payment.", required_when=SIMPLE)
    payment_place: Text = Text("Place of payment.", required_when=SIMPLE)


class NewNote(NoteTerms):
    """A promissory note to upload."""

    template_id: Text = Text("Identifier of the template; 0 for a file of one's own.", required=True)
    document: File = File("The file, where no template is used.", required_when=WITHOUT_TEMPLATE, extensions=("pdf",))
    consecutive: Text = Text("Its consecutive number, where no template is used.", required_when=WITHOUT_TEMPLATE)


class Notes(Service):
    """Promissory notes."""

    system = SYSTEM

    @post(
        "/envelopes/{envelope_id}/tve",
        section="6.22",
        provenance=ASSUMED,
        returns=Identifier(Text("Identifier of the document."), "document_id"),
        body=NewNote,
        note="The document gives no path; this one follows 6.23.",
    )
    def upload_promissory_note(
        self,
        envelope_id: InPath,
        *,
        type: str,
        template_id: "str | int",
        reference: str | None = None,
        expiration: "str | date | None" = None,
        amount: int | None = None,
        payment_way: str | None = None,
        payment_place: str | None = None,
        document: "str | PathLike[str] | tuple[str, bytes] | None" = None,
        consecutive: str | None = None,
    ) -> str:
        """Add a promissory note to a draft.

        SIMPLE needs expiration, amount, payment_way and payment_place; template_id 0 needs document and consecutive.
        Not safe to repeat: the note would be there twice.

        Returns:
            The identifier of the document.

        Raises:
            InputError: a value that the type needs is missing. Nothing was sent; the message names every problem.
            NotFound: the envelope or the template does not exist.
            OutcomeUnknown: no trustworthy answer came. `documents(envelope_id)` shows whether the note is there.
        """

    @put(
        "/envelopes/{envelope_id}/tve/{document_id}",
        section="6.23",
        returns=Identifier(Text("Identifier of the document."), "document_id"),
        body=NoteTerms,
        repeatable=True,
    )
    def edit_promissory_note(
        self,
        envelope_id: InPath,
        document_id: DocumentInPath,
        *,
        type: str,
        reference: str | None = None,
        expiration: "str | date | None" = None,
        amount: int | None = None,
        payment_way: str | None = None,
        payment_place: str | None = None,
    ) -> str:
        """Change the terms of a promissory note. Safe to repeat.

        SIMPLE needs expiration, amount, payment_way and payment_place.

        Returns:
            The identifier of the document.

        Raises:
            InputError: a value that the type needs is missing. Nothing was sent; the message names every problem.
            NotFound: the envelope does not exist, or has no such note.
        """
