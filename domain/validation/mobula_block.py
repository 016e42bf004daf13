"""Checks of what Mobula adds: mounts, environments, the cap on the price."""

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.estimate import estimate
from domain.limits import wrong_environment_name
from domain.problems import (
    Fix,
    Problem,
    error,
    inside,
    path_of,
    removing,
    renaming,
    setting,
    shown,
    warning,
)
from domain.wording import price

_SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys",
    "/tmp", "/usr", "/var",  # noqa: S108 - named, not used
)  # fmt: skip


def own_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the block `mobula`, but for times, scaling, groups and the image."""
    yield from _mounts(config)
    yield from _environments(config)
    yield from _cap(config, target)
    yield from _most_nodes(config)


def _mounts(config: ComputeConfig) -> Iterator[Problem]:
    paths: dict[str, int] = {}
    for index, mount in enumerate(config.mobula.mounts):
        at = f"mobula.mounts[{index}]"
        if not mount.storage:
            yield error(f"{at}.storage", "mount-without-storage", "The mount has no storage.",
                        hint="Set one of your storages.")  # fmt: skip
        where = mount.path.rstrip("/")
        if not where.startswith("/"):
            message = f"{shown(mount.path)} is not an absolute path."
            hint = "Start it with a slash, such as /mnt/datasets."
            fix = setting(f"{at}.path", f"/{mount.path.lstrip('/')}") if where else None
            yield error(f"{at}.path", "mount-path", message, hint=hint, fix=fix)
        elif any(where == one or where.startswith(f"{one}/") for one in _SYSTEM):
            message = f"{shown(mount.path)} belongs to the operating system."
            yield error(f"{at}.path", "mount-over-system", message, hint="Mount it under /mnt.")
        elif where in paths:
            message = f"Two mounts are at {shown(mount.path)}."
            hint = f"mobula.mounts[{paths[where]}] already uses it."
            fix = removing(at, label="Remove the second")
            yield error(f"{at}.path", "mount-twice", message, hint=hint, fix=fix)
        elif outer := next((p for p in paths if where.startswith(f"{p}/")), None):
            message = f"{shown(mount.path)} is inside another mount, {shown(outer)}."
            hint = "Mount them side by side: the outer one may hide the inner."
            yield warning(f"{at}.path", "mount-inside-mount", message, hint=hint)
        paths.setdefault(where, index)


def _environments(config: ComputeConfig) -> Iterator[Problem]:
    for name in config.mobula.environments:
        if hint := wrong_environment_name(name):
            message = f"{shown(name)} is no name of an environment."
            at = path_of(("mobula", "environments", name))
            yield error(at, "environment-name", message, hint=hint, fix=_renamed(config, name))


def _renamed(config: ComputeConfig, name: str) -> Fix | None:
    """The fix that writes a name as environments can be called, if it is free."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name.strip()).strip("-")
    if wrong_environment_name(plain) or plain in config.mobula.environments:
        return None
    return renaming(inside("mobula.environments", name), plain)


def _cap(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    cap, at = config.mobula.max_usd_per_hour, "mobula.max_usd_per_hour"
    if cap is None or target.types is None:
        return
    least = estimate(config, target=target).least
    if least is None:
        message = "Some machines have no price: a group without a price does not grow under a cap."
        yield warning(at, "cap-without-prices", message, hint="Set a rate card, or remove the cap.")
    elif Decimal(str(cap)) < least:
        message = f"The head and the groups' minimums cost {price(least)}/h, more than the cap."
        hint = "Raise the cap, or lower `min_nodes`."
        yield error(at, "cap-below-minimum", message, hint=hint)


def _most_nodes(config: ComputeConfig) -> Iterator[Problem]:
    most, at = config.mobula.max_nodes, "mobula.max_nodes"
    least = sum(group.min_nodes for group in config.groups)
    if most is not None and most < least:
        message = f"The groups' `min_nodes` add up to {least}, more than `max_nodes` ({most})."
        hint = "Raise `mobula.max_nodes`, or lower the groups' `min_nodes`."
        fix = setting(at, least)
        yield error(at, "cluster-maximum-below-minimums", message, hint=hint, fix=fix)
