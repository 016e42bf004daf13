"""What the role that serves requests may do in the database; `prepare` grants it as the owner.

The role owns nothing. It reads and writes rows, but not those that are append-only, and it creates
and drops partitions through functions of the owner (retention.partitions). Everything is granted
anew after each migration, so that a migration needs no grants of its own.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psycopg
from django.core.management.base import CommandError
from django.db import connection, transaction
from psycopg import sql

TABLES_READ_ONLY = frozenset({"django_migrations", "mobula_partitioned"})
TABLES_APPEND_ONLY = frozenset(
    {
        "accounts_auditentry",
        "accounts_auditseal",
        "metering_ratecardversion",
        "promotions_environmentsettings",
    }
)
# Append-only but for these columns.
COLUMNS = {"configurations_version": "archived_at"}


@dataclass(frozen=True)
class ServingRole:
    """The role that web, worker and scheduler connect as."""

    name: str
    password: str

    @classmethod
    def from_url(cls, url: str) -> "ServingRole":
        """Return the role that a postgresql:// URL names."""
        parts = urlsplit(url)
        if parts.scheme not in {"postgres", "postgresql"} or not parts.username:
            raise CommandError(
                "MOBULA_SERVING_DATABASE_URL must be a postgresql:// URL that names a role."
            )
        return cls(name=unquote(parts.username), password=unquote(parts.password or ""))


def refuse_other_than_owner() -> None:
    """Raise a CommandError when the tables are there and the current role does not own them."""
    row = _one(
        """SELECT current_user, relowner::regrole::text FROM pg_class
           WHERE oid = to_regclass('django_migrations')
               AND NOT pg_has_role(current_user, relowner, 'USAGE')"""
    )
    if row:
        raise CommandError(
            f"DATABASE_URL names the role {row[0]}, but the tables belong to {row[1]}: run this "
            "command with DATABASE_URL of the owner, and MOBULA_SERVING_DATABASE_URL of the role "
            "that serves requests."
        )


def serves_as_owner() -> str:
    """Return the current role's name where it could change the tables, or '' where it cannot."""
    row = _one(
        """SELECT current_user FROM pg_roles
           WHERE rolname = current_user AND (rolsuper OR rolcreaterole OR EXISTS (
               SELECT FROM pg_class WHERE oid = to_regclass('django_migrations')
                   AND pg_has_role(current_user, relowner, 'MEMBER')
           ))"""
    )
    return str(row[0]) if row else ""


def create_role(role: ServingRole) -> None:
    """Create the role unless it is there; raise a CommandError when it may do too much.

    A password that the URL names is set again, so that a new one needs no SQL by hand.
    """
    may_create = _one(
        "SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)"
    )
    powers = _one(
        """SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
               OR pg_has_role(rolname, current_user, 'MEMBER')
           FROM pg_roles WHERE rolname = %s""",
        role.name,
    )
    if powers is None and may_create is None:
        raise CommandError(
            f"The role {role.name} of MOBULA_SERVING_DATABASE_URL does not exist, and the role of "
            f"DATABASE_URL may not create it: run `CREATE ROLE {role.name} LOGIN PASSWORD '…'` as "
            "an administrator of the database."
        )
    if powers and powers[0]:
        raise CommandError(
            f"The role {role.name} of MOBULA_SERVING_DATABASE_URL is a superuser, may create roles "
            "or databases, or is a member of the owner of the tables: name a role that can do none "
            "of this."
        )
    if powers is None:
        _execute("CREATE ROLE {} LOGIN", sql.Identifier(role.name))
    if role.password and may_create is not None:
        _execute("ALTER ROLE {} PASSWORD {}", sql.Identifier(role.name), _verifier(role))


@transaction.atomic
def grant_to(role: ServingRole) -> None:
    """Grant `role` what serving requests takes, and take back everything else."""
    name, schema = sql.Identifier(role.name), sql.Identifier(_value("SELECT current_schema"))
    _execute("REVOKE CREATE ON SCHEMA {} FROM PUBLIC, {}", schema, name)
    _execute("GRANT USAGE ON SCHEMA {} TO {}", schema, name)
    _execute("GRANT CONNECT ON DATABASE {} TO {}", _identifier("SELECT current_database()"), name)
    _execute("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}", schema, name)
    for rights, tables in _rights().items():
        _execute(
            f"GRANT {rights} ON {{}} TO {{}}",
            sql.SQL(", ").join(sql.Identifier(table) for table in tables),
            name,
        )
    # New functions are open to everyone, and a restored dump says nothing of rights.
    _execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {} FROM PUBLIC", schema)
    for kind, rights in (("SEQUENCES", "USAGE, SELECT"), ("FUNCTIONS", "EXECUTE")):
        _execute(f"GRANT {rights} ON ALL {kind} IN SCHEMA {{}} TO {{}}", schema, name)
    # For what a migration creates that runs without `prepare`.
    defaults = (
        ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
        ("SEQUENCES", "USAGE, SELECT"),
        ("FUNCTIONS", "EXECUTE"),
    )
    for kind, rights in defaults:
        _execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{}} GRANT {rights} ON {kind} TO {{}}",
            schema,
            name,
        )


def _rights() -> dict[str, list[str]]:
    """Return the tables by what the serving role may do with them."""
    tables: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, relispartition FROM pg_class
               WHERE relnamespace = current_schema::regnamespace AND relkind IN ('r', 'p', 'v')
               ORDER BY relname"""
        )
        for name, is_partition in cursor.fetchall():
            # A partition is written through its table; backups read it directly.
            read_only = is_partition or name in TABLES_READ_ONLY
            rights = "SELECT" if read_only else _rights_on(name)
            tables.setdefault(rights, []).append(name)
    return tables


def _rights_on(table: str) -> str:
    if table in TABLES_APPEND_ONLY:
        return "SELECT, INSERT"
    if column := COLUMNS.get(table):
        return f"SELECT, INSERT, UPDATE ({column})"
    return "SELECT, INSERT, UPDATE, DELETE"


def _verifier(role: ServingRole) -> sql.Literal:
    """Return what the server stores of the password, which it is never sent."""
    connection.ensure_connection()
    wrapped = connection.connection
    native: psycopg.Connection = getattr(wrapped, "connection", wrapped)
    secret = native.pgconn.encrypt_password(
        role.password.encode(), role.name.encode(), b"scram-sha-256"
    )
    return sql.Literal(secret.decode())


def _one(query: str, *values: str) -> tuple[object, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        row: tuple[object, ...] | None = cursor.fetchone()
    return row


def _value(query: str) -> str:
    row = _one(query)
    return str(row[0]) if row else ""


def _identifier(query: str) -> sql.Identifier:
    return sql.Identifier(_value(query))


def _execute(statement: str, *parts: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*parts))
