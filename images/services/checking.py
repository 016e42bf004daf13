"""Ask a registry whether it accepts how Mobula signs in."""

from __future__ import annotations

import time
from dataclasses import dataclass

from accounts.errors import Invalid
from accounts.models import User
from accounts.permissions import require
from images.models import Registry
from images.registries.asking import login_of
from images.services.rights import may_manage_registries
from providers.errors import ProviderError
from providers.oci import RegistryClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A registry that answered: as whom Mobula signed in, and how long that took."""

    registry: Registry
    milliseconds: int

    def __str__(self) -> str:
        who = "accepts its credentials" if self.registry.sealed_credentials else "is open to all"
        return f"{self.registry.host} answered in {self.milliseconds} ms and {who}."


def check_registry(registry: Registry, *, by: User) -> Checked:
    """Sign in to the registry, within 10 s; raises `Invalid` with what came of it."""
    require(may_manage_registries(by, registry.team))
    began = time.monotonic()
    try:
        ca = str(registry.settings.get("ca", ""))
        RegistryClient(registry.host, "", login=login_of(registry), ca=ca).sign_in()
    except ProviderError as error:
        raise Invalid.at("", str(error)) from error
    milliseconds = round((time.monotonic() - began) * 1000)
    return Checked(registry=registry, milliseconds=milliseconds)
