"""Posts intervals to the ledger, hour by hour.

Each hour of a node is one row, computed from the interval alone and replaced as a whole: posting
late, twice, or again after a crash writes the same rows. One process posts at a time; intervals
that someone is changing are left for the next round.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from metering.hourly import cost_of_hours
from metering.models import PARTS, CostHour, Interval
from metering.posting.balances import balance
from metering.rates import weights
from metering.usage import usage_of

SETTLE = timedelta(minutes=15)  # for samples that come late, parts are weighed again until then
LATEST = timedelta(days=1)  # hours beyond that were posted before the clock was set back
_BATCH = 500
_LOCK = 0x6D6F6202

_MOVE_ON = """
    UPDATE metering_interval AS interval
    SET posted_until = moved.posted_until, settled = moved.settled
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::boolean[]) AS moved (id, posted_until, settled)
    WHERE interval.id = moved.id
"""
_DROP_AFTER_END = """
    DELETE FROM metering_costhour AS line USING metering_interval AS interval
    WHERE line.interval_id = interval.id AND interval.id = ANY(%s)
        AND (line.hour >= interval.posted_until OR interval.ended_at <= interval.started_at)
    RETURNING line.cluster_id, line.day
"""
_DROP_DAYS = """
    DELETE FROM metering_costday AS summed
    USING unnest(%s::uuid[], %s::date[]) AS touched (cluster_id, day)
    WHERE summed.cluster_id = touched.cluster_id AND summed.day = touched.day
"""
_ADD_DAYS = f"""
    INSERT INTO metering_costday (
        day, cluster_id, cluster_name, team_id, template_id, template_name, owner_id, owner_name,
        "group", role, market, priced, seconds, total, {", ".join(PARTS)}
    )
    SELECT line.day, line.cluster_id, max(interval.cluster_name), interval.team_id,
        interval.template_id, max(interval.template_name), interval.owner_id,
        max(interval.owner_name), interval."group", interval.role, interval.market,
        line.total IS NOT NULL, sum(line.seconds), sum(line.total),
        {", ".join(f"sum(line.{part})" for part in PARTS)}
    FROM unnest(%s::uuid[], %s::date[]) AS touched (cluster_id, day)
    JOIN metering_costhour AS line
        ON line.cluster_id = touched.cluster_id AND line.day = touched.day
    JOIN metering_interval AS interval ON interval.id = line.interval_id
    GROUP BY line.day, line.cluster_id, interval.team_id, interval.template_id, interval.owner_id,
        interval."group", interval.role, interval.market, line.total IS NOT NULL
"""  # noqa: S608 - of constants

_TEAM_DAYS = """
    SELECT DISTINCT interval.team_id, touched.day
    FROM unnest(%s::uuid[], %s::date[]) AS touched (cluster_id, day)
    JOIN metering_interval AS interval USING (cluster_id)
"""
_DROP_TEAM_DAYS = """
    DELETE FROM metering_costteamday AS summed
    USING unnest(%s::bigint[], %s::date[]) AS touched (team_id, day)
    WHERE summed.team_id = touched.team_id AND summed.day = touched.day
"""
_ADD_TEAM_DAYS = f"""
    INSERT INTO metering_costteamday (
        day, team_id, template_id, template_name, owner_id, owner_name, "group", role, market,
        priced, seconds, total, {", ".join(PARTS)}
    )
    SELECT summed.day, summed.team_id, template_id, max(template_name), owner_id, max(owner_name),
        "group", role, market, priced, sum(seconds), sum(total),
        {", ".join(f"sum({part})" for part in PARTS)}
    FROM unnest(%s::bigint[], %s::date[]) AS touched (team_id, day)
    JOIN metering_costday AS summed USING (team_id, day)
    GROUP BY summed.day, summed.team_id, template_id, owner_id, "group", role, market, priced
"""  # noqa: S608 - of constants
_DROP_SCOPE_DAYS = """
    DELETE FROM metering_costscopeday AS summed
    USING unnest(%s::bigint[], %s::date[]) AS touched (team_id, day)
    WHERE summed.team_id = touched.team_id AND summed.day = touched.day
"""
_ADD_SCOPE_DAYS = f"""
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
    FROM unnest(%s::bigint[], %s::date[]) AS touched (team_id, day)
    JOIN metering_costteamday AS summed USING (team_id, day)
    GROUP BY day, team_id, priced, GROUPING SETS ((), (template_id), (owner_id), ("group"))
