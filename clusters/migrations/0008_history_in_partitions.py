"""Events, decisions, scaling samples and logs of jobs in partitions, and who uses how much log."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from retention.conversion import partition

# A piece of a log gets the time that is known of it: when its job ended.
FILL_LOGS = """
UPDATE clusters_joblog AS piece
SET cluster_id = job.cluster_id, size = octet_length(text), at = greatest(job.created_at, coalesce(job.ended_at, now()))
FROM clusters_job AS job WHERE job.id = piece.job_id;
INSERT INTO clusters_joblogusage (cluster_id, bytes)
SELECT cluster_id, sum(size) FROM clusters_joblog GROUP BY cluster_id;
"""
# What a page says of a node for as long as the node is shown does not depend on the decision's row.
FILL_NODES = """
UPDATE clusters_node AS node SET decision_reason = decision.reason
FROM clusters_scalingdecision AS decision WHERE decision.id = node.decision_id;
"""


def cut(apps, editor):  # noqa: ANN001, ANN201
    """Cut the tables; no other table has a foreign key to one of them any more."""
    partition(editor, "clusters_event", column="at", width="month")
    partition(editor, "clusters_scalingdecision", column="at", width="week")
    partition(editor, "clusters_scalingsample", column="at", width="week")
    partition(editor, "clusters_joblog", column="at", width="day")


class Migration(migrations.Migration):
    dependencies = [
        ("clusters", "0007_sealed_tokens"),
        ("retention", "0001_initial"),
    ]
    operations = [
        migrations.AddField(
            model_name="node",
            name="decision_reason",
            field=models.CharField(
                blank=True, help_text="Kept for longer than the decision.", max_length=1000
            ),
        ),
        migrations.RunSQL(FILL_NODES, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="node",
            name="decision",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="clusters.scalingdecision",
            ),
        ),
        migrations.RemoveConstraint(model_name="joblog", name="job_log_piece_once"),
        migrations.RemoveIndex(model_name="scalingsample", name="scalingsample_old"),
        migrations.CreateModel(
            name="JobLogUsage",
            fields=[
                (
                    "cluster",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="job_log_usage",
                        serialize=False,
                        to="clusters.cluster",
                    ),
                ),
                ("bytes", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="joblog",
            name="at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="When it was received.",
            ),
        ),
        migrations.AddField(
            model_name="joblog",
            name="size",
            field=models.PositiveIntegerField(
                db_default=0, help_text="In bytes of UTF-8."
            ),
        ),
        migrations.AddField(
            model_name="joblog",
            name="cluster",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="clusters.cluster",
            ),
        ),
        migrations.RunSQL(FILL_LOGS, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="joblog",
            name="cluster",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="clusters.cluster",
            ),
        ),
        migrations.AlterField(
            model_name="joblog",
            name="job",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pieces",
                to="clusters.job",
            ),
        ),
        migrations.AddIndex(
            model_name="joblog",
            index=models.Index(fields=["job", "offset"], name="joblog_of_job"),
        ),
        migrations.AddIndex(
            model_name="joblog",
            index=models.Index(fields=["cluster", "id"], name="joblog_of_cluster"),
        ),
        migrations.RunPython(cut),
    ]
