"""Indexes for lists that begin with the newest: the jobs and the ended nodes of a cluster."""

import django.db.models.deletion
import domain.lifecycle
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clusters', '0013_cluster_follows_release'),
        ('configurations', '0003_versions_refuse_truncate'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='job',
            name='cluster',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='clusters.cluster'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['cluster', '-id'], name='job_of_cluster'),
        ),
        migrations.AddIndex(
            model_name='node',
            index=models.Index(models.F('cluster'), models.OrderBy(models.F('ended_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('state', domain.lifecycle.NodeState['TERMINATED'])), name='node_ended'),
        ),
    ]
