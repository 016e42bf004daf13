"""The cost ledger: who ran which node for how long at what price, and what that came to."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from domain.lifecycle import NodeRole
from domain.offerings import Market

# Every micro-dollar is in exactly one part.
PARTS = ("control", "overhead", "used", "reserved_idle", "infra_idle")
_NONE_NEGATIVE = Q(**{f"{part}__gte": 0 for part in PARTS})
_UNPRICED = Q(total=None, **dict.fromkeys(PARTS))
_PRICED = Q(total__isnull=False, **{f"{part}__isnull": False for part in PARTS})
_PARTS_ARE_TOTAL = Q(
    total=F("control") + F("overhead") + F("used") + F("reserved_idle") + F("infra_idle")
)
_PRICED_HAS_TOTAL = models.CheckConstraint(
    name="%(class)s_priced_has_total",
    condition=Q(priced=True, total__isnull=False) | Q(priced=False, total=None),
)


class Interval(models.Model):
    """One node's paid life. Names are never used again, so a node has one interval."""

    node = models.TextField(unique=True)
    cluster_id = models.UUIDField()
    cluster_name = models.TextField()
    team_id = models.BigIntegerField()
    template_id = models.BigIntegerField(null=True)
    template_name = models.TextField(blank=True)
    owner_id = models.BigIntegerField()
    owner_name = models.TextField()
    group = models.TextField()
    role = models.TextField(choices=[(role.value, role.value) for role in NodeRole])
    instance_type = models.TextField()
    market = models.TextField(choices=[(market.value, market.value) for market in Market])
    vcpus = models.FloatField()
    memory_bytes = models.BigIntegerField()
    gpus = models.FloatField()
    hourly_microusd = models.BigIntegerField(null=True, help_text="Empty: the price is unknown.")
    started_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    leaving_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    posted_until = models.DateTimeField(help_text="The ledger is right up to here.")
    settled = models.BooleanField(default=False, help_text="Ended and posted completely.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="interval_in_order",
                condition=(Q(ready_at=None) | Q(ready_at__gte=F("started_at")))
                & (Q(leaving_at=None) | Q(leaving_at__gte=F("started_at")))
                & (Q(ended_at=None) | Q(ended_at__gte=F("started_at"))),
            ),
            models.CheckConstraint(
                name="interval_posted_within",
                condition=Q(posted_until__gte=F("started_at"))
                & (Q(ended_at=None) | Q(posted_until__lte=F("ended_at"))),
            ),
            models.CheckConstraint(
                name="interval_price_not_negative",
                condition=Q(hourly_microusd=None) | Q(hourly_microusd__gte=0),
            ),
            models.CheckConstraint(
                name="interval_settled_has_ended",
                condition=Q(settled=False) | Q(ended_at__isnull=False, posted_until=F("ended_at")),
            ),
            models.CheckConstraint(
                name="interval_role_known", condition=Q(role__in=[r.value for r in NodeRole])
            ),
        ]
        indexes = [
            # posting.post: what may still change, cluster by cluster.
            models.Index(
                fields=["cluster_id", "id"], name="interval_open", condition=Q(settled=False)
            ),
            # queries.running_costs: everything a cluster ever ran.
            models.Index(fields=["cluster_id"], name="interval_of_cluster"),
        ]

    def __str__(self) -> str:
        return self.node


class Money(models.Model):
    """Seconds and micro-dollars by part; all amounts are empty where no price is known."""

    seconds = models.DecimalField(max_digits=16, decimal_places=6)
    control = models.BigIntegerField(null=True)
    overhead = models.BigIntegerField(null=True)
    used = models.BigIntegerField(null=True)
    reserved_idle = models.BigIntegerField(null=True)
    infra_idle = models.BigIntegerField(null=True)
    total = models.BigIntegerField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_parts_are_total",
                condition=_UNPRICED | (_PRICED & _NONE_NEGATIVE & _PARTS_ARE_TOTAL),
            ),
            models.CheckConstraint(name="%(class)s_lasts", condition=Q(seconds__gt=0)),
        ]


class CostHour(Money):
    """What one node cost within one UTC hour."""

    interval = models.ForeignKey(Interval, models.PROTECT, related_name="hours")
    cluster_id = models.UUIDField()
    hour = models.DateTimeField()
    day = models.DateField()

    class Meta(Money.Meta):
        constraints = [
            *Money.Meta.constraints,
            models.UniqueConstraint(fields=["interval", "hour"], name="costhour_once"),
            models.CheckConstraint(name="costhour_within_hour", condition=Q(seconds__lte=3600)),
        ]
        indexes = [
            # posting: a cluster's day is added up again; queries.cost_by_node: its nodes.
            models.Index(fields=["cluster_id", "day"], name="costhour_of_cluster"),
            # windows.refresh: the last hours of all nodes.
            models.Index(fields=["hour"], name="costhour_of_hour"),
        ]


class OfDay(Money):
    """Hours of a UTC day added up for the pages, with what tells machines apart."""

    day = models.DateField()
    team_id = models.BigIntegerField()
    template_id = models.BigIntegerField(null=True)
    template_name = models.TextField(blank=True)
    owner_id = models.BigIntegerField()
    owner_name = models.TextField()
    group = models.TextField()
    role = models.TextField()
    market = models.TextField()
    priced = models.BooleanField()

    class Meta(Money.Meta):
        abstract = True
        constraints = [
            *Money.Meta.constraints,
            _PRICED_HAS_TOTAL,
        ]


class CostDay(OfDay):
    """One cluster's day."""

    cluster_id = models.UUIDField()
    cluster_name = models.TextField()

    class Meta(OfDay.Meta):
        abstract = False
        indexes = [
            # queries.cost_by_day: a range of days, all teams or one.
            models.Index(fields=["day"], name="costday_of_day"),
            models.Index(fields=["team_id", "day"], name="costday_of_team"),
            # A cluster's own cost page; posting, which replaces a cluster's day.
            models.Index(fields=["cluster_id", "day"], name="costday_of_cluster"),
        ]


class CostTeamDay(OfDay):
    """A team's day: the same rows without the cluster, of which a team may have thousands."""

    class Meta(OfDay.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["day"], name="costteamday_of_day"),
            models.Index(fields=["team_id", "day"], name="costteamday_of_team"),
        ]


class Scope(models.TextChoices):
    """Whose day a row of `CostScopeDay` is: all of a team's, or a part of it."""

    TEAM = "team"
    TEMPLATE = "template"
    OWNER = "owner"
    GROUP = "group"


class CostScopeDay(Money):
    """A team's day in one row, and in one for each template, user and group: for long ranges."""

    day = models.DateField()
    team_id = models.BigIntegerField()
    scope = models.CharField(max_length=8, choices=Scope)
    # Of other scopes, and of clusters without a template, these are empty.
    template_id = models.BigIntegerField(null=True)
    template_name = models.TextField(blank=True)
    owner_id = models.BigIntegerField(null=True)
    owner_name = models.TextField(blank=True)
    group = models.TextField(blank=True)
    priced = models.BooleanField()

    class Meta(Money.Meta):
        constraints = [
            *Money.Meta.constraints,
            _PRICED_HAS_TOTAL,
            models.CheckConstraint(
                name="costscopeday_scope_known", condition=Q(scope__in=Scope.values)
            ),
        ]
        indexes = [
            # queries.cost_by_day: a range of days of one scope, all teams or one.
            models.Index(fields=["scope", "day"], name="costscopeday_of_scope"),
            # Posting, which replaces a team's day.
            models.Index(fields=["team_id", "scope", "day"], name="costscopeday_of_team"),
        ]
