"""Raw blocks on AWS: what EC2's RunInstances takes, as botocore describes it."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from domain.problems import Problem
from providers.schemas.packages import folder_of, newest
from providers.schemas.shape import Kind, Schema, SchemaShape
from providers.schemas.walk import problems_of

_TOP = "RunInstancesRequest"
_KINDS = {
    "string": Kind.TEXT, "timestamp": Kind.TEXT, "integer": Kind.WHOLE, "long": Kind.WHOLE,
    "float": Kind.NUMBER, "double": Kind.NUMBER, "boolean": Kind.TRUTH, "list": Kind.LIST,
    "structure": Kind.RECORD, "map": Kind.MAP,
}  # fmt: skip
_NUMBERS = {Kind.WHOLE, Kind.NUMBER}


def check_block(block: Mapping[str, object], path: str) -> Sequence[Problem]:
    """Return what EC2 would refuse in a block that stands at `path`."""
    return problems_of(block, path, schema())


@cache
def schema() -> Schema:
    """Return RunInstances' shapes; only what it refers to is kept."""
    described = _described()
    shapes: dict[str, SchemaShape] = {}
    waiting = [_TOP]
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _shape(described[name])
            waiting += [*shapes[name].members.values(), *filter(None, [shapes[name].item])]
    # What is required at the top, how many machines, is the launch's to say.
    shapes[_TOP] = replace(shapes[_TOP], required=frozenset())
    return Schema(owner="EC2", top=_TOP, shapes=shapes)


def _described() -> Mapping[str, Any]:
    versions = folder_of("botocore") / "data" / "ec2"
    with gzip.open(newest(versions, "*") / "service-2.json.gz", "rt", encoding="utf-8") as file:
        shapes: Mapping[str, Any] = json.load(file)["shapes"]
    return shapes


def _shape(described: Mapping[str, Any]) -> SchemaShape:
    kind = _KINDS.get(described["type"], Kind.ANY)
    item = described.get("member") or described.get("value") or {}
    return SchemaShape(
        kind=kind,
        members={key: member["shape"] for key, member in described.get("members", {}).items()},
        required=frozenset(described.get("required", ())),
        item=item.get("shape", ""),
        choices=tuple(described.get("enum", ())),
        minimum=described.get("min") if kind in _NUMBERS else None,
        maximum=described.get("max") if kind in _NUMBERS else None,
    )
