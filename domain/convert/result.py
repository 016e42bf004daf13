"""What an export or an import hands over: the text, and what it could not carry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import ComputeConfig, written
from domain.problems import Problem, path_of
from domain.yaml.plain_tree import Cleaning, TooMuch
from domain.yaml.tree import read

type Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A part that the other format cannot say, at its path in what was read."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContext:
    """What other formats want to know that a configuration leaves open."""

    name: str = "ray-cluster"
    image: str = ""
    ray_version: str = ""
    target: RegionCatalogue = ANYWHERE


@dataclass(frozen=True, slots=True)
class Exported:
    """A configuration as YAML of another format."""

    text: str
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """A configuration read from another format; `config` is None if nothing could be read."""

    config: ComputeConfig | None
    losses: tuple[Loss, ...]
    problems: tuple[Problem, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # such as the image that was named


def losses_of_notes(notes: Mapping[str, str], *, names_image: bool) -> tuple[Loss, ...]:
    """What was named of the image and of Ray, where the other format has no place for it.

    With `names_image` the format takes an image; the version of Ray is then the image's.
    """
    image, version = notes.get("image", ""), notes.get("ray_version", "")
    found = []
    if image and not names_image:
        why = f"{image}: register the image in Mobula, then set mobula.image."
        found.append(Loss(path="image", why=why))
    if version and not (names_image and version in image):
        why = f"Ray {version}: a cluster runs the version of its image."
        found.append(Loss(path="rayVersion", why=why))
    return tuple(found)


def opened(text: str) -> tuple[Plain | None, tuple[Problem, ...]]:
    """The top mapping of a YAML text in safe plain values, None if unreadable; and its problems."""
    tree, cleaning = read(text), Cleaning()
    if not tree.is_complete:
        return None, tuple(tree.problems)
    try:
        top = mapping(cleaning.clean(tree.value))
    except TooMuch as too_much:
        return None, (too_much.problem,)
    return top, (*tree.problems, *cleaning.problems)


def mapping(value: object) -> Plain:
    """The value if it is a mapping, else an empty one."""
    return dict(value) if isinstance(value, Mapping) else {}


def items(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return list(value) if isinstance(value, list | tuple) else []


def losses_of_groups(config: ComputeConfig, *, why: str) -> Iterator[Loss]:
    """What our block says of single groups, but for their idle times."""
    for name, own in config.mobula.groups.items():
        for key in written(own):
            if key != "worker_idle_seconds":
                yield Loss(path=path_of(("mobula", "groups", name, key)), why=why)


def distinct(names: Iterable[str], *, taken: Iterable[str] = (), longest: int = 200) -> list[str]:
    """The names in their order, with a number behind those that were there before."""
    used, found = set(taken), []
    for name in names:
        count, free = 1, name
        while free in used:
            count += 1
            free = f"{name[: longest - len(str(count)) - 1]}-{count}"
        used.add(free)
        found.append(free)
    return found


def without_empty(plain: Plain) -> Plain:
    """The mapping without the keys that say nothing."""
    return {key: value for key, value in plain.items() if value not in (None, "", {}, [])}
