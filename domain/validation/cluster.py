"""Checks of the cluster as a whole: its parts and its image."""

import re
from collections.abc import Iterator

from domain.configuration.spec import ComputeConfig
from domain.problems import Problem, error, removing, setting, shown, warning

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*:[A-Za-z0-9][A-Za-z0-9._-]*\Z")


def cluster_problems(config: ComputeConfig) -> Iterator[Problem]:
    """What is wrong with the top-level keys that no other module checks."""
    yield from _head(config)
    yield from _workers(config)
    yield from _image(config.mobula.image)


def _head(config: ComputeConfig) -> Iterator[Problem]:
    if config.head_node is None:
        message = "`head_node` is not set: the cloud chooses the head's machine."
        hint = "Set the machine: head_node: {instance_type: ...}."
        yield warning("head_node", "head-omitted", message, hint=hint)


def _workers(config: ComputeConfig) -> Iterator[Problem]:
    path = "auto_select_worker_config"
    if config.auto_select_worker_config and config.worker_nodes is not None:
        message = f"`{path}` must be false when `worker_nodes` are given."
        hint = "Remove one of them."
        yield error(path, "auto-select-with-workers", message, hint=hint, fix=removing(path))
    elif config.auto_select_worker_config:
        message = "Worker types are not auto-selected: the cluster has only its head."
        yield warning(path, "auto-select-unsupported", message, hint="List the `worker_nodes`.")
    elif config.worker_nodes is None:
        message = "`worker_nodes` is not set: the cluster has only its head."
        hint = "List the groups, or write `worker_nodes: []` for a head-only cluster."
        fix = setting("worker_nodes", [], label="Make it head-only")
        yield warning("worker_nodes", "workers-omitted", message, hint=hint, fix=fix)


def _image(image: str | None) -> Iterator[Problem]:
    if image is not None and not _IMAGE.match(image):
        message = f"{shown(image)} is not an image with its version."
        hint = "Write name:version or name:tag, such as ray-ml:3 or ray-ml:stable."
        yield error("mobula.image", "image-form", message, hint=hint)
