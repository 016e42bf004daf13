"""What a format cannot carry is named, for any sensible configuration; any text gives an answer."""

import re
from typing import Any

import kubernetes_validate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.diff import changes
from domain.configuration.instance_blocks import block_of
from domain.configuration.ray_labels import MARKET_TYPE
from domain.configuration.spec import ComputeConfig, written
from domain.convert import ExportContext, Exported, Format, exported, imported
from domain.offerings import ProviderKind
from tests.domain.configurations import EXAMPLES
from tests.domain.convert.test_formats import RAY_CLUSTER, RAY_UP, read_yaml
from tests.domain.machines import AWS, GCP, KUBERNETES

_names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9._-]{0,50}", fullmatch=True)
_words = st.dictionaries(_names, _names, max_size=2)
_amounts = st.dictionaries(
    st.sampled_from([
        "CPU", "GPU", "memory", "licence", "object_store_memory", "system_reserved_cpu_millicpu",
    ]),
    st.integers(0, 10**9) | st.floats(0, 100),
    max_size=3,
)  # fmt: skip
_flags = st.fixed_dictionaries(
    {}, optional={"replacement_threshold": st.just("30m"), "disable_nfs_mount": st.just(True)}
)
_BLOCKS: dict[ProviderKind | None, list[dict[str, Any]]] = {
    ProviderKind.AWS: [
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 300}}]},
        {"SubnetId": "subnet-1", "IamInstanceProfile": {"Arn": "arn:aws:iam::1:profile"}},
    ],
    ProviderKind.GCP: [
        {"disks": [{"boot": True, "initializeParams": {"diskSizeGb": 100}}]},
        {"scheduling": {"onHostMaintenance": "TERMINATE"}},
        {"locationPolicy": {"targetShape": "ANY"}, "instanceProperties": {"labels": {"a": "b"}}},
    ],
    ProviderKind.KUBERNETES: [
        {"metadata": {"annotations": {"a": "b"}}, "spec": {"nodeSelector": {"disktype": "ssd"}}},
        {"spec": {"tolerations": [{"key": "gpu", "operator": "Exists"}]}},
        {"spec": {"containers": [{"name": "ray", "env": [{"name": "A", "value": "b"}]}]}},
        {"spec": {"containers": [{"name": "ray", "resources": {
            "requests": {"vpc.amazonaws.com/efa": "1"}, "limits": {"vpc.amazonaws.com/efa": "1"},
        }}]}},
    ],
    None: [{"unknown": 1}],
}  # fmt: skip


