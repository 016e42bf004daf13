"""The addresses of all pages, for what is done on each: axe, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clouds.models import Cloud
    from clusters.models import Cluster
    from configurations.models import Template
    from images.models import Image

TABS = ("overview", "nodes", "scaling", "jobs", "events", "configuration")
INSIGHTS = {
    "overview": "/",
    "utilization": "/insights/utilization/",
    "idle": "/insights/idle/",
    "cost": "/insights/cost/",
    "scaling": "/insights/scaling/",
    "rates": "/insights/rates/",
}
LISTS = {
    "clusters": "/clusters/",
    "clusters-all": "/clusters/?state=all",
    "launch": "/clusters/launch/",
    "templates": "/templates/",
    "library": "/templates/library/",
    "import": "/templates/import/",
    "template-new": "/templates/new/",
    "machines": "/machines/",
    "clouds": "/clouds/",
    "cloud-new": "/clouds/new/",
    "images": "/images/",
    "base-images": "/images/base/",
    "registries": "/images/registries/",
    "changes": "/changes/",
    "environments": "/environments/",
    "environment": "/environments/prod/",
    "environment-remove": "/environments/prod/remove/",
    "environment-rename": "/environments/test/rename/",
}
ACCOUNTS = {
    "account": "/accounts/",
    "team": "/accounts/team/",
    "users": "/accounts/users/",
    "audit": "/accounts/audit/",
}
MISSING = "/nowhere/"
OTHERS = {"docs": "/docs/", "docs-page": "/docs/health/", "missing": MISSING}


def cluster_pages(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Return the names and addresses of a cluster's pages, also of a node and of a job."""
    own = f"/clusters/{cluster.pk}/"
    yield from ((f"cluster-{tab}", f"{own}?tab={tab}") for tab in TABS)
    if node := cluster.nodes.first():
        yield "node-log", f"{own}nodes/{node.name}/log/"
    if job := cluster.jobs.first():
        yield "job", f"{own}jobs/{job.pk}/"
    yield "cloud-teams", f"/clouds/{cluster.cloud_id}/teams/"
    yield "cloud-history", f"/clouds/{cluster.cloud_id}/history/"
    yield "clusters-bulk", f"/clusters/bulk/terminate/?pk={cluster.pk}"


def cloud_pages(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Return the names and addresses of the pages of a cloud with an account."""
    yield "cloud", f"/clouds/{cloud.pk}/"
    for page in ("settings", "credentials", "permissions", "checks"):
        yield f"cloud-{page}", f"/clouds/{cloud.pk}/{page}/"


def template_pages(template: Template) -> Iterator[tuple[str, str]]:
    """Return the names and addresses of a template's pages."""
    own = f"/templates/{template.pk}/"
    yield "template", own
    yield "editor", f"{own}edit/"
    numbers = sorted(template.versions.values_list("number", flat=True))
    yield "version", f"{own}versions/{numbers[-1]}/"
    if len(numbers) > 1:
        yield "comparison", f"{own}versions/{numbers[-1]}/?with={numbers[0]}"
    yield "promotion", f"{own}versions/{numbers[-1]}/request/"
    for release in template.releases.all()[:1]:
        yield "change", f"/changes/{release.request_id}/"
    yield "templates-bulk", f"/templates/bulk/archive/?pk={template.pk}"
    yield "export", f"{own}versions/{numbers[0]}/export/"
    yield "clone", f"{own}versions/{numbers[0]}/clone/"


def image_pages(image: Image) -> Iterator[tuple[str, str]]:
    """Return the names and addresses of an image's pages, and of those where one begins."""
    yield "image-register", "/images/register/"
    yield "image-new", "/images/new/"
    yield "environment-new", "/images/new-environment/"
    yield "registry-new", "/images/registries/new/"
    yield "image", f"/images/{image.pk}/"
    for version in image.versions.select_related("registry"):
        own, name = f"/images/versions/{version.pk}/", f"image-version-{version.number}"
        yield name, own
        if version.state in {"draft", "failed"}:
            yield f"{name}-edit", f"{own}edit/"
        for build in version.builds.all():
            yield f"{name}-build", f"/images/builds/{build.pk}/"
        if version.state == "ready":
            yield f"{name}-deprecate", f"{own}deprecate/"
            yield f"{name}-withdraw", f"{own}withdraw/"
            registry = f"/images/registries/{version.registry_id}/"
            yield "registry", registry
            yield "registry-credentials", f"{registry}credentials/"
            yield "registry-builds", f"{registry}builds/"