"""  # noqa: S608 - of constants


def post(now: datetime) -> int:
    """Bring the ledger up to `now`; return how many intervals were looked at."""
    seen = 0
    after: tuple[UUID, int] | None = None
    while batch := _post_batch(now, after):
        seen += len(batch)
        after = (batch[-1].cluster_id, batch[-1].pk)
    return seen


@transaction.atomic
def _post_batch(now: datetime, after: tuple[UUID, int] | None) -> list[Interval]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    batch = _unsettled(now, after)
    if not batch:
        return []
    set_back = {interval.pk for interval in batch if interval.posted_until > now + LATEST}
    lines = _lines(batch, now)
    CostHour.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["interval", "hour"],
        update_fields=["seconds", "total", *PARTS],
    )
    _move_on(batch)
    touched = {(line.cluster_id, line.day) for line in lines}
    _add_up(touched | _drop_after_end(batch, set_back=set_back))
    return batch


def _unsettled(now: datetime, after: tuple[UUID, int] | None) -> list[Interval]:
    rows = Interval.objects.filter(settled=False, started_at__lt=now)
    if after:
        cluster_id, pk = after
        rows = rows.filter(Q(cluster_id__gt=cluster_id) | Q(cluster_id=cluster_id, pk__gt=pk))
    rows = rows.order_by("cluster_id", "pk").select_for_update(skip_locked=True)
    return list(rows[:_BATCH])


def _lines(batch: list[Interval], now: datetime) -> list[CostHour]:
    """Return the ledger rows to write, and move the intervals forward in memory."""
    since = {interval.node: _write_from(interval, now) for interval in batch}
    usage = usage_of(since, clusters={interval.cluster_id for interval in batch})
    card = weights(now)
    lines = []
    for interval in batch:
        until = interval.ended_at or _posted_or(now, interval)
        lines += cost_of_hours(
            interval, since=since[interval.node], until=until, usage=usage, card=card
        )
        interval.posted_until = until
        interval.settled = interval.ended_at is not None and now >= until + SETTLE
    return lines


def _posted_or(now: datetime, interval: Interval) -> datetime:
    """Return until when an open interval costs: what was posted stays, unless the clock was wrong.

    A round may come late, and clocks differ a little; none by so much.
    """
    posted = interval.posted_until
    return max(now, posted if posted <= now + LATEST else interval.started_at)


def _write_from(interval: Interval, now: datetime) -> datetime:
    since = min(interval.posted_until, now - SETTLE)
    return max(since.replace(minute=0, second=0, microsecond=0), interval.started_at)


def _move_on(batch: list[Interval]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE_ON,
            [
                [interval.pk for interval in batch],
                [interval.posted_until for interval in batch],
                [interval.settled for interval in batch],
            ],
        )


def _drop_after_end(batch: list[Interval], *, set_back: set[int]) -> set[tuple[UUID, date]]:
    """Drop hours that were posted before the node was known to have ended; return their days.

    And those of the future, posted before the clock was set back.
    """
    ended = [interval.pk for interval in batch if interval.ended_at or interval.pk in set_back]
    with connection.cursor() as cursor:
        cursor.execute(_DROP_AFTER_END, [ended])
        return set(cursor.fetchall())


def _add_up(touched: Iterable[tuple[UUID, date]]) -> None:
    """Add up the given days of clusters again, with their balances and their teams' days."""
    pairs = list(touched)
    clusters, days = [cluster_id for cluster_id, _ in pairs], [day for _, day in pairs]
    with connection.cursor() as cursor:
        cursor.execute(_DROP_DAYS, [clusters, days])
        cursor.execute(_ADD_DAYS, [clusters, days])
        balance(cursor, pairs)
        cursor.execute(_TEAM_DAYS, [clusters, days])
        of_teams = cursor.fetchall()
        teams, team_days = [team for team, _ in of_teams], [day for _, day in of_teams]
        cursor.execute(_DROP_TEAM_DAYS, [teams, team_days])
        cursor.execute(_ADD_TEAM_DAYS, [teams, team_days])
        cursor.execute(_DROP_SCOPE_DAYS, [teams, team_days])
        cursor.execute(_ADD_SCOPE_DAYS, [teams, team_days])
