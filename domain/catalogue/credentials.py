"""How Mobula signs in to an account, as the fields that an admin fills in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialField:
    """One field. What is secret is never shown again, only replaced or removed."""

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    belongs_to: str = ""  # a secret of this other field: kept only while that stays the same


type CredentialCheck = Callable[[Mapping[str, str]], Iterator[tuple[str, str]]]
"""Finds what is wrong with credentials, each as the name of the field and a sentence."""


def merged(
    fields: Sequence[CredentialField], *, known: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Return what holds after a form was posted: a secret that is left empty stays as it is."""
    values = {}
    for field in fields:
        value = given.get(field.name, "").strip()
        if not value and field.is_secret and _stays(field, known, given):
            value = known.get(field.name, "")
        if value:
            values[field.name] = value
    return values


def _stays(field: CredentialField, known: Mapping[str, str], given: Mapping[str, str]) -> bool:
    owner = field.belongs_to
    return not owner or given.get(owner, "").strip() == known.get(owner, "")


def told(fields: Sequence[CredentialField], values: Mapping[str, str]) -> dict[str, str]:
    """Return what may be shown and written down: of a secret only that there is one."""
    return {
        field.name: "set" if field.is_secret else values[field.name]
        for field in fields
        if field.name in values
    }
