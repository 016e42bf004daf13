"""Which nodes could go, their work moved onto the others or onto one cheaper node."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from domain.configuration.spec import ConsolidationMode
from domain.demand.reserved import bundles_of
from domain.offerings import Market
from domain.planner.consolidation.pool import Pool, twin_of
from domain.planner.consolidation.quick_fit import Fit
from domain.planner.consolidation.score import THRESHOLD, Score, Weights
from domain.planner.consolidation.trial import (
    Trial,
    going_idle,
    quickly,
    tried,
)
from domain.planner.limits import Limits, pending_or_ready
from domain.planner.model import Launch, NodePhase, NodeView, PlannedGroup, PlanRequest
from domain.planner.nodes.slices import by_name
from domain.wording import price as usd

MOST_NODES = 100
"""So many nodes at most go together."""
MOST_PLANS = 6
"""A plan may take half a second: one look makes no more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Nodes of one group that could go, and the node that must come first, if one must."""

    group: str
    nodes: tuple[str, ...]
    launch: Launch | None
    takers: tuple[str, ...]  # the other nodes that are to take the work
    savings_usd: Decimal  # an hour
    score: Score
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The best proposal, if there is one, and why the other nodes stay, each a sentence."""

    proposal: Proposal | None = None
    stays: Mapping[str, str] = field(default_factory=dict)
    closest: str = ""  # of what could go but is not worth it, the sentence on what comes closest


def consolidation(
    request: PlanRequest,
    *,
    modes: Mapping[str, ConsolidationMode],
    weights: Weights | None = None,
    threshold: float = THRESHOLD,
    most: int = MOST_NODES,
) -> Findings:
    """Return the proposal that saves the most, of all groups whose mode is not off.

    `most` is how many nodes may go together. The same request always gives the same answer.
    """
    search = _Search(request, weights or Weights(), threshold, most=min(most, MOST_NODES))
    proposals = [
        proposal
        for group in request.groups
        if (proposal := search.best_of(group, modes.get(group.name, ConsolidationMode.OFF)))
    ]
    best = max(proposals, key=lambda proposal: proposal.savings_usd, default=None)
    going = best.nodes if best else ()
    stays = {name: why for name, why in search.stays.items() if name not in going}
    _, closest = max(search.refused, default=(0, ""))
    return Findings(proposal=best, stays=stays, closest=closest)


