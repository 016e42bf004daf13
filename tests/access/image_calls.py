"""How services of images are called, but for `by`; tests/test_services.py has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from images.models import Image, ImageTag, ImageVersion, Registry

type Row = tuple[tuple[Any, ...], dict[str, Any]]


def _version(things: Any) -> ImageVersion:
    image = Image.objects.create(name="train", team=things.team)
    return ImageVersion.objects.create(
        image=image,
        number=1,
        ray_version="2.60.0",
        python_version="3.12",
        location="registry.example.org/train:1",
    )


def _tag(things: Any) -> ImageTag:
    version = _version(things)
    return ImageTag.objects.create(
        image=version.image, name="stable", version=version, moved_by=things.alice
    )


def _registry(things: Any) -> Registry:
    return Registry.objects.create(
        name="own", team=things.team, kind="oci", host="registry.example.org"
    )


_PLACE = {"name": "new", "host": "registry.example.org"}
_REGISTERED = {"uri": "registry.example.org/train:1", "name": "train"}
_SECRET = {"username": "ci", "password": "secret"}

# Each gets the `Things` of tests/test_services.py.
IMAGES: dict[str, Callable[[Any], Row]] = {
    "images.services.build_places.check_build_place": lambda t: ((_registry(t),), {}),
    "images.services.build_places.set_build_place": lambda t: (
        (_registry(t),),
        {"values": {"on": "buildah"}},
    ),
    "images.services.checking.check_registry": lambda t: ((_registry(t),), {}),
    "images.services.registering.register_image": lambda t: ((), {**_REGISTERED, "team": t.team}),
    "images.services.registries.add_registry": lambda t: (
        (),
        {**_PLACE, "kind": "oci", "team": t.team},
    ),
    "images.services.registries.change_registry": lambda t: ((_registry(t),), _PLACE),
    "images.services.registries.remove_registry": lambda t: ((_registry(t),), {}),
    "images.services.registries.remove_registry_credentials": lambda t: ((_registry(t),), {}),
    "images.services.registries.set_registry_credentials": lambda t: (
        (_registry(t),),
        {"values": _SECRET},
    ),
    "images.services.states.deprecate_version": lambda t: ((_version(t),), {"reason": "Old."}),
    "images.services.states.restore_version": lambda t: ((_version(t),), {}),
    "images.services.states.withdraw_version": lambda t: ((_version(t),), {"reason": "Bad."}),
    "images.services.tags.remove_tag": lambda t: ((_tag(t),), {}),
    "images.services.tags.set_tag": lambda t: ((_version(t),), {"name": "stable"}),
}
