"""The node types of a `ray up` file: written out, in the form before Ray 2, or Ray's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.convert.launcher.account import Account
from domain.convert.result import Plain, items, mapping
from domain.problems import Loc, Problem, error, note, shown

HEAD, WORKERS = "head", "workers"
USUAL_MAX_WORKERS = 2
"""What Ray takes where the file does not limit the cluster."""
_BEFORE_RAY_2 = "Ray 2 and later ignore this next to `available_node_types`."
_RUNNING_MACHINES = "Mobula launches its own machines; it does not use running ones."
# The node types that Ray 2.60 takes for a file without any (autoscaler/*/defaults.yaml).
_DEFAULTS: Mapping[str, tuple[Plain, Plain]] = {
    "aws": (
        {"InstanceType": "m5.large"},
        {"InstanceType": "m5.large", "InstanceMarketOptions": {"MarketType": "spot"}},
    ),
    "gcp": (
        {"machineType": "n1-standard-2"},
        {"machineType": "n1-standard-2", "scheduling": [{"preemptible": True}]},
    ),
}


@dataclass(frozen=True, slots=True)
class NodeTypes:
    """The head's node type and the workers', each with the place that it stands at."""

    head: Account
    workers: Mapping[str, Account]
    head_name: str
    problems: tuple[Problem, ...] = ()


def node_types(top: Account, kind: str) -> NodeTypes | None:
    """The node types of a file, taken out of it; None if it names a head that it has not."""
    if kind == "local":
        return _machines_by_address(top)
    types = top.inner("available_node_types")
    if not types.content:
        return _older_form(top, kind)
    for key in ("head_node", "worker_nodes"):
        if mapping(top.content.get(key)):
            top.take(key)
            top.lose(key, why=_BEFORE_RAY_2)
    name = str(top.take("head_node_type") or _only_type(types))
    if name not in types.content:
        return None
    accounts = {key: types.inner(key) for key in list(types.content)}
    head = accounts.pop(name)
    return NodeTypes(head, accounts, name)


def head_missing() -> Problem:
    """The problem of a file whose head has no node type."""
    message = "This is not a ray up YAML: `head_node_type` is not in `available_node_types`."
    return error("head_node_type", "not-ray-up", message)


def _only_type(types: Account) -> str:
    return next(iter(types.content)) if len(types.content) == 1 else ""


def _older_form(top: Account, kind: str) -> NodeTypes | None:
    """`head_node` and `worker_nodes` are the machines; what is left out is Ray's default."""
    if kind not in _DEFAULTS:
        return None
    top.take("head_node_type")
    problems = []
    accounts = []
    for key, usual in zip(("head_node", "worker_nodes"), _DEFAULTS[kind], strict=True):
        config = top.inner(key)
        resources = config.inner("resources")
        if not config.content:
            problems.append(_usual(key, usual))
            config.content = dict(usual)
        content = {"node_config": config, "resources": resources}
        accounts.append(_account(top, content, (key,)))
    head, workers = accounts
    workers.content["min_workers"] = top.take("min_workers")
    return NodeTypes(head, {WORKERS: workers}, HEAD, tuple(problems))


def _usual(key: str, machine: Plain) -> Problem:
    name = next(iter(machine.values()))
    market = " spot" if len(machine) > 1 else ""
    message = f"The file has no node type for the {'head' if key == 'head_node' else 'workers'}."
    hint = f"Ray's default applies: {shown(str(name))}{market}."
    return note("available_node_types", "ray-up-default-type", message, hint=hint)


def _account(top: Account, content: Plain, loc: Loc) -> Account:
    return Account(content, loc, losses=top.losses)


def _machines_by_address(top: Account) -> NodeTypes:
    """The workers of `provider.type: local` are as many as there are addresses."""
    provider = Account(mapping(top.content.get("provider")), ("provider",), losses=top.losses)
    for key in ("head_ip", "worker_ips", "coordinator_address"):
        if provider.content.get(key):
            provider.lose(key, why=_RUNNING_MACHINES)
    count = len(items(provider.content.get("worker_ips")))
    if count:
        top.content.setdefault("max_workers", count)
    least = top.take("min_workers")
    types = top.inner("available_node_types")
    head_name = str(top.take("head_node_type") or HEAD)
    head = types.inner(head_name)
    workers = {key: types.inner(key) for key in list(types.content)}
    if not workers and (count or top.content.get("max_workers")):
        content = {"min_workers": count if least is None and count else least}
        workers = {WORKERS: _account(top, content, ("provider", "worker_ips"))}
    return NodeTypes(head, workers, head_name)
