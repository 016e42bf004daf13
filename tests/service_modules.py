"""The modules in which what people do is written: the services of all apps."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

APPS = (
    "accounts",
    "clouds",
    "images",
    "metering",
    "configurations",
    "promotions",
    "clusters",
    "insights",
)
# Run on clusters, or by hand.
_LEFT_OUT = ("workloads", "migrations", "management")


def modules_of(app: str) -> Iterator[ModuleType]:
    """Import every module of an app."""
    package = import_module(app)
    yield package
    for found in pkgutil.walk_packages(package.__path__, prefix=f"{app}."):
        if not any(part in _LEFT_OUT for part in found.name.split(".")):
            yield import_module(found.name)


def services() -> dict[str, Callable[..., Any]]:
    """Every public service that somebody asks for: a function that takes `by`."""
    return {
        f"{module.__name__}.{name}": function
        for app in APPS
        for module in modules_of(app)
        if module.__name__.split(".")[1:2] == ["services"]
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "by" in inspect.signature(function).parameters
    }
