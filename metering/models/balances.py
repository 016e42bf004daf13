"""What each cluster has cost up to each day, as an account statement says it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from metering.models.ledger import PARTS

_PARTS_ARE_TOTAL = Q(
    total=F("control") + F("overhead") + F("used") + F("reserved_idle") + F("infra_idle")
)


class Balance(models.Model):
    """Micro-dollars and seconds from the first day on; seconds without a price have no amounts."""

    control = models.BigIntegerField()
    overhead = models.BigIntegerField()
    used = models.BigIntegerField()
    reserved_idle = models.BigIntegerField()
    infra_idle = models.BigIntegerField()
    total = models.BigIntegerField()
    seconds = models.DecimalField(max_digits=20, decimal_places=6)
    unpriced_seconds = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_parts_are_total",
                condition=_PARTS_ARE_TOTAL & Q(**{f"{part}__gte": 0 for part in PARTS}),
            ),
            models.CheckConstraint(
                name="%(class)s_unpriced_within",
                condition=Q(unpriced_seconds__gte=0, unpriced_seconds__lte=F("seconds")),
            ),
        ]


class CostAccount(Balance):
    """A cluster's group under one owner, with its balance of today: one row, whatever its age."""

    cluster_id = models.UUIDField()
    cluster_name = models.TextField(help_text="The newest.")
    team_id = models.BigIntegerField()
    template_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField()
    group = models.TextField()
    first_day = models.DateField()
    last_day = models.DateField(help_text="The last day with cost.")

    class Meta(Balance.Meta):
        abstract = False
        constraints = [
            *Balance.Meta.constraints,
            models.UniqueConstraint(
                # Posting finds the accounts of a cluster by the same index.
                fields=["cluster_id", "team_id", "template_id", "owner_id", "group"],
                name="costaccount_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="costaccount_days_in_order", condition=Q(first_day__lte=F("last_day"))
            ),
        ]
        indexes = [models.Index(fields=["team_id"], name="costaccount_of_team")]

    def __str__(self) -> str:
        return f"{self.group} of {self.cluster_name}"


class CostBalance(Balance):
    """An account's balance at the end of a UTC day on which it cost something."""

    pk = models.CompositePrimaryKey("account_id", "day")
    account = models.ForeignKey(
        CostAccount, models.CASCADE, related_name="balances", db_index=False
    )
    day = models.DateField()

    class Meta(Balance.Meta):
        abstract = False
        # queries.cost_balances: all accounts at the ends of a range.
        indexes = [models.Index(fields=["day"], name="costbalance_of_day")]

    def __str__(self) -> str:
        return f"{self.account} on {self.day}"
