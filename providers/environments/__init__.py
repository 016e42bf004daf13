"""Virtual environments with a Ray of their own, for clusters on this machine."""

from providers.environments.building import NO_INSTALLER, Built, build
from providers.environments.pythons import Interpreter, has_installer, interpreters
from providers.environments.store import EnvironmentStore

__all__ = [
    "NO_INSTALLER",
    "Built",
    "EnvironmentStore",
    "Interpreter",
    "build",
    "has_installer",
    "interpreters",
]
