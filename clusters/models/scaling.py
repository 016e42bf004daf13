"""What strategies need to remember: samples of need, forecasts, rules and their last values."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from domain.strategies.expression import LONGEST


class ScalingSample(models.Model):
    """One group at one moment: what its work needed, what there was, what strategies asked for."""

    cluster = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="samples")
    group = models.CharField(max_length=63)
    at = models.DateTimeField(help_text="A whole five minutes.")
    needed = models.PositiveIntegerField(help_text="Nodes in use or needed by pending demand.")
    ready = models.PositiveIntegerField()
    floor = models.PositiveIntegerField(default=0, help_text="The highest value of a strategy.")
    expected = models.FloatField(null=True, help_text="The forecast's median.")
    expected_upper = models.FloatField(null=True, help_text="Its quantile.")
    facts = models.JSONField(default=dict, help_text="What a rule would have set.")

    class Meta:
        constraints = [
            # Also the index of the charts, the forecasts and the replays.
            models.UniqueConstraint(fields=["cluster", "group", "at"], name="scalingsample_once"),
        ]


class Forecast(models.Model):
    """The newest forecast of one group's nodes, hour by hour; `why` says why it only shows."""

    cluster = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="forecasts")
    group = models.CharField(max_length=63)
    made_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    p50 = models.JSONField(default=list)
    upper = models.JSONField(default=list)
    quantile = models.FloatField()
    season = models.CharField(max_length=10, blank=True)
    error_percent = models.FloatField(null=True, help_text="Over the last days; empty: untested.")
    tested_days = models.PositiveIntegerField(default=0)
    boot_seconds = models.FloatField(help_text="What nine of ten machines took at most.")
    mode = models.CharField(max_length=20)
    switched_off = models.BooleanField(default=False, help_text="It must not launch nodes.")
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "group"], name="forecast_one_of_group"),
            models.CheckConstraint(
                name="forecast_off_says_why", condition=Q(switched_off=False) | ~Q(why="")
            ),
        ]


class EnabledRule(models.Model):
    """A rule that somebody let start nodes, for all clusters of a template that say it so."""

    template = models.ForeignKey(
        "configurations.Template", models.CASCADE, related_name="enabled_rules"
    )
    group = models.CharField(max_length=63)
    expression = models.CharField(max_length=LONGEST)
    enabled_by = models.ForeignKey("accounts.User", models.PROTECT)
    enabled_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["template", "group", "expression"], name="enabledrule_once"
            ),
        ]


class RuleValue(models.Model):
    """The last value of one rule in one run of a cluster; after an error it stands."""

    run = models.ForeignKey("clusters.Run", models.CASCADE, related_name="rule_values")
    group = models.CharField(max_length=63)
    expression = models.CharField(max_length=LONGEST)
    nodes = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="When an event last reported an error.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "group", "expression"], name="rulevalue_once"),
        ]
