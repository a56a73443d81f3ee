"""IDA (ITD Chile): «Especificación de API Database ITDChile», version 2.5, 09/09/2019."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import (
    ASSUMED,
    Bool,
    Choice,
    Dialect,
    Email,
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
    Text,
    Timestamp,
    delete,
    get,
    post,
    put,
)

if TYPE_CHECKING:
    from pandas import DataFrame

FIELD_TYPES = {
    0: "text",
    1: "phone",
    2: "email",
    3: "date",
    4: "number",
    5: "list",
}  # 0 and 2 documented, 1 3 4 5 assumed
DATE_FORMAT = "%d/%m/%Y"  # assumed, from the vendor's own labels ("13/09/2019 14:22")


class Credentials(Record):
    """How IDA is entered: user and password, or a token from the user's profile page."""

    username = Text("The user's name on the platform.", max_length=50)
    password = Masked("Its password, or the SHA-1 hex digest of it.")
    token = Masked("Or a ready API token.")


SYSTEM = System(
    name="ida",
    title="IDA (ITD Chile)",
    manual="IDA API Database 2.5",
    base_url="https://ida.itdchile.cl",
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
)


class Client(Record):
    """The customer that a user belongs to."""

    id = Integer("Identifier of the customer.")
    name = Text("Its name.")
    email = Email("Its e-mail.")
    phone = Phone("Its phone.")
    rut = Text("Its tax number (RUT).")
    legal_name = Text("Its legal name.")
    address = Text("Its address.")
    town = Text("Its town.")
    city = Text("Its city.")
    ani = Text("The number that its calls show.")
    logo = Text("Its logo.")


class User(Record):
    """A user of the platform."""

    id = Integer("Identifier of the user.")
    username = Text("Name on the platform.")
    firstName = Text("First name.")
    lastName = Text("Last name.")
    email = Email("E-mail.")
    client = Nested("The customer.", record=Client)
    phoneNumber = Phone("Phone.")
    api_code = Masked("The session token.")
    normalUser = Bool("Whether a user without special rights.")
    roleList = Json("Roles.")
    fullName = Text("Full name.")
    authorities = Json("Rights.")
    accountNonExpired = Bool("Whether the account has not expired.")
    credentialsNonExpired = Bool("Whether the credentials have not expired.")
    accountNonLocked = Bool("Whether the account is not locked.")


class Database(Record):
    """A contact database."""

    id = Integer("Identifier of the database.")
    name = Text("Its name.")
    createdAt = Timestamp("When it was created.")
    updatedAt = Timestamp("When it was last changed.")
    rowCounter = Integer("How many records it holds.")
    deleted = Bool("Whether it was deleted.")
    imported = Bool("Whether it was imported.")
    demo = Bool("Whether it is a demo.")
    birthday = Bool("Whether it sends birthday messages.")
    has_mail = Bool("Whether it has an e-mail field.")
    has_mobile = Bool("Whether it has a mobile phone field.")
    birthday_message_hour = Text("When the birthday message is sent, HH:MM.")
    messageHour = Integer("Hour of the message.")
    messageMinute = Integer("Minute of the message.")
    dataFile = Text("The file it was imported from.")
    birthdayMessage = Integer("Identifier of the birthday message.")
    labelName = Text("The name shown, with the time of creation.")


class NewField(Record):
    """A field of a database that is to be created."""

    name = Text("Name of the field; the column of a DataFrame that fills it.", required=True)
    label = Text("Name shown to people; the name where it is missing.")
    defaultValue = Text("Value where a record has none.", default="")
    required = Bool("Whether every record must have it.", default=False)
    hidden = Bool("Whether it is hidden.", default=False)
    showInReport = Bool("Whether reports show it.", default=False)
    showInValidation = Bool("Whether validations show it.", default=False)
    type = Choice("What it holds.", choices=FIELD_TYPES, default=0)
    options = Json("The values that a list allows.", default=())


class FieldOfDatabase(Record):
    """A field of a database."""

    id = Integer("Identifier of the field.")
    name = Text("Name; the column of a DataFrame that fills it.")
    label = Text("Name shown to people.")
    defaultValue = Text("Value where a record has none.")
    required = Bool("Whether every record must have it.")
    randomData = Text("Not explained by the document.")
    hidden = Bool("Whether it is hidden.")
    showInReport = Bool("Whether reports show it.")
    showInValidation = Bool("Whether validations show it.")
    type = Choice("What it holds, as the vendor's number.", choices=FIELD_TYPES, meaning="kind")
    createdAt = Timestamp("When it was created.")
    updatedAt = Timestamp("When it was last changed.")
    options = Json("The values that a list allows.")


class Values(Record):
    """A record of a database: a column a field, as text."""

    open = True


DatabaseId = Annotated[int, Integer("Identifier of the database.", minimum=0)]
RecordId = Annotated[int, Integer("Identifier of the record.", minimum=0)]


