"""The parts of a group's pod template that the fields of a configuration come from."""

from dataclasses import dataclass

from domain.convert.result import Plain, items, mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PodParts:
    """A pod template taken apart; the operator runs Ray in the first container."""

    template: Plain
    spec: Plain
    ray: Plain
    others: tuple[Plain, ...]
    requests: Plain
    limits: Plain

    @property
    def amounts(self) -> Plain:
        """What the container of Ray may use: its limits, else what it requests."""
        return {**self.requests, **self.limits}


def parts_of(group: Plain) -> PodParts:
    """The parts of the group's pod, empty where there are none."""
    template = mapping(group.get("template"))
    spec = mapping(template.get("spec"))
    containers = [mapping(container) for container in items(spec.get("containers"))]
    ray = containers[0] if containers else {}
    resources = mapping(ray.get("resources"))
    return PodParts(
        template=template,
        spec=spec,
        ray=ray,
        others=tuple(containers[1:]),
        requests=mapping(resources.get("requests")),
        limits=mapping(resources.get("limits")),
    )


def with_container_named(pod: Plain, name: str, *, instead_of: str) -> Plain:
    """The pod with every reference to a container by one name changed to the other."""
    renamed = _renamed(pod, name, instead_of)
    return mapping(renamed)


def _renamed(value: object, name: str, old: str) -> object:
    if isinstance(value, list | tuple):
        return [_renamed(item, name, old) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: name if key == "containerName" and item == old else _renamed(item, name, old)
        for key, item in value.items()
    }
