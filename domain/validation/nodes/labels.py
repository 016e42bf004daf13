"""Checks of labels: what Ray takes, what it sets itself, and which of them pick hardware."""

import re
from collections.abc import Iterator, Mapping

from domain.catalogue.node_labels import GPU_MODEL_LABELS, gpu_model_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.ray_labels import (
    ACCELERATOR,
    ACCELERATORS,
    MARKET_TYPE,
    SET_BY_RAY,
    TPU_TOPOLOGY,
)
from domain.configuration.spec import MarketType, NodeConfig, PhysicalResources, WorkerGroup
from domain.problems import (
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

LONGEST_NAME = 63
LABEL = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?\Z")
_PREFIX = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")


def label_problems(node: NodeConfig, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the labels of one node, given and required."""
    yield from _form(node.labels, f"{path}.labels")
    yield from _form(node.required_labels, f"{path}.required_labels")
    yield from _taken(node, f"{path}.labels", target.traits.labels_of_ray)
    yield from _required(node, f"{path}.required_labels")
    yield from _accelerator(node, path)
    yield from _tpu(node, path)


def below(path: str, key: str) -> str:
    """The path of one key under a path, with brackets where the key needs them."""
    step = path_of((key,))
    return f"{path}{step}" if step.startswith("[") else f"{path}.{step}"


def _form(labels: Mapping[str, str], path: str) -> Iterator[Problem]:
    for key, value in labels.items():
        at = below(path, key)
        prefix, slash, name = key.rpartition("/")
        for text in (name, value):
            if len(text) > LONGEST_NAME:
                message = f"{shown(text)} has {len(text)} characters; Ray allows {LONGEST_NAME}."
                yield error(at, "label-too-long", message, hint="Shorten it.")
            elif not LABEL.match(text):
                yield _bad_label(at, text)
        if not name or (slash and not _PREFIX.match(prefix)):
            yield _bad_label(at, key)


def _bad_label(path: str, text: str) -> Problem:
    message = f"{shown(text)} is not a valid Ray label."
    hint = "Use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends."
    return error(path, "label-characters", message, hint=hint)


def _taken(node: NodeConfig, path: str, set_by_ray: frozenset[str]) -> Iterator[Problem]:
    reserved = {*SET_BY_RAY, ACCELERATOR}
    labels = node.labels
    for key in labels:
        if key in set_by_ray and not _says_its_market(node, key):
            at, message = below(path, key), f"The label {shown(key)} is set by Ray."
            hint = "Remove it: selectors match Ray's value."
            yield warning(at, "label-set-by-ray", message, hint=hint, fix=removing(at))
        elif key.lower() in reserved and key not in reserved:
            at, near = below(path, key), nearest(key, reserved)
            message = f"{shown(key)} is not Ray's label `{near}`: spelling matters."
            fix = removing(at) if near in labels else renaming(at, near)
            yield warning(at, "label-letter-case", message, fix=fix)


def _says_its_market(node: NodeConfig, key: str) -> bool:
    """True for a label that says of the group's market what Ray will say."""
    if key != MARKET_TYPE or not isinstance(node, WorkerGroup):
        return False
    return _MARKETS.get(node.labels[key]) is node.market_type


_MARKETS = {"spot": MarketType.SPOT, "on-demand": MarketType.ON_DEMAND}


def _required(node: NodeConfig, path: str) -> Iterator[Problem]:
    for key in node.required_labels:
        if key not in {ACCELERATOR, TPU_TOPOLOGY}:
            at = below(path, key)
            message = f"{shown(key)} does not select hardware: only two labels do."
            hint = f"Required labels are {ACCELERATOR} and {TPU_TOPOLOGY}; put others in `labels`."
            gone = removing(inside(path, key))
            yield warning(at, "required-label-ignored", message, hint=hint, fix=gone)


def _accelerator(node: NodeConfig, path: str) -> Iterator[Problem]:
    label = node.required_labels.get(ACCELERATOR)
    named = node.required_resources.accelerator if node.required_resources else None
    at = below(f"{path}.required_labels", ACCELERATOR)
    is_tpu = (label or "").startswith("TPU")  # what those need is asked for by itself
    if label is not None and not is_tpu and not _counts_accelerators(node.required_resources):
        message = f"The accelerator {shown(label)} is required, but no number of GPUs is set."
        hint = "Set GPU in `required_resources`."
        fix = setting(f"{path}.required_resources.GPU", 1, label="Set GPU: 1")
        yield error(f"{path}.required_labels", "accelerator-without-gpu", message, hint=hint,
                    fix=fix if node.required_resources else None)  # fmt: skip
    for place, name in ((at, label), (f"{path}.required_resources.accelerator", named)):
        if name is not None and name not in ACCELERATORS:
            near = nearest(name, ACCELERATORS)
            hint = did_you_mean(name, ACCELERATORS) or "Work that requests it by name never runs."
            nearest_fix = setting(place, near) if near else None
            message = f"Ray has no accelerator type {shown(name)}."
            yield warning(place, "unknown-accelerator", message, hint=hint, fix=nearest_fix)
    if label is not None and named is not None and label != named:
        message = f"The label requires {shown(label)}, the hardware {shown(named)}."
        place = f"{path}.required_resources.accelerator"
        yield error(
            place, "accelerators-differ", message, hint="Keep one of them.", fix=removing(place)
        )
    yield from _against_selector(node, path, label or named)


def _counts_accelerators(required: PhysicalResources | None) -> bool:
    return required is not None and bool(required.GPU or required.TPU)


def _against_selector(node: NodeConfig, path: str, wanted: str | None) -> Iterator[Problem]:
    """A pod that selects another GPU than its group asks for is never scheduled."""
    spec = (node.advanced_instance_config or {}).get("spec")
    selector = spec.get("nodeSelector") if isinstance(spec, Mapping) else None
    for key in GPU_MODEL_LABELS:
        chosen = selector.get(key) if isinstance(selector, Mapping) else None
        if not wanted or not isinstance(chosen, str) or _is_the_gpu(chosen, wanted):
            continue
        at = below(f"{path}.advanced_instance_config.spec.nodeSelector", key)
        message = f"The pods select {shown(chosen)}, the group requires {shown(wanted)}."
        yield warning(at, "accelerator-selector", message, hint="Use the same GPU in both.")


def _is_the_gpu(chosen: str, wanted: str) -> bool:
    """True if the selector's value names the model, in whatever spelling."""
    model = gpu_model_of(chosen) or chosen
    return wanted.lower() in chosen.lower() or f"{model}-".startswith(f"{wanted}-")


def _tpu(node: NodeConfig, path: str) -> Iterator[Problem]:
    """TPUs come in slices: their hosts and topology must be told [Anyscale's SDK]."""
    required = node.required_resources
    label = node.required_labels.get(ACCELERATOR, "")
    if required is None or not (required.TPU or label.startswith("TPU")):
        return
    at = f"{path}.required_resources"
    if not required.TPU:
        message = f"The accelerator {shown(label)} is required, but no number of TPUs is set."
        yield error(f"{at}.TPU", "tpu-incomplete", message, hint="Set TPU, such as TPU: 4.")
    if not required.tpu_hosts:
        message = "TPUs need a number of hosts."
        fix = setting(f"{at}.tpu_hosts", 1, label="One host")
        hint = "Set tpu_hosts: 1 for a single host, more for a slice over several."
        yield error(f"{at}.tpu_hosts", "tpu-incomplete", message, hint=hint, fix=fix)
    if TPU_TOPOLOGY not in node.required_labels:
        place = below(f"{path}.required_labels", TPU_TOPOLOGY)
        message = "TPUs need a topology."
        hint = f"Set {TPU_TOPOLOGY} in `required_labels`, such as 2x2."
        yield error(place, "tpu-incomplete", message, hint=hint)
    for key in (ACCELERATOR, TPU_TOPOLOGY):
        if key in node.labels and key in node.required_labels:
            place = below(f"{path}.labels", key)
            message = f"{shown(key)} is in `labels` and in `required_labels`."
            yield error(place, "label-twice", message, hint="Keep one.", fix=removing(place))