def _node(kind: ProviderKind | None, machines: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    hardware = st.fixed_dictionaries(
        {"CPU": st.integers(1, 64), "memory": st.integers(2**20, 2**40)},
        optional={
            "GPU": st.integers(1, 8),
            "accelerator": st.just("T4"),
            "cpu_architecture": st.sampled_from(["arm64", "x86_64"]),
        },
    )
    machine = st.fixed_dictionaries({"instance_type": st.sampled_from(machines)})
    rest = st.fixed_dictionaries(
        {},
        optional={
            "resources": _amounts,
            "labels": _words,
            "required_labels": _words,
            "flags": _flags,
            "cloud_deployment": st.just({"region": "west"}),
            "advanced_instance_config": st.sampled_from([{}, *_BLOCKS[kind]]),
        },
    )
    wanted = st.fixed_dictionaries({"required_resources": hardware})
    return st.builds(lambda one, more: {**one, **more}, machine | wanted, rest)


def _groups(kind: ProviderKind | None, machines: list[str]) -> st.SearchStrategy[Any]:
    bounds = st.tuples(st.integers(0, 9), st.integers(1, 9)).map(sorted)
    group = st.builds(
        lambda name, node, bounds, market: {
            "name": name,
            **node,
            "min_nodes": bounds[0],
            "max_nodes": max(bounds),
            "market_type": market,
        },
        _names | st.sampled_from(["A_b", "a-b", "a.b", "ray.head.default"]),
        _node(kind, machines),
        bounds,
        st.sampled_from(["ON_DEMAND", "SPOT", "PREFER_SPOT"]),
    )
    return st.lists(group, max_size=4, unique_by=lambda group: group["name"])


@st.composite
def sensible(draw: st.DrawFn, target: RegionCatalogue) -> ComputeConfig:
    """A configuration as people write them, for the machines and the blocks of this target."""
    kind, machines = (
        target.provider,
        [*(target.types or {"8CPU-32GB-1xT4": None, "m5.large": None})],
    )
    groups = draw(_groups(kind, machines))
    names = [group["name"] for group in groups]
    own = st.fixed_dictionaries({"worker_idle_seconds": st.none() | st.integers(0, 900)})
    mobula = st.fixed_dictionaries(
        {},
        optional={
            "image": st.just("ray:1"),
            "autoscaling": st.booleans(),
            "idle_minutes": st.integers(1, 99),
            "worker_idle_seconds": st.integers(0, 9_000),
            "max_usd_per_hour": st.integers(1, 99),
            "merge_instance_config": st.booleans(),
            "groups": st.dictionaries(st.sampled_from(names), own, max_size=2)
            if names
            else st.just({}),
            "mounts": st.just([{"storage": "data", "path": "/data"}]),
            "environments": st.just({"prod": {"zones": ["z"]}}),
        },
    )
    top = st.fixed_dictionaries(
        {"head_node": _node(kind, machines), "mobula": mobula},
        optional={
            "cloud": _names,
            "cloud_resource": _names,
            "zones": st.lists(_names, min_size=1, max_size=3, unique=True),
            "enable_cross_zone_scaling": st.booleans(),
            "min_resources": _amounts,
            "max_resources": _amounts,
            "flags": st.just({"idle_termination_seconds": 45}) | _flags,
            "advanced_instance_config": st.sampled_from(_BLOCKS[kind]),
        },
    )
    return ComputeConfig.model_validate({**draw(top), "worker_nodes": groups})


def settled(one: ComputeConfig) -> ComputeConfig:
    """The same cluster, said in one way: blocks and idle times where they have their effect."""

    def node(which: Any) -> Any:
        block = block_of(one, which)
        wrapped = block.pop("instanceProperties", {})  # Google's block is the same without it
        block = {**block, **wrapped}
        hardware = which.required_resources  # of which only the model is named where it is lost
        labels = dict(which.labels)
        if labels.get(MARKET_TYPE) == "spot":  # what the market of a group says already
            del labels[MARKET_TYPE]
        gpus = which.resources.get("GPU", 0)
        if hardware and not hardware.GPU and gpus == int(gpus):  # what Ray has is hardware
            hardware = hardware.model_copy(update={"GPU": int(gpus) or None})
        return which.model_copy(
            update={
                "labels": labels,
                "advanced_instance_config": block or None,
                "required_resources": hardware
                and hardware.model_copy(update={"accelerator": None}),
            }
        )

    quiet = {key: n for key, n in one.head_node.resources.items() if n or key not in {"CPU", "GPU"}}
    head = node(one.head_node)
    groups = tuple(node(group) for group in one.groups)
    mobula = one.mobula.model_copy(
        update={
            "worker_idle_seconds": one.worker_idle_seconds,
            "merge_instance_config": False,
            "image": None,
            "groups": {name: own for name, own in one.mobula.groups.items() if written(own)},
        }
    )
    return one.model_copy(
        update={
            "head_node": head.model_copy(update={"resources": quiet}) if groups else head,
            "worker_nodes": groups,
            "advanced_instance_config": {},
            "flags": {k: v for k, v in one.flags.items() if k != "idle_termination_seconds"},
            "mobula": mobula,
        }
    )


def unnamed(before: ComputeConfig, written: Exported, form: Format) -> list[str]:
    """The changes on the way there and back that no loss names."""
    again = imported(written.text, form)
    assert again.config is not None, again.problems
    assert again.problems == ()
    after = again.config
    old, new = before.groups, after.groups
    assert len(old) == len(new)
    renamed = {
        new[index].name: one.name
        for index, one in enumerate(old)
        if any(loss.path == f"worker_nodes[{index}].name" for loss in written.losses)
    }
    after = with_names(after, renamed)
    lost = [named(loss.path, before) for loss in written.losses]
    return [
        f"{change.path}: {change.old} → {change.new}"
        for change in changes(settled(before), settled(after))
        if not any(covers(path, change.path) for path in lost)
    ]


def with_names(one: ComputeConfig, names: dict[str, str]) -> ComputeConfig:
    groups = [
        group.model_copy(update={"name": names.get(group.name, group.name)}) for group in one.groups
    ]
    own = {names.get(name, name): value for name, value in one.mobula.groups.items()}
    mobula = one.mobula.model_copy(update={"groups": own})
    return one.model_copy(update={"worker_nodes": tuple(groups), "mobula": mobula})


def named(path: str, one: ComputeConfig) -> str:
    """The path of a loss with the group's name in place of its number, as changes have it."""
    for index, group in enumerate(one.groups):
        path = path.replace(f"worker_nodes[{index}]", f"worker_nodes[{group.name}]")
    return re.sub(r'\["(.*?)"\]', r".\1", path)


def covers(lost: str, changed: str) -> bool:
    # A pod has hardware in place of a machine's name, and the other way round.
    pair = {".instance_type": ".required_resources", ".required_resources": ".instance_type"}
    others = [lost.removesuffix(end) + other for end, other in pair.items() if lost.endswith(end)]
    return bool(lost) and any(
        changed == one or changed.startswith(f"{one}.") for one in (lost, *others)
    )


@EXAMPLES
@pytest.mark.parametrize("target", [KUBERNETES, ANYWHERE, AWS], ids=["kubernetes", "any", "aws"])
@given(data=st.data())
def test_ray_cluster_names_all_it_loses_and_passes_every_check(
    target: RegionCatalogue, data: st.DataObject
) -> None:
    before = data.draw(sensible(target))
    written = exported(
        before, Format.KUBERAY, ExportContext(name="x", image="ray:1", target=target)
    )
    manifest = read_yaml(written.text)
    assert [error.message for error in RAY_CLUSTER.iter_errors(manifest)] == []
    groups = manifest["spec"]["workerGroupSpecs"]
    assert not any("object_store_memory" in group.get("resources", {}) for group in groups)
    assert len({group["groupName"] for group in groups}) == len(before.groups)
    assert unnamed(before, written, Format.KUBERAY) == []


@EXAMPLES
@given(data=st.data())
def test_pods_are_what_kubernetes_takes(data: st.DataObject) -> None:
    setting = ExportContext(name="x", image="ray:1", target=KUBERNETES)
    written = exported(data.draw(sensible(KUBERNETES)), Format.KUBERAY, setting)
    spec = read_yaml(written.text)["spec"]
    for pod in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        whole = {"apiVersion": "v1", "kind": "Pod", **pod["template"]}
        version = kubernetes_validate.latest_version()
        kubernetes_validate.validate(whole, version, strict=True)


@EXAMPLES
@pytest.mark.parametrize("target", [AWS, GCP], ids=["aws", "gcp"])
@given(data=st.data())
def test_ray_up_names_all_it_loses_and_passes_rays_check(
    target: RegionCatalogue, data: st.DataObject
) -> None:
    before = data.draw(sensible(target))
    written = exported(before, Format.RAY_UP, ExportContext(name="x", target=target))
    plain = read_yaml(written.text)
    assert [error.message for error in RAY_UP.iter_errors(plain)] == []
    types = plain["available_node_types"]
    assert len(types) == 1 + len(before.groups)
    assert plain["max_workers"] >= sum(one.get("min_workers", 0) for one in types.values())
    assert unnamed(before, written, Format.RAY_UP) == []


@EXAMPLES
@given(sensible(AWS))
def test_older_schema_names_all_it_loses(before: ComputeConfig) -> None:
    written = exported(before, Format.ANYSCALE_LEGACY, ExportContext())
    again = imported(written.text).config
    assert again is not None
    lost = [named(loss.path, before) for loss in written.losses]
    left = [c.path for c in changes(before, again) if not any(covers(one, c.path) for one in lost)]
    assert left == []
