"""Logs of nodes in partitions, who uses how much of them, and until when somebody reads them."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from retention.conversion import partition


def cut(apps, editor):  # noqa: ANN001, ANN201
    """Let retention keep the table, and cut it."""
    editor.execute(
        "INSERT INTO mobula_partitioned (parent, keep_days) VALUES ('clusters_nodelog', NULL)"
    )
    partition(editor, "clusters_nodelog", column="at", width="day")


class Migration(migrations.Migration):
    dependencies = [
        ("clusters", "0009_cluster_health"),
        ("retention", "0001_initial"),
    ]
    operations = [
        migrations.AddField(
            model_name="node",
            name="logs_wanted_until",
            field=models.DateTimeField(
                help_text="Until then, a user reads its logs: all files are fetched.", null=True
            ),
        ),
        migrations.CreateModel(
            name="NodeLogUsage",
            fields=[
                (
                    "cluster",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="node_log_usage",
                        serialize=False,
                        to="clusters.cluster",
                    ),
                ),
                ("bytes", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="NodeLogFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("size", models.BigIntegerField(default=0, help_text="On the node, in bytes.")),
                (
                    "end",
                    models.BigIntegerField(default=0, help_text="Received up to here, in bytes."),
                ),
                (
                    "modified_at",
                    models.DateTimeField(help_text="On the node. Empty: not known.", null=True),
                ),
                (
                    "seen_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "node",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log_files",
                        to="clusters.node",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("node", "name"), name="node_log_file_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="NodeLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="When it was received.",
                    ),
                ),
                ("offset", models.BigIntegerField()),
                ("size", models.PositiveIntegerField(help_text="In bytes of UTF-8.")),
                ("text", models.TextField()),
                (
                    "cluster",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clusters.cluster",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="clusters.nodelogfile",
                    ),
                ),
            ],
            options={
                "ordering": ["offset"],
                "indexes": [
                    models.Index(fields=["file", "offset"], name="nodelog_of_file"),
                    models.Index(fields=["cluster", "id"], name="nodelog_of_cluster"),
                ],
            },
        ),
        migrations.RunPython(cut),
    ]
