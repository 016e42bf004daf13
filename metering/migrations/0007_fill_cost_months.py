"""Add up what was posted before, one month at a time: clusters' months, and teams' days by scope.

Each month is a transaction of its own, so that no migration holds all rows of years; run again
after an interruption, it writes the same rows.
"""

from django.db import migrations, transaction

PARTS = ("control", "overhead", "used", "reserved_idle", "infra_idle")
MONTHS = """
    SELECT month::date FROM generate_series(
        date_trunc('month', (SELECT min(day) FROM metering_costday)::timestamp),
        (SELECT max(day) FROM metering_costday)::timestamp, interval '1 month'
    ) AS month
"""
IN_MONTH = "day >= %(month)s AND day < %(month)s + interval '1 month'"
DROP_MONTH = "DELETE FROM metering_costmonth WHERE month = %(month)s"
ADD_MONTH = f"""
    INSERT INTO metering_costmonth (
        month, cluster_id, cluster_name, team_id, template_id, template_name, owner_id, owner_name,
        "group", priced, seconds, total, {", ".join(PARTS)}
    )
    SELECT %(month)s, cluster_id, (array_agg(cluster_name ORDER BY day DESC, cluster_name DESC))[1],
        team_id, template_id, (array_agg(template_name ORDER BY day DESC, template_name DESC))[1],
        owner_id, (array_agg(owner_name ORDER BY day DESC, owner_name DESC))[1],
        "group", priced, sum(seconds), sum(total), {", ".join(f"sum({part})" for part in PARTS)}
    FROM metering_costday WHERE {IN_MONTH}
    GROUP BY cluster_id, team_id, template_id, owner_id, "group", priced
"""
DROP_SCOPES = f"DELETE FROM metering_costscopeday WHERE {IN_MONTH}"
ADD_SCOPES = f"""
    INSERT INTO metering_costscopeday (
        day, team_id, scope, template_id, template_name, owner_id, owner_name, "group", priced,
        seconds, total, {", ".join(PARTS)}
    )
    SELECT day, team_id,
        CASE 0 WHEN grouping(template_id) THEN 'template' WHEN grouping(owner_id) THEN 'owner'
            WHEN grouping("group") THEN 'group' ELSE 'team' END,
        template_id, CASE WHEN grouping(template_id) = 0 THEN max(template_name) ELSE '' END,
        owner_id, CASE WHEN grouping(owner_id) = 0 THEN max(owner_name) ELSE '' END,
        coalesce("group", ''), priced, sum(seconds), sum(total),
        {", ".join(f"sum({part})" for part in PARTS)}
    FROM metering_costteamday WHERE {IN_MONTH}
    GROUP BY day, team_id, priced, GROUPING SETS ((), (template_id), (owner_id), ("group"))
"""


def fill(apps, schema_editor):
    del apps
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MONTHS)
        months = [month for (month,) in cursor.fetchall()]
        for month in months:
            with transaction.atomic():
                for statement in (DROP_MONTH, ADD_MONTH, DROP_SCOPES, ADD_SCOPES):
                    cursor.execute(statement, {"month": month})


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('metering', '0006_cost_months'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
