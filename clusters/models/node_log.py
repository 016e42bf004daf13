from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class NodeLogFile(models.Model):
    """A log file of one node: what is known of it, and how far it was received.

    Of each file the newest part is kept; a row without any is removed once its node has ended.
    """

    node = models.ForeignKey("clusters.Node", models.CASCADE, related_name="log_files")
    name = models.CharField(max_length=100)
    size = models.BigIntegerField(default=0, help_text="On the node, in bytes.")
    end = models.BigIntegerField(default=0, help_text="Received up to here, in bytes.")
    modified_at = models.DateTimeField(null=True, help_text="On the node. Empty: not known.")
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["node", "name"], name="node_log_file_once")]

    def __str__(self) -> str:
        return self.name


class NodeLog(models.Model):
    """A piece of a node's log file, `offset` in bytes of UTF-8 from the file's beginning.

    The table is in partitions by `at`. Whoever writes holds the file's row. Pieces may have gaps
    between them: of a long file that nobody looked at, the older part is not fetched.
    """

    file = models.ForeignKey(NodeLogFile, models.CASCADE, related_name="pieces", db_index=False)
    cluster = models.ForeignKey(
        "clusters.Cluster", models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField(db_default=Now(), help_text="When it was received.")
    offset = models.BigIntegerField()
    size = models.PositiveIntegerField(help_text="In bytes of UTF-8.")
    text = models.TextField()

    class Meta:
        ordering = ["offset"]
        indexes = [
            models.Index(fields=["file", "offset"], name="nodelog_of_file"),
            # A cluster's oldest pieces, which make room.
            models.Index(fields=["cluster", "id"], name="nodelog_of_cluster"),
        ]


class NodeLogUsage(models.Model):
    """How many bytes of node logs are kept of a cluster."""

    cluster = models.OneToOneField(
        "clusters.Cluster", models.CASCADE, primary_key=True, related_name="node_log_usage"
    )
    bytes = models.BigIntegerField(default=0)