class _Search:
    """One look at a cluster."""

    def __init__(
        self, request: PlanRequest, weights: Weights, threshold: float, *, most: int
    ) -> None:
        self.request = request
        self.weights, self.threshold, self.most = weights, threshold, most
        self.kept = pending_or_ready(request.nodes)
        self.limits = Limits(request, kept=self.kept)
        self.idle = going_idle(request)
        self.plans = 0
        self.stays: dict[str, str] = {}
        self.refused: list[tuple[float, str]] = []

    def best_of(self, group: PlannedGroup, mode: ConsolidationMode) -> Proposal | None:
        """Return the best proposal for one group: several nodes at once, else one."""
        own = sorted((node for node in self.kept if node.group == group.name), key=by_name)
        pool = self._pool(group, own)
        if pool is None:
            self._keep(own, f"not every node of group {group.name} has a known price")
            return None
        able = list(self._able(pool, own, mode))
        able.sort(key=lambda node: -pool.score([node]).value)
        if self.most < 1:
            self._keep(able, "blocked by a disruption budget")
            return None
        return self._several(pool, able) or self._single(pool, able)

    def _pool(self, group: PlannedGroup, own: Sequence[NodeView]) -> Pool | None:
        prices = {node.name: self.limits.price_of(node) for node in own}
        known = {name: price for name, price in prices.items() if price is not None}
        if len(known) < len(prices):
            return None
        return Pool(
            group=group,
            cost=sum(known.values(), Decimal(0)),
            disruption=sum(self.weights.of(node.work) for node in own),
            prices=known,
            weights=self.weights,
            threshold=self.threshold,
        )

    def _able(
        self, pool: Pool, own: Sequence[NodeView], mode: ConsolidationMode
    ) -> Iterator[NodeView]:
        for node in own:
            why = self._unable(node, pool.group, mode)
            alone = pool.score([node])
            if not why and not alone.is_enough:  # not even if nothing took its place
                why = str(alone)
            if why:
                self._keep([node], why)
            else:
                yield node

    def _unable(self, node: NodeView, group: PlannedGroup, mode: ConsolidationMode) -> str:
        if mode is ConsolidationMode.OFF:
            return f"consolidation of group {group.name} is off"
        if not self.request.autoscaling:
            return "autoscaling is off"
        if any(other.phase is NodePhase.PENDING for other in self.kept):
            return "other nodes are starting"
        if group.hosts > 1:
            return "it is a host of a TPU slice, which goes whole"
        if not node.total:
            return "Ray has not reported its resources"
        if node.age_seconds < group.idle_seconds:
            return f"it has been up for less than {group.idle_seconds:g} s"
        if node.name in self.idle:
            return f"it is idle and terminates after {group.idle_seconds:g} s"
        return ""

    def _several(self, pool: Pool, able: Sequence[NodeView]) -> Proposal | None:
        """Try all of them, then search by halves for how many of the first can go together."""
        nodes = _apart(able)[: self.most]
        if len(nodes) < 2:
            return None
        best, _ = self._judged(pool, nodes)
        least, most = 2, 0 if best else len(nodes) - 1
        while least <= most:
            count = (least + most) // 2
            proposal, _ = self._judged(pool, nodes[:count])
            if proposal:
                best, least = proposal, count + 1
            else:
                most = count - 1
        return best

    def _single(self, pool: Pool, able: Sequence[NodeView]) -> Proposal | None:
        """Try one after the other, those first that need no new node."""
        fits = {node.name: self._quickly(pool, [node]) for node in able}
        for node in sorted(able, key=lambda node: fits[node.name].new is not None):
            proposal, why = self._judged(pool, [node], fit=fits[node.name])
            if proposal:
                return proposal
            self._keep([node], why)
        return None

    def _quickly(self, pool: Pool, nodes: Sequence[NodeView]) -> Fit:
        names, below = {node.name for node in nodes}, pool.saved(nodes)
        return quickly(self.request, names, below=below, idle=self.idle)

    def _judged(
        self, pool: Pool, nodes: Sequence[NodeView], *, fit: Fit | None = None
    ) -> tuple[Proposal | None, str]:
        """Return the proposal to take these nodes away, or why not, as part of a sentence."""
        fit = fit or self._quickly(pool, nodes)
        if not fit.found:
            return None, "its work fits neither on the other nodes nor on one cheaper node"
        if twin := twin_of(pool, nodes, fit.new):
            return self._judged(pool, [node for node in nodes if node is not twin])
        score = pool.score(nodes, new=fit.new_usd)
        if not score.is_enough:
            return self._refused(nodes, score)
        if self.plans >= MOST_PLANS:
            return None, "not evaluated this round: too many candidates"
        return self._planned(pool, nodes)

    def _planned(self, pool: Pool, nodes: Sequence[NodeView]) -> tuple[Proposal | None, str]:
        """The same by a plan, which knows every limit."""
        self.plans += 1
        trial = tried(self.request, {node.name for node in nodes}, idle=self.idle)
        if why := trial.why or _not_cheaper(pool, nodes, trial.launch):
            return None, why
        new = _price(trial)
        score = pool.score(nodes, new=new)
        if not score.is_enough:
            return self._refused(nodes, score)
        saved = pool.saved(nodes, new=new)
        return Proposal(
            group=pool.group.name,
            nodes=tuple(node.name for node in sorted(nodes, key=by_name)),
            launch=trial.launch,
            takers=tuple(sorted(trial.plan.placements)),
            savings_usd=saved,
            score=score,
            sentence=_sentence(nodes, trial.launch, saved, score),
        ), ""

    def _refused(self, nodes: Sequence[NodeView], score: Score) -> tuple[None, str]:
        stays = "stays" if len(nodes) == 1 else "stay"
        self.refused.append((score.value, f"{_listed(nodes)} {stays}: {score}."))
        return None, str(score)

    def _keep(self, nodes: Sequence[NodeView], why: str) -> None:
        self.stays |= {node.name: f"{node.shown} stays: {why}." for node in nodes}


def _apart(nodes: Sequence[NodeView]) -> list[NodeView]:
    """Return the nodes without those that share a placement group with one before them."""
    seen: set[str] = set()
    chosen = []
    for node in nodes:
        groups = {*bundles_of(node.total)}
        if not groups & seen:
            chosen.append(node)
            seen |= groups
    return chosen


def _price(trial: Trial) -> Decimal:
    return (trial.launch.hourly_usd if trial.launch else None) or Decimal(0)


def _not_cheaper(pool: Pool, nodes: Sequence[NodeView], launch: Launch | None) -> str:
    if launch is None:
        return ""
    if launch.hourly_usd is None:
        return f"the price of a new {launch.instance_type} is unknown"
    if launch.hourly_usd >= pool.saved(nodes):
        return "no cheaper node fits the work"
    first = nodes[0]
    if len(nodes) > 1:
        alike = any((node.group, node.instance_type) == _kind(launch) for node in nodes)
        return "one of these nodes can stay instead" if alike else ""
    if (first.group, first.instance_type) == _kind(launch):
        return "the replacement would differ only in market or zone"
    if first.market is Market.SPOT and launch.market is Market.SPOT:
        return "a spot node is not replaced by another spot node"
    return ""


def _kind(launch: Launch) -> tuple[str, str]:
    return launch.group, launch.instance_type


def _sentence(
    nodes: Sequence[NodeView], launch: Launch | None, saved: Decimal, score: Score
) -> str:
    whose = "its" if len(nodes) == 1 else "their"
    if launch is None:
        place = f"{whose} work fits on the other nodes"
    else:
        spot = " spot" if launch.market is Market.SPOT else ""
        place = f"one new {launch.instance_type}{spot} of group {launch.group} fits {whose} work"
    return f"{_listed(nodes)} can be removed: {place}, {usd(saved)}/h less; {score}."


def _listed(nodes: Sequence[NodeView]) -> str:
    *others, last = [node.shown for node in sorted(nodes, key=by_name)]
    return f"{', '.join(others)} and {last}" if others else last
