"""Checks of raw instance configurations: what replaces what, and what the provider refuses."""

from collections.abc import Iterator, Mapping

from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.problems import Loc, Problem, is_within, path_of, setting, warning
from domain.validation.refused_keys import foreign_keys, refused_keys

KEY = "advanced_instance_config"


def block_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the raw blocks of the cluster and of its nodes."""
    blocks = dict(_blocks(config))
    merges = config.mobula.merge_instance_config
    for loc, block in blocks.items():
        found = list(_misplaced(block, loc, target))
        yield from found
        yield from _against_schema(
            block, loc, target, known=found, is_patch=merges and loc != (KEY,)
        )
    if not merges:
        yield from _replaced(config, blocks)


def _blocks(config: ComputeConfig) -> Iterator[tuple[Loc, Mapping[str, object]]]:
    """Each block that is written, by its place."""
    yield (KEY,), config.advanced_instance_config
    if config.head_node and config.head_node.advanced_instance_config is not None:
        yield ("head_node", KEY), config.head_node.advanced_instance_config
    for index, group in enumerate(config.groups):
        if group.advanced_instance_config is not None:
            yield ("worker_nodes", index, KEY), group.advanced_instance_config


def _misplaced(block: Mapping[str, object], loc: Loc, target: RegionCatalogue) -> Iterator[Problem]:
    """Keys that have no place in a block on this cloud, each once."""
    foreign = list(foreign_keys(block, loc, target.traits))
    yield from foreign
    yield from refused_keys(block, loc, target.traits)
    if target.traits.check_keys is not None:
        known = {problem.path for problem in foreign}
        yield from (p for p in target.traits.check_keys(block, loc) if p.path not in known)


def _against_schema(
    block: Mapping[str, object],
    loc: Loc,
    target: RegionCatalogue,
    *,
    known: list[Problem],
    is_patch: bool,
) -> Iterator[Problem]:
    """What the provider's own schema does not take, where nothing is said already.

    A patch of the cluster's block may leave out what that has, and null takes a key out of it.
    """
    check = target.traits.check_block
    if not block or check is None:
        return
    said = [problem.path for problem in known]
    for problem in check(_without_nulls(block) if is_patch else block, path_of(loc)):
        if is_patch and problem.code == "block-missing-key":
            continue
        if not any(is_within(problem.path, path) for path in said):
            yield problem


def _without_nulls(block: Mapping[str, object]) -> dict[str, object]:
    return {key: _stripped(value) for key, value in block.items() if value is not None}


def _stripped(value: object) -> object:
    if isinstance(value, Mapping):
        return _without_nulls(value)
    # Entries keep their places: the paths of problems count them.
    return [_stripped(one) for one in value] if isinstance(value, list | tuple) else value


def _replaced(
    config: ComputeConfig, blocks: Mapping[Loc, Mapping[str, object]]
) -> Iterator[Problem]:
    """A node's block replaces the cluster's: what only the cluster's says is lost there."""
    whole = config.advanced_instance_config
    for loc, block in blocks.items():
        if loc == (KEY,):
            continue
        lost = sorted(whole.keys() - block.keys())
        if lost:
            names = ", ".join(f"`{name}`" for name in lost)
            message = f"This block replaces the cluster's: its {names} does not apply here."
            hint = "Repeat it here, or merge the blocks."
            fix = setting("mobula.merge_instance_config", True, label="Merge the blocks")
            yield warning(path_of(loc), "block-replaces", shown_whole(message), hint=hint, fix=fix)


def shown_whole(message: str) -> str:
    """A message that names many keys, cut where nobody reads on."""
    return message if len(message) <= 300 else f"{message[:297]}..."
