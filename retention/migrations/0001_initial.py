"""The clock of retention, and the two functions that add and drop partitions.

They are the only statements that change tables while Mobula runs. Each refuses tables that are not
listed, gives up where it must wait for long, and keeps what is too new to be dropped.
"""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION mobula_partitioned_tables() RETURNS TABLE (parent text, at_column text, floor interval)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    -- The floor: a partition is dropped only when it ended so long ago, whatever the settings say.
    -- Measurements, and logs that take too much space, have none.
    VALUES
        ('accounts_auditentry', 'at', interval '30 days'),
        ('clusters_event', 'at', interval '1 day'),
        ('clusters_scalingdecision', 'at', interval '1 day'),
        ('clusters_scalingsample', 'at', interval '1 day'),
        ('clusters_joblog', 'at', NULL),
        ('metering_sample', 'at', NULL),
        ('metering_rollup_1m', 'bucket', NULL),
        ('metering_rollup_5m', 'bucket', NULL),
        ('metering_rollup_1h', 'bucket', NULL)
$$;

CREATE FUNCTION mobula_add_partition(parent text, starts timestamptz, ends timestamptz)
RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp SET lock_timeout = '500ms' SET timezone = 'UTC' AS $$
DECLARE
    name text := parent || '_p' || to_char(starts, 'YYYYMMDD');
    spare text := parent || '_default';
    at_column text := (SELECT t.at_column FROM mobula_partitioned_tables() t
                       WHERE t.parent = mobula_add_partition.parent);
    has_strays boolean := false;
    statement text;
BEGIN
    IF at_column IS NULL THEN
        RAISE EXCEPTION 'Table % has no partitions.', parent;
    END IF;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    IF to_regclass(spare) IS NOT NULL THEN
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
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, starts, ends
    );
    PERFORM mobula_copy_statement_triggers(parent, name);
    IF has_strays THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', spare, parent);
        PERFORM mobula_copy_statement_triggers(parent, spare);
        EXECUTE format('INSERT INTO %I SELECT * FROM mobula_strays', parent);
        DROP TABLE mobula_strays;
    END IF;
END
$$;

-- Triggers for each row come with the parent; those for a statement, such as TRUNCATE, do not.
CREATE FUNCTION mobula_copy_statement_triggers(parent text, partition text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT replace(pg_get_triggerdef(t.oid, true),
                       format(' ON %s ', t.tgrelid::regclass), format(' ON %I ', partition))
        FROM pg_trigger t
        WHERE t.tgrelid = to_regclass(parent) AND NOT t.tgisinternal AND t.tgtype & 1 = 0
          AND NOT EXISTS (SELECT FROM pg_trigger p
                          WHERE p.tgrelid = to_regclass(partition) AND p.tgname = t.tgname)
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

CREATE FUNCTION mobula_drop_partition(parent text, partition text) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp SET lock_timeout = '500ms' SET timezone = 'UTC' AS $$
DECLARE
    floor interval := (SELECT t.floor FROM mobula_partitioned_tables() t
                       WHERE t.parent = mobula_drop_partition.parent);
    bound text := (SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i
                   JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = to_regclass(parent) AND c.oid = to_regclass(partition));
    ends timestamptz := substring(bound FROM 'TO \\(''([^'']+)''\\)');
BEGIN
    IF ends IS NULL OR parent NOT IN (SELECT t.parent FROM mobula_partitioned_tables() t) THEN
        RAISE EXCEPTION '% is not a partition of % that may be dropped.', partition, parent;
    END IF;
    IF ends > now() - floor THEN
        RAISE EXCEPTION 'Partition % is too new to be dropped: its rows are kept until %.',
            partition, ends + floor;
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    EXECUTE format('DROP TABLE %I', partition);
END
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION mobula_drop_partition(text, text);
DROP FUNCTION mobula_add_partition(text, timestamptz, timestamptz);
DROP FUNCTION mobula_copy_statement_triggers(text, text);
DROP FUNCTION mobula_partitioned_tables();
"""


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
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
    ]
