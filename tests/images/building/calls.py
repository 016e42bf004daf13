"""How the services of drafts and builds are called; tests/test_services.py explains the table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from images.models import Build, BuildSecret, Image, ImageVersion, Registry
from images.services.contents import DraftContent

_TEXT = "FROM rayproject/ray:2.50.0-py312\n"


def _registry(things: Any) -> Registry:
    return Registry.objects.get_or_create(
        name="ours", team=things.team, defaults={"kind": "oci", "host": "reg.example.org"}
    )[0]


def _content(things: Any) -> DraftContent:
    return DraftContent(dockerfile=_TEXT, registry=_registry(things))


def _draft(things: Any) -> ImageVersion:
    image, _ = Image.objects.get_or_create(name="train", team=things.team)
    return ImageVersion.objects.get_or_create(
        image=image,
        number=1,
        defaults={"state": "draft", "source": "dockerfile", "dockerfile": _TEXT},
    )[0]


def _with_secret(things: Any) -> ImageVersion:
    version = _draft(things)
    BuildSecret.objects.get_or_create(
        version=version, name="kept", defaults={"sealed_credentials": "unreadable"}
    )
    return version


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "a")
    return packed.getvalue()


def _build(things: Any) -> Build:
    return Build.objects.get_or_create(
        version=_draft(things), attempt=1, defaults={"asked_by": things.alice}
    )[0]


BUILDS: dict[str, Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "images.services.drafts.create_image_draft": lambda t: (
        (_content(t),),
        {"name": "new-one", "team": t.team},
    ),
    "images.services.drafts.save_draft": lambda t: ((_draft(t), _content(t)), {}),
    "images.services.drafts.discard_draft": lambda t: ((_draft(t),), {}),
    "images.services.inputs.set_zip_context": lambda t: (
        (_draft(t),),
        {"name": "a.zip", "content": _zip()},
    ),
    "images.services.inputs.set_git_context": lambda t: (
        (_draft(t),),
        {"url": "https://example.org/a.git"},
    ),
    "images.services.inputs.remove_context": lambda t: ((_draft(t),), {}),
    "images.services.inputs.set_build_secret": lambda t: (
        (_draft(t),),
        {"name": "token", "value": "a-long-one"},
    ),
    "images.services.inputs.remove_build_secret": lambda t: ((_with_secret(t),), {"name": "kept"}),
    "images.services.builds.build_version": lambda t: ((_draft(t),), {}),
    "images.services.builds.cancel_build": lambda t: ((_build(t),), {}),
    "images.services.builds.retry_build": lambda t: ((_build(t),), {}),
}
