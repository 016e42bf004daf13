"""The machines of another cloud that come nearest to one, each with what differs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import log2

from domain.catalogue.gpu_models import GPU_MODELS, gpu_gb, gpu_tflops
from domain.catalogue.region import RegionCatalogue
from domain.catalogue.search import Found, MachineRequirements, equivalents, search
from domain.offerings import InstanceType, Market
from domain.quantities import GIB
from domain.wording import number

MOST = 8
_SAME_KIND = 2  # candidates with as many GPUs of one model: the others should be seen too
_UNLIKE = 100.0  # a GPU where there was none, another architecture: only before nothing at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A machine that could take another's place, and what is different about it."""

    found: Found
    differences: tuple[str, ...] = ()
    block: Mapping[str, object] = field(default_factory=dict)  # attaches its GPUs

    @property
    def machine(self) -> InstanceType:
        return self.found.machine

    @property
    def value(self) -> str:
        """What a form posts for it."""
        if not self.block:
            return self.machine.name
        return f"{self.machine.name}+{number(self.machine.gpus)}x{self.machine.gpu_model}"

    @property
    def label(self) -> str:
        """The machine with its size, its price, and what differs, in words."""
        machine = self.machine
        parts = [f"{number(machine.vcpus)} CPUs", f"{number(machine.memory_bytes / GIB)} GiB"]
        if machine.gpus:
            parts.append(gpus_in_words(machine))
        price = self.found.price
        dollars = "price unknown" if price is None else f"${price.quantize(Decimal('0.0001'))}/h"
        if self.block and price is not None:
            dollars += " without the GPUs"
        words = f"{machine.name}: {', '.join(parts)}, {dollars}"
        return f"{words} · {'; '.join(self.differences)}" if self.differences else words


def candidates(
    machine: InstanceType,
    target: RegionCatalogue,
    *,
    market: Market = Market.ON_DEMAND,
    usd_before: Decimal | None = None,
) -> list[Candidate]:
    """Return what could take the machine's place, the nearest first; empty only without types.

    Machines that are like it come first: see `equivalents`. The others are compared by the memory,
    speed and number of their GPUs, and by CPUs and memory; too little weighs twice as much.
    """
    like = [one for one in equivalents(machine, target, market=market) if _has_room(machine, one)]
    names = {found.machine.name for found in like}
    every = search(target, MachineRequirements())
    others = [found for found in every if found.machine.name not in names]
    pool = [Candidate(found=found) for found in others if found.machine.is_current]
    pool += _attached(machine, others, target)
    pool.sort(key=lambda one: (_distance(machine, one.machine), _price(one), one.value))
    ranked = [*(Candidate(found=found) for found in like), *_varied(pool)][:MOST]
    return [
        replace(one, differences=tuple(_differences(machine, one, market, usd_before)))
        for one in ranked
    ]


def _has_room(machine: InstanceType, one: Found) -> bool:
    """An A100 with 40 GB does not do what one with 80 GB did."""
    return gpu_gb(one.machine) >= 0.9 * gpu_gb(machine)


def any_machines(target: RegionCatalogue) -> list[Candidate]:
    """Return the cheapest machines, for a node of which nothing is known."""
    return [Candidate(found=found) for found in search(target, MachineRequirements())[:MOST]]


def gpus_in_words(machine: InstanceType) -> str:
    """Return its GPUs: "1 × L4 (22 GiB)"."""
    words = f"{number(machine.gpus)} × {machine.gpu_model or 'GPU'}"
    each = gpu_gb(machine)
    return f"{words} ({each:.0f} GiB)" if each else words


def _attached(
    machine: InstanceType, others: Iterable[Found], target: RegionCatalogue
) -> Iterator[Candidate]:
    """Machines to which as many GPUs of the same model can be attached."""
    attach = target.traits.attach_gpus
    if attach is None or not machine.gpus or not machine.gpu_model:
        return
    count = int(machine.gpus)
    model = GPU_MODELS.get(machine.gpu_model)
    memory = round((model.memory_gb if model else 0) * count * GIB)
    for found in others:
        block = attach(found.machine, machine.gpu_model, count)
        if block:
            joined = replace(
                found.machine,
                gpus=float(count),
                gpu_model=machine.gpu_model,
                gpu_memory_bytes=memory,
            )
            yield Candidate(found=replace(found, machine=joined), block=block)


def _varied(pool: Iterable[Candidate]) -> Iterator[Candidate]:
    seen: Counter[tuple[str, float]] = Counter()
    for one in pool:
        kind = (one.machine.gpu_model, one.machine.gpus)
        seen[kind] += 1
        if not one.machine.gpus or seen[kind] <= _SAME_KIND:
            yield one


def _price(one: Candidate) -> Decimal:
    return Decimal("Infinity") if one.found.price is None else one.found.price


def _distance(old: InstanceType, new: InstanceType) -> float:
    distance = _ratio(old.vcpus, new.vcpus) + _ratio(old.memory_bytes, new.memory_bytes)
    if old.arch != new.arch:
        distance += _UNLIKE
    if bool(old.gpus) != bool(new.gpus) or old.accelerator != new.accelerator:
        distance += 2 * _UNLIKE
    if old.gpus and new.gpus:
        distance += 2 * _ratio(gpu_gb(old) * old.gpus, gpu_gb(new) * new.gpus)
        distance += 3 * _ratio(gpu_gb(old), gpu_gb(new)) + _ratio(old.gpus, new.gpus)
        distance += 0.5 * _ratio(gpu_tflops(old) * old.gpus, gpu_tflops(new) * new.gpus)
        distance += 0 if old.gpu_model == new.gpu_model else 0.25
    return round(distance, 3)


def _ratio(old: float, new: float) -> float:
    """How many times it is halved or doubled; too little counts twice, what is unknown a bit."""
    if old <= 0 or new <= 0:
        return 0.5
    steps = log2(new / old)
    # A tenth less is the same size: clouds count GPU memory in GB or in GiB.
    return max(0, -2 * steps - 0.3) if steps < 0 else steps


def _differences(
    old: InstanceType, one: Candidate, market: Market, usd_before: Decimal | None
) -> Iterator[str]:
    new = one.machine
    has_gpus = (old.gpu_model, old.gpus) != (new.gpu_model, new.gpus)
    if has_gpus or abs(gpu_gb(old) - gpu_gb(new)) > 4:
        if old.gpus and new.gpus:
            yield f"{gpus_in_words(new)} instead of {gpus_in_words(old)}"
        elif old.gpus or new.gpus:
            yield "no GPU" if old.gpus else f"has {gpus_in_words(new)}"
    if old.vcpus != new.vcpus:
        yield f"{number(old.vcpus)} → {number(new.vcpus)} CPUs"
    if abs(new.memory_bytes / max(old.memory_bytes, 1) - 1) > 0.05:
        was, now = (number(size / GIB) for size in (old.memory_bytes, new.memory_bytes))
        yield f"{was} → {now} GiB"
    if old.arch != new.arch:
        yield f"{new.arch} instead of {old.arch}"
    price = one.found.spot if market is Market.SPOT else one.found.on_demand
    if price is not None and usd_before and not one.block:
        percent = round(100 * (price / usd_before - 1))
        if percent:
            yield f"{abs(percent)}% {'more expensive' if percent > 0 else 'cheaper'}"
