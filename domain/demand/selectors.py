"""Label selectors as reports and people write them, and as Ray's own code has them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from domain.demand.model import LabelSelector, Operator, Selectors

# The words of this format, those of older agents, and those of Kubernetes.
OPERATORS = {
    "in": Operator.IN,
    "not in": Operator.NOT_IN,
    "not_in": Operator.NOT_IN,
    "!in": Operator.NOT_IN,
    "NotIn": Operator.NOT_IN,
    "In": Operator.IN,
    "exists": Operator.EXISTS,
    "Exists": Operator.EXISTS,
    "does not exist": Operator.DOES_NOT_EXIST,
    "does_not_exist": Operator.DOES_NOT_EXIST,
    "not exists": Operator.DOES_NOT_EXIST,
    "!exists": Operator.DOES_NOT_EXIST,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
    "unknown": Operator.UNKNOWN,
}
WRITTEN = '"in", "not in", "exists" or "does not exist"'
_WITH_VALUES = {Operator.IN, Operator.NOT_IN}
# Ray's grammar of one expression (`LabelSelector::ParseLabelSelectorValue`): exists(), in(a,b) or a
# value, each with "!" before it for the opposite; expressions are separated by commas.
_EXPRESSION = re.compile(r"(?P<not>!?)(?:(?P<exists>exists\(\))|in\((?P<list>.*)\)|(?P<value>.*))")
_BETWEEN = re.compile(r",(?![^(]*\))")


def selector_of(item: Mapping[str, Any], operator: Operator) -> LabelSelector:
    """Return the selector of a report's entry, whose operator is this."""
    values = item["values"] if operator in _WITH_VALUES else item.get("values", ())
    if isinstance(values, str):
        raise TypeError(f"the values of a label selector are a list, not {values!r}")
    return LabelSelector(key=item["key"], operator=operator, values=tuple(values))


def as_ray_writes(labels: Mapping[str, Any]) -> Selectors:
    """Return the selectors of {"zone": "!in(a,b)"}, as Ray's `label_selector` has them."""
    for key, words in labels.items():
        if not isinstance(words, str):
            raise TypeError(f"the label {key} has {words!r}: write text such as 'in(a,b)'")
    return tuple(selector for key, words in labels.items() for selector in _of_key(str(key), words))


def _of_key(key: str, words: str) -> Iterable[LabelSelector]:
    for expression in _BETWEEN.split(words):
        match = _EXPRESSION.fullmatch(expression.strip())
        if match is None:  # a value may have any character but a line break
            raise ValueError(f"{words[:40]!r} is no value of the label {key}")
        if match["exists"]:
            operator = Operator.DOES_NOT_EXIST if match["not"] else Operator.EXISTS
            yield LabelSelector(key=key, operator=operator)
            continue
        values = (match["value"],) if match["list"] is None else match["list"].split(",")
        yield LabelSelector(
            key=key,
            operator=Operator.NOT_IN if match["not"] else Operator.IN,
            values=tuple(value.strip() for value in values),
        )
