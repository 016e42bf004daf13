"""The audit trail as people read it: what really changed, and where its resources are now."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, FieldChange, SignInAttempt, User
from domain.configuration.fields import in_words

MOST_FAILURES = 20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTEXT = ("group",)  # says what the changed fields belong to
# What a kind of resource is called in the code, and its page with the fields that its address has.
_PAGES = {
    "cluster": ("clusters.Cluster", "clusters:detail", ("pk",)),
    "job": ("clusters.Job", "clusters:job", ("cluster_id", "pk")),
    "template": ("configurations.Template", "configurations:template", ("pk",)),
    "changerequest": ("promotions.ChangeRequest", "promotions:review", ("pk",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry, with the page of its resource ("": it has none, or is gone)."""

    entry: AuditEntry
    url: str
    changes: list[FieldChange]
    diff_url: str  # of a saved version against the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSignIns:
    """Wrong passwords for an email address from one network."""

    email: str
    address: str
    count: int
    last: datetime


def lines_of(entries: Iterable[AuditEntry], *, reader: User) -> list[Line]:
    """Return the entries with links; one query per kind of resource."""
    entries = list(entries)
    urls = _urls(entries, reader=reader)
    return [
        Line(
            entry=entry,
            url=(url := urls.get((entry.subject_kind, entry.subject_id), "")),
            changes=changes_of(entry.before, entry.after),
            diff_url=_diff_url(entry) if url else "",
        )
        for entry in entries
    ]


def changes_of(
    before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> list[FieldChange]:
    """Return what differs as values: nested settings by their path, "0.0045" is "0.004500"."""
    old, new = _flat(before or {}), _flat(after or {})
    return [
        change
        for path in sorted(old | new)
        if (change := _change(path, old.get(path), new.get(path)))
    ]


def failed_sign_ins() -> list[FailedSignIns]:
    """Return the wrong passwords of the last 15 minutes, as long as they are counted."""
    recent = SignInAttempt.objects.filter(at__gt=timezone.now() - timedelta(minutes=15))
    rows = recent.values("email", "address").annotate(count=Count("pk"), last=Max("at"))
    return [FailedSignIns(**row) for row in rows.order_by("-count", "-last")[:MOST_FAILURES]]


def value_in_words(value: object) -> str:
    """Return a value as the other pages show it; digests and whole numbers short, none as ""."""
    match value:
        case None | "" | []:
            return ""
        case float() if value.is_integer():
            return str(int(value))
        case str() if _DIGEST.fullmatch(value):
            return value[:12]  # as on the pages of templates
    return in_words(value)


def _change(path: str, old: object, new: object) -> FieldChange | None:
    """Return the two values in words; None where they are the same, or say nothing."""
    if _value(old) == _value(new):
        return FieldChange(path, None, value_in_words(new)) if path in _CONTEXT else None
    before, after = value_in_words(old), value_in_words(new)
    return FieldChange(path, before or None, after or None) if before or after else None


def _flat(fields: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in fields.items():
        path = f"{prefix}{name}"
        flat |= _flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return flat


def _value(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return value
    return number if number.is_finite() else value


def _urls(entries: list[AuditEntry], *, reader: User) -> dict[tuple[str, str], str]:
    ids = defaultdict[str, set[str]](set)
    for entry in entries:
        ids[entry.subject_kind].add(entry.subject_id)
    urls = {}
    if reader.is_superuser:  # accounts are never deleted
        for key in ids["user"]:
            urls["user", key] = reverse("accounts:user", args=[key])
    for kind, (label, page, fields) in _PAGES.items():
        for row, *args in _rows(label, ids[kind], fields):
            urls[kind, str(row)] = reverse(page, args=args)
    return urls


def _rows(label: str, keys: set[str], fields: tuple[str, ...]) -> list[tuple[object, ...]]:
    if not keys:
        return []
    try:
        rows = apps.get_model(label)._default_manager.filter(pk__in=keys)  # noqa: SLF001
    except (LookupError, ValueError, ValidationError):
        return []
    return list(rows.values_list("pk", *fields))


def _diff_url(entry: AuditEntry) -> str:
    before, after = (entry.before or {}).get("version"), (entry.after or {}).get("version")
    if entry.action != "template.version_saved" or not (before and after):
        return ""
    address = reverse("configurations:version", args=[entry.subject_id, after])
    return f"{address}?with={before}"
