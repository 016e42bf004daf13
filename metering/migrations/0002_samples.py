"""Samples and their roll-ups, in partitions that `retention` adds and drops."""

from django.db import migrations

# A copy of metering.measures as of this migration: the table must not follow the code.
MEASURES = (
    "cpu_capacity", "cpu_held", "cpu_used",
    "memory_capacity", "memory_held", "memory_used",
    "gpu_capacity", "gpu_held", "gpu_used",
    "object_store_capacity", "object_store_used",
    "disk_used", "disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps",
)
WITH_P95 = ("cpu_used", "memory_used", "gpu_used")

# Found by time only, and time only grows: a block range index costs next to nothing on the way in.
SAMPLE = f"""
CREATE TABLE metering_sample (
    cluster_id uuid NOT NULL,
    node text NOT NULL,
    at timestamptz NOT NULL,
    {", ".join(f"{measure} double precision" for measure in MEASURES)}
) PARTITION BY RANGE (at);
CREATE INDEX metering_sample_at ON metering_sample USING brin (at) WITH (pages_per_range = 16);
"""


# Pages read by key, or all clusters of a time; the next coarser level reads by time alone.
def rollup(step: str, partition: str) -> str:
    """Return the SQL of one roll-up table; node '' is the whole cluster."""
    table = f"metering_rollup_{step}"
    columns = [f"{measure}_mean double precision" for measure in MEASURES]
    columns += [f"{measure}_max double precision" for measure in MEASURES]
    columns += [f"{measure}_p95 double precision" for measure in WITH_P95]
    return f"""
CREATE TABLE {table} (
    cluster_id uuid NOT NULL,
    node text NOT NULL,
    bucket timestamptz NOT NULL,
    samples bigint NOT NULL CHECK (samples > 0),
    {", ".join(columns)},
    PRIMARY KEY (cluster_id, node, bucket)
) {partition};
CREATE INDEX {table}_time ON {table} USING brin (bucket) WITH (pages_per_range = 16);
CREATE INDEX {table}_fleet ON {table} (bucket, cluster_id) WHERE node = '';
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_initial")]
    operations = [
        migrations.RunSQL(SAMPLE, "DROP TABLE metering_sample"),
        *(
            migrations.RunSQL(rollup(step, partition), f"DROP TABLE metering_rollup_{step}")
            for step, partition in (
                ("5m", "PARTITION BY RANGE (bucket)"),
                ("1h", "PARTITION BY RANGE (bucket)"),
                ("1d", ""),
            )
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION metering_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only: add a new version instead.', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER ratecardversion_append_only
                BEFORE UPDATE OR DELETE ON metering_ratecardversion
                FOR EACH ROW EXECUTE FUNCTION metering_append_only();
            """,
            """
            DROP TRIGGER ratecardversion_append_only ON metering_ratecardversion;
            DROP FUNCTION metering_append_only();
            """,
        ),
    ]
