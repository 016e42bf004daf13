"""The clock of retention, and the functions that add and drop partitions.

They are the only statements that change tables while Mobula runs. The role that serves requests may
not create or drop tables: the functions run as the owner (SECURITY DEFINER) and accept only the
tables listed in `mobula_partitioned`, which only the owner can change. Temporary objects come last
in their search path, so none stands in for a table
(https://www.postgresql.org/docs/18/sql-createfunction.html, "Writing SECURITY DEFINER Functions
Safely"). They give up where they must wait for long.

A migration that creates a partitioned table adds it to the list:

    INSERT INTO mobula_partitioned (parent, keep_days) VALUES ('app_table', 90)

`keep_days` is for rows that must not be deleted: a partition that ended less than so many days ago
cannot be dropped, whatever the settings say. NULL means that rows may be deleted anyway.
"""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CREATE = """
CREATE TABLE mobula_partitioned (
    parent text PRIMARY KEY,
    at_column text NOT NULL DEFAULT 'at',
    keep_days integer CHECK (keep_days > 0)
);
INSERT INTO mobula_partitioned (parent, at_column, keep_days) VALUES
    ('accounts_auditentry', 'at', 30),
    ('clusters_event', 'at', 1),
    ('clusters_scalingdecision', 'at', 1),
    ('clusters_scalingsample', 'at', 1),
    ('clusters_joblog', 'at', NULL),
    ('metering_sample', 'at', NULL),
    ('metering_rollup_1m', 'bucket', NULL),
    ('metering_rollup_5m', 'bucket', NULL),
    ('metering_rollup_1h', 'bucket', NULL);

CREATE FUNCTION mobula_add_partition(parent text, starts timestamptz, ends timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp SET lock_timeout = '500ms' SET timezone = 'UTC' AS $$
DECLARE
    name text := parent || '_p' || to_char(starts, 'YYYYMMDD');
    spare text := parent || '_default';
    at_column text := (SELECT t.at_column FROM mobula_partitioned AS t WHERE t.parent = $1);
    has_strays boolean := false;
BEGIN
    IF at_column IS NULL THEN
        RAISE EXCEPTION 'Table % is not listed in mobula_partitioned.', parent
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (
        isfinite(starts) AND isfinite(ends)
        AND starts = date_trunc('day', starts) AND ends = date_trunc('day', ends)
        AND ends - starts BETWEEN interval '1 day' AND interval '31 days'
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'A partition of % cannot be from % to %: use 1 to 31 whole days in UTC.',
            parent, starts, ends USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock({lock});
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    IF (SELECT count(*) FROM pg_inherits WHERE inhparent = quote_ident(parent)::regclass) >= 3000 THEN
        RAISE EXCEPTION 'Table % already has 3000 partitions.', parent
            USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF to_regclass(quote_ident(spare)) IS NOT NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= $1 AND %2$I < $2)', spare, at_column)
            INTO has_strays USING starts, ends;
    END IF;
    IF has_strays THEN  -- PostgreSQL refuses a partition whose rows are in the default one
        SET CONSTRAINTS ALL IMMEDIATE;  -- a table with checks to come cannot be dropped
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent);
        EXECUTE format('CREATE TEMPORARY TABLE mobula_strays AS SELECT * FROM %I', spare);
        EXECUTE format('DROP TABLE %I', spare);
    END IF;
    -- Made apart and attached: CREATE TABLE ... PARTITION OF would make every writer wait.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING IDENTITY)', name, parent);
    PERFORM mobula_protect_partition(parent, name);
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, starts, ends
    );
    IF has_strays THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', spare, parent);
        PERFORM mobula_protect_partition(parent, spare);
        EXECUTE format('INSERT INTO %I SELECT * FROM pg_temp.mobula_strays', parent);
        DROP TABLE pg_temp.mobula_strays;
    END IF;
    RETURN true;
END
$$;

-- Rights are those on the parent: a partition alone can only be read. PostgreSQL copies the
-- parent's triggers for each row, but not those for a statement, such as TRUNCATE.
CREATE FUNCTION mobula_protect_partition(parent text, partition text) RETURNS void
LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    grantee text;
    statement text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT acl.grantee::regrole::text
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE oid = quote_ident(partition)::regclass AND acl.grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %s', partition, grantee);
        EXECUTE format('GRANT SELECT ON %I TO %s', partition, grantee);
    END LOOP;
    FOR statement IN
        SELECT replace(pg_get_triggerdef(t.oid, true),
                       format(' ON %s ', t.tgrelid::regclass), format(' ON %I ', partition))
        FROM pg_trigger t
        WHERE t.tgrelid = quote_ident(parent)::regclass AND NOT t.tgisinternal
          AND t.tgtype & 1 = 0
          AND NOT EXISTS (SELECT FROM pg_trigger p
                          WHERE p.tgrelid = quote_ident(partition)::regclass
                            AND p.tgname = t.tgname)
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

CREATE FUNCTION mobula_drop_partition(parent text, partition text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp SET lock_timeout = '500ms' SET timezone = 'UTC' AS $$
DECLARE
    days integer;
    bound text;
    ended timestamptz;
BEGIN
    SELECT keep_days INTO days FROM mobula_partitioned AS t WHERE t.parent = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Table % is not listed in mobula_partitioned.', parent
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock({lock});
    IF to_regclass(quote_ident(partition)) IS NULL THEN
        RETURN false;
    END IF;
    bound := (SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i
              JOIN pg_class c ON c.oid = i.inhrelid
              WHERE i.inhparent = quote_ident(parent)::regclass
                AND c.oid = quote_ident(partition)::regclass);
    ended := substring(bound FROM 'TO \\(''([^'']+)''\\)');
    IF ended IS NULL THEN
        RAISE EXCEPTION '% is not a partition of % that may be dropped.', partition, parent
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF days IS NOT NULL AND ended > now() - make_interval(days => days) THEN
        RAISE EXCEPTION 'Partition % cannot be dropped: rows of % are kept for at least % days.',
            partition, parent, days USING ERRCODE = 'insufficient_privilege';
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    EXECUTE format('DROP TABLE %I', partition);
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION mobula_add_partition, mobula_drop_partition, mobula_protect_partition
    FROM PUBLIC;
"""
DROP = """
DROP FUNCTION mobula_drop_partition(text, text);
DROP FUNCTION mobula_add_partition(text, timestamptz, timestamptz);
DROP FUNCTION mobula_protect_partition(text, text);
DROP TABLE mobula_partitioned;
"""
LOCK = 0x6D6F6201  # one process at a time adds or drops partitions


def create(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the list and the functions in the schema that holds the tables."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema)")
        (schema,) = cursor.fetchone()
        cursor.execute(CREATE.replace("{schema}", schema).replace("{lock}", str(LOCK)))


def drop(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    editor.execute(DROP)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Clock",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(help_text="Rows are old or new as seen from then.")),
                (
                    "moved_at",
                    models.DateTimeField(
                        help_text="The machine's clock when this one last moved."
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="retention_one_clock"
                    )
                ],
            },
        ),
        migrations.RunPython(create, drop),
    ]
