"""What all chapters of the SIGNIO manual share: the system, its codes, and the arguments that recur."""

import enum
from typing import TYPE_CHECKING, Annotated

from toolkit.spec import Dialect, Json, Masked, Meaning, Record, System, Text
from toolkit.vendors.signio.assumptions import ASSUMPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Credentials(Record):
    """Credentials: e-mail address and password, or a token that you have already."""

    email: Text = Text("The e-mail address that the user was registered with.")
    password: Masked = Masked("Its password.")
    token: Masked = Masked("Or a ready token. It ends after about two hours, and is then not renewed.")
    tenant: Text = Text(
        "The tenant (customer) to work for, as `tenants()` names it; where there is none, the user's own."
    )


SYSTEM = System(
    name="signio",
    title="SIGNIO (Legops)",
    manual="SIGNIO integration",
    credentials=Credentials,
    dialect=Dialect(
        code=("codigo", "code"),
        message=("mensaje", "message"),
        errors="errores",
        no_identifier=(0, "0"),
        meanings={
            "00": Meaning.DONE,
            "01": Meaning.TOKEN,
            "02": Meaning.FORBIDDEN,
            "03": Meaning.FORBIDDEN,
            "04": Meaning.INTERNAL,
            "05": Meaning.INVALID,
            "06": Meaning.MISSING,
        },
    ),
    customer=("tenant", "email"),
    assumptions=ASSUMPTIONS,
)


class Status(enum.IntEnum):
    """The state of an envelope, as the vendor's number."""

    DRAFT = 1
    PENDING = 2
    SIGNED = 3
    REJECTED = 4
    SUSPENDED = 6
    COLLECTING = 7
    RETURNED = 8


STATUSES: dict[int, str] = {
    Status.DRAFT: "En elaboración",
    Status.PENDING: "Pendiente de firma",
    Status.SIGNED: "Firmada",
    Status.REJECTED: "Rechazada",
    Status.SUSPENDED: "Suspendida",
    Status.COLLECTING: "Captura de datos",
    Status.RETURNED: "Devolución con observaciones",
}
IDENTITY_TYPES = {
    "CC": "Cédula de ciudadanía",
    "CD": "Carnet diplomático",
    "CE": "Cédula de extranjería",
    "OT": "Otro",
    "PP": "Permiso especial de permanencia",
    "PS": "Pasaporte",
    "TI": "Tarjeta de identidad",
    "VI": "Visa",
}
PARTY_TYPES = {**IDENTITY_TYPES, "NIT": "NIT de la empresa"}  # 6.11 has it, 6.7 has not
IDENTITY_RULES = {"CC": "co.cc", "NIT": "co.nit"}

PATH_ONLY = "The document gives the path; the method is observed."

EnvelopeId = Annotated[str, Text("Identifier of the envelope.", wire="id_transaccion", max_length=36)]
InPath = Annotated[str, Text("Identifier of the envelope.", max_length=36)]  # where the address carries it
SignerId = Annotated[str, Text("Identifier of the signer.", wire="id_firmante", max_length=200)]
DocumentId = Annotated[str, Text("Identifier of the document.", wire="id_documento", max_length=200)]
DocumentInPath = Annotated[str, Text("Identifier of the document.", max_length=200)]
Fields = Annotated[
    "Mapping[str, Any] | None", Json("Values for the template's inputs: a dict, its keys the inputs' names.")
]
