"""Until when a cluster in which nothing moves needs no whole pass: what is due by the clock."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.utils.timezone import now

from clouds.access import has_cloud
from clusters.agent_report import has_fresh_report
from clusters.models import Cluster, Node
from clusters.nodes.config import configuration_of, replacement_threshold
from clusters.reconcile.settled import LONGEST, Rest
from clusters.reconcile.termination import verdict_for
from clusters.reconcile.turn import Turn
from clusters.scaling.consolidation.record import is_acting, last_look
from clusters.scaling.cooldowns import next_end
from clusters.scaling.disruption import LOOK_TIME
from clusters.scaling.failed_starts import has_failed_lately
from clusters.scaling.strategies.floors import enabled_rules
from domain.configuration.scaling import ForecastMode
from domain.configuration.spec import ComputeConfig, MarketType
from domain.health.model import Level
from domain.lifecycle import ClusterState, ClusterTarget, ConsolidationState, NodeRole, NodeState
from domain.offerings import Market
from domain.strategies.schedule import Timed, has_window, next_openings, window_of
from providers.base import MachinePhase

# What changes little by little, or elsewhere, is looked at so often: forecasts, prices of spot.
DRIFT = timedelta(seconds=30)


def rest_of(turn: Turn) -> Rest | None:
    """Return how long no whole pass is due after one that found nothing to do; None: not at all.

    The longest time is spread by chance: clusters that started together do not stay together.
    """
    cluster, nodes = turn.cluster, turn.nodes
    if nodes is None or not _is_settled(turn, nodes):
        return None
    moment = now()
    moments = _moments(turn, nodes, moment)
    longest = moment + LONGEST * random.uniform(0.6, 0.95)  # noqa: S311 - no secret
    due = [each for each in moments if each > moment]
    if cluster.run.consolidation.state == ConsolidationState.FOUND:
        due.append(moment + LOOK_TIME)
    until = min([longest, *due])
    return Rest(until=until, is_routine=until == longest)


def _is_settled(turn: Turn, nodes: Sequence[Node]) -> bool:
    """Return whether only what is reported, seen, wanted or due can make a next step."""
    cluster = turn.cluster
    return (
        cluster.state == ClusterState.RUNNING
        and cluster.target == ClusterTarget.RUNNING
        and turn.planning.found_nothing
        and not turn.timed_out
        and not cluster.replacing_since
        and all(node.state == NodeState.READY for node in nodes)
        and _are_all_there(turn, nodes)
        and not any(node.logs_wanted_until and node.logs_wanted_until > now() for node in nodes)
        and _is_well(cluster)
        and _is_at_rest(cluster)
        and not _has_rules(cluster)
    )


def _are_all_there(turn: Turn, nodes: Sequence[Node]) -> bool:
    """A machine that is not listed yet, or no more, must be waited for by whole passes."""
    running = {m.name for m in turn.machines if m.phase is MachinePhase.RUNNING}
    return len(running) == len(turn.machines) and running == {node.name for node in nodes}


def _is_well(cluster: Cluster) -> bool:
    run = cluster.run
    is_calm = cluster.health == Level.FINE and not cluster.findings
    is_calm = is_calm and not (run.last_error or run.waits or has_failed_lately(cluster))
    return is_calm and has_cloud(cluster) and has_fresh_report(cluster)


def _is_at_rest(cluster: Cluster) -> bool:
    """Return whether consolidation has looked, and is not about to do anything."""
    last = last_look(cluster)
    return last is not None and not is_acting(last)


def _has_rules(cluster: Cluster) -> bool:
    """A rule may ask about anything, the time of day too: it is evaluated in each pass."""
    rules = configuration_of(cluster).mobula.scaling.rules
    return bool(rules) and bool(enabled_rules(cluster))


def _moments(turn: Turn, nodes: Sequence[Node], moment: datetime) -> Iterator[datetime]:
    """Yield all moments at which time alone changes what a pass does; some may be past."""
    cluster = turn.cluster
    config = configuration_of(cluster)
    if stops_at := verdict_for(cluster, list(nodes)).stops_at:
        yield stops_at
    if cluster.run.hold_until:
        yield cluster.run.hold_until
    if end := next_end(cluster):
        yield end
    for node in nodes:
        yield from _of_node(cluster, config, node, moment)
    yield from _of_strategies(config, moment)
    last = last_look(cluster)
    if last is not None and last.looked_at < turn.began:
        yield last.looked_at + LOOK_TIME  # it was too early to look in this pass


def _of_node(
    cluster: Cluster, config: ComputeConfig, node: Node, moment: datetime
) -> Iterator[datetime]:
    if node.role == NodeRole.HEAD:
        return
    own = node.group.idle_seconds
    idle = timedelta(seconds=cluster.worker_idle_seconds if own is None else own)
    if node.idle_since:
        yield node.idle_since + idle
    yield node.requested_at + idle  # before that, consolidation leaves it alone
    group = config.group(node.group.name)
    prefers_spot = group is not None and group.market_type is MarketType.PREFER_SPOT
    if group and prefers_spot and node.market == Market.ON_DEMAND and node.ready_at:
        threshold = replacement_threshold(config, group)
        yield max(node.ready_at + threshold, moment + DRIFT)


def _of_strategies(config: ComputeConfig, moment: datetime) -> Iterator[datetime]:
    scaling = config.mobula.scaling
    if scaling.forecast.mode is ForecastMode.FORECAST_AND_SCALE:
        yield moment + DRIFT
    for item in (*scaling.schedules, *scaling.budgets):
        if has_window(item):
            yield from _of_window(item, moment)


def _of_window(item: Timed, moment: datetime) -> Iterator[datetime]:
    """Yield when a window opens or closes next; one that has no sense never does."""
    with suppress(ValueError):
        window = window_of(item)
        if opening := window.opening_at(moment):
            yield opening[1]
        yield from (start for start, _ in next_openings(window, after=moment, count=1))
