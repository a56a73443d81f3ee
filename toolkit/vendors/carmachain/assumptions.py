"""What the document of CarmaChain leaves open."""

from toolkit.plain import mark
from toolkit.spec import DOCUMENTED, Assumption

ASKS = ("request", "answers", "collect", "recover_tickets")
PHONES = {
    "as written": "as the cell has it",
    "+digits": "+380999999999",
    "digits": "380999999999",
    "national": "0999999999",
}

ASSUMPTIONS = (
    Assumption(
        "categories_form",
        mark("How `type_request` travels."),
        "text or list",
        {"text or list": "one as text, several as a list", "list": "always a list", "text": "one, as text"},
        touches=ASKS,
        other="list",
        facts={"list": {"categories": {"alone": False}}, "text": {"categories": {"only_one": True}}},
    ),
    Assumption(
        "status_object",
        mark("What `response` says of a request."),
        "code",
        {
            "code": "its `code`: 400 and more is a failure",
            "success": "its `success`: false is a failure",
            "ignored": "nothing: it is shown",
        },
        touches=ASKS,
        other="success",
        facts={
            "success": {"dialect": {"status": "", "success": "response.success"}},
            "ignored": {"dialect": {"status": ""}},
        },
    ),
    Assumption(
        "authorization",
        mark("How the token travels."),
        "{token}",
        {"{token}": "by itself", "Bearer {token}": "after the word Bearer"},
        touches=ASKS,
        provenance=DOCUMENTED,
        other="Bearer {token}",
        facts={"Bearer {token}": {"header": {"form": "Bearer {token}"}}},
    ),
    Assumption(
        "phone_form",
        mark("How a phone is sent."),
        "as written",
        PHONES,
        touches=("request",),
        provenance=DOCUMENTED,
        other="+digits",
        facts={form: {"phone": {"form": "trunk" if form == "national" else form}} for form in PHONES},
    ),
    Assumption(
        "too_many_requests",
        mark("What a request that was answered by 429 did."),
        "unknown",
        {"unknown": "it pauses the push: a person looks first", "not executed": "nothing: it is sent again later"},
        touches=("request",),
    ),
    Assumption(
        "largest_request",
        mark("People in one request, at most."),
        100,
        touches=("request",),
        minimum=1,
        option="chunk_rows",
    ),
)
