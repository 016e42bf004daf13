"""How much of a cluster was used in each of the ranges that pages offer.

The roll-ups themselves have no models; see `metering.rollups` and `metering.team_rollups`.
"""

from __future__ import annotations

from django.db import models


class MeteredCluster(models.Model):
    """Whose each cluster is: roll-ups of teams sum by these; -1 stands for no template."""

    cluster_id = models.UUIDField(primary_key=True)
    team_id = models.BigIntegerField(db_index=True)
    template_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()


class UseWindow(models.Model):
    """When the rows of one range were computed, and how long it took."""

    key = models.CharField(max_length=8, primary_key=True)
    computed_at = models.DateTimeField()
    seconds = models.FloatField()


class ClusterUse(models.Model):
    """One cluster's use in one range that ends now: means over it, and what was paid in vain.

    Amounts are micro-dollars. `held_unused` and `unreserved` are the ledger's `reserved_idle` and
    `infra_idle`; None is unknown.
    """

    pk = models.CompositePrimaryKey("window", "cluster_id")
    window = models.CharField(max_length=8)
    cluster_id = models.UUIDField()
    team_id = models.BigIntegerField()
    template_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    cpu_capacity = models.FloatField(null=True)
    cpu_held = models.FloatField(null=True)
    cpu_used = models.FloatField(null=True)
    cpu_p50 = models.FloatField(null=True)
    cpu_p95 = models.FloatField(null=True)
    cpu_max = models.FloatField(null=True)
    memory_capacity = models.FloatField(null=True)
    memory_held = models.FloatField(null=True)
    memory_used = models.FloatField(null=True)
    memory_p50 = models.FloatField(null=True)
    memory_p95 = models.FloatField(null=True)
    memory_max = models.FloatField(null=True)
    gpu_capacity = models.FloatField(null=True)
    gpu_held = models.FloatField(null=True)
    gpu_used = models.FloatField(null=True)
    gpu_p50 = models.FloatField(null=True)
    gpu_p95 = models.FloatField(null=True)
    gpu_max = models.FloatField(null=True)
    held_unused = models.BigIntegerField()
    unreserved = models.BigIntegerField()
    paid = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["window", "team_id"], name="clusteruse_of_team")]
