"""Add up the months of what was posted before, one month at a time.

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
DROP = "DELETE FROM metering_costmonth WHERE month = %(month)s"
ADD = f"""
    INSERT INTO metering_costmonth (
        month, cluster_id, cluster_name, team_id, template_id, template_name, owner_id, owner_name,
        "group", priced, seconds, total, {", ".join(PARTS)}
    )
    SELECT %(month)s, cluster_id, (array_agg(cluster_name ORDER BY day DESC, cluster_name DESC))[1],
        team_id, template_id, (array_agg(template_name ORDER BY day DESC, template_name DESC))[1],
        owner_id, (array_agg(owner_name ORDER BY day DESC, owner_name DESC))[1],
        "group", priced, sum(seconds), sum(total), {", ".join(f"sum({part})" for part in PARTS)}
    FROM metering_costday
    WHERE day >= %(month)s AND day < %(month)s + interval '1 month'
    GROUP BY cluster_id, team_id, template_id, owner_id, "group", priced
"""


def fill(apps, schema_editor):
    del apps
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MONTHS)
        months = [month for (month,) in cursor.fetchall()]
        for month in months:
            with transaction.atomic():
                cursor.execute(DROP, {"month": month})
                cursor.execute(ADD, {"month": month})


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('metering', '0006_cost_months'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
