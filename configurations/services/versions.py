"""Put versions away, bring them back, and begin anew from one."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.models import User
from accounts.permissions import Decision
from accounts.services import record
from configurations.models import Draft, Template, Version
from configurations.services.drafts import open_draft
from domain.lifecycle import ClusterState


def may_archive(version: Version) -> Decision:
    """Return whether the version may be put away: not while a cluster runs it."""
    live = version.clusters.exclude(state=ClusterState.TERMINATED)
    names = list(live.values_list("name", flat=True)[:3])
    if names:
        return Decision(allowed=False, reason=f"{version} is run by {', '.join(names)}.")
    return Decision(allowed=True)


@transaction.atomic
def archive_version(version: Version, *, by: User) -> Decision:
    """Put the version away: it is no longer offered for launching; return whether it was."""
    Template.objects.select_for_update().get(pk=version.template_id)
    decision = may_archive(version)
    if decision:
        _archive(version, at=now(), word="archived", by=by)
    return decision


@transaction.atomic
def unarchive_version(version: Version, *, by: User) -> None:
    """Offer the version for launching again."""
    _archive(version, at=None, word="unarchived", by=by)


@transaction.atomic
def unarchive_template(template: Template, *, by: User) -> None:
    """Show the template in the lists again."""
    Template.objects.filter(pk=template.pk).update(archived_at=None)
    record("template.unarchived", actor=by, team=template.team, subject=template)


def restore(version: Version, *, by: User) -> Draft:
    """Return a draft that says what the version says, based on the template's latest."""
    template = version.template
    latest = template.versions.latest("number")
    return open_draft(
        team=template.team,
        by=by,
        text=version.text,
        template=template,
        base=latest.number,
        origin=f"Restored from {version}.",
    )


def _archive(version: Version, *, at: object, word: str, by: User) -> None:
    Version.objects.filter(pk=version.pk).update(archived_at=at)
    template = version.template
    record(
        f"version.{word}",
        actor=by,
        team=template.team,
        subject=template,
        after={"version": version.number},
    )
