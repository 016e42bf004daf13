"""What is wrong with a value that does not fit the models, in words, and how to mend it."""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import TypeGuard

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from domain.configuration.spec import (
    Budget,
    CloudDeployment,
    ComputeConfig,
    ForecastSettings,
    GroupSettings,
    HeadNode,
    MarketType,
    MobulaBlock,
    Mount,
    PhysicalResources,
    Plain,
    ResourceConfig,
    Rule,
    Scaling,
    Schedule,
    WorkerGroup,
)
from domain.problems import (
    Fix,
    Loc,
    Problem,
    did_you_mean,
    error,
    moving,
    nearest,
    path_of,
    removing,
    renaming,
    setting,
    shown,
)
from domain.quantities import LARGEST, tidy_number
from domain.yaml.tree import scalar

MODELS: Mapping[str, type[BaseModel]] = {
    "": ComputeConfig,
    "configs": ResourceConfig,
    "head_node": HeadNode,
    "worker_nodes": WorkerGroup,
    "required_resources": PhysicalResources,
    "cloud_deployment": CloudDeployment,
    "mobula": MobulaBlock,
    "scaling": Scaling,
    "mounts": Mount,
    "forecast": ForecastSettings,
    "schedules": Schedule,
    "rules": Rule,
    "budgets": Budget,
}
"""Which model the mapping under a key is read as."""
_ENTRIES = {Schedule, Rule, Budget}  # their keys are too common to say where one belongs

RENAMED: Mapping[str, str] = {
    "physical_resources": "required_resources",
    "head_node_type": "head_node",
    "worker_node_types": "worker_nodes",
    "min_workers": "min_nodes",
    "max_workers": "max_nodes",
    "use_spot": "market_type: SPOT",
    "fallback_to_ondemand": "market_type: PREFER_SPOT",
    "allowed_azs": "zones",
    "region": "zones",
    "idle_termination_minutes": "mobula.idle_minutes",
    "maximum_uptime_minutes": "mobula.max_lifetime_minutes",
    "aws_advanced_configurations_json": "advanced_instance_config",
    "gcp_advanced_configurations_json": "advanced_instance_config",
}
"""Keys of the older schema and what they are called now."""


OF_ONE_RESOURCE = ResourceConfig.model_fields.keys() - {"cloud", "flags"}
"""What has no meaning beside `configs`."""


def problem_of(detail: ErrorDetails, plain: Plain) -> Problem:
    """A model's complaint in our words."""
    loc, kind, value = detail["loc"], detail["type"], detail["input"]
    name = f"`{loc[-1]}`" if loc and isinstance(loc[-1], str) else "This value"
    path = path_of(loc)
    if kind == "extra_forbidden":
        message, hint = f"{name} is not a key here.", _key_hint(loc)
        return error(path, "unknown-key", message, hint=hint, fix=_key_fix(loc, value, plain))
    code, wanted = _WANTED.get(kind, ("invalid-value", ""))
    if kind == "value_error":
        message = f"{name}: {detail['ctx']['error']}"
        return error(path, "bad-quantity", message, fix=_quantity_fix(value, loc))
    if kind in {"enum", "literal_error"}:
        choices = detail["ctx"]["expected"].replace("'", "")
        known = re.split(", | or ", choices)
        word = str(value).replace("-", "_")
        hint, near = did_you_mean(word, known), nearest(word, known)
        fix = setting(loc, near) if near else None
        message = f"{name} must be {choices}, not {shown(value)}."
        return error(path, code, message, hint=hint, fix=fix)
    limit = next(iter(detail.get("ctx", {}).values()), "")
    message = f"{name} must be {wanted.format(limit=limit)}, not {kind_of(value)}."
    fix = _value_fix(kind, detail)
    return error(path, code, message, hint=_value_hint(kind, value), fix=fix)


_WANTED = {
    "string_type": ("not-text", "text"),
    "int_type": ("not-a-whole-number", "a whole number"),
    "int_from_float": ("not-a-whole-number", "a whole number"),
    "float_type": ("not-a-number", "a number"),
    "finite_number": ("not-finite", "a finite number"),
    "bool_type": ("not-true-or-false", "true or false"),
    "dict_type": ("not-a-mapping", "a mapping of keys to values"),
    "model_type": ("not-a-mapping", "a mapping of keys to values"),
    "model_attributes_type": ("not-a-mapping", "a mapping of keys to values"),
    "tuple_type": ("not-a-list", "a list"),
    "enum": ("unknown-choice", ""),
    "literal_error": ("unknown-choice", ""),
    "nodes_or_percent": ("nodes-or-percent", "a number of nodes, or a percentage up to 100%"),
    "greater_than_equal": ("too-small", "at least {limit}"),
    "less_than_equal": ("number-too-large", "at most {limit}"),
}


def _key_hint(loc: Loc) -> str:
    """Where the key belongs, or which key was probably meant."""
    key = str(loc[-1])
    if key in RENAMED:
        return f"This was renamed to `{RENAMED[key]}`."
    here = _model_at(loc)
    for place, model in MODELS.items():
        if key in model.model_fields and model not in _ENTRIES:
            return f"Move it under `{place}`." if place else "Move it to the top level."
    if near := did_you_mean(key, here.model_fields):
        return near
    return f"Known keys here: {', '.join(here.model_fields)}."


