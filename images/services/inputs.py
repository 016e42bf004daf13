"""What a draft is built with besides its Dockerfile: the files it copies, and its secrets."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.errors import FieldError, Invalid, NotFound, raise_if_any
from accounts.models import User
from accounts.services import record
from domain.images.context import (
    CONTEXT_BOUNDS,
    ContextKind,
    digest_of,
    wrong_context_url,
    wrong_git_place,
)
from domain.images.secret_values import MOST_SECRETS, wrong_secret
from domain.promotions.archives import BadArchive, check_paths, unpacked
from images.building.secrets import seal_secret
from images.models import BuildSecret, ContextArchive, ImageVersion
from images.services.drafts import editable

_REFUSAL = "what it is built with cannot be changed. Create a new version."
_LONGEST_FILE_NAME = 200


@transaction.atomic
def set_zip_context(version: ImageVersion, *, name: str, content: bytes, by: User) -> ImageVersion:
    """Have the version built with the files of a ZIP file; raises `Invalid` with what is wrong."""
    row = editable(version, by, refusal=_REFUSAL)
    try:
        files = unpacked(content, CONTEXT_BOUNDS)
        check_paths([file.path for file in files])
    except BadArchive as error:
        raise Invalid.at("zip", str(error)) from error
    if not files:
        raise Invalid.at("zip", "The ZIP file has no files.")
    ContextArchive.objects.update_or_create(version=row, defaults={"zipped": content})
    facts = {
        "name": name[:_LONGEST_FILE_NAME],
        "digest": digest_of(files),
        "bytes": len(content),
        "files": len(files),
    }
    return _set(row, {"kind": ContextKind.ZIP.value, **facts}, by=by)


@transaction.atomic
def set_git_context(
    version: ImageVersion, *, url: str, ref: str = "", folder: str = "", by: User
) -> ImageVersion:
    """Have the version built with the files of a Git repository; raises `Invalid`.

    They are fetched when it is built, at the commit that `ref` names then; "" is the default
    branch.
    """
    row = editable(version, by, refusal=_REFUSAL)
    url, ref, folder = url.strip(), ref.strip(), folder.strip().strip("/")
    wrong_url = wrong_context_url(
        url, http_hosts=settings.GIT_HTTP_HOSTS, private_hosts=settings.GIT_PRIVATE_HOSTS
    )
    wrong_ref, wrong_folder = wrong_git_place(ref, folder)
    found = (("url", wrong_url), ("ref", wrong_ref), ("folder", wrong_folder))
    raise_if_any([FieldError(field, why) for field, why in found if why])
    ContextArchive.objects.filter(version=row).delete()
    facts = {"url": url, "ref": ref, "folder": folder, "commit": "", "digest": ""}
    return _set(row, {"kind": ContextKind.GIT.value, **facts}, by=by)


@transaction.atomic
def remove_context(version: ImageVersion, *, by: User) -> ImageVersion:
    """Have the version built without files."""
    row = editable(version, by, refusal=_REFUSAL)
    ContextArchive.objects.filter(version=row).delete()
    return _set(row, {}, by=by)


@transaction.atomic
def set_build_secret(version: ImageVersion, *, name: str, value: str, by: User) -> BuildSecret:
    """Keep a value for the next build of the version, sealed; raises `Invalid`."""
    row = editable(version, by, refusal=_REFUSAL)
    wrong_name, wrong_value = wrong_secret(name, value)
    found = (("name", wrong_name), ("value", wrong_value))
    raise_if_any([FieldError(field, why) for field, why in found if why])
    others = BuildSecret.objects.filter(version=row).exclude(name=name)
    if others.count() >= MOST_SECRETS:
        raise Invalid.at("name", f"A version has at most {MOST_SECRETS} build secrets.")
    secret, _ = BuildSecret.objects.update_or_create(
        version=row, name=name, defaults={"sealed_credentials": seal_secret(row, name, value)}
    )
    team = row.image.team
    record("image_version.secret_set", actor=by, subject=row, team=team, after={"name": name})
    return secret


@transaction.atomic
def remove_build_secret(version: ImageVersion, *, name: str, by: User) -> None:
    """Forget a value; raises `NotFound` where there is none of that name."""
    row = editable(version, by, refusal=_REFUSAL)
    gone, _ = BuildSecret.objects.filter(version=row, name=name).delete()
    if not gone:
        raise NotFound(f"{row} has no build secret {name[:63]}.")
    team = row.image.team
    record("image_version.secret_removed", actor=by, subject=row, team=team, before={"name": name})


def _set(row: ImageVersion, context: dict[str, Any], *, by: User) -> ImageVersion:
    before = {"context": row.context}
    row.context = context
    row.save(update_fields=["context"])
    record(
        "image_version.context_set",
        actor=by,
        subject=row,
        team=row.image.team,
        before=before,
        after={"context": context},
    )
    return row
