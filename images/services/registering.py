"""Register an image that somebody else built: a version, pinned to what its tag means now."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Max

from accounts.errors import FieldError, Invalid, raise_if_any
from accounts.models import Team, User
from accounts.permissions import require
from accounts.services import record
from domain.images.reference import wrong_image_name
from domain.images.uri import ImageUri, WrongImageUri, read_uri
from domain.images.versions_inside import VersionsInside, versions_inside, wrong_version
from images.models import Image, ImageVersion, Registry
from images.registries.asking import client_for, registry_at
from images.services.rights import may_edit_images
from providers.errors import ProviderError
from providers.oci import RemoteImage, describe


def register_image(
    *,
    uri: str,
    name: str,
    team: Team | None,
    by: User,
    description: str = "",
    message: str = "",
    ray_version: str = "",
    python_version: str = "",
    cuda_version: str = "",
) -> ImageVersion:
    """Return a new version of the image `name`, pinned to the digest that the URI means now.

    The image is created with its first version; without a team it is for all. What the registry
    does not tell of Ray, Python and CUDA is as given, and what is given holds. Asks the registry
    for at most 10 s. Raises `Invalid` with the fields at fault.
    """
    require(may_edit_images(by, team))
    given = VersionsInside(ray=ray_version, python=python_version, cuda=cuda_version)
    place = _checked(uri, name, given)
    registry = registry_at(place.host, team=team)
    try:
        remote = describe(client_for(place, registry=registry), place.reference)
    except ProviderError as error:
        raise Invalid.at("uri", str(error)) from error
    inside = _inside(place, remote, given)
    # The registry was asked before the transaction.
    with transaction.atomic():
        image = _locked_image(name, team=team, description=description, by=by)
        return _add(image, place, registry, remote, inside, message=message, by=by)


def _checked(uri: str, name: str, given: VersionsInside) -> ImageUri:
    wrong = [FieldError("name", why)] if (why := wrong_image_name(name)) else []
    wrong += _wrong_versions(given)
    try:
        place = read_uri(uri)
    except WrongImageUri as error:
        raise Invalid(FieldError("uri", str(error)), *wrong) from error
    raise_if_any(wrong)
    return place


def _wrong_versions(given: VersionsInside) -> Iterator[FieldError]:
    for field in ("ray", "python", "cuda"):
        text = getattr(given, field)
        if text and (why := wrong_version(text)):
            yield FieldError(f"{field}_version", why)


def _inside(place: ImageUri, remote: RemoteImage, given: VersionsInside) -> VersionsInside:
    told = versions_inside(
        labels=remote.labels,
        environment=remote.environment,
        repository=place.repository,
        tag=place.tag,
    )
    found = VersionsInside(
        ray=given.ray or told.ray, python=given.python or told.python, cuda=given.cuda or told.cuda
    )
    raise_if_any(
        FieldError(
            f"{field}_version",
            f"The image does not say which {name} it has. Enter the version, such as {example}.",
        )
        for field, name, example in (("ray", "Ray", "2.50.0"), ("python", "Python", "3.12"))
        if not getattr(found, field)
    )
    return found


def _locked_image(name: str, *, team: Team | None, description: str, by: User) -> Image:
    Image.objects.bulk_create(
        [Image(name=name, team=team, description=description, created_by=by)],
        ignore_conflicts=True,
    )
    image = Image.objects.select_for_update().get(name=name, team=team)
    if image.archived_at:
        raise Invalid.at("name", f"Image {name} is archived. Use another name.")
    if not image.versions.exists():
        record("image.created", actor=by, subject=image, team=team)
    return image


def _add(
    image: Image,
    place: ImageUri,
    registry: Registry | None,
    remote: RemoteImage,
    inside: VersionsInside,
    *,
    message: str,
    by: User,
) -> ImageVersion:
    same = image.versions.filter(digest=remote.digest).first()
    if same:
        raise Invalid.at("uri", f"{same} is this image already: it has the digest {same.digest}.")
    number = (image.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = ImageVersion.objects.create(
        image=image,
        number=number,
        message=message,
        author=by,
        ray_version=inside.ray,
        python_version=inside.python,
        cuda_version=inside.cuda,
        location=str(place),
        registry=registry,
        digest=remote.digest,
        platforms=[
            {
                "os": one.os,
                "architecture": one.architecture,
                "variant": one.variant,
                "digest": one.digest,
                "size": one.size,
            }
            for one in remote.platforms
        ],
        size_bytes=remote.platforms[0].size if remote.platforms else None,
        labels=dict(remote.labels),
        built_at=remote.created,
    )
    record(
        "image_version.registered",
        actor=by,
        subject=version,
        team=image.team,
        after={"uri": version.location, "digest": version.digest},
        reason=message,
    )
    return version
