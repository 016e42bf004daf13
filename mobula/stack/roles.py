"""The roles of the embedded PostgreSQL: who owns the tables, and who serves requests.

`mobula` is the superuser that initdb made; only the steps below use it. `mobula_owner` owns the
database and its tables, and runs migrations. `mobula_app` serves requests: it owns nothing, and
`mobula.grants` says which tables it may read and write.
"""

import psycopg
from psycopg import sql

SUPERUSER = DATABASE = "mobula"
OWNER = "mobula_owner"
SERVING = "mobula_app"
ALL = (SUPERUSER, OWNER, SERVING)

_PLAIN = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
# What belongs to a table (indexes, row types, sequences of columns) follows its owner.
_NOT_OURS = """
    SELECT format('ALTER TABLE %%s OWNER TO %%I', c.oid::regclass, %(owner)s::text)
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND c.relowner <> %(owner)s::text::regrole
    UNION ALL
    SELECT format('ALTER SEQUENCE %%s OWNER TO %%I', c.oid::regclass, %(owner)s::text)
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
        AND c.relowner <> %(owner)s::text::regrole
        AND NOT EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        )
    UNION ALL
    SELECT format('ALTER ROUTINE %%s OWNER TO %%I', p.oid::regprocedure, %(owner)s::text)
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> %(owner)s::text::regrole
        AND NOT EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        )
"""


def arrange_server(connection: psycopg.Connection) -> None:
    """Make the roles and the database; bring those of an earlier version to the same state.

    `connection` is the superuser's, to the database `postgres`, in autocommit mode.
    """
    for role in (OWNER, SERVING):
        known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        verb = "ALTER" if known.rowcount else "CREATE"
        _run(connection, f"{verb} ROLE {{}} {_PLAIN}", role)
    known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
    if not known.rowcount:
        _run(connection, "CREATE DATABASE {} OWNER {}", DATABASE, OWNER)
    _run(connection, "ALTER DATABASE {} OWNER TO {}", DATABASE, OWNER)
    for name in (DATABASE, "postgres", "template1"):
        _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
    _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", DATABASE, SERVING)


def arrange_database(connection: psycopg.Connection) -> None:
    """Give what an earlier version left to the superuser to the owner, all or nothing.

    `connection` is the superuser's, to Mobula's database. REASSIGN OWNED would do the same but
    refuses objects of the superuser that initdb made.
    """
    with connection.transaction():
        for (statement,) in connection.execute(_NOT_OURS, {"owner": OWNER}).fetchall():
            connection.execute(statement)


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
