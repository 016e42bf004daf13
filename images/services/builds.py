"""What people do with builds: start one, cancel it, try again."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import Invalid, NotFound, WrongState, raise_if_any
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from domain.images.dockerfile.rules import check
from domain.images.secret_values import wanted_secrets
from domain.images.states import (
    OPEN_BUILD_STATES,
    BuildState,
    ImageSource,
    ImageState,
)
from domain.problems import Severity
from images.building.ending import end_without_image
from images.building.surroundings import surroundings_of
from images.models import Build, ImageVersion
from images.services.contents import EnvironmentContent
from images.services.drafts import editable, wrong_location
from images.services.rights import may_edit_images
from images.tasks import ask_on_commit
from images.transitions import move_version


@transaction.atomic
def build_version(version: ImageVersion, *, by: User) -> Build:
    """Return the build that now waits for a worker; also of a version whose last build failed.

    Raises `WrongState` for what is built or being built, and `Invalid` for a Dockerfile with
    errors.
    """
    row = editable(version, by, refusal="only drafts and failed versions can be built.")
    _check(row)
    last = row.builds.order_by("-attempt").values_list("attempt", flat=True).first() or 0
    move_version(row, ImageState.BUILDING, by=by)
    build = Build.objects.create(version=row, attempt=last + 1, asked_by=by)
    record("build.queued", actor=by, subject=build, team=row.image.team)
    ask_on_commit(build.pk)
    return build


def retry_build(build: Build, *, by: User) -> Build:
    """Return another build of the same version, whose build failed or was canceled."""
    return build_version(build.version, by=by)


@transaction.atomic
def cancel_build(build: Build, *, by: User) -> Build:
    """Have the build end: at once where it waits, else as soon as its worker hears of it."""
    require(may_edit_images(by, build.version.image.team))
    row = (
        Build.objects.select_for_update(of=("self",))
        .select_related("version__image__team")
        .filter(pk=build.pk)
        .first()
    )
    if row is None:
        raise NotFound(f"{build} was discarded.")
    if row.state not in OPEN_BUILD_STATES:
        raise WrongState(f"{row} has {row.state}: there is nothing to cancel.")
    if row.cancel_asked_at is None:
        row.cancel_asked_at, row.canceled_by = now(), by
        row.save(update_fields=["cancel_asked_at", "canceled_by"])
        record("build.canceled", actor=by, subject=row, team=row.version.image.team)
    if row.state == BuildState.QUEUED:
        end_without_image(row, BuildState.CANCELED, reason=f"{by} canceled it.")
    return row


def _check(version: ImageVersion) -> None:
    if version.source == ImageSource.VIRTUAL_ENVIRONMENT:
        content = EnvironmentContent(
            python=version.python_version, requirements=version.requirements
        )
        raise_if_any(list(content.wrong(version.image.team)))
        return
    around = surroundings_of(
        version.dockerfile, team=version.image.team, has_context=bool(version.context)
    )
    problems = check(version.dockerfile, around)
    errors = [one for one in problems if one.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        where = f"Line {first.line}: " if first.line else ""
        more = f" There are {len(errors) - 1} more errors." if len(errors) > 1 else ""
        raise Invalid.at("dockerfile", f"{where}{first.message} {first.hint}{more}")
    if version.registry is None:
        raise Invalid.at("registry", "Choose a registry that the image is pushed to.")
    if reason := wrong_location(version):
        raise Invalid.at("registry", reason)
    names = set(version.secrets.values_list("name", flat=True))
    for name, line in wanted_secrets(version.dockerfile).items():
        if name not in names:
            raise Invalid.at(
                "dockerfile",
                f"Line {line}: this step needs the build secret {name}. Enter its value under "
                "Build secrets on the page of the draft, or remove the mount.",
            )
