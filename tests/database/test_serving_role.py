"""The role that serves requests reads and writes rows; everything else is refused to it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import connection
from psycopg.conninfo import make_conninfo

from mobula import checks, grants
from mobula.stack import roles
from tests.servers import Servers

# pytest-django makes the database for marked tests only.
pytestmark = pytest.mark.django_db
ROLE = grants.ServingRole(name=roles.SERVING, password="")


@pytest.fixture(scope="module")
def url(servers: Servers, django_db_setup: None, django_db_blocker: Any) -> str:
    """The tests' database for the serving role, which has been granted what it needs."""
    del django_db_setup
    with django_db_blocker.unblock():
        grants.create_role(ROLE)
        grants.grant_to(ROLE)
        connection.close()
    return make_conninfo(servers.postgres.url, dbname=str(connection.settings_dict["NAME"]))


@pytest.fixture
def serving(url: str) -> Iterator[psycopg.Connection]:
    """A connection of the serving role; what it writes is rolled back."""
    with psycopg.connect(url) as serving:
        yield serving
        serving.rollback()


REFUSED = (
    "TRUNCATE accounts_auditentry",
    "UPDATE accounts_auditentry SET reason = 'other'",
    "DELETE FROM accounts_auditentry",
    "TRUNCATE accounts_auditseal",
    "UPDATE accounts_auditseal SET digest = content",
    "DELETE FROM accounts_auditseal",
    "ALTER TABLE accounts_auditentry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_is_append_only ON accounts_auditentry",
    "SET session_replication_role = replica",
    "UPDATE metering_ratecardversion SET usd_per_cpu_hour = 0",
    "DELETE FROM metering_ratecardversion",
    "UPDATE promotions_environmentsettings SET content = '{}'",
    "DELETE FROM promotions_environmentsettings",
    "TRUNCATE promotions_environmentsettings",
    "UPDATE configurations_version SET number = 7",
    "DELETE FROM configurations_version",
    "TRUNCATE configurations_version",
    "TRUNCATE accounts_signinattempt",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
    "DELETE FROM django_migrations",
    "INSERT INTO mobula_partitioned (parent) VALUES ('accounts_user')",
    "SELECT mobula_add_partition('accounts_user', '2026-01-01+00', '2026-01-02+00')",
    "SELECT mobula_add_partition(NULL, '2026-01-01+00', '2026-01-02+00')",
    "SELECT mobula_drop_partition('accounts_user', 'accounts_user')",
    "CREATE TABLE mine (number int)",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE LANGUAGE mine HANDLER mine",
    "CREATE DATABASE mine",
    "CREATE ROLE mine",
    "ALTER TABLE accounts_user ADD COLUMN mine int",
    "DROP TABLE accounts_user",
    "CREATE INDEX mine ON accounts_user (id)",
    "ALTER ROLE mobula_app SUPERUSER",
    "ALTER ROLE mobula_owner PASSWORD 'mine'",
    "GRANT mobula_owner TO mobula_app",
    "SET ROLE mobula_owner",
    "SET ROLE mobula",
    "SET SESSION AUTHORIZATION mobula",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "COPY accounts_team FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/mine'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_hba_file_rules",
)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_serving_role_is_refused(serving: psycopg.Connection, statement: str) -> None:
    serving.autocommit = True  # some statements are refused inside a transaction for that alone
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        serving.execute(statement.encode())


def test_it_may_do_nothing_but_read_and_write_rows(serving: psycopg.Connection) -> None:
    rows = serving.execute(
        """SELECT c.oid::regclass::text, right_ FROM pg_class AS c,
               unnest('{TRUNCATE,REFERENCES,TRIGGER,MAINTAIN}'::text[]) AS right_
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND (has_table_privilege(c.oid, right_) OR pg_has_role(relowner, 'MEMBER'))"""
    )
    assert rows.fetchall() == []


def test_it_may_not_delete_from_any_table_that_refuses_truncate(
    serving: psycopg.Connection,
) -> None:
    rows = serving.execute(
        """SELECT tgrelid::regclass::text, has_table_privilege(tgrelid, 'DELETE'),
               has_table_privilege(tgrelid, 'UPDATE')
           FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 32 <> 0"""
    ).fetchall()
    assert {table for table, _, _ in rows} >= {
        "accounts_auditentry",
        "accounts_auditseal",
        "configurations_version",
        "metering_ratecardversion",
        "promotions_environmentsettings",
    }
    assert not [row for row in rows if row[1] or row[2]]


def test_it_reads_and_writes_the_rows_of_the_console(serving: psycopg.Connection) -> None:
    missing = serving.execute(
        """SELECT c.oid::regclass::text FROM pg_class AS c
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND NOT has_table_privilege(c.oid, 'SELECT')"""
    )
    assert missing.fetchall() == []
    serving.execute(
        """INSERT INTO accounts_auditentry
               (at, action, subject_kind, subject_id, subject_name, reason, request_id)
           VALUES (now(), 'test', 'team', '1', 'team', '', '')"""
    )
    serving.execute("UPDATE configurations_version SET archived_at = now()")
    serving.execute("UPDATE accounts_user SET is_active = is_active")
    serving.execute("DELETE FROM accounts_session")


