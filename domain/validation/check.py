"""The whole of the checks, in one call for a configuration and one for a text."""

from collections.abc import Iterable

from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.problems import Loc, Problem, by_place, is_within, located, path_of
from domain.validation.cluster import cluster_problems
from domain.validation.flags import flag_problems
from domain.validation.instance_configs import block_problems
from domain.validation.mobula_block import own_problems
from domain.validation.nodes.group_settings import group_settings_problems
from domain.validation.nodes.heads import head_problems
from domain.validation.nodes.limits import limit_problems
from domain.validation.nodes.markets import market_problems
from domain.validation.nodes.nodes import node_problems
from domain.validation.nodes.ranking import ranking_problems
from domain.validation.resources_and_environments import (
    environment_problems,
    resource_problems,
)
from domain.validation.scaling.scaling import scaling_problems
from domain.validation.termination import ending_problems
from domain.validation.zones import zone_problems
from domain.yaml.text import parse

# A check of the second key says nothing while the first could not be read.
_ENTAILS = {"required_resources": "instance_type", "min_nodes": "max_nodes"}


def validate(config: ComputeConfig, *, target: RegionCatalogue) -> list[Problem]:
    """Everything that contradicts itself or cannot work on the target, without lines."""
    check = _alone if config.configs is None else _several
    found = check(config, target)
    return [*found, *environment_problems(config, target, check, known=found)]


def _alone(config: ComputeConfig, target: RegionCatalogue) -> list[Problem]:
    return [*_one(config, target), *_whole(config, target)]


def _whole(config: ComputeConfig, target: RegionCatalogue) -> list[Problem]:
    """What is said once, also of several cloud resources."""
    return [*group_settings_problems(config, target), *scaling_problems(config)]


def _one(config: ComputeConfig, target: RegionCatalogue) -> list[Problem]:
    return [
        *cluster_problems(config),
        *node_problems(config, target=target),
        *head_problems(config, target),
        *market_problems(config, target),
        *zone_problems(config, target),
        *limit_problems(config, target=target),
        *flag_problems(config),
        *ranking_problems(config),
        *block_problems(config, target),
        *_of_provider(config, target),
        *ending_problems(config),
        *own_problems(config, target),
    ]


def _of_provider(config: ComputeConfig, target: RegionCatalogue) -> Iterable[Problem]:
    check = target.traits.check_config
    return check(config) if check else ()


def _several(config: ComputeConfig, target: RegionCatalogue) -> list[Problem]:
    return [*resource_problems(config, target, _one), *_whole(config, target)]


def check_text(text: str, *, target: RegionCatalogue) -> list[Problem]:
    """Everything wrong with a YAML text, from its first line to its last; never raises."""
    parsed = parse(text)
    if parsed.draft is None or _hides_the_groups(parsed.broken):
        return list(parsed.problems)
    found = validate(parsed.draft, target=target)
    unread = [path for loc in parsed.broken for path in _paths(loc)]
    further = [p for p in found if not _concerns(p.path, unread)]
    return by_place([*parsed.problems, *(located(p, parsed.marks) for p in further)])


def _hides_the_groups(broken: Iterable[Loc]) -> bool:
    """True if a whole part is missing, so that nothing can be said about the rest."""
    return any(loc in {(), ("worker_nodes",), ("head_node",)} for loc in broken)


def _paths(loc: Loc) -> list[str]:
    entailed = _ENTAILS.get(str(loc[-1]))
    return [path_of(loc), *([path_of((*loc[:-1], entailed))] if entailed else [])]


def _concerns(path: str, unread: Iterable[str]) -> bool:
    return any(is_within(path, other) or (path and is_within(other, path)) for other in unread)
