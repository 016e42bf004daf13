"""What the fields of a row may choose among."""

from __future__ import annotations

from configurations.editor.catalogue import Catalogue
from configurations.editor.forms.base import EditorForm, offer
from configurations.editor.lists.forms import EnvironmentForm
from configurations.editor.tables.inputs import Choices
from domain.configuration.spec import ComputeConfig

_SAME = ("", "Same as the template")


def offer_to_entry(form: EditorForm, draft: ComputeConfig, catalogue: Catalogue) -> None:
    """Give the row its groups, and an environment or override what the cloud offers."""
    if "group" in form.fields:
        groups = ((group.name, group.name) for group in draft.groups)
        offer(form, "group", [("", "Choose"), *groups])
    if "size" in form.fields:
        offer(form, "size", _or_same(catalogue.size_choices))
    if isinstance(form, EnvironmentForm):
        offer(form, "name", catalogue.environment_choices)
        offer(form, "cloud", _or_same(catalogue.cloud_choices))
        offer(form, "image", _or_same(catalogue.image_choices))


def _or_same(choices: Choices) -> Choices:
    return [_SAME, *choices[1:]]
