"""Nodes of one kind that are asked for in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from providers.aws.tags import name_of
from providers.base import MOST_IN_BATCH, InvalidRequest, NodeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Nodes that one RunInstances starts; the token makes every repetition find the same ones."""

    name: str
    nodes: Sequence[NodeSpec]  # those that are wanted now, in order of their place
    count: int  # how many machines to ask for, so that each of them has its place

    @property
    def kind(self) -> NodeSpec:
        """Any of its nodes: they differ in their names and places only."""
        return self.nodes[0]

    @property
    def token(self) -> str:
        """The client token of its call."""
        return f"mobula-{self.name}"


def batches_of(nodes: Sequence[NodeSpec]) -> Sequence[Batch]:
    """Return the batches that nodes are in; raises `InvalidRequest` where they contradict."""
    by_name: dict[str, dict[str, NodeSpec]] = {}
    for node in nodes:
        _check(node)
        by_name.setdefault(node.batch or node.name, {})[node.name] = node
    return [_batch(name, list(those.values())) for name, those in by_name.items()]


def _batch(name: str, nodes: list[NodeSpec]) -> Batch:
    nodes.sort(key=lambda node: node.batch_index)
    for node in nodes[1:]:
        if _kind(node) != _kind(nodes[0]):
            raise InvalidRequest(f"{node.name} and {nodes[0].name} are one batch but not one kind.")
    return Batch(name=name, nodes=nodes, count=nodes[-1].batch_index + 1)


def _check(node: NodeSpec) -> None:
    size, index = node.batch_size, node.batch_index
    fits = 0 <= index < size <= MOST_IN_BATCH
    if not fits or name_of(node.batch or node.name, index) != node.name:
        raise InvalidRequest(
            f"{node.name} cannot be node {index} of the {size} in batch {node.batch or node.name}."
        )


def _kind(node: NodeSpec) -> tuple[object, ...]:
    return (
        node.role, node.group, node.instance_type, node.market, node.zone, dict(node.raw),
        dict(node.flags), node.batch_size,
    )  # fmt: skip
