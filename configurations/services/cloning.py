"""Clone a version to another cloud: what each machine becomes there, and a draft with that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.errors import NotFound
from accounts.models import User
from accounts.permissions import Action, may, require
from clouds import facts
from clouds.access import may_use, names_of_clouds, no_such_cloud, way_out
from clouds.models import Cloud
from configurations.models import Draft, Version
from configurations.services.drafts import open_draft
from configurations.targets import target_for, target_of
from domain.catalogue.pod_shapes import shape_type
from domain.configuration.spec import ComputeConfig
from domain.convert.cloning import Mapped, cloned, mapped
from domain.limits import TEMPLATE_NAME_LENGTH
from domain.offerings import InstanceType
from domain.yaml.text import dump, parse
from providers import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class ClonePreview:
    """What each machine of a version could become on a cloud, and what is left out, in words."""

    machines: list[Mapped]
    left_out: list[str]


def preview_clone(version: Version, *, cloud: Cloud) -> ClonePreview:
    """Return what cloning to `cloud` would make of the version."""
    config = parse(version.text).draft or ComputeConfig()
    source, target = target_of(version), target_for(cloud)
    machines = mapped(config, source=source, target=target, known=_type_named)
    _, left_out = cloned(config, cloud="", chosen={}, machines=machines)
    return ClonePreview(machines=machines, left_out=left_out)


def _type_named(name: str) -> InstanceType | None:
    """Return what is known of a type that the source cloud does not offer, or cannot be asked."""
    if shape := shape_type(name):
        return shape
    for kind in registry.FOLDERS:
        region = registry.traits_of(kind).default_region
        types = facts.types(kind, region) if region else None
        if types and (machine := types.get(name)):
            return machine
    return None


def clone_version(version: Version, *, cloud: Cloud, chosen: Mapping[str, str], by: User) -> Draft:
    """Return a draft of a new template for `cloud`; `chosen` has a machine by each node's path."""
    require(may(by, Action.EDIT_TEMPLATE, team=version.template.team))
    template = version.template
    if not may_use(cloud, team=template.team):
        hint = way_out(names_of_clouds(template.team))
        raise NotFound(f"{no_such_cloud(cloud.name, team=template.team)} {hint}")
    config = parse(version.text).draft or ComputeConfig()
    machines = preview_clone(version, cloud=cloud).machines
    new, left_out = cloned(config, cloud=cloud.name, chosen=chosen, machines=machines)
    return open_draft(
        team=template.team,
        by=by,
        text=dump(new),
        name=f"{template.name}-{cloud.name}"[:TEMPLATE_NAME_LENGTH],
        origin=" ".join([f"Cloned from {version} to {cloud}.", *left_out]),
    )
