"""IDA (ITD Chile): «Especificación de API Database ITDChile», version 2.5, 09/09/2019."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from toolkit.spec import (
    ASSUMED,
    Bool,
    Choice,
    Dialect,
    Email,
    Identifier,
    Integer,
    Json,
    Masked,
    Meaning,
    Nested,
    Phone,
    Record,
    Rows,
    Service,
    System,
    Table,
    Text,
    Timestamp,
    Value,
    delete,
    get,
    post,
    put,
)
from toolkit.vendors.ida.assumptions import ASSUMPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandas import DataFrame

    from toolkit.http.secrets import Secret

ALL, BY_ID = "Consultar todas las bases de datos activas", "Consultar base de datos por ID"

FIELD_TYPES = {
    0: "text",
    1: "phone",
    2: "email",
    3: "date",
    4: "number",
    5: "list",
}  # 0 and 2 documented, 1 3 4 5 assumed


class Credentials(Record):
    """Credentials: user name and password, or a token from the user's profile page."""

    username: Text = Text("The user's name on the platform.", max_length=50)
    password: Masked = Masked("Its password, or the SHA-1 hex digest of it.")
    token: Masked = Masked("Or a ready API token.")


SYSTEM = System(
    name="ida",
    title="IDA (ITD Chile)",
    manual="IDA API Database 2.5",
    base_url="https://ida.itdchile.cl",
    one_installation=True,
    credentials=Credentials,
    dialect=Dialect(
        code=("code",),
        meanings={
            200: Meaning.DONE,
            400: Meaning.INVALID,
            401: Meaning.TOKEN,
            404: Meaning.MISSING,
            406: Meaning.INVALID,
            415: Meaning.INVALID,
        },
    ),
    assumptions=ASSUMPTIONS,
)


class Client(Record):
    """The customer that a user belongs to."""

    id: Integer = Integer("Identifier of the customer.")
    name: Text = Text("Its name.")
    email: Email = Email("Its e-mail.")
    phone: Phone = Phone("Its phone.")
    rut: Text = Text("Its tax number (RUT).")
    legal_name: Text = Text("Its legal name.")
    address: Text = Text("Its address.")
    town: Text = Text("Its town.")
    city: Text = Text("Its city.")
    ani: Text = Text("The number that its calls show.")
    logo: Text = Text("Its logo.")


class User(Record):
    """A user of the platform."""

    id: Integer = Integer("Identifier of the user.")
    username: Text = Text("Name on the platform.")
    firstName: Text = Text("First name.")
    lastName: Text = Text("Last name.")
    email: Email = Email("E-mail.")
    client: Nested = Nested("The customer.", record=Client)
    phoneNumber: Phone = Phone("Phone.")
    api_code: Masked = Masked("The session token.")
    normalUser: Bool = Bool("Whether a user without special rights.")
    roleList: Json = Json("Roles.")
    fullName: Text = Text("Full name.")
    authorities: Json = Json("Rights.")
    accountNonExpired: Bool = Bool("Whether the account has not expired.")
    credentialsNonExpired: Bool = Bool("Whether the credentials have not expired.")
    accountNonLocked: Bool = Bool("Whether the account is not locked.")


class Database(Record):
    """A contact database."""

    apart = ("fieldList",)
    id: Integer = Integer("Identifier of the database.")
    name: Text = Text("Its name.")
    createdAt: Timestamp = Timestamp("When it was created.")
    updatedAt: Timestamp = Timestamp("When it was last changed.")
    rowCounter: Integer = Integer("How many records it holds.")
    deleted: Bool = Bool("Whether it was deleted.")
    imported: Bool = Bool("Whether it was imported.")
    demo: Bool = Bool("Whether it is a demo.")
    birthday: Bool = Bool("Whether it sends birthday messages.")
    has_mail: Bool = Bool("Whether it has an e-mail field.")
    has_mobile: Bool = Bool("Whether it has a mobile phone field.")
    birthday_message_hour: Text = Text("When the birthday message is sent, HH:MM.")
    messageHour: Integer = Integer("Hour of the message.")
    messageMinute: Integer = Integer("Minute of the message.")
    dataFile: Text = Text("The file it was imported from.")
    birthdayMessage: Integer = Integer("Identifier of the birthday message.")
    labelName: Text = Text("The name shown, with the time of creation.")


