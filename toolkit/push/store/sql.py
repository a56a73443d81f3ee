"""Every statement that a ledger runs, and the tables. In one place, plain enough for another database."""

import re

VERSION = 3  # of the tables, and of what stands in them; it grows with each change to them
MIGRATIONS = {2: ""}  # by version: the statements that make tables of it those of the next, in both databases
APPLICATION = 0x4C445247  # "LDRG": tells a ledger from any other SQLite file

TABLES = """
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), content TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE push (number INTEGER PRIMARY KEY, id TEXT NOT NULL, lock TEXT NOT NULL, state TEXT NOT NULL,
                   row_count INTEGER NOT NULL, content TEXT NOT NULL, tallies TEXT NOT NULL,
                   checksum INTEGER NOT NULL);
CREATE UNIQUE INDEX push_id ON push (id);
CREATE INDEX push_unfinished ON push (number) WHERE state IN ('open', 'paused');
CREATE TABLE operation (id INTEGER PRIMARY KEY, push INTEGER NOT NULL, kind TEXT NOT NULL, positions TEXT NOT NULL,
                        size INTEGER NOT NULL, parent INTEGER, waits_for TEXT NOT NULL, state TEXT NOT NULL,
                        answer TEXT NOT NULL, sendings INTEGER NOT NULL,
                        started_epoch TEXT, started_monotonic REAL, started_wall REAL,
                        ended_epoch TEXT, ended_monotonic REAL, ended_wall REAL,
                        digest TEXT NOT NULL, is_open INTEGER NOT NULL, is_believed INTEGER NOT NULL,
                        note TEXT NOT NULL,
                        status INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
                        children INTEGER NOT NULL, first_position INTEGER NOT NULL,
                        is_sendable INTEGER NOT NULL, is_unsettled INTEGER NOT NULL,
                        checksum INTEGER NOT NULL);
CREATE INDEX operation_parent ON operation (parent);
CREATE INDEX operation_sendable ON operation (push, first_position, id) WHERE is_sendable = 1;
CREATE INDEX operation_push ON operation (push);
CREATE INDEX operation_unsettled ON operation (id) WHERE is_unsettled = 1;
CREATE INDEX operation_unknown ON operation (id) WHERE state = 'unknown';
CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), content TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE result (push INTEGER NOT NULL, position INTEGER NOT NULL, content TEXT NOT NULL,
                     checksum INTEGER NOT NULL, PRIMARY KEY (push, position));
CREATE TABLE blame (push INTEGER NOT NULL, position INTEGER NOT NULL, content TEXT NOT NULL,
                    checksum INTEGER NOT NULL, PRIMARY KEY (push, position));
CREATE TABLE event (id INTEGER PRIMARY KEY, push TEXT NOT NULL, content TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE INDEX event_push ON event (push);
CREATE TABLE row_block (push INTEGER NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
                        first_row INTEGER NOT NULL, words BLOB NOT NULL, bad BLOB NOT NULL,
                        digest BLOB NOT NULL, checksum INTEGER NOT NULL,
                        PRIMARY KEY (push, number));
CREATE INDEX row_block_digest ON row_block (digest);
CREATE INDEX row_block_rows ON row_block (first_row, size);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE catalog (kind TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


def _put(table: str, columns: str, keys: int = 1, first: str = "?") -> str:
    """Add a row, or put it in the place of the one with the same key: the first of its columns."""
    names = columns.replace("\n", " ").replace(" ", "").split(",")
    values = ", ".join([first, *"?" * (len(names) - 1)])
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[keys:])
    key = ", ".join(names[:keys])
    return f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {changes}"  # noqa: S608


# ── head, counter: one row each ──

READ_HEAD = "SELECT content, checksum FROM head WHERE one = 1"
WRITE_HEAD = _put("head", "one, content, checksum", first="1")
READ_COUNTER = "SELECT content, checksum FROM counter WHERE one = 1"
WRITE_COUNTER = _put("counter", "one, content, checksum", first="1")

# ── pushes ──

PUSH = "number, id, lock, state, row_count, content, tallies, checksum"
READ_PUSH = f"SELECT {PUSH} FROM push WHERE id = ?"  # noqa: S608 (constants only, here and below)
READ_PUSH_NUMBER = f"SELECT {PUSH} FROM push WHERE number = ?"  # noqa: S608
READ_PUSHES = f"SELECT {PUSH} FROM push ORDER BY number"  # noqa: S608
LAST_PUSH = "SELECT max(number) FROM push"
LAST_OPERATION = "SELECT max(id) FROM operation"
LAST_EVENT = "SELECT max(id) FROM event"
READ_EVENT = "SELECT id, push, content, checksum FROM event WHERE id = ?"
READ_PUSH_IDS = "SELECT id FROM push ORDER BY number"
READ_UNFINISHED = f"SELECT {PUSH} FROM push WHERE state IN ('open', 'paused') ORDER BY number"  # noqa: S608
PUT_PUSH = _put("push", PUSH)

# ── operations ──

OPERATION = """id, push, kind, positions, size, parent, waits_for, state, answer, sendings,
    started_epoch, started_monotonic, started_wall, ended_epoch, ended_monotonic, ended_wall,
    digest, is_open, is_believed, note, status, code, message, children,
    first_position, is_sendable, is_unsettled, checksum"""
READ_OPERATION = f"SELECT {OPERATION} FROM operation WHERE id = ?"  # noqa: S608
READ_OPERATIONS = f"SELECT {OPERATION} FROM operation WHERE push = ? ORDER BY id"  # noqa: S608
READ_CHILDREN = f"SELECT {OPERATION} FROM operation WHERE parent = ? ORDER BY id"  # noqa: S608
READ_SENDABLE = f"""SELECT {OPERATION} FROM operation WHERE push = ? AND is_sendable = 1
    ORDER BY first_position, id LIMIT ?"""  # noqa: S608
READ_UNKNOWN = f"SELECT {OPERATION} FROM operation WHERE state = 'unknown' ORDER BY id"  # noqa: S608
READ_UNSETTLED = f"SELECT {OPERATION} FROM operation WHERE is_unsettled = 1 ORDER BY id"  # noqa: S608
PUT_OPERATION = _put("operation", OPERATION)

# ── what came back for rows, and what happened ──

OF_ROWS = ("result", "blame")  # two tables of one form
READ_CONTENT = {table: f"SELECT content, checksum FROM {table} WHERE push = ? AND position = ?" for table in OF_ROWS}  # noqa: S608
READ_CONTENTS = {
    table: f"SELECT position, content, checksum FROM {table} WHERE push = ? ORDER BY position"  # noqa: S608
    for table in OF_ROWS
}
PUT_CONTENT = {table: _put(table, "push, position, content, checksum", keys=2) for table in OF_ROWS}
REMOVE_CONTENTS = {table: f"DELETE FROM {table} WHERE push = ?" for table in OF_ROWS}  # noqa: S608
ADD_EVENT = "INSERT INTO event (id, push, content, checksum) VALUES (?, ?, ?, ?)"
READ_EVENTS = "SELECT id, push, content, checksum FROM event ORDER BY id"

# ── rows: what each is known by, and the index of that ──

BLOCK = "push, number, start, size, first_row, words, bad, digest, checksum"
ADD_BLOCK = f"INSERT INTO row_block ({BLOCK}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
READ_BLOCKS = f"SELECT {BLOCK} FROM row_block WHERE push = ? ORDER BY number"  # noqa: S608
READ_BLOCK = f"SELECT {BLOCK} FROM row_block WHERE push = ? AND number = ?"  # noqa: S608
READ_BLOCK_OF_ROW = f"""SELECT {BLOCK} FROM row_block WHERE first_row <= ?
    ORDER BY first_row DESC, size DESC LIMIT 1"""  # noqa: S608
READ_PUSHES_LIKE = "SELECT push FROM row_block WHERE digest BETWEEN ? AND ? AND number = 0 ORDER BY push"
REMOVE_BLOCKS = "DELETE FROM row_block WHERE push = ?"
ADD_CHUNK = "INSERT INTO chunk (content) VALUES (?) RETURNING id"
READ_CHUNK = "SELECT content FROM chunk WHERE id = ?"
READ_CHUNK_IDS = "SELECT id FROM chunk ORDER BY id"
REMOVE_CHUNK = "DELETE FROM chunk WHERE id = ?"
READ_CATALOG = "SELECT content FROM catalog WHERE kind = ?"
PUT_CATALOG = _put("catalog", "kind, content")

# ── of SQLite only ──

BEGIN_READING, BEGIN, COMMIT, ROLLBACK = "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
SETTINGS = (
    "PRAGMA journal_mode = PERSIST",  # WAL is not durable with less than FULL, and fails on network homes
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # what is removed is overwritten: no purged fingerprint stays on a free page
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
)
FORGET_OLD_PAGES = "PRAGMA journal_size_limit = 0"  # the next commit empties the rollback file
KEEP_OLD_PAGES = "PRAGMA journal_size_limit = 1048576"
READ_SCHEMA = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
READ_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
READ_VERSION = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
WRITE_VERSION = f"PRAGMA user_version = {VERSION}"
WRITE_APPLICATION = f"PRAGMA application_id = {APPLICATION}"
SOUND = "PRAGMA integrity_check(1)"

# ── of PostgreSQL only: each ledger is a schema with the same tables ──

PG_TYPES = (  # what a type is called there: what SQLite calls INTEGER and REAL has 64 bits
    ("chunk (id INTEGER PRIMARY KEY", "chunk (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "BIGINT"),
    ("REAL", "DOUBLE PRECISION"),
    ("BLOB", "BYTEA"),
)
PG_OLDEST = 140_000  # the first that ends idle sessions by itself
TEAM = "toolkit"  # the schema of what all ledgers of a team share
TEAM_TABLE = "CREATE TABLE IF NOT EXISTS toolkit.team (one INTEGER PRIMARY KEY CHECK (one = 1), content TEXT NOT NULL)"
READ_TEAM = "SELECT content FROM toolkit.team WHERE one = 1"
WRITE_TEAM = "INSERT INTO toolkit.team (one, content) VALUES (1, ?)"
PG_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
PG_BEGIN = "BEGIN; LOCK TABLE head IN EXCLUSIVE MODE"  # one writer of a ledger at a time
PG_BEGIN_TEAM = "BEGIN"
PG_SESSION = """
SET client_min_messages = warning; SET synchronous_commit = on; SET lock_timeout = '{busy}s';
SET idle_session_timeout = '{idle}s'; SET idle_in_transaction_session_timeout = '{in_transaction}s';
"""
PG_WHERE_IT_CAN = (  # some systems have not all of them
    "SET client_connection_check_interval = '1s'",
    "SET tcp_keepalives_idle = 2",
    "SET tcp_keepalives_interval = 1",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 5000",
)
PG_ALIVE = "SELECT 1"
PG_LOCK = "SELECT pg_try_advisory_lock(?), pg_backend_pid()"
PG_LOCK_TEAM = "SELECT pg_advisory_xact_lock(?)"
PG_USE = "SELECT pg_try_advisory_lock_shared(?)"
PG_USE_ALONE = "SELECT pg_try_advisory_lock(?)"
PG_HOLDS = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
    AND pid = ? AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((classid::bigint << 32) | objid::bigint) = ?"""
PG_HOLDER = """SELECT a.application_name
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND ((l.classid::bigint << 32) | l.objid::bigint) = ? LIMIT 1"""
PG_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'toolkit\\_%' ORDER BY nspname"
PG_VERSION = "SELECT obj_description(to_regnamespace(?)::oid, 'pg_namespace')"
PG_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = ? ORDER BY tablename"
PG_OUTSIDE = ("row_block", "chunk")  # tables whose blocks are kept as they are: compressing hashes gains nothing
PG_FORGET = "VACUUM row_block, chunk, catalog, result, blame, operation, push"


def in_postgres(statement: str) -> str:
    """A statement with the marks for values that psycopg has."""
    return statement.replace("%", "%%").replace("?", "%s")


def tables_in_postgres(script: str) -> str:
    """The same tables with the names of PostgreSQL's types."""
    for name, theirs in PG_TYPES:
        script = script.replace(name, theirs)
    return script


def table_names() -> set[str]:
    """The tables of a ledger."""
    return set(re.findall(r"CREATE TABLE (\w+)", TABLES))
