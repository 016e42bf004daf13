"""Create templates and save their versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.timezone import now

from accounts.models import Team, User
from accounts.services import record
from configurations.models import Template, Version
from domain.configuration.spec import digest
from domain.yaml.text import parse


class Outdated(Exception):
    """Somebody saved a version after the one this edit began with."""

    def __init__(self, latest: Version) -> None:
        super().__init__(f"{latest.author} saved {latest} meanwhile.")
        self.latest = latest


class Invalid(Exception):
    """The text is no valid configuration; the form says why before it comes to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    version: Version
    is_new: bool  # False: the text means what the latest version means, so there is no new one


@transaction.atomic
def create_template(
    *, team: Team, name: str, text: str, message: str, by: User, rationale: str = ""
) -> Version:
    """Return version 1 of a new template; raises ValidationError when the name is taken."""
    template = Template(team=team, name=name, created_by=by)
    template.full_clean()
    template.save()
    version = _add_version(
        template, number=1, text=text, message=message, rationale=rationale, by=by
    )
    record("template.created", actor=by, team=team, subject=template, after={"version": 1})
    return version


@transaction.atomic
def save_version(
    template: Template, *, text: str, base: int, message: str, by: User, rationale: str = ""
) -> Saved:
    """Return the new version of `template`; raises Outdated when `base` is not its latest.

    The template's row is locked, so that of two who save at once one is told of the other.
    """
    Template.objects.select_for_update().get(pk=template.pk)
    latest = template.versions.select_related("author", "template").first()
    number = latest.number if latest else 0
    if latest and number != base:
        raise Outdated(latest)
    if latest and latest.digest == _digest(text) and latest.text == text:
        return Saved(version=latest, is_new=False)
    version = _add_version(
        template, number=number + 1, text=text, message=message, rationale=rationale, by=by
    )
    record(
        "template.version_saved",
        actor=by,
        team=template.team,
        subject=template,
        before={"version": number},
        after={"version": version.number, "digest": version.digest},
        reason=message,
    )
    return Saved(version=version, is_new=True)


@transaction.atomic
def archive_template(template: Template, *, by: User) -> None:
    """Hide `template` from the lists; its versions and clusters stay."""
    Template.objects.filter(pk=template.pk).update(archived_at=now())
    record("template.archived", actor=by, team=template.team, subject=template)


def _add_version(
    template: Template, *, number: int, text: str, message: str, rationale: str, by: User
) -> Version:
    return Version.objects.create(
        template=template,
        number=number,
        text=text,
        digest=_digest(text),
        message=message,
        rationale=rationale,
        author=by,
    )


def _digest(text: str) -> str:
    config = parse(text).config
    if config is None:
        raise Invalid("This is no valid configuration: check it before it is saved.")
    return digest(config)