class NewField(Record):
    """A field of a database that is to be created."""

    name: Text = Text("Name of the field; the column of a DataFrame that fills it.", required=True)
    label: Text = Text("Name shown to people; the name where it is missing.", like="name")
    defaultValue: Text = Text("Value where a record has none.", default="")
    required: Bool = Bool("Whether every record must have it.", default=False)
    hidden: Bool = Bool("Whether it is hidden.", default=False)
    showInReport: Bool = Bool("Whether reports show it.", default=False)
    showInValidation: Bool = Bool("Whether validations show it.", default=False)
    type: Choice = Choice("What it holds.", choices=FIELD_TYPES, others="text", default=0)
    options: Json = Json("The values that a list allows.", default=())


class FieldOfDatabase(Record):
    """A field of a database."""

    apart = ("database",)  # null in the document's example of a new one
    id: Integer = Integer("Identifier of the field.")
    name: Text = Text("Name; the column of a DataFrame that fills it.")
    label: Text = Text("Name shown to people.")
    defaultValue: Text = Text("Value where a record has none.")
    required: Bool = Bool("Whether every record must have it.")
    randomData: Text = Text("Not explained by the document.")
    hidden: Bool = Bool("Whether it is hidden.")
    showInReport: Bool = Bool("Whether reports show it.")
    showInValidation: Bool = Bool("Whether validations show it.")
    type: Choice = Choice("What it holds, as the vendor's number.", choices=FIELD_TYPES, others="text", meaning="kind")
    createdAt: Timestamp = Timestamp("When it was created.")
    updatedAt: Timestamp = Timestamp("When it was last changed.")
    options: Json = Json("The values that a list allows.")


class Values(Record):
    """A record of a database: one column per field, as text."""

    open = True


DatabaseId = Annotated[int, Integer("Identifier of the database.", minimum=0)]
RecordId = Annotated[int, Integer("Identifier of the record.", wire="recordId", in_body="recordID", minimum=0)]
NewFields = Annotated[
    "DataFrame | Sequence[Any]", Rows("Its fields.", record=NewField, answered=FieldOfDatabase, wire="fieldList")
]
LOGIN, ONE, RECORD = "/api/user/login", "/api/v2/database/{id}", "/api/v2/database/data"


class RawOnly(Service):
    """The services that you reach by `.raw` alone."""

    system = SYSTEM

    @get(LOGIN, section="Validación de Usuario", returns=Table(User, "data"), authenticated=False)
    def login(
        self,
        username: Annotated[str, Text("Name of the user.", max_length=50)],
        password: Annotated["str | Secret", Masked("SHA-1 hex digest of the password.")],
    ) -> "DataFrame":
        """Sign in, and return the user as one row. `connect()` signs in for you."""

    @post(
        "/api/v2/database/records",
        section="Insertar registros en base de datos",
        returns=Value(Text("What the vendor says, as OK."), "message"),
    )
    def post_records(
        self,
        database_id: DatabaseId,
        records: Annotated[
            "list[dict[str, Any]]",
            Json('The records: [{"values": [{"field_id": 321, "fvalue": "…"}, …]}, …], the ids from `fields`.'),
        ],
    ) -> str:
        """Add records, and return what the vendor says. `insert_records` checks a DataFrame, sends it and counts.

        Not safe to repeat: the records would be there twice.
        """


