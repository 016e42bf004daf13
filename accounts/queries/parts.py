"""What belongs to a thing so closely that its history has it too: a cluster's jobs, for example.

The models live in apps above this one, so they are named.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.core.exceptions import ValidationError

MOST_PARTS = 5_000
"""Of a thing with more parts, the newest count."""

# kind of the whole -> models of its parts, with their field for the whole
_PARTS = {
    "cluster": (("clusters.Job", "cluster"),),
    "template": (("promotions.ChangeRequest", "template"),),
    "environment": (("promotions.ChangeRequest", "environment"),),
}


def parts_of(kind: str, subject: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each kind of part that the thing has, with the ids of its parts as the trail has them.

    An id that the thing cannot have has no parts. They are read first: within the query, PostgreSQL
    would look for them in every entry that there is.
    """
    for label, whole in _PARTS.get(kind, ()):
        model = apps.get_model(label)
        try:
            rows = model._default_manager.filter(**{whole: subject})  # noqa: SLF001
        except (ValueError, ValidationError):
            continue
        ids = rows.order_by("-pk").values_list("pk", flat=True)[:MOST_PARTS]
        yield str(model._meta.model_name), [str(pk) for pk in ids]  # noqa: SLF001
