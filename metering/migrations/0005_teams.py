"""Roll-ups by team: cost by day, use over time, and each cluster's use in the ranges of pages."""

import django.db.models.expressions
from django.db import migrations, models

MEASURES = (
    "cpu_capacity", "cpu_held", "cpu_used",
    "memory_capacity", "memory_held", "memory_used",
    "gpu_capacity", "gpu_held", "gpu_used",
    "object_store_capacity", "object_store_used",
    "disk_used", "disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps",
)
WITH_P95 = ("cpu_used", "memory_used", "gpu_used")
PARTS = ("control", "overhead", "used", "reserved_idle", "infra_idle")


def team_rollup(step: str, partition: str, *, long: bool) -> str:
    """Return the SQL of one roll-up table of teams."""
    columns = [f"{measure}_mean double precision" for measure in MEASURES]
    if long:
        columns += ["buckets integer NOT NULL CHECK (buckets > 0)"]
        columns += [f"{measure}_max double precision" for measure in MEASURES]
        columns += [f"{measure}_p95 double precision" for measure in WITH_P95]
    return f"""
CREATE TABLE metering_team_{step} (
    team_id bigint NOT NULL,
    template_id bigint NOT NULL,
    owner_id bigint NOT NULL,
    bucket timestamptz NOT NULL,
    {", ".join(columns)},
    PRIMARY KEY (team_id, template_id, owner_id, bucket)
) {partition};
"""


LIST = """
INSERT INTO mobula_partitioned (parent, at_column) VALUES
    ('metering_team_1m', 'bucket'), ('metering_team_5m', 'bucket'), ('metering_team_1h', 'bucket')
"""
UNLIST = "DELETE FROM mobula_partitioned WHERE parent ~ '^metering_team_'"
# What was measured before: the partitions that the roll-ups of clusters have, and their sums.
PARTITIONS = """
DO $$
DECLARE child record;
BEGIN
    FOR child IN
        SELECT parent.relname AS parent, part.relname AS part,
            pg_get_expr(part.relpartbound, part.oid) AS bounds
        FROM pg_inherits
            JOIN pg_class AS part ON part.oid = inhrelid
            JOIN pg_class AS parent ON parent.oid = inhparent
        WHERE parent.relname IN
            ('metering_rollup_1m', 'metering_rollup_5m', 'metering_rollup_1h')
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I %s',
            replace(child.part, 'rollup', 'team'), replace(child.parent, 'rollup', 'team'),
            child.bounds);
    END LOOP;
END $$;
"""
CLUSTERS = """
INSERT INTO metering_meteredcluster (cluster_id, team_id, template_id, owner_id)
SELECT DISTINCT ON (cluster_id) cluster_id, team_id, coalesce(template_id, -1), owner_id
FROM metering_interval ORDER BY cluster_id, started_at DESC
"""
SCOPES = "(team_id), (team_id, template_id), (team_id, owner_id), (team_id, template_id, owner_id)"
MEANS = ", ".join(f"{measure}_mean" for measure in MEASURES)


def sums(step: str) -> str:
    """Return the SQL that adds up the clusters' steps."""
    means = ", ".join(f"sum({measure}_mean)" for measure in MEASURES)
    return f"""
        INSERT INTO metering_team_{step} (team_id, template_id, owner_id, bucket, {MEANS})
        SELECT team_id, coalesce(template_id, 0), coalesce(owner_id, 0), bucket, {means}
        FROM metering_rollup_{step} JOIN metering_meteredcluster USING (cluster_id)
        WHERE node = '' GROUP BY bucket, GROUPING SETS ({SCOPES})
    """


def long_sums(step: str) -> str:
    """Return the same of hours and days; they are of clusters, as five minutes may be gone."""
    columns = [f"{measure}_{what}" for what in ("mean", "max") for measure in MEASURES]
    columns += [f"{measure}_p95" for measure in WITH_P95]
    return f"""
        INSERT INTO metering_team_{step}
            (team_id, template_id, owner_id, bucket, buckets, {", ".join(columns)})
        SELECT team_id, coalesce(template_id, 0), coalesce(owner_id, 0), bucket, max(buckets),
            {", ".join(f"sum({column})" for column in columns)}
        FROM metering_rollup_{step} JOIN metering_meteredcluster USING (cluster_id)
        WHERE node = '' GROUP BY bucket, GROUPING SETS ({SCOPES})
    """


COST = f"""
INSERT INTO metering_costteamday (
    day, team_id, template_id, template_name, owner_id, owner_name, "group", role, market, priced,
    seconds, total, {", ".join(PARTS)}
)
SELECT day, team_id, template_id, max(template_name), owner_id, max(owner_name), "group", role,
    market, priced, sum(seconds), sum(total), {", ".join(f"sum({part})" for part in PARTS)}
FROM metering_costday
GROUP BY day, team_id, template_id, owner_id, "group", role, market, priced
"""


