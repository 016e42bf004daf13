"""Functions that add and drop partitions for a role that does not own the tables.

The role that serves requests may not create or drop tables. It calls these functions, which run as
the owner of the tables (SECURITY DEFINER) and accept only the tables listed in
`mobula_partitioned`, which only the owner can change. Names are qualified, since a temporary table
would otherwise come first (https://www.postgresql.org/docs/18/sql-createfunction.html, "Writing
SECURITY DEFINER Functions Safely").

A migration that creates a partitioned table adds it to the list:

    INSERT INTO mobula_partitioned (parent, keep_days) VALUES ('app_table', 90)

`keep_days` is for tables whose rows must not be deleted: a partition that ended less than so many
days ago cannot be dropped, whatever the settings say. NULL means that rows may be deleted anyway.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CREATE = """
CREATE TABLE {schema}.mobula_partitioned (
    parent text PRIMARY KEY,
    keep_days integer CHECK (keep_days > 0)
);
INSERT INTO {schema}.mobula_partitioned (parent) VALUES
    ('metering_sample'), ('metering_rollup_1m'), ('metering_rollup_5m'), ('metering_rollup_1h');

CREATE FUNCTION {schema}.mobula_add_partition(
    parent text, first_moment timestamptz, next_moment timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    child text := parent || '_p' || to_char(first_moment, 'YYYYMMDD');
    grantee text;
    trigger record;
BEGIN
    IF parent IS NULL
        OR NOT EXISTS (SELECT FROM {schema}.mobula_partitioned AS t WHERE t.parent = $1)
    THEN
        RAISE EXCEPTION 'Table % is not listed in mobula_partitioned.', parent
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (
        isfinite(first_moment) AND isfinite(next_moment)
        AND first_moment = date_trunc('day', first_moment)
        AND next_moment = date_trunc('day', next_moment)
        AND next_moment - first_moment BETWEEN interval '1 day' AND interval '31 days'
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'A partition of % cannot be from % to %: use 1 to 31 whole days in UTC.',
            parent, first_moment, next_moment USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock({lock});
    IF to_regclass(format('%I.%I', {literal}, child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    IF (
        SELECT count(*) FROM pg_inherits
        WHERE inhparent = format('%I.%I', {literal}, parent)::regclass
    ) >= 3000 THEN
        RAISE EXCEPTION 'Table % already has 3000 partitions.', parent
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    -- Created apart and attached: CREATE TABLE … PARTITION OF would make every writer wait.
    EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL)',
        {literal}, child, parent);
    -- Default privileges do not know what is append-only: rights are those on the parent, and a
    -- partition by itself can only be read.
    FOR grantee IN
        SELECT DISTINCT acl.grantee::regrole::text
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE oid = format('%I.%I', {literal}, child)::regclass AND acl.grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('REVOKE ALL ON %I.%I FROM %s', {literal}, child, grantee);
        EXECUTE format('GRANT SELECT ON %I.%I TO %s', {literal}, child, grantee);
    END LOOP;
    -- PostgreSQL copies row triggers to a partition, statement triggers it does not.
    FOR trigger IN
        SELECT tgname, tgfoid::regprocedure::oid AS function FROM pg_trigger
        WHERE tgrelid = format('%I.%I', {literal}, parent)::regclass
            AND NOT tgisinternal AND tgtype & 32 <> 0
    LOOP
        EXECUTE (
            SELECT format(
                'CREATE TRIGGER %I BEFORE TRUNCATE ON %I.%I FOR EACH STATEMENT '
                'EXECUTE FUNCTION %I.%I()', trigger.tgname, {literal}, child, nspname, proname
            )
            FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace
            WHERE pg_proc.oid = trigger.function
        );
    END LOOP;
    EXECUTE format('ALTER TABLE %1$I.%3$I ATTACH PARTITION %1$I.%2$I FOR VALUES FROM (%4$L) TO (%5$L)',
        {literal}, child, parent, first_moment, next_moment);
    RETURN true;
END
$$;

CREATE FUNCTION {schema}.mobula_drop_partition(parent text, partition text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    days integer;
    ended timestamptz;
BEGIN
    SELECT keep_days INTO days FROM {schema}.mobula_partitioned AS t WHERE t.parent = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Table % is not listed in mobula_partitioned.', parent
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock({lock});
    SELECT substring(pg_get_expr(relpartbound, c.oid) FROM ' TO \\(''([^'']+)''\\)')::timestamptz
    INTO ended
    FROM pg_class AS c JOIN pg_inherits ON inhrelid = c.oid
    WHERE inhparent = format('%I.%I', {literal}, parent)::regclass
        AND relname = $2 AND relnamespace = {literal}::regnamespace;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF days IS NOT NULL AND (ended < now() - make_interval(days => days)) IS NOT TRUE THEN
        RAISE EXCEPTION 'Partition % cannot be dropped: rows of % are kept for at least % days.',
            partition, parent, days USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('DROP TABLE %I.%I', {literal}, partition);
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION {schema}.mobula_add_partition, {schema}.mobula_drop_partition FROM PUBLIC;
"""
DROP = """
DROP FUNCTION {schema}.mobula_drop_partition;
DROP FUNCTION {schema}.mobula_add_partition;
DROP TABLE {schema}.mobula_partitioned;
"""
LOCK = 0x6D6F6201  # one process at a time adds or drops partitions


def create(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the functions in the schema that holds the tables."""
    _execute(editor, CREATE)


def drop(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the functions."""
    _execute(editor, DROP)


def _execute(editor: BaseDatabaseSchemaEditor, statements: str) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema), quote_literal(current_schema)")
        schema, literal = cursor.fetchone()
        cursor.execute(
            statements.replace("{schema}", schema)
            .replace("{literal}", literal)
            .replace("{lock}", str(LOCK))
        )


class Migration(migrations.Migration):
    dependencies = [("metering", "0003_minutes")]
    operations = [migrations.RunPython(create, drop)]