def test_it_adds_fills_and_drops_partitions(serving: psycopg.Connection) -> None:
    add = "SELECT mobula_add_partition('metering_sample', '2001-01-01+00', '2001-01-02+00')"
    assert serving.execute(add).fetchone() == (True,)
    assert serving.execute(add).fetchone() == (False,)
    serving.execute(
        """INSERT INTO metering_sample (cluster_id, node, at)
           VALUES (gen_random_uuid(), 'a', '2001-01-01 12:00+00')"""
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege), serving.transaction():
        serving.execute("DELETE FROM metering_sample_p20010101")
    drop = "SELECT mobula_drop_partition('metering_sample', 'metering_sample_p20010101')"
    assert serving.execute(drop).fetchone() == (True,)
    assert serving.execute(drop).fetchone() == (False,)


def test_other_roles_may_not_touch_partitions(serving: psycopg.Connection) -> None:
    rows = serving.execute(
        """SELECT proname FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'mobula%'
               AND EXISTS (
                   SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))
                   WHERE grantee = 0)"""
    )
    assert rows.fetchall() == []


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2001-01-01 01:00+00", "2001-01-02 01:00+00"),
        ("2001-01-01+00", "2001-01-01+00"),
        ("2001-01-02+00", "2001-01-01+00"),
        ("2001-01-01+00", "2002-01-01+00"),
        ("-infinity", "infinity"),
    ],
)
def test_odd_partitions_are_refused(serving: psycopg.Connection, first: str, last: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        serving.execute("SELECT mobula_add_partition('metering_sample', %s, %s)", [first, last])


def test_a_temporary_table_does_not_stand_in_for_the_list(serving: psycopg.Connection) -> None:
    serving.execute("CREATE TEMP TABLE mobula_partitioned (parent text, keep_days int)")
    serving.execute("INSERT INTO pg_temp.mobula_partitioned VALUES ('accounts_user', NULL)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        serving.execute(
            "SELECT mobula_add_partition('accounts_user', '2001-01-01+00', '2001-01-02+00')"
        )


def test_partitions_of_an_append_only_table_are_append_only_and_kept() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE entry (at timestamptz NOT NULL) PARTITION BY RANGE (at);
               CREATE TRIGGER rows BEFORE UPDATE OR DELETE ON entry
                   FOR EACH ROW EXECUTE FUNCTION accounts_refuse_change();
               CREATE TRIGGER whole BEFORE TRUNCATE ON entry
                   FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
               INSERT INTO mobula_partitioned (parent, keep_days) VALUES ('entry', 30);
               SELECT mobula_add_partition('entry', date_trunc('day', now(), 'UTC') + d,
                       date_trunc('day', now(), 'UTC') + d + interval '1 day')
                   FROM unnest('{-40 days,-20 days}'::interval[]) AS d;
               INSERT INTO entry
                   SELECT now() + d FROM unnest('{-40 days,-20 days}'::interval[]) AS d"""
        )
        cursor.execute(
            """SELECT inhrelid::regclass::text FROM pg_inherits
               WHERE inhparent = 'entry'::regclass ORDER BY 1"""
        )
        old, recent = (name for (name,) in cursor.fetchall())
        for statement in ("TRUNCATE {}", "DELETE FROM {}", "TRUNCATE entry"):
            cursor.execute("SAVEPOINT before")
            with pytest.raises(Exception, match="append-only"):
                connection.connection.execute(statement.format(old))
            cursor.execute("ROLLBACK TO before")
        cursor.execute("SELECT mobula_drop_partition('entry', %s)", [old])
        assert cursor.fetchone() == (True,)
        cursor.execute("SAVEPOINT before")
        with pytest.raises(Exception, match="kept for at least 30 days"):
            connection.connection.execute("SELECT mobula_drop_partition('entry', %s)", [recent])
        cursor.execute("ROLLBACK TO before")
        cursor.execute("SELECT count(*) FROM entry")
        assert cursor.fetchone() == (1,)


def test_a_role_is_created_with_its_password_and_a_powerful_one_is_refused() -> None:
    role = grants.ServingRole.from_url("postgresql://mobula_made:a%2Fb@db/mobula")
    grants.create_role(role)
    grants.grant_to(role)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolpassword, rolsuper FROM pg_authid WHERE rolname = %s", [role.name]
        )
        password, is_superuser = cursor.fetchone()
        assert password.startswith("SCRAM-SHA-256$")
        assert not is_superuser
        cursor.execute("ALTER ROLE mobula_made CREATEDB")
    with pytest.raises(CommandError, match="name a role that can do none of this"):
        grants.create_role(role)


def test_who_does_not_own_the_tables_is_sent_to_the_owner() -> None:
    grants.refuse_other_than_owner()
    assert grants.serves_as_owner() == roles.SUPERUSER
    assert checks.requests_are_served_by_a_plain_role(databases=["default"])[0].id == "mobula.W001"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE mobula_app")
    assert grants.serves_as_owner() == ""
    assert checks.requests_are_served_by_a_plain_role(databases=["default"]) == []
    with pytest.raises(CommandError, match="run this command with DATABASE_URL of the owner"):
        grants.refuse_other_than_owner()
    absent = grants.ServingRole(name="absent", password="")
    with pytest.raises(CommandError, match="CREATE ROLE absent LOGIN"):
        grants.create_role(absent)


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://host/mobula", "mobula_app"])
def test_a_url_without_a_role_is_refused(url: str) -> None:
    with pytest.raises(CommandError, match="MOBULA_SERVING_DATABASE_URL must be"):
        grants.ServingRole.from_url(url)
