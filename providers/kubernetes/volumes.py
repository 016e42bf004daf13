"""Volumes of pods as lines of text: what each is, and where Ray's container sees it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.instance_settings.kinds import Kind, same
from domain.instance_settings.table import MISSING, At, Block, By, Link, Loc, links_to, under

RAY = By("name", "ray")
_VOLUMES: Loc = ("spec", "volumes")
_MOUNTS: Loc = ("spec", "containers", RAY, "volumeMounts")


def lines(text: str) -> list[str]:
    """Return what stands on lines or between commas."""
    return [line.strip() for line in re.split(r"[,\n]", text) if line.strip()]


def unreadable(line: str, example: str) -> ValueError:
    """Return the error of a line that is not like the example."""
    return ValueError(f"'{line}' is not valid: write {example}.")


def _claim_words(volume: Block) -> str:
    claim = under(volume, ("persistentVolumeClaim", "claimName"))
    return str(claim) if claim == volume["name"] else f"{volume['name']}:{claim}"


def _claim(words: str) -> Block:
    name, _, claim = words.partition(":")
    return {"name": name, "persistentVolumeClaim": {"claimName": claim or name}}


def _empty_words(volume: Block) -> str:
    source = volume.get("emptyDir")
    parts = [source.get("medium"), source.get("sizeLimit")] if isinstance(source, dict) else []
    return ":".join([volume["name"], *(str(part) for part in parts if part)])


def _empty(words: str) -> Block:
    name, *more = words.split(":")
    medium = {"medium": "Memory"} if "Memory" in more else {}
    sizes = [part for part in more if part != "Memory"]
    return {"name": name, "emptyDir": medium | ({"sizeLimit": sizes[0]} if sizes else {})}


_TEMPLATE: Loc = ("ephemeral", "volumeClaimTemplate", "spec")


def _ephemeral_words(volume: Block) -> str:
    spec = under(volume, _TEMPLATE)
    size = under(spec, ("resources", "requests", "storage"))
    storage = under(spec, ("storageClassName",))
    return ":".join([volume["name"], *([] if storage is MISSING else [str(storage)]), str(size)])


def _ephemeral(words: str) -> Block:
    name, *storage, size = [*words.split(":")]
    if not storage and size == name:
        example = "scratch:standard:100Gi=/mnt/scratch"
        raise unreadable(words, example)
    spec: Block = {"accessModes": ["ReadWriteOnce"]}
    spec |= {"storageClassName": storage[0]} if storage else {}
    spec |= {"resources": {"requests": {"storage": size}}}
    return {"name": name, "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


@dataclass(frozen=True, slots=True)
class PodVolumes:
    """Volumes of one source that Ray's container mounts: pairs of words and the path."""

    source: str
    words: Callable[[Block], str]
    volume: Callable[[str], Block]

    def find(self, block: Block, kind: Kind) -> Any:  # noqa: ARG002
        """The volumes that the words say wholly, each with its only mount."""
        return [[words, mount["mountPath"]] for words, mount in self._found(block)] or MISSING

    def remove(self, block: Block, value: Any) -> list[Link]:  # noqa: ARG002
        """Take those volumes and their mounts out."""
        gone = self._found(block)
        names = {mount["name"] for _, mount in gone}
        links: list[Link] = []
        for loc in (_VOLUMES, _MOUNTS):
            entries = under(block, loc)
            way = links_to(block, loc)
            if way is None or not isinstance(entries, list):
                continue
            entries[:] = [entry for entry in entries if _name(entry) not in names]
            links += [*way, Link(len(way) + 1, way[-1].child, loc[-1], entries)]
        return links

    def put(self, block: Block, value: Any) -> None:
        """Add volumes and mounts behind those that are there."""
        new = [(self.volume(words), path) for words, path in value]
        mounts = [{"name": volume["name"], "mountPath": path} for volume, path in new]
        self._add(block, _VOLUMES, [volume for volume, _ in new])
        self._add(block, _MOUNTS, mounts)

    def is_open(self, block: Block) -> bool:
        """True unless something that is no list stands there."""
        return all(
            At(loc).is_open(block) and isinstance(under(block, loc), list | type(MISSING))
            for loc in (_VOLUMES, _MOUNTS)
        )

    def covers(self, loc: tuple[str | int, ...], block: Block) -> int:
        """How deep the volume or the mount at `loc` is, if it is one of these."""
        for depth, start in ((3, _VOLUMES), (5, _MOUNTS)):
            entry = under(block, loc[:depth]) if len(loc) >= depth else MISSING
            names = {mount["name"] for _, mount in self._found(block)}
            if At(start).covers(loc, block) and _name(entry) in names:
                return depth
        return 0

    def _found(self, block: Block) -> list[tuple[str, Block]]:
        volumes, mounts = under(block, _VOLUMES), under(block, _MOUNTS)
        if not isinstance(volumes, list) or not isinstance(mounts, list):
            return []
        return [
            (words, own[0])
            for volume in volumes
            if (words := self._words(volume))
            and len(own := [mount for mount in mounts if _name(mount) == volume["name"]]) == 1
            and own[0].keys() == {"name", "mountPath"}
            and isinstance(own[0]["mountPath"], str)
        ]

    def _words(self, volume: Any) -> str:
        """The words that say all of the volume; "" if there are none."""
        if not _name(volume) or volume.keys() != {"name", self.source}:
            return ""
        words = self.words(volume)
        try:
            return words if same(self.volume(words), volume) else ""
        except ValueError:
            return ""

    def _add(self, block: Block, loc: Loc, entries: list[Block]) -> None:
        old = under(block, loc)
        At(loc).put(block, [*(old if isinstance(old, list) else []), *entries])


def _name(entry: Any) -> str:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else ""


def mounts(place: PodVolumes, example: str) -> Kind:
    """Return the kind of pairs of words and a path, one a line."""

    def read(text: str) -> list[list[str]]:
        pairs = [list(map(str.strip, line.partition("=")[::2])) for line in lines(text)]
        for words, path in pairs:
            if not words or not path.startswith("/"):
                raise unreadable(f"{words}={path}", example)
            place.volume(words)
        return pairs

    return Kind(
        lambda value: "\n".join(f"{words}={path}" for words, path in value),
        read,
        rows=2,
        example=example,
    )


CLAIMS = PodVolumes("persistentVolumeClaim", _claim_words, _claim)
EMPTY_DIRS = PodVolumes("emptyDir", _empty_words, _empty)
EPHEMERAL = PodVolumes("ephemeral", _ephemeral_words, _ephemeral)
