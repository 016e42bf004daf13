"""The sizes of local nodes. They are declared: Ray schedules by them, nothing enforces them."""

from collections.abc import Sequence

from domain.offerings import Market, Offering
from providers.base import InvalidRequest

GIB = 2**30
# Both are this machine: with two, a failure plan can let one of them be full.
ZONES = ("local-a", "local-b")
# A laptop with 2 cores may declare nodes of 8: Ray counts, and the work shares the real cores.
SIZES: tuple[tuple[int, int, int], ...] = (  # CPUs, GiB, GPUs
    (1, 2, 0),
    (2, 4, 0),
    (2, 8, 0),
    (4, 8, 0),
    (4, 16, 0),
    (8, 32, 0),
    (4, 16, 1),
)


def local_offerings(region: str) -> Sequence[Offering]:
    """Return the sizes without prices: the rate card sets what this machine costs."""
    return tuple(
        Offering(
            instance_type=_name(cpus, gib, gpus),
            region=region,
            zone=zone,
            market=market,
            vcpus=cpus,
            memory_bytes=gib * GIB,
            gpus=gpus,
            hourly_usd=None,
        )
        for cpus, gib, gpus in SIZES
        for zone in ZONES
        for market in Market
    )


def find_size(instance_type: str) -> Offering:
    """Return the size called `instance_type`, or raise `InvalidRequest` that lists the names."""
    offerings = local_offerings("")
    for offering in offerings:
        if offering.instance_type == instance_type:
            return offering
    names = ", ".join(_name(*size) for size in SIZES)
    raise InvalidRequest(f"Unknown local size {instance_type!r}. Sizes: {names}.")


def _name(cpus: int, gib: int, gpus: int) -> str:
    return f"{cpus}CPU-{gib}GB" + (f"-{gpus}GPU" if gpus else "")
