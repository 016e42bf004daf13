"""The fields of mounts, environments, group overrides and the order of preference."""

from __future__ import annotations

from typing import Any

from django import forms

from configurations.editor.tables.choices import ACCESSES, RANK_MARKETS, SAME_MARKETS
from configurations.editor.tables.free import InMapping, Others
from configurations.editor.tables.inputs import (
    NamesField,
    amount,
    choice,
    count,
    switch,
    text,
    yaml,
)
from configurations.editor.tables.kinds import Chosen, FieldKind
from configurations.editor.tables.table import Row, Table
from domain.configuration.spec import MarketType

ROW, OTHER = "row", "other"
_EMPTY = "Empty: same as the template."


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_amount(value: object) -> bool:
    return type(value) in {int, float} and float(str(value)) >= 0


def _are_names(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_text, value))


_TEXT, _COUNT = InMapping(fits=_is_text), InMapping(fits=_is_count)
_AMOUNT = InMapping(fits=_is_amount)
_NAMES = InMapping(fits=_are_names, take=list)
_MARKET = InMapping(fits=lambda value: value in list(MarketType))


def _with_others(mapping: str, label: str, example: str, *rows: Row) -> tuple[Row, ...]:
    """The rows, and the box for what they do not show of the mapping."""
    shown = [(row.keys[1:], row.kind) for row in rows if isinstance(row.kind, InMapping)]
    box = yaml("mobula", label, example=example, rows=2, within=_anywhere)
    return (*rows, Row(OTHER, "other", mapping, box, Others(shown=shown)))


def _anywhere(value: Any) -> Any:
    """Any mapping will do in an environment: it is checked where it is laid over the whole."""
    return {"mobula": {"environments": {"prod": value["mobula"]}}}


MOUNT = Table(
    Row(ROW, "storage", "storage", text("Storage", example="datasets")),
    Row(ROW, "path", "path", text("Path", example="/mnt/datasets")),
    Row(ROW, "access", "access", choice("Access", ACCESSES, required=True), Chosen()),
)

ENVIRONMENT = Table(
    *_with_others(
        "overlay", "Other keys that differ", "head_node:\n  instance_type: m5.4xlarge",
        Row(ROW, "name", "name", text("Environment", widget=forms.Select), also=("",)),
        Row(ROW, "cloud", "overlay.cloud", text("Cloud", widget=forms.Select), _TEXT),
        Row(ROW, "image", "overlay.mobula.image", text("Image", widget=forms.Select), _TEXT),
        Row(ROW, "idle_minutes", "overlay.mobula.idle_minutes",
            count("Terminate when idle (minutes)", help_text=_EMPTY), _COUNT),
        Row(ROW, "max_lifetime_minutes", "overlay.mobula.max_lifetime_minutes",
            count("Maximum lifetime (minutes)", help_text=_EMPTY), _COUNT),
        Row(ROW, "max_usd_per_hour", "overlay.mobula.max_usd_per_hour",
            amount("Max $/h", help_text=_EMPTY), _AMOUNT),
        Row(ROW, "max_nodes", "overlay.mobula.max_nodes",
            count("Max worker nodes", least=1, help_text=_EMPTY), _COUNT),
        Row(ROW, "zones", "overlay.zones",
            NamesField(example="us-west-2a", label="Zones", help_text=_EMPTY), _NAMES),
    ),
)  # fmt: skip

OVERRIDE = Table(
    *_with_others(
        "patch", "Other keys of the group that differ", "labels: {tier: prod}",
        Row(ROW, "group", "patch.name", text("Group", widget=forms.Select), _TEXT, also=("",)),
        Row(ROW, "min_nodes", "patch.min_nodes", count("Min"), _COUNT),
        Row(ROW, "max_nodes", "patch.max_nodes", count("Max", least=1), _COUNT),
        Row(ROW, "size", "patch.instance_type",
            text("Machine type", widget=forms.Select), _TEXT),
        Row(ROW, "market", "patch.market_type", choice("Market", SAME_MARKETS), _MARKET),
    ),
)  # fmt: skip

RANK = Table(
    Row(ROW, "group", "group", text("Group", widget=forms.Select), also=("",)),
    Row(ROW, "market", "market", choice("Market", RANK_MARKETS), FieldKind()),
    Row(ROW, "tied", "tied", switch("Same rank as the one above")),
)
