"""From a cloud's row to the driver that serves it."""

from pathlib import Path

from django.conf import settings

from clouds.models import Cloud
from domain.offerings import Offering
from domain.validation import InstanceType
from providers import registry
from providers.base import ProviderDriver, ProviderKind


def driver_for(cloud: Cloud) -> ProviderDriver:
    """Return the driver of `cloud`; the same object for the same cloud within one process."""
    return registry.open_driver(ProviderKind(cloud.provider), home=Path(settings.MOBULA_HOME))


def offerings(cloud: Cloud) -> dict[str, Offering]:
    """Return what can be rented in the cloud's region, by instance type."""
    return {o.instance_type: o for o in driver_for(cloud).offerings(cloud.region)}


def instance_types(cloud: Cloud) -> dict[str, InstanceType]:
    """Return the sizes a configuration for this cloud may name, by name."""
    return {
        name: InstanceType(
            name=name,
            vcpus=offering.vcpus,
            memory_bytes=offering.memory_bytes,
            gpus=offering.gpus,
            gpu_model=offering.gpu_model,
        )
        for name, offering in offerings(cloud).items()
    }
