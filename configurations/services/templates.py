"""Create templates and save their versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts.errors import FieldError, Invalid, Outdated, WrongState, as_invalid, raise_if_any
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from accounts.services import record
from configurations.checks import in_words, problems_of
from configurations.models import Template, Version
from configurations.named_images import note_images
from domain.configuration.spec import ComputeConfig, digest
from domain.limits import MESSAGE_LENGTH, RATIONALE_LENGTH, TEMPLATE_NAME_LENGTH, wrong_name
from domain.problems import has_errors
from domain.yaml.text import parse


class NewerVersion(Outdated):
    """Somebody saved a version after the one this edit began with."""

    code = "newer-version"

    def __init__(self, latest: Version) -> None:
        super().__init__(f"{latest.author} saved {latest} in the meantime.")
        self.latest = latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    version: Version
    is_new: bool  # False: the text means what the latest version means, so there is no new one


@transaction.atomic
def create_template(
    *, team: Team, name: str, text: str, message: str, by: User, rationale: str = ""
) -> Version:
    """Return version 1 of a new template.

    Raises `Invalid` for a name that is taken, and for what is no version.
    """
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    name_error = wrong_name(name, longest=TEMPLATE_NAME_LENGTH)
    wrong = [FieldError("name", name_error)] if name_error else []
    wrong += _wrong_version(team, text=text, message=message, rationale=rationale)
    raise_if_any(wrong)
    template = Template(team=team, name=name, created_by=by)
    _save_new(template)
    version = _add_version(
        template, number=1, text=text, message=message, rationale=rationale, by=by
    )
    record("template.created", actor=by, team=team, subject=template, after={"version": 1})
    return version


@transaction.atomic
def save_version(
    template: Template, *, text: str, base: int, message: str, by: User, rationale: str = ""
) -> Saved:
    """Return the new version of `template`.

    The same save again, as after an answer that was lost, returns the version that it made.
    Raises `NewerVersion` when `base` is not its latest, `WrongState` when it is archived, and
    `Invalid`. The template's row is locked, so that of two who save at once one is told of the
    other.
    """
    require(may(by, Action.EDIT_TEMPLATE, team=template.team))
    raise_if_any(_wrong_version(template.team, text=text, message=message, rationale=rationale))
    locked = Template.objects.select_for_update().get(pk=template.pk)
    if locked.archived_at:
        raise WrongState(f"{template} is archived: unarchive it before you save a version.")
    latest = template.versions.select_related("author", "template").first()
    number = latest.number if latest else 0
    if latest and number != base:
        if _is_repeated(latest, text=text, base=base, message=message, by=by):
            return Saved(version=latest, is_new=True)
        raise NewerVersion(latest)
    if latest and latest.digest == digest(_config(text)) and latest.text == text:
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


def _is_repeated(latest: Version, *, text: str, base: int, message: str, by: User) -> bool:
    """Whether this very save was carried out before, and only its answer was lost."""
    saved = (latest.number - 1, latest.author_id, latest.text, latest.message)
    return saved == (base, by.pk, text, message)


@transaction.atomic
def archive_template(template: Template, *, by: User) -> None:
    """Hide `template` from the lists; its versions and clusters stay."""
    require(may(by, Action.EDIT_TEMPLATE, team=template.team))
    Template.objects.filter(pk=template.pk).update(archived_at=now())
    record("template.archived", actor=by, team=template.team, subject=template)


@transaction.atomic
def unarchive_template(template: Template, *, by: User) -> None:
    """Show the template in the lists again."""
    require(may(by, Action.EDIT_TEMPLATE, team=template.team))
    Template.objects.filter(pk=template.pk).update(archived_at=None)
    record("template.unarchived", actor=by, team=template.team, subject=template)


def _save_new(template: Template) -> None:
    with as_invalid(field="name"):
        template.full_clean()
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:  # somebody created one of that name since it was checked
        with as_invalid(field="name"):
            template.full_clean()
        raise


def _wrong_version(team: Team, *, text: str, message: str, rationale: str) -> list[FieldError]:
    """Return everything that keeps a text from becoming a version."""
    problems = [problem for problem in problems_of(text, team=team) if has_errors([problem])]
    wrong = [FieldError("text", in_words(problem)) for problem in problems]
    if not message.strip():
        wrong.append(FieldError("message", "Describe the change in a few words."))
    if len(message) > MESSAGE_LENGTH:
        wrong.append(FieldError("message", f"Use at most {MESSAGE_LENGTH} characters."))
    if len(rationale) > RATIONALE_LENGTH:
        wrong.append(FieldError("rationale", f"Use at most {RATIONALE_LENGTH:,} characters."))
    return wrong


def _add_version(
    template: Template, *, number: int, text: str, message: str, rationale: str, by: User
) -> Version:
    config = _config(text)
    version = Version.objects.create(
        template=template,
        number=number,
        text=text,
        digest=digest(config),
        message=message,
        rationale=rationale,
        author=by,
    )
    note_images(version, config, team=template.team)
    return version


def _config(text: str) -> ComputeConfig:
    config = parse(text).config
    if config is None:
        raise Invalid.at(
            "text", "The configuration is not valid: fix its errors before you save it."
        )
    return config
