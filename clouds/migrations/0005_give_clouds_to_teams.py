"""Who could use a cloud still can; the local one stays with the first team and who runs there."""

from django.db import migrations
from django.db.models import Q


def give(apps, _schema_editor):
    Cloud = apps.get_model("clouds", "Cloud")
    for cloud in Cloud.objects.all():
        if cloud.team_id:
            cloud.teams.add(cloud.team_id)
        elif cloud.provider == "local":
            cloud.teams.add(*_teams_of_local(apps, cloud))
        else:
            Cloud.objects.filter(pk=cloud.pk).update(is_shared=True)


def _teams_of_local(apps, cloud):
    Team, Cluster = apps.get_model("accounts", "Team"), apps.get_model("clusters", "Cluster")
    first = Team.objects.order_by("pk").values_list("pk", flat=True)[:1]
    running = Cluster.objects.filter(cloud=cloud).exclude(state="terminated")
    return Team.objects.filter(Q(pk__in=list(first)) | Q(pk__in=running.values("team")))


class Migration(migrations.Migration):
    dependencies = [
        ("clouds", "0004_teams_of_clouds"),
        ("clusters", "0003_updates_of_running_clusters"),
    ]

    # Going back would give clouds of several teams to all of them.
    operations = [migrations.RunPython(give)]
