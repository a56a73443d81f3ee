"""What the document of nddPrint 360 leaves open."""

from toolkit.plain import mark
from toolkit.spec import DOCUMENTED, Assumption

READS, ADDS = ("card_codes", "card_codes_of"), ("add_card_code", "add_card_codes")
PINS = ("pin_codes", "renew_pin_code", "update_secure_pin_code")
DOMAIN = ("DomainName", "domain_name")
SHORT = {
    "read_card_codes": {"path": "/api/v1/card-codes"},
    "post_card_code": {"path": "/api/v1/add-card-code"},
    "pin_codes": {"path": "/api/v1/pin-codes"},
    "renew_pin_code": {"path": "/api/v1/update-pin-code-autorenew"},
    "update_secure_pin_code": {"path": "/api/v1/update-secure-pin-code"},
}

ASSUMPTIONS = (
    Assumption(
        "false_answer",
        mark("What `false` means when a card code is added."),
        "refused",
        {
            "refused": "the user keeps another code",
            "done": "the code was added, and none replaced",
            "read back": "nothing: the user's codes are read",
        },
        touches=ADDS,
        facts={"done": {"post_card_code": {"success": None}}, "read back": {"post_card_code": {"otherwise": None}}},
    ),
    Assumption(
        "users_in_path",
        mark("Whether addresses have `users/` in them."),
        True,
        {True: "as the document's headings", False: "as its examples"},
        touches=(*READS, *ADDS, *PINS),
        provenance=DOCUMENTED,
        other=False,
        facts={False: SHORT},
    ),
    Assumption(
        "empty_domain",
        mark("What is sent for a user without a domain."),
        "required",
        {"required": "nothing: every user has one", "empty": 'the text ""', "left out": "no DomainName"},
        touches=(*READS, *ADDS, *PINS),
        facts={
            "empty": {name: {"required": False, "default": ""} for name in DOMAIN},
            "left out": {name: {"required": False} for name in DOMAIN},
        },
    ),
)