def _key_fix(loc: Loc, value: object, plain: Plain) -> Fix | None:
    """Give the key the name or the place that was probably meant, else take out a single value.

    A block with something in it was meant: nobody is offered to throw it away.
    """
    key, here, siblings = str(loc[-1]), _model_at(loc), _siblings(plain, loc)
    if len(loc) == 1 and (ours := _ours(key, value, plain)):
        return moving(loc, ("mobula", ours), value)
    if key == "use_spot" and value is True and "market_type" not in siblings:
        return moving(loc, (*loc[:-1], "market_type"), str(MarketType.SPOT))
    meant = RENAMED.get(key, "")
    meant = meant if meant in here.model_fields else nearest(key, here.model_fields)
    is_free = bool(meant) and meant not in siblings and not _is_beside_configs(meant, loc, plain)
    if is_free and _fits(here, meant, value):
        return renaming(loc, meant)
    return None if isinstance(value, Mapping | list | tuple) and value else removing(loc)


def _is_beside_configs(key: str, loc: Loc, plain: Plain) -> bool:
    return len(loc) == 1 and "configs" in plain and key in OF_ONE_RESOURCE


def _ours(key: str, value: object, plain: Plain) -> str:
    """The key of our block that says what this one of the older schema said, if it is free."""
    ours, block = RENAMED.get(key, "").partition("mobula.")[2], plain.get("mobula") or {}
    is_free = bool(ours) and isinstance(block, Mapping) and ours not in block
    return ours if is_free and _fits(MobulaBlock, ours, value) else ""


def _siblings(plain: Plain, loc: Loc) -> Mapping[str, object]:
    holder: object = plain
    for step in loc[:-1]:
        if isinstance(holder, Mapping) and isinstance(step, str):
            holder = holder.get(step)
        elif isinstance(holder, list | tuple) and isinstance(step, int) and step < len(holder):
            holder = holder[step]
    return holder if isinstance(holder, Mapping) else {}


def _fits(model: type[BaseModel], key: str, value: object) -> bool:
    """True if the value can stand under the key, wherever it stood before."""
    try:
        model.model_validate({key: value})
    except ValidationError:
        return False
    return True


def _model_at(loc: Loc) -> type[BaseModel]:
    holders = [step for step in loc[:-1] if isinstance(step, str)]
    if holders[:2] == ["mobula", "groups"] and len(holders) > 2:
        return GroupSettings
    return MODELS.get(holders[-1] if holders else "", ComputeConfig)


def _value_fix(kind: str, detail: ErrorDetails) -> Fix | None:
    """What the value was surely meant to be: a number without its quotes, text with them."""
    value, loc = detail["input"], detail["loc"]
    if isinstance(value, str | float) and kind in {"int_type", "float_type"}:
        number = scalar(value.strip()) if isinstance(value, str) else value
        return setting(loc, tidy_number(number)) if _counts(number, kind, loc) else None
    if isinstance(value, str) and kind == "bool_type":
        meant = _SWITCHES.get(value.strip().lower())
        return None if meant is None else setting(loc, meant)
    if isinstance(value, str) and value and kind == "tuple_type" and loc[-1] == "zones":
        return setting(loc, [value], label="Make it a list")
    if kind == "string_type" and isinstance(value, int | float):
        return setting(loc, json.dumps(value), label="Put it in quotes")
    if kind == "greater_than_equal":
        return setting(loc, detail["ctx"]["ge"])
    return None


def _counts(number: object, kind: str, loc: Loc) -> TypeGuard[int | float]:
    """True for a number that the place takes as it is."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
        return False
    least, most = _BOUNDS.get(str(loc[-1]), (0, LARGEST))
    return least <= number <= most and (kind == "float_type" or number == int(number))


_BOUNDS: Mapping[str, tuple[float, float]] = {
    "max_nodes": (1, LARGEST),
    "minutes": (1, LARGEST),
    "on_demand_percent": (0, 100),
    "quantile": (0.01, 0.99),
    "max_error_percent": (0, 1000),
}


_WITH_BYTES = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([KMGT])i?[Bb]", re.ASCII)


def _quantity_fix(value: object, loc: Loc) -> Fix | None:
    """`32GB` on a machine's label is what Kubernetes writes as 32Gi."""
    match = _WITH_BYTES.fullmatch(value.strip()) if isinstance(value, str) else None
    return setting(loc, f"{match[1]}{match[2]}i") if match else None


_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _value_hint(kind: str, value: object) -> str:
    if isinstance(value, str) and kind in {"int_type", "float_type"}:
        return "Write the number without quotes and without a unit."
    if isinstance(value, str) and kind == "bool_type":
        return "Write true or false without quotes."
    if kind == "string_type" and isinstance(value, int | float):
        return "Put it in quotes."
    return ""


def kind_of(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
    return shown(value)
