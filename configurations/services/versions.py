"""Put versions away, bring them back, and begin anew from one."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import Action, Decision, may, require
from accounts.services import record
from configurations.models import Draft, Template, Version
from configurations.services.drafts import open_draft
from domain.lifecycle import ClusterState


def may_archive(version: Version) -> Decision:
    """Return whether the version may be put away: not while a cluster runs it."""
    live = version.clusters.exclude(state=ClusterState.TERMINATED)
    names = list(live.values_list("name", flat=True)[:3])
    if names:
        return Decision(allowed=False, reason=f"{version} is in use by {', '.join(names)}.")
    return Decision(allowed=True)


@transaction.atomic
def archive_version(version: Version, *, by: User) -> None:
    """Put the version away: it is no longer offered for launching. Raises `WrongState`."""
    _require_may_edit(version, by=by)
    Template.objects.select_for_update().get(pk=version.template_id)
    decision = may_archive(version)
    if not decision:
        raise WrongState(f"{decision.reason} Terminate it first.")
    _archive(version, at=now(), word="archived", by=by)


@transaction.atomic
def unarchive_version(version: Version, *, by: User) -> None:
    """Offer the version for launching again."""
    _require_may_edit(version, by=by)
    _archive(version, at=None, word="unarchived", by=by)


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


def _require_may_edit(version: Version, *, by: User) -> None:
    require(may(by, Action.EDIT_TEMPLATE, team=version.template.team))


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
