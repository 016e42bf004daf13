"""A user's own rule for the number of nodes: one line of CEL over what is measured.

Every number is a fraction here, those written as 7 too: 7 / 2 is 3.5. Beyond that it is CEL, less
what could take long: no macros, no patterns, no text to speak of.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from domain.strategies.functions import FUNCTIONS, METHODS, OPERATORS, offered

LONGEST = 500  # characters
DEEPEST = 40  # brackets within brackets
MOST = 100_000  # nodes


class ExpressionError(ValueError):
    """The rule gives no number of nodes; the message says why and what to do."""


class BadExpression(ExpressionError):
    """The text is no rule, whatever is measured."""


class EvaluationFailed(ExpressionError):
    """The rule found no number for what was measured just now."""


class OutOfRange(EvaluationFailed):
    """The rule found a number for just now, but none of nodes: negative, endless or too high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a rule may ask. Nodes and use are of the rule's group, the rest of the cluster."""

    now: datetime
    pending: Mapping[str, float] = field(default_factory=dict)  # amounts that wait, by resource
    queue: float = 0  # tasks, actors and bundles that wait
    queue_seconds: float = 0  # for how long something has been waiting without a pause
    nodes: float = 0
    pending_nodes: float = 0
    busy_nodes: float = 0
    idle_nodes: float = 0
    utilization: float = 0  # 0 to 1, of CPU
    gpu_utilization: float = 0
    usd_per_hour: float = 0
    budget_left: float = -1  # dollars an hour below the cap; -1: there is none

    @property
    def hour(self) -> int:
        return self.now.astimezone(UTC).hour

    @property
    def weekday(self) -> int:
        return self.now.astimezone(UTC).weekday()


VARIABLES = tuple(sorted((*(fact.name for fact in fields(Facts)), "hour", "weekday")))
# Earlier spellings that rules may still use; only the names above are documented.
ALIASES: Mapping[str, str] = {"utilisation": "utilization", "gpu_utilisation": "gpu_utilization"}
# One moment on which a rule is tried out, so that a true or a text shows before it is saved.
EXAMPLE = Facts(
    now=datetime(2026, 1, 1, 12, tzinfo=UTC),
    pending={"CPU": 4.0},
    queue=4,
    queue_seconds=30,
    nodes=3,
    pending_nodes=1,
    busy_nodes=1,
    idle_nodes=1,
    utilization=0.5,
    gpu_utilization=0.5,
    usd_per_hour=1.5,
    budget_left=8.5,
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule that was understood."""

    text: str
    program: Any  # celpy's
    resources: frozenset[str]  # what it asks of `pending`: 0 where nothing of it waits

    def nodes(self, facts: Facts) -> int:
        """Return how many nodes the rule asks for; raises EvaluationFailed."""
        from celpy.evaluation import CELEvalError  # late: 0.2 s that only rules need

        try:
            value = self.program.evaluate(self._activation(facts))
        except CELEvalError as error:
            raise EvaluationFailed(_what_failed(error)) from error
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise EvaluationFailed(f"The rule could not be evaluated: {error}.") from error
        return _whole(value)

    def _activation(self, facts: Facts) -> dict[str, Any]:
        from celpy import celtypes

        amounts = dict.fromkeys(self.resources, 0.0) | dict(facts.pending)
        activation: dict[str, Any] = {
            name: celtypes.DoubleType(getattr(facts, name))
            for name in VARIABLES
            if name not in {"now", "pending"}
        }
        activation["now"] = celtypes.TimestampType(facts.now.astimezone(UTC))
        activation["pending"] = celtypes.MapType(
            {celtypes.StringType(k): celtypes.DoubleType(v) for k, v in amounts.items()}
        )
        return activation


@lru_cache(maxsize=256)  # one takes 0.2 to 0.5 MB
def understood(text: str) -> Expression:
    """Return the rule that the text says; raises BadExpression with a sentence."""
    import celpy
    from celpy.celparser import CELParseError

    _check_size(text)
    environment = celpy.Environment()
    try:
        tree = environment.compile(text)
    except CELParseError as error:
        raise BadExpression(_where_unreadable(text, error)) from error
    except RecursionError as error:
        raise BadExpression("The rule is nested too deeply: split it into two.") from error
    resources = offered(tree, variables=VARIABLES, aliases=ALIASES, refuse=BadExpression)
    functions: Any = {**FUNCTIONS, **METHODS, **OPERATORS}
    return Expression(text, environment.program(tree, functions=functions), resources)


def check(text: str) -> None:
    """Raise ExpressionError unless the text is a rule that gives nodes for the example.

    OutOfRange need not mean that the rule is wrong: at another moment it may give a number.
    """
    understood(text).nodes(EXAMPLE)


def _check_size(text: str) -> None:
    if not text.strip():
        raise BadExpression("The rule is empty: write a number of nodes, such as queue / 4.")
    if len(text) > LONGEST:
        raise BadExpression(
            f"The rule has {len(text)} characters; the limit is {LONGEST}: split it into two rules."
        )
    depth = deepest = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise BadExpression(f"The rule has more than {DEEPEST} brackets within brackets.")


def _where_unreadable(text: str, error: Any) -> str:
    column = getattr(error, "column", None)
    if not column or column >= len(text.rstrip()):
        return "The rule ends too early: something is missing at its end."
    return (
        f"The rule has a syntax error at character {column}, from {text[column - 1 :][:20]!r} on."
    )


def _what_failed(error: Exception) -> str:
    message = str(error.args[0]) if error.args else ""
    inner = error.args[2] if len(error.args) > 2 else None  # what one of our functions said
    if inner and message in {"no such overload", "return error for overflow"}:
        return f"A function in the rule has an invalid argument: {str(inner[0]).rstrip('.')}."
    if "overload" in message:
        return (
            "The rule mixes types, such as a number and a comparison: "
            "write a number for each case, as in (nodes > 3.0 ? 1 : 0)."
        )
    if "field selection" in message:
        return "Only pending has fields: write pending.CPU or pending['memory']."
    if "no such member" in message:
        return "The rule reads a resource of pending that has no pending demand."
    return f"The rule could not be evaluated: {message[:200]}."


def _whole(value: object) -> int:
    name = type(value).__name__.removesuffix("Type").lower()
    if name == "bool" or not isinstance(value, int | float):  # celpy's bool is an int
        kind = {"bool": "true or false", "string": "a text", "map": "a map"}.get(name, f"a {name}")
        raise EvaluationFailed(
            f"The rule returns {kind}, not a number: write a number of nodes, as in (queue > 0 ? "
            "2 : 0)."
        )
    if not math.isfinite(value):
        raise OutOfRange("The rule does not return a finite number: does it divide by 0?")
    if value < 0:
        raise OutOfRange(
            f"The rule returns {value:g} nodes: use max(0, …) to keep it at 0 or more."
        )
    if value > MOST:
        raise OutOfRange(f"The rule returns {value:g} nodes, more than {MOST}: use min(…, 10).")
    return math.ceil(value - 1e-9)  # 0.1 + 0.2 is not more than 0.3
