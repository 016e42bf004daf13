"""Reading the YAML of `ray up`: its node types, and all else of a node as a raw block."""

from domain.convert.launcher.account import Account, says_something
from domain.convert.launcher.machines import machine
from domain.convert.launcher.node_types import (
    USUAL_MAX_WORKERS,
    NodeTypes,
    head_missing,
    node_types,
)
from domain.convert.launcher.reasons import why_of_node, why_of_place, why_of_top
from domain.convert.result import Imported, Loss, Plain, mapping, opened, without_empty
from domain.problems import Problem, error, shown
from domain.yaml.structure import structure

_KNOWN = ("aws", "gcp", "local")
_USUAL_IDLE_SECONDS = 300
"""What Ray takes where the text says nothing."""


def read_text(text: str) -> Imported:
    """The configuration that a launcher's YAML describes."""
    content, problems = opened(text)
    if content is None:
        return Imported(None, (), problems)
    kind = _provider_of(content)
    if kind not in _KNOWN:
        return Imported(None, (), (*problems, _unsupported(kind)))
    losses: list[Loss] = []
    top = Account(content, losses=losses)
    types = node_types(top, kind)
    if types is None:
        return Imported(None, (), (*problems, head_missing()))
    return _Reading(top, types, kind).done((*problems, *types.problems))


def _provider_of(content: Plain) -> str:
    """The provider's type; without one, that of the machines."""
    if kind := mapping(content.get("provider")).get("type"):
        return str(kind)
    types = mapping(content.get("available_node_types")).values()
    configs = [mapping(mapping(node_type).get("node_config")) for node_type in types]
    return "gcp" if any("machineType" in config for config in configs) else "aws"


def _unsupported(kind: str) -> Problem:
    message = f"ray up files for {shown(kind)} cannot be imported."
    hint = "Mobula reads those for AWS, Google Cloud and local machines (aws, gcp, local)."
    return error("provider.type", "ray-up-provider", message, hint=hint)