class Ida(Service):
    """Contact databases of a mailing platform."""

    system = SYSTEM
    raw_only: ClassVar[type[Service] | None] = RawOnly

    @get("/api/v2/database/databases", section=ALL, returns=Table(Database, "data"))
    def databases(self) -> "DataFrame":
        """List every active contact database.

        Returns:
            One row per database, in the vendor's order. No row where there is none.

        >>> ida.databases()[["id", "name"]]
              id             name
        0  11111  Base de datos 1
        """

    @get(ONE, section=BY_ID, returns=Table(Database, "data"))
    def database(self, id: DatabaseId) -> "DataFrame":
        """Read one contact database.

        Returns:
            One row.

        Raises:
            NotFound: no database has this identifier.
        """

    @get(ONE, section=BY_ID, returns=Table(FieldOfDatabase, "data.fieldList"))
    def fields(self, id: DatabaseId) -> "DataFrame":
        """List the fields of a contact database: what `insert_records` can fill.

        Returns:
            One row per field, in the vendor's order.

        Raises:
            NotFound: no database has this identifier.

        >>> ida.fields(11111)[["name", "kind"]].head(3)
               name   kind
        0     EMAIL  email
        1    NOMBRE   text
        2  TELEFONO  phone
        """

    @delete(ONE, section="Eliminar base de datos")
    def delete_database(self, id: DatabaseId) -> None:
        """Delete a contact database with all its records. This cannot be undone.

        Raises:
            NotFound: no database has this identifier.
            OutcomeUnknown: no trustworthy answer came. `databases()` shows whether the database is still there.
        """

    @post(
        "/api/v2/database/",
        section="Crear base de datos",
        returns=Identifier(Integer("Identifier of the database."), "data.id"),
    )
    def create_database(
        self,
        name: Annotated[str, Text("Name of the database.")],
        fields: Annotated[
            "DataFrame | Sequence[Any]",
            Rows("Its fields.", record=NewField, answered=FieldOfDatabase, wire="fieldList"),
        ],
        *,
        birthday: Annotated[bool | None, Bool("Whether it sends birthday messages.")] = None,
        birthday_message: Annotated[int | None, Integer("Identifier of the message.", wire="birthdayMessage")] = None,
        birthday_message_hour: Annotated[str | None, Text("When it is sent, HH:MM.")] = None,
    ) -> int:
        """Create a contact database.

        Not safe to repeat: a second call creates a second database.

        Args:
            name: of the database.
            fields: a DataFrame with one row per field (`name` is required; the other columns default to the document's
                values), or a list of names of text fields. `toolkit.ida_fields_for(df)` proposes the fields for any
                DataFrame; those of another database, `ida.fields(11111)`, make one like it.
            birthday: whether the database sends birthday messages.
            birthday_message: the identifier of that message.
            birthday_message_hour: when the message is sent, as "09:00".

        Returns:
            The identifier of the database.

        Raises:
            RowErrors: some fields cannot be sent. Nothing was sent; `.table` says why.
            OutcomeUnknown: no trustworthy answer came. `databases()` shows whether the database was created.

        >>> database_id = ida.create_database("Clientes", ["NOMBRE", "CIUDAD"])
        >>> ida.database(database_id)[["name", "rowCounter"]]
               name  rowCounter
        0  Clientes           0
        """

    @get(
        RECORD,
        section="Consultar registro en base de datos",
        returns=Table(Values, "data.recordData"),
        aliases=(("POST", RECORD),),
    )
    def record(self, id: RecordId) -> "DataFrame":
        """Read one record.

        Returns:
            One row with one column per field, all of them text.

        Raises:
            NotFound: no record has this identifier.

        >>> ida.record(1234)[["TELEFONO"]]
              TELEFONO
        0  56912345678
        """

    @put(
        "/api/v2/database/saveData",
        section="Editar registro en base de datos",
        returns=Table(Values, "data.recordData"),
        repeatable=True,
        provenance=ASSUMED,
        note="The example of PUT shows `recordID` alone; the fields to change stand beside it, as in the GET form.",
        aliases=(("GET", "/api/v2/database/saveData"),),
    )
    def update_record(
        self,
        record_id: RecordId,
        values: Annotated["Mapping[str, Any]", Nested("The fields to change, by name.", record=Values, flat=True)],
    ) -> "DataFrame":
        """Change fields of one record. Safe to repeat.

        Args:
            record_id: of the record.
            values: the fields to change, as {"TELEFONO": "56912345677"}, by the names that the database gives them. ""
                clears a field (assumed: the document shows no empty value); None leaves it as it is.

        Returns:
            The record as it is now: one row with one column per field, all of them text.

        Raises:
            NotFound: no record has this identifier.
            Rejected: the vendor refused a value. Nothing was changed.

        >>> ida.update_record(1234, {"TELEFONO": "56912345677"})[["TELEFONO"]]
              TELEFONO
        0  56912345677
        """
