"""Raw blocks on Kubernetes: what a patch of a pod may hold, as Kubernetes' own schema says."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from domain.problems import Fix, Problem, Step, Verb, loc_of
from providers.schemas.findings import missing_key
from providers.schemas.json_shapes import shapes_from
from providers.schemas.packages import folder_of, newest
from providers.schemas.shape import Form, Schema, SchemaShape
from providers.schemas.walk import problems_of

RAY = "ray"
"""What the container is called that Ray runs in."""

_CORE = "io.k8s.api.core.v1."
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_TOP = f"{_CORE}PodTemplateSpec"
# Closed lists of values that the schema names in prose only.
_CHOICES = {
    f"{_CORE}Container.imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    f"{_CORE}PodSpec.restartPolicy": ("Always", "OnFailure", "Never"),
    f"{_CORE}PodSpec.dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    f"{_CORE}PodSpec.preemptionPolicy": ("Never", "PreemptLowerPriority"),
    f"{_CORE}ContainerPort.protocol": ("TCP", "UDP", "SCTP"),
    f"{_CORE}Toleration.effect": ("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
    f"{_CORE}Toleration.operator": ("", "Exists", "Equal", "Lt", "Gt"),
    f"{_CORE}TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    f"{_CORE}NodeSelectorRequirement.operator": (
        "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt",
    ),
    f"{_META}LabelSelectorRequirement.operator": ("In", "NotIn", "Exists", "DoesNotExist"),
    f"{_CORE}SeccompProfile.type": ("Localhost", "RuntimeDefault", "Unconfined"),
    f"{_CORE}PersistentVolumeClaimSpec.accessModes.*": (
        "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod",
    ),
    f"{_CORE}PersistentVolumeClaimSpec.volumeMode": ("Filesystem", "Block"),
}  # fmt: skip
_QUANTITY = Form(
    pattern=re.compile(
        r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?", re.ASCII
    ),
    words="a quantity such as 500m or 16Gi",
)
_LABEL = Form(
    pattern=re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"),
    words="letters, digits, `-`, `_` and `.`, at most 63",
)
_FORMS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": _QUANTITY,
    f"{_META}ObjectMeta.labels.*": _LABEL,
    f"{_CORE}PodSpec.nodeSelector.*": _LABEL,
}


def check_block(block: Mapping[str, object], path: str) -> Sequence[Problem]:
    """Return what Kubernetes would refuse in a pod's patch that stands at `path`."""
    return [*problems_of(block, path, schema()), *_without_image(block, path)]


@cache
def schema() -> Schema:
    """Return a pod's shapes in the newest version of Kubernetes that is known."""
    versions = folder_of("kubernetes_validate") / "kubernetes-json-schema"
    file = newest(versions, "v*-local-strict") / "_definitions.json"
    shapes = shapes_from(json.loads(file.read_text(encoding="utf-8"))["$defs"], _TOP)
    known = {name: _adapted(name, shape) for name, shape in shapes.items()}
    return Schema(owner="Kubernetes", top=_TOP, shapes=known, is_patch=True)


def _adapted(name: str, shape: SchemaShape) -> SchemaShape:
    choices, form = _CHOICES.get(name, ()), _FORMS.get(name)
    return replace(shape, choices=choices, form=form) if choices or form else shape


def _without_image(block: Mapping[str, object], path: str) -> Iterator[Problem]:
    """Containers that are not Ray's are new ones, which cannot start without an image."""
    spec = block.get("spec")
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    named = [
        (index, item)
        for index, item in enumerate(containers if isinstance(containers, list | tuple) else ())
        if isinstance(item, Mapping) and isinstance(item.get("name"), str) and "$patch" not in item
    ]
    for index, item in named:
        if item["name"] != RAY and item.get("image") is None:
            loc = (*loc_of(path), "spec", "containers", index)
            fix = Fix(f"Name it {RAY}", (Step(Verb.SET, (*loc, "name"), RAY),))
            hint = f"Ray's container must be called `{RAY}`."
            is_alone = all(other["name"] != RAY for _, other in named)
            yield missing_key(loc, "image", hint=hint, fix=fix if is_alone else None)