def run(sql: str) -> migrations.RunSQL:
    """Return the operation that fills a table; going back drops it anyway."""
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0004_rate_cards_refuse_truncate'),
        ('retention', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClusterUse',
            fields=[
                ('pk', models.CompositePrimaryKey('window', 'cluster_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('window', models.CharField(max_length=8)),
                ('cluster_id', models.UUIDField()),
                ('team_id', models.BigIntegerField()),
                ('template_id', models.BigIntegerField()),
                ('owner_id', models.BigIntegerField()),
                ('cpu_capacity', models.FloatField(null=True)),
                ('cpu_held', models.FloatField(null=True)),
                ('cpu_used', models.FloatField(null=True)),
                ('cpu_p50', models.FloatField(null=True)),
                ('cpu_p95', models.FloatField(null=True)),
                ('cpu_max', models.FloatField(null=True)),
                ('memory_capacity', models.FloatField(null=True)),
                ('memory_held', models.FloatField(null=True)),
                ('memory_used', models.FloatField(null=True)),
                ('memory_p50', models.FloatField(null=True)),
                ('memory_p95', models.FloatField(null=True)),
                ('memory_max', models.FloatField(null=True)),
                ('gpu_capacity', models.FloatField(null=True)),
                ('gpu_held', models.FloatField(null=True)),
                ('gpu_used', models.FloatField(null=True)),
                ('gpu_p50', models.FloatField(null=True)),
                ('gpu_p95', models.FloatField(null=True)),
                ('gpu_max', models.FloatField(null=True)),
                ('held_unused', models.BigIntegerField()),
                ('unreserved', models.BigIntegerField()),
                ('paid', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='CostTeamDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seconds', models.DecimalField(decimal_places=6, max_digits=16)),
                ('control', models.BigIntegerField(null=True)),
                ('overhead', models.BigIntegerField(null=True)),
                ('used', models.BigIntegerField(null=True)),
                ('reserved_idle', models.BigIntegerField(null=True)),
                ('infra_idle', models.BigIntegerField(null=True)),
                ('total', models.BigIntegerField(null=True)),
                ('day', models.DateField()),
                ('team_id', models.BigIntegerField()),
                ('template_id', models.BigIntegerField(null=True)),
                ('template_name', models.TextField(blank=True)),
                ('owner_id', models.BigIntegerField()),
                ('owner_name', models.TextField()),
                ('group', models.TextField()),
                ('role', models.TextField()),
                ('market', models.TextField()),
                ('priced', models.BooleanField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MeteredCluster',
            fields=[
                ('cluster_id', models.UUIDField(primary_key=True, serialize=False)),
                ('team_id', models.BigIntegerField(db_index=True)),
                ('template_id', models.BigIntegerField()),
                ('owner_id', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='UseWindow',
            fields=[
                ('key', models.CharField(max_length=8, primary_key=True, serialize=False)),
                ('computed_at', models.DateTimeField()),
                ('seconds', models.FloatField()),
            ],
        ),
        migrations.AddIndex(
            model_name='costhour',
            index=models.Index(fields=['hour'], name='costhour_of_hour'),
        ),
        migrations.AddIndex(
            model_name='clusteruse',
            index=models.Index(fields=['window', 'team_id'], name='clusteruse_of_team'),
        ),
        migrations.AddIndex(
            model_name='costteamday',
            index=models.Index(fields=['day'], name='costteamday_of_day'),
        ),
        migrations.AddIndex(
            model_name='costteamday',
            index=models.Index(fields=['team_id', 'day'], name='costteamday_of_team'),
        ),
        migrations.AddConstraint(
            model_name='costteamday',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('control', None), ('infra_idle', None), ('overhead', None), ('reserved_idle', None), ('total', None), ('used', None)), models.Q(('control__isnull', False), ('infra_idle__isnull', False), ('overhead__isnull', False), ('reserved_idle__isnull', False), ('total__isnull', False), ('used__isnull', False), ('control__gte', 0), ('infra_idle__gte', 0), ('overhead__gte', 0), ('reserved_idle__gte', 0), ('used__gte', 0), ('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('control'), '+', models.F('overhead')), '+', models.F('used')), '+', models.F('reserved_idle')), '+', models.F('infra_idle')))), _connector='OR'), name='costteamday_parts_are_total'),
        ),
        migrations.AddConstraint(
            model_name='costteamday',
            constraint=models.CheckConstraint(condition=models.Q(('seconds__gt', 0)), name='costteamday_lasts'),
        ),
        migrations.AddConstraint(
            model_name='costteamday',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('priced', True), ('total__isnull', False)), models.Q(('priced', False), ('total', None)), _connector='OR'), name='costteamday_priced_has_total'),
        ),
        *(
            migrations.RunSQL(
                team_rollup(step, partition, long=long), f"DROP TABLE metering_team_{step}"
            )
            for step, partition, long in (
                ("1m", "PARTITION BY RANGE (bucket)", False),
                ("5m", "PARTITION BY RANGE (bucket)", False),
                ("1h", "PARTITION BY RANGE (bucket)", True),
                ("1d", "", True),
            )
        ),
        migrations.RunSQL(LIST, UNLIST),
        run(PARTITIONS),
        run(CLUSTERS),
        run(sums("1m")),
        run(sums("5m")),
        run(long_sums("1h")),
        run(long_sums("1d")),
        run(COST),
    ]
