"""Versions as an earlier catalogue let them be saved: valid then, whatever they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Team, User
    from configurations.models import Template, Version


def stored_template(*, team: Team, name: str, text: str, by: User) -> Version:
    """Return version 1 of a new template, unchecked."""
    from configurations.models import Template

    template = Template.objects.create(team=team, name=name, created_by=by)
    return stored_version(template, text=text, by=by)


def stored_version(template: Template, *, text: str, by: User) -> Version:
    """Return the template's next version, unchecked."""
    from domain.configuration.spec import digest
    from domain.yaml.text import parse

    config = parse(text).config
    return template.versions.create(
        number=template.versions.count() + 1,
        text=text,
        digest=digest(config) if config else "",
        message="Stored.",
        author=by,
    )
