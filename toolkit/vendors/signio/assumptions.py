"""What the document of SIGNIO leaves open."""

from toolkit.plain import mark
from toolkit.spec import DOCUMENTED, OBSERVED, Assumption

SIGNERS = ("add_signer", "add_signers", "plan_envelopes")
DAYS = {"%Y-%m-%d": "2024-12-31", "%d/%m/%Y": "31/12/2024", "%d-%m-%Y": "31-12-2024"}
TIMES = {
    "%Y-%m-%d %H:%M:%S": "2024-12-31 18:30:00",
    "%Y-%m-%dT%H:%M:%SZ": "2024-12-31T18:30:00Z",
    "%d/%m/%Y %H:%M:%S": "31/12/2024 18:30:00",
}
PHONES = {
    "as written": "as the cell has it",
    "digits": "573001234567",
    "+digits": "+573001234567",
    "national": "3001234567",
}

ASSUMPTIONS = (
    Assumption(
        "tags_form",
        mark("How the labels of an envelope travel."),
        "joined",
        {"joined": "one text, joined by ;", "array": "a JSON array"},
        touches=("create_envelope", "plan_envelopes"),
        provenance=DOCUMENTED,
        other="array",
        facts={"array": {"create_envelope.tags": {"separator": ""}}},
    ),
    Assumption(
        "celular_form",
        mark("How a mobile phone is sent."),
        "as written",
        PHONES,
        touches=SIGNERS,
        other="digits",
        facts={form: {"celular": {"form": form}} for form in PHONES},
    ),
    Assumption(
        "operation_rol_key",
        mark("The name under which a signer's roles travel in 6.7."),
        "Operation_rol",
        {"Operation_rol": "as 6.7 prints it", "operation_rol": "as 6.8 prints it"},
        touches=SIGNERS,
        provenance=DOCUMENTED,
        other="operation_rol",
        facts={"operation_rol": {"operation_rol": {"wire": "operation_rol"}}},
    ),
    Assumption(
        "identity_numbers",
        mark("What becomes of a number that no such document has."),
        "lenient",
        {"lenient": "it is a doubt, and is sent", "strict": "it is an error, and its row is not sent"},
        touches=(*SIGNERS, "signing_url"),
        facts={"strict": {"identity": {"strict": True}}},
    ),
    Assumption(
        "estado_form",
        mark("How the state of an envelope travels. Both are read."),
        "numbers",
        {"numbers": "as 2", "words": "as Pendiente de firma"},
        touches=("envelopes", "envelope", "signature_status"),
        provenance=DOCUMENTED,
        other="words",
        facts={"words": {"envelopes.status": {"as_words": True}}},
    ),
    Assumption(
        "flags_form",
        mark("How yes and no travel."),
        "numbers",
        {"numbers": "1 and 0", "booleans": "true and false"},
        touches=("create_envelope", "link", "signing_url", *SIGNERS),
        provenance=DOCUMENTED,
        other="booleans",
        facts={"booleans": {"flag": {"as_bool": True}}},
    ),
    Assumption(
        "y_direction",
        mark("Where y begins on a page."),
        "up",
        {"up": "at the bottom, growing upwards", "down": "at the top, growing downwards"},
        touches=("plan_envelopes",),
        provenance=OBSERVED,
    ),
    Assumption(
        "deduplication_key",
        mark("What a second envelope with the same `envelopeDeduplicationKey` is."),
        "same envelope",
        {
            "same envelope": "none: the first one's identifier comes back",
            "refused": "refused",
            "ignored": "another envelope",
        },
        touches=("create_envelope", "plan_envelopes"),
    ),
    Assumption(
        "authenticate_header",
        mark("Whether 6.21 wants the token of 6.1."),
        "token",
        {"token": "it is sent, where 6.1 gives one", "none": "no token is sent"},
        touches=("tenants",),
        provenance=DOCUMENTED,
        other="none",
    ),
    Assumption(
        "date_form",
        mark("How days are sent."),
        "%Y-%m-%d",
        DAYS,
        touches=("upload_promissory_note", "edit_promissory_note"),
        other="%d/%m/%Y",
        facts={form: {"expiration": {"format": form}} for form in DAYS},
    ),
    Assumption(
        "datetime_form",
        mark("How times are sent. In answers ISO 8601 is read besides."),
        "%Y-%m-%d %H:%M:%S",
        TIMES,
        touches=("search_envelopes", "signatures", "signature_status"),
        other="%d/%m/%Y %H:%M:%S",
        facts={
            form: {"timestamp": {"also": form}, "updated_from": {"format": form}, "updated_to": {"format": form}}
            for form in TIMES
        },
    ),
    Assumption(
        "time_zone",
        mark("The zone of times that name none."),
        "UTC",
        {"UTC": "UTC", "America/Bogota": "Colombia, UTC-5"},
        touches=("search_envelopes", "signatures", "signature_status"),
        other="America/Bogota",
        facts={"America/Bogota": {"timestamp": {"zone": "America/Bogota"}}},
    ),
)
