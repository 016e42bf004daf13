"""A configuration for several cloud resources, seen one resource at a time."""

from __future__ import annotations

from domain.configuration.spec import ComputeConfig, ResourceConfig


def part_of(config: ComputeConfig, index: int) -> ComputeConfig:
    """The configuration of one resource with our block; all of it where there is only one."""
    if not config.configs:
        return config
    one = config.configs[min(index, len(config.configs) - 1)]
    return ComputeConfig.model_validate(
        {**dict(one), "cloud": config.cloud, "mobula": config.mobula}
    )


def with_part(config: ComputeConfig, index: int, part: ComputeConfig) -> ComputeConfig:
    """The whole with that resource changed; the cloud and our block are shared by all."""
    if not config.configs:
        return part
    place = min(index, len(config.configs) - 1)
    fields = {name: getattr(part, name) for name in ResourceConfig.model_fields}
    own = ResourceConfig.model_validate({**fields, "cloud": config.configs[place].cloud})
    configs = (*config.configs[:place], own, *config.configs[place + 1 :])
    return config.replace(configs=configs, cloud=part.cloud, mobula=part.mobula)


def names_of(config: ComputeConfig) -> list[str]:
    """What the resources are called; none where there is only one."""
    return [
        one.cloud_resource or f"Resource {number}"
        for number, one in enumerate(config.configs or (), start=1)
    ]
