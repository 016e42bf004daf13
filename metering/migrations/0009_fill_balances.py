"""Add up what was posted before: the balances of clusters, one month at a time.

Each month is a transaction of its own, so that no migration holds all rows of years; run again
after an interruption, it begins anew.
"""

from django.db import migrations, transaction

PARTS = ("control", "overhead", "used", "reserved_idle", "infra_idle")
SUMS = (*PARTS, "total", "seconds", "unpriced_seconds")
KEYS = 'cluster_id, team_id, template_id, owner_id, "group"'
EMPTY = ("DELETE FROM metering_costbalance", "DELETE FROM metering_costaccount")
MONTHS = """
    SELECT month::date FROM generate_series(
        date_trunc('month', (SELECT min(day) FROM metering_costday)::timestamp),
        (SELECT max(day) FROM metering_costday)::timestamp, interval '1 month'
    ) AS month
"""
IN_MONTH = "day >= %(month)s AND day < %(month)s + interval '1 month'"
OPEN = f"""
    INSERT INTO metering_costaccount (
        {KEYS}, cluster_name, first_day, last_day, {", ".join(SUMS)}
    )
    SELECT {KEYS}, '', min(day), max(day), {", ".join("0" for _ in SUMS)}
    FROM metering_costday WHERE {IN_MONTH} GROUP BY {KEYS}
    ON CONFLICT DO NOTHING
"""
ADD = f"""
    INSERT INTO metering_costbalance (account_id, day, {", ".join(SUMS)})
    SELECT account.id, of_day.day,
        {", ".join(f"account.{field} + sum(of_day.{field}) OVER in_order" for field in SUMS)}
    FROM (
        SELECT {KEYS}, day, {", ".join(f"coalesce(sum({part}), 0) AS {part}" for part in PARTS)},
            coalesce(sum(total), 0) AS total, sum(seconds) AS seconds,
            coalesce(sum(seconds) FILTER (WHERE NOT priced), 0) AS unpriced_seconds
        FROM metering_costday WHERE {IN_MONTH} GROUP BY {KEYS}, day
    ) AS of_day
    JOIN metering_costaccount AS account ON account.cluster_id = of_day.cluster_id
        AND account.team_id = of_day.team_id AND account.owner_id = of_day.owner_id
        AND account.template_id IS NOT DISTINCT FROM of_day.template_id
        AND account."group" = of_day."group"
    WINDOW in_order AS (PARTITION BY account.id ORDER BY of_day.day)
    ORDER BY of_day.day
"""
BALANCE = f"""
    UPDATE metering_costaccount AS account
    SET last_day = latest.day, {", ".join(f"{field} = latest.{field}" for field in SUMS)}
    FROM (
        SELECT DISTINCT ON (account_id) * FROM metering_costbalance WHERE {IN_MONTH}
        ORDER BY account_id, day DESC
    ) AS latest
    WHERE account.id = latest.account_id
"""
NAME = """
    UPDATE metering_costaccount AS account SET cluster_name = newest.cluster_name
    FROM (
        SELECT DISTINCT ON (cluster_id) cluster_id, cluster_name FROM metering_costday
        WHERE day >= %(month)s AND day < %(month)s + interval '1 month'
        ORDER BY cluster_id, day DESC, cluster_name DESC
    ) AS newest
    WHERE account.cluster_id = newest.cluster_id
"""


def fill(apps, schema_editor):
    del apps
    with schema_editor.connection.cursor() as cursor:
        with transaction.atomic():
            for statement in EMPTY:
                cursor.execute(statement)
        cursor.execute(MONTHS)
        months = [month for (month,) in cursor.fetchall()]
        for month in months:
            with transaction.atomic():
                for statement in (OPEN, ADD, BALANCE, NAME):
                    cursor.execute(statement, {"month": month})


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('metering', '0008_balances'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
