"""What a rule may call, and nothing else: all of it ends quickly, whatever it is given."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.strategies.schedule import zone_of


def _of_numbers(function: Callable[..., float]) -> Callable[..., Any]:
    def called(*values: Any) -> Any:
        from celpy import celtypes

        return celtypes.DoubleType(function(*(float(value) for value in values)))

    return called


def _of_now(part: Callable[[datetime], int]) -> Callable[..., Any]:
    def called(now: Any, zone: Any = "UTC") -> Any:
        from celpy import celtypes

        return celtypes.DoubleType(part(now.astimezone(zone_of(str(zone)))))

    return called


def _greatest(first: float, *others: float) -> float:
    return max((first, *others))


def _least(first: float, *others: float) -> float:
    return min((first, *others))


def _joined(*, decisive: bool) -> Callable[..., Any]:
    """Return || or && as CEL says: what decides counts, even beside an error.

    celpy's own quote what they cannot join: in a chain of them the quotes double at each step.
    """

    def called(left: Any, right: Any) -> Any:
        from celpy import celtypes

        sides = (left, right)
        truths = [side for side in sides if isinstance(side, celtypes.BoolType)]
        if not truths:
            raise TypeError("no comparison")
        others = [side for side in sides if not isinstance(side, celtypes.BoolType)]
        decided = [truth for truth in truths if bool(truth) is decisive]
        return (decided or others or truths)[0]

    return called


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "max": _of_numbers(_greatest),
    "min": _of_numbers(_least),
    "ceil": _of_numbers(math.ceil),
    "floor": _of_numbers(math.floor),
    "round": _of_numbers(round),
    "abs": _of_numbers(abs),
}
OPERATORS: Mapping[str, Callable[..., Any]] = {
    "_||_": _joined(decisive=True),
    "_&&_": _joined(decisive=False),
}
# As CEL names them, of `now`; they take a time zone, such as now.getHours('Europe/Berlin').
METHODS: Mapping[str, Callable[..., Any]] = {
    "getHours": _of_now(lambda now: now.hour),
    "getMinutes": _of_now(lambda now: now.minute),
    "getDayOfWeek": _of_now(lambda now: now.isoweekday() % 7),  # 0 is Sunday, as CEL says
    "getDate": _of_now(lambda now: now.day),
    "getMonth": _of_now(lambda now: now.month - 1),  # 0 is January, as CEL says
}

# Each takes some 0.05 ms, and a replay of a week asks 2,000 times while somebody waits.
MOST_OPERATIONS = 100
LARGEST = 2**53  # beyond, fractions leave whole numbers out
_OPERATIONS = (
    *("relation_", "addition_", "multiplication_", "unary_"),
    *("member_dot_arg", "ident_arg"),
)
_REFUSED = {
    "map_lit": "maps",
    "member_object": "objects",
    "dot_ident": "names that begin with a dot",
    "dot_ident_arg": "names that begin with a dot",
    "multiplication_mod": "remainder (%)",
}


def offered(
    tree: Any,
    *,
    variables: Sequence[str],
    aliases: Mapping[str, str],
    refuse: Callable[[str], Exception],
) -> frozenset[str]:
    """Return the resources the rule asks of `pending`, once all that it uses is known to be ours.

    In place, aliases become the variables that they stand for, and whole numbers fractions: CEL
    itself would refuse to add the two.
    """
    resources, operations = set(), 0
    for node in tree.iter_subtrees_topdown():
        operations += _is_operation(node)
        if operations > MOST_OPERATIONS:
            raise refuse(
                f"The rule has more than {MOST_OPERATIONS} operations: split it into two rules."
            )
        _resolve(node, aliases)
        _check(node, variables=variables, refuse=refuse)
        if node.data == "literal":
            _make_fraction(node, refuse=refuse)
        if node.data in {"member_dot", "member_index"}:
            resources |= _resource(node)
    return frozenset(resources)


def _is_operation(node: Any) -> bool:
    if node.data in {"conditionalor", "conditionaland"}:
        return len(node.children) > 1
    return str(node.data).startswith(_OPERATIONS)


def _resolve(node: Any, aliases: Mapping[str, str]) -> None:
    if node.data == "ident" and (name := str(node.children[0])) in aliases:
        node.children[0] = node.children[0].update(value=aliases[name])


def _check(node: Any, *, variables: Sequence[str], refuse: Callable[[str], Exception]) -> None:
    if node.data in _REFUSED:
        raise refuse(f"A rule has no {_REFUSED[node.data]}: compare numbers instead.")
    if node.data == "ident" and (name := str(node.children[0])) not in variables:
        raise refuse(f"{name} is not available here. Variables: {', '.join(variables)}.")
    if node.data == "ident_arg" and (name := str(node.children[0])) not in FUNCTIONS:
        raise refuse(f"{name}(…) is not available here. Functions: {', '.join(FUNCTIONS)}.")
    if node.data == "member_dot_arg" and (name := str(node.children[1])) not in METHODS:
        raise refuse(f".{name}(…) is not available here. Supported methods: {', '.join(METHODS)}.")


def _make_fraction(node: Any, *, refuse: Callable[[str], Exception]) -> None:
    from lark import Token

    token = node.children[0]
    if token.type == "BYTES_LIT":
        raise refuse("A rule cannot use bytes: compare numbers instead.")
    if token.type in {"INT_LIT", "UINT_LIT"}:
        digits = str(token).rstrip("uU")
        number = int(digits, 16 if "x" in digits.lower() else 10)
        if number > LARGEST:
            raise refuse(f"{digits[:20]} is too large: use at most {LARGEST}.")
        node.children[0] = Token("FLOAT_LIT", f"{float(number)!r}")


def _resource(node: Any) -> set[str]:
    """Return the resource that `pending.GPU` or `pending['GPU']` names."""
    if node.data == "member_dot":
        return {str(node.children[1])}
    tokens = node.children[1].scan_values(lambda token: token.type == "STRING_LIT")
    return {str(token)[1:-1] for token in tokens}