class _Reading:
    """One cluster being read, with what could not be carried over so far."""

    def __init__(self, top: Account, types: NodeTypes, kind: str) -> None:
        self.top = top
        self.types = types
        self.kind = kind
        self.problems: list[Problem] = []
        limit = top.whole("max_workers")
        self.limit = USUAL_MAX_WORKERS if limit is None else limit
        self.idle: dict[str, int] = {}

    def done(self, earlier: tuple[Problem, ...]) -> Imported:
        """The configuration, and what is lost of the file."""
        groups = self._groups()
        plain: Plain = {
            "head_node": self._head(has_groups=bool(groups)),
            "worker_nodes": groups,
            **self._zones(),
            "mobula": {**self._block(), **self._limits(groups)},
        }
        notes = {"image": self._image(), "name": self.top.text("cluster_name")}
        self.top.close(why_of_top)
        found = structure(plain)
        return Imported(
            found.draft,
            tuple(self.top.losses),
            (*earlier, *self.problems, *found.problems),
            {key: value for key, value in notes.items() if value},
        )

    def _image(self) -> str:
        """The container image of the cluster, or of its nodes if they all have the same."""
        docker = self.top.inner("docker")
        image = docker.text("image")
        docker.take("container_name")
        own = {docker.content.get("head_image"), docker.content.get("worker_image")}
        if own == {image} or (not image and len(own) == 1 and None not in own):
            image = docker.text("head_image")
            docker.take("worker_image")
        docker.close(why_of_top)
        return image

    def _zones(self) -> Plain:
        place = self.top.inner("provider")
        place.take("type")
        written = place.take("availability_zone")
        words = written if isinstance(written, list) else str(written or "").split(",")
        zones = [str(word).strip() for word in words if str(word).strip()]
        if self.kind == "local":
            for key in ("head_ip", "worker_ips", "coordinator_address"):
                place.take(key)  # named with the node types
        place.close(why_of_place)
        return {"zones": zones} if zones else {}

    def _block(self) -> Plain:
        has_idle = "idle_timeout_minutes" in self.top.content
        idle = self.top.seconds("idle_timeout_minutes", unit=60)
        if idle is None and not has_idle:
            idle = _USUAL_IDLE_SECONDS
        block = {} if idle is None else {"worker_idle_seconds": idle}
        own = {name: {"worker_idle_seconds": seconds} for name, seconds in self.idle.items()}
        return {**block, **({"groups": own} if own else {})}

    def _limits(self, groups: list[Plain]) -> Plain:
        """What limits all groups together; each alone has at most as many nodes anyway."""
        limits: Plain = {}
        if self.limit < sum(group["max_nodes"] for group in groups):
            limits["max_nodes"] = self.limit
        speed = self.top.content.get("upscaling_speed")
        if isinstance(speed, int | float) and not isinstance(speed, bool) and speed >= 0:
            limits["upscaling_speed"] = self.top.take("upscaling_speed")
        return limits

    def _head(self, *, has_groups: bool) -> Plain:
        head = self.types.head
        for key in ("min_workers", "max_workers", "idle_timeout_s"):
            head.take(key)  # of the workers of this type, which are a group
        found = self._node(head, is_head=True) or {}
        resources = found.get("resources", {})
        if has_groups and "CPU" not in resources:
            why = "The head runs workloads; to keep this in Mobula, set resources.CPU on the head."
            head.lose(why=why)
        if has_groups:  # a head with workers has none of either anyway
            kept = {k: v for k, v in resources.items() if k not in {"CPU", "GPU"} or v != 0}
            found["resources"] = kept
        found.pop("is_spot", None)
        return without_empty(found)

    def _groups(self) -> list[Plain]:
        types: dict[str, Account] = dict(self.types.workers)
        head = self.types.head
        if "max_workers" in head.content or says_something(head.content.get("min_workers")):
            copy = Account(head.content, head.loc, losses=[])  # the head names what is lost
            copy.content.setdefault("max_workers", 0)
            types = {self.types.head_name: copy, **types}
        groups = (self._group(name, account) for name, account in types.items())
        return [group for group in groups if group is not None]

    def _group(self, name: str, account: Account) -> Plain | None:
        least = account.whole("min_workers") or 0
        own = account.whole("max_workers")
        most = self.limit if own is None else min(own, self.limit)
        if most < 1:
            self._parked(account, own, least)
            return None
        idle = account.seconds("idle_timeout_s", unit=1)
        node = self._node(account, is_head=False)
        if node is None:
            return None
        if idle is not None:
            self.idle[name] = idle
        market = "SPOT" if node.pop("is_spot", False) else "ON_DEMAND"
        sizes = {"min_nodes": least, "max_nodes": most, "market_type": market}
        return {"name": name, **node, **sizes}

    def _parked(self, account: Account, own: int | None, least: int) -> None:
        """A group that may have no node is left out; workers of the head's type only if meant."""
        is_head = account.loc == self.types.head.loc
        if is_head and (own or 0) < 1 and least < 1:
            return
        whose = "The cluster's maximum" if own is None or own > 0 else "Its maximum"
        why = f"{whose} is 0 workers: the group is left out."
        self.top.losses.append(_loss(account, "max_workers" if is_head else "", why))
        account.content.clear()

    def _node(self, account: Account, *, is_head: bool) -> Plain | None:
        resources = dict(account.inner("resources").content)
        labels = dict(account.inner("labels").content)
        found = machine(account.inner("node_config"), self.kind, is_head=is_head)
        account.close(why_of_node)
        if found.problem is not None:
            if found.problem not in self.problems:
                self.problems.append(found.problem)
            return None
        if found.gpus:
            resources.setdefault("GPU", found.gpus)
        return without_empty({
            "instance_type": found.type,
            "resources": resources,
            "labels": labels,
            "advanced_instance_config": found.block,
            "is_spot": found.is_spot or None,
        })  # fmt: skip


def _loss(account: Account, key: str, why: str) -> Loss:
    named: list[Loss] = []
    Account({}, account.loc, losses=named).lose(*([key] if key else []), why=why)
    return named[0]