class Ida(Service):
    """Contact databases of a mailing platform."""

    system = SYSTEM

    @get("/api/user/login", section="Validación de Usuario", rows=User, at="data", authenticated=False)
    def login(
        self,
        username: Annotated[str, Text("Name of the user.", max_length=50)],
        password: Annotated[Any, Masked("SHA-1 hex digest of the password.")],
    ) -> "DataFrame":
        """Log in. `connect()` does it; `user()` shows who one is."""

    @get("/api/v2/database/databases", section="Consultar todas las bases de datos activas", rows=Database, at="data")
    def databases(self) -> "DataFrame":
        """Every active contact database, one row each, in the vendor's order; empty where there is none."""

    @get("/api/v2/database/{id}", section="Consultar base de datos por ID", rows=Database, at="data")
    def database(self, id: DatabaseId) -> "DataFrame":
        """One contact database, as one row.

        Raises:
            NotFound: there is none with this identifier.
        """

    @get("/api/v2/database/{id}", section="Consultar base de datos por ID", rows=FieldOfDatabase, at="data.fieldList")
    def fields(self, id: DatabaseId) -> "DataFrame":
        """The fields of a contact database, one row each, in the vendor's order.

        Raises:
            NotFound: there is no database with this identifier.
        """

    @delete("/api/v2/database/{id}", section="Eliminar base de datos")
    def delete_database(self, id: DatabaseId) -> None:
        """Delete a contact database with all its records. Cannot be undone.

        Raises:
            NotFound: there is none with this identifier.
            OutcomeUnknown: no trustworthy answer came; `databases()` shows whether it is still there.
        """

    @post("/api/v2/database/", section="Crear base de datos", rows=Database, at="data")
    def create_database(
        self,
        name: Annotated[str, Text("Name of the database.")],
        fields: Annotated[Any, Rows("Its fields.", record=NewField, wire="fieldList")],
        *,
        birthday: Annotated[bool | None, Bool("Whether it sends birthday messages.")] = None,
        birthday_message: Annotated[int | None, Integer("Identifier of the message.", wire="birthdayMessage")] = None,
        birthday_message_hour: Annotated[str | None, Text("When it is sent, HH:MM.")] = None,
    ) -> "DataFrame":
        """Create a contact database, and return it as one row. Not safe to repeat: a second call makes a second one.

        Args:
            name: of the database.
            fields: a DataFrame with a row a field (`name` needed; the rest has the document's defaults), or a list of
                names for text fields. `toolkit.ida_fields_for(df)` proposes one from any DataFrame.
            birthday: whether it sends birthday messages.
            birthday_message: identifier of that message.
            birthday_message_hour: when it is sent, as "09:00".

        Raises:
            RowErrors: some fields cannot be sent. Nothing was; `.table` says why.
            OutcomeUnknown: no trustworthy answer came; `databases()` shows whether it was created.

        >>> ida.create_database("Clientes", ["NOMBRE", "CIUDAD"])[["name", "rowCounter"]]
               name  rowCounter
        0  Clientes           0
        """

    @post("/api/v2/database/records", section="Insertar registros en base de datos", value=True, at="message")
    def post_records(
        self,
        database_id: Annotated[int, Integer("Identifier of the database.")],
        records: Annotated[Any, Json("The records, as the document shows them.")],
    ) -> str:
        """Send records as they are, unchecked and once. `insert_records` takes a DataFrame, checks and counts.

        Not safe to repeat: the records would be there twice. Returns what the vendor says, as "OK".

        Args:
            database_id: of the database.
            records: [{"values": [{"field_id": 321, "fvalue": "…"}, …]}, …], the ids from `fields`.

        Raises:
            NotFound: there is no such database.
            Rejected: a value is not acceptable; the message names it. None of the records was stored.
            OutcomeUnknown: no trustworthy answer came; `database(database_id)` shows how many records there are.
        """

    @get(
        "/api/v2/database/data",
        section="Consultar registro en base de datos",
        rows=Values,
        at="data.recordData",
        also=(("POST", "/api/v2/database/data"),),
    )
    def record(
        self, id: Annotated[int, Integer("Identifier of the record.", wire="recordId", minimum=0)]
    ) -> "DataFrame":
        """One record, as one row with a column a field, all text.

        Raises:
            NotFound: there is none with this identifier.
        """

    @put(
        "/api/v2/database/saveData",
        section="Editar registro en base de datos",
        rows=Values,
        at="data.recordData",
        repeatable=True,
        provenance=ASSUMED,
        note="The example of PUT shows `recordID` alone; the fields to change stand beside it, as in the GET form.",
        body=Values,
        also=(("GET", "/api/v2/database/saveData"),),
    )
    def update_record(
        self,
        id: Annotated[int, Integer("Identifier of the record.", wire="recordID", minimum=0)],
        **fields: Any,
    ) -> "DataFrame":
        """Change fields of one record, and return it as one row. Safe to repeat.

        Args:
            id: of the record.
            **fields: the fields to change, by the names that the database gives them. "" clears a field (assumed: the
                document shows no empty value); None leaves it as it is.

        Raises:
            NotFound: there is no record with this identifier.
            Rejected: the vendor refused a value; nothing was changed.

        >>> ida.update_record(1234, TELEFONO="56912345677")[["TELEFONO"]]
              TELEFONO
        0  56912345677
        """
