"""Make an image of what was installed in a workspace, and offer it to the template."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters.models import Workspace
from clusters.services.workspaces.rights import may_use
from clusters.workspaces.captured import base_requirements, installed_in
from configurations.models import Draft
from configurations.services.drafts import open_draft
from domain.images.captured import chosen_from, with_captured
from domain.images.states import ImageSource
from domain.yaml.text import parse, update_text
from images.models import Build, ImageVersion
from images.services.builds import build_version
from images.services.contents import EnvironmentContent
from images.services.drafts import create_image_draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a capture made: the image's next version, its build, and a draft of the template."""

    image: ImageVersion
    build: Build
    draft: Draft


@transaction.atomic
def capture_workspace(
    workspace: Workspace, *, packages: Iterable[str], image: str, message: str = "", by: User
) -> Capture:
    """Return a new image version with the packages of these names, which is being built.

    It is the next version of the image of that name, or the first one of a new image. A draft of
    the template's newest version names it. Raises `Invalid` or `WrongState`.
    """
    require(may_use(by, workspace))
    require(may(by, Action.EDIT_TEMPLATE, team=workspace.team))
    if refusal := can_be_captured(workspace):
        raise WrongState(refusal)
    chosen = chosen_from(installed_in(workspace), packages)
    if not chosen:
        raise Invalid.at("packages", "Select at least one package.")
    wrong = [one.name for one in chosen if not one.can_be_built]
    if wrong:
        raise Invalid.at("packages", f"{', '.join(wrong)} cannot be installed by name. Clear it.")
    base = workspace.image_version
    version = create_image_draft(
        EnvironmentContent(
            python=".".join(base.python_version.split(".")[:2]),
            requirements=with_captured(base_requirements(workspace), chosen),
            message=message or f"Captured from workspace {workspace}.",
        ),
        name=image,
        team=workspace.team,
        description=f"Captured from workspace {workspace}.",
        by=by,
    )
    build = build_version(version, by=by)
    after = {"image": str(version), "packages": [one.line for one in chosen]}
    record("workspace.captured", actor=by, team=workspace.team, subject=workspace, after=after)
    return Capture(image=version, build=build, draft=_offer(workspace, version, by=by))


def _offer(workspace: Workspace, image: ImageVersion, *, by: User) -> Draft:
    """Return a draft of the template that names the new image."""
    template = workspace.version.template
    newest = template.versions.latest("number")
    config = parse(newest.text).config
    if config is None:
        raise WrongState(f"{newest} has errors. Fix them in a new version first.")
    block = config.mobula.model_copy(update={"image": str(image)})
    return open_draft(
        team=workspace.team,
        by=by,
        text=update_text(newest.text, config.model_copy(update={"mobula": block})),
        template=template,
        base=newest.number,
        origin=f"The image {image}, captured from workspace {workspace}. "
        "Save it once the image is built.",
    )


def can_be_captured(workspace: Workspace) -> str:
    """Return why no image can be made of the workspace; "" where one can."""
    sources = {ImageSource.VIRTUAL_ENVIRONMENT, ImageSource.INSTALLED}
    if workspace.image_version.source not in sources:
        return "Only workspaces on virtual environments can be captured."
    return ""
