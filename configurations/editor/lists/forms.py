"""The forms of rows of mounts, environments, group overrides and the order of preference."""

from __future__ import annotations

from configurations.editor.fields import ENVIRONMENTS, SCALING, STORAGE
from configurations.editor.forms.base import EditorForm, shows
from configurations.editor.tables.lists import ENVIRONMENT, MOUNT, OVERRIDE, RANK


@shows(MOUNT)
class MountForm(EditorForm):
    """A storage that every node sees."""

    section = STORAGE


@shows(ENVIRONMENT)
class EnvironmentForm(EditorForm):
    """What differs in an environment."""

    section = ENVIRONMENTS


@shows(OVERRIDE)
class OverrideForm(EditorForm):
    """What differs in a group there."""

    section = ENVIRONMENTS


@shows(RANK)
class RankForm(EditorForm):
    """A group's place in the order of preference."""

    section = SCALING
