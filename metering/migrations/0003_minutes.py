"""A roll-up by minutes, and how many five minutes an hour or a day was measured in."""

from django.db import migrations

MEASURES = (
    "cpu_capacity", "cpu_held", "cpu_used",
    "memory_capacity", "memory_held", "memory_used",
    "gpu_capacity", "gpu_held", "gpu_used",
    "object_store_capacity", "object_store_used",
    "disk_used", "disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps",
)

# Read by key or, for whole clusters, by time. A percentile of a minute would say nothing new.
MINUTES = f"""
CREATE TABLE metering_rollup_1m (
    cluster_id uuid NOT NULL,
    node text NOT NULL,
    bucket timestamptz NOT NULL,
    samples bigint NOT NULL CHECK (samples > 0),
    {", ".join(f"{measure}_mean double precision" for measure in MEASURES)},
    {", ".join(f"{measure}_max double precision" for measure in MEASURES)},
    PRIMARY KEY (cluster_id, node, bucket)
) PARTITION BY RANGE (bucket);
CREATE INDEX metering_rollup_1m_fleet ON metering_rollup_1m (bucket, cluster_id) WHERE node = '';
"""


def weigh(step: str) -> migrations.RunSQL:
    """Return the operation that counts the five minutes behind each row."""
    table = f"metering_rollup_{step}"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD COLUMN buckets integer NOT NULL DEFAULT 1 CHECK (buckets > 0)",
        f"ALTER TABLE {table} DROP COLUMN buckets",
    )


class Migration(migrations.Migration):
    dependencies = [("metering", "0002_samples")]
    operations = [
        migrations.RunSQL(MINUTES, "DROP TABLE metering_rollup_1m"),
        weigh("1h"),
        weigh("1d"),
    ]
