"""Programs that prepare releases with the console's own services; `{…}` is filled in."""

RULES = """
from accounts.models import User, Team
from promotions.environments import saved_environments
from promotions.services.environments import add_approver, change_rules
author, team = User.objects.order_by("pk").first(), Team.objects.order_by("pk").first()
prod = next(row for row in saved_environments(team) if row.name == "prod")
change_rules(prod, values={{"needs_previous": False, "verify_minutes": 0,
    "verify_task": False}}, by=author)
add_approver(prod, group="leads", user=User.objects.get(email={email!r}), by=author)
"""
# In one transaction: no worker sees them as they are launched.
CLUSTERS = """
import uuid
from datetime import timedelta
from django.db import transaction
from django.utils.timezone import now
from accounts.models import User
from clusters.models import Cluster, Run
from clusters.services.launching import launch_cluster
from configurations.models import Version
version, author = Version.objects.get(pk={version}), User.objects.order_by("pk").first()
runs = dict(state="running", lease_token=uuid.uuid4(), lease_expires=now() + timedelta(days=1))
stopped = dict(state="stopped", target="stopped")
with transaction.atomic():
    for letter, values in (("a", runs), ("b", stopped), ("c", stopped)):
        cluster = launch_cluster(
            name=f"{name}-{{letter}}", version=version, environment="prod", by=author
        )
        Cluster.objects.filter(pk=cluster.pk).update(**values)
        image = cluster.image_version
        Run.objects.filter(pk=cluster.run_id).update(
            ray_version=image.ray_version, python_version=image.python_version
        )
"""
SAVE = """
from accounts.models import User
from configurations.models import Template
from configurations.services.templates import save_version
template = Template.objects.get(pk={template})
base = template.versions.latest("number").number
text = {text!r}.format(number=base + 1)
author = User.objects.order_by("pk").first()
saved = save_version(template, text=text, base=base, message="More.", by=author)
print(saved.version.number)
"""
FAIL = """
from datetime import timedelta
from django.utils.timezone import now
from clusters.models import Cluster, Job
cluster = Cluster.objects.get(pk={cluster!r})
Job.objects.create(cluster=cluster, run=cluster.run, submission_id=f"fails-{{now():%H%M%S%f}}",
    status="FAILED", ended_at=now() + timedelta(minutes=10))
"""
