"""Checks of pods: what a patch of one has, and what KubeRay's operator refuses or sets itself."""

from collections.abc import Iterator, Mapping, Sequence

from domain.configuration.spec import ComputeConfig
from domain.problems import (
    Loc,
    Problem,
    did_you_mean,
    error,
    inside,
    nearest,
    path_of,
    removing,
    renaming,
    setting,
    shown,
    warning,
)

BLOCK = "advanced_instance_config"
# The operator sets these on the container of Ray, over whatever stands there.
_OWN_VARIABLES = frozenset({
    "FQ_RAY_IP", "KUBERAY_GEN_RAY_START_CMD", "RAY_ADDRESS", "RAY_CLOUD_INSTANCE_ID",
    "RAY_CLUSTER_NAME", "RAY_IP", "RAY_NODE_TYPE_NAME", "RAY_PORT",
    "RAY_USAGE_STATS_KUBERAY_IN_USE", "REDIS_PASSWORD",
})  # fmt: skip
_OWN_LABELS = frozenset({
    "ray.io/cluster", "ray.io/group", "ray.io/identifier", "ray.io/is-ray-node", "ray.io/node-type",
    "app.kubernetes.io/created-by", "app.kubernetes.io/name",
})  # fmt: skip


def check_keys(block: Mapping[str, object], loc: Loc) -> Iterator[Problem]:
    """Yield the keys at the top of a pod's patch that no pod has."""
    parts = ("metadata", "spec")
    for key in sorted(block.keys() - set(parts)):
        at, message = path_of((*loc, key)), f"`{key}` is not valid in a pod."
        near = nearest(key, [part for part in parts if part not in block])
        hint = did_you_mean(key, [near]) if near else "A pod's patch has `metadata` and `spec`."
        fix = renaming((*loc, key), near) if near else removing((*loc, key))
        yield error(at, "block-unknown-key", message, hint=hint, fix=fix)


def check_config(config: ComputeConfig) -> Iterator[Problem]:
    """Yield what the operator would refuse, or put back to its own, in the raw blocks of pods."""
    for path, block in _blocks(config):
        spec, metadata = block.get("spec"), block.get("metadata")
        if isinstance(spec, Mapping):
            yield from _restart(spec, f"{path}.spec")
            yield from _containers(spec, f"{path}.spec.containers")
        if isinstance(metadata, Mapping):
            yield from _labels(metadata, f"{path}.metadata")


def _blocks(config: ComputeConfig) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield BLOCK, config.advanced_instance_config
    if config.head_node is not None:
        yield f"head_node.{BLOCK}", config.head_node.advanced_instance_config or {}
    for index, group in enumerate(config.groups):
        yield f"worker_nodes[{index}].{BLOCK}", group.advanced_instance_config or {}


def _restart(spec: Mapping[str, object], path: str) -> Iterator[Problem]:
    policy = spec.get("restartPolicy")
    if policy is not None and policy != "Never":
        at = f"{path}.restartPolicy"
        message = f"KubeRay replaces pods instead of restarting them: it rejects {shown(policy)}."
        hint = "Leave it out, or write Never."
        yield error(at, "pod-restart-policy", message, hint=hint, fix=setting(at, "Never"))


def _labels(metadata: Mapping[str, object], path: str) -> Iterator[Problem]:
    labels = metadata.get("labels")
    for key in labels if isinstance(labels, Mapping) else ():
        if key in _OWN_LABELS:
            at = _below(f"{path}.labels", key)
            message = f"KubeRay sets {shown(key)} to find its pods."
            fix = removing(inside(f"{path}.labels", key))
            yield warning(at, "pod-label-of-operator", message, hint="Remove it.", fix=fix)


def _below(path: str, key: str) -> str:
    """The path of one key under a path, with brackets where the key needs them."""
    step = path_of((key,))
    return f"{path}{step}" if step.startswith("[") else f"{path}.{step}"


def _containers(spec: Mapping[str, object], path: str) -> Iterator[Problem]:
    containers = spec.get("containers")
    if not isinstance(containers, Sequence) or isinstance(containers, str):
        return
    for index, container in enumerate(containers):
        env = container.get("env") if isinstance(container, Mapping) else None
        for place, entry in enumerate(env if isinstance(env, list | tuple) else ()):
            name = entry.get("name") if isinstance(entry, Mapping) else None
            if isinstance(name, str) and name in _OWN_VARIABLES:
                at = f"{path}[{index}].env[{place}]"
                message = f"The pods' variable {shown(name)} is set by KubeRay."
                fix = removing(at, label=f"Remove {name}")
                yield warning(at, "pod-variable-of-operator", message, hint="Remove it.", fix=fix)
