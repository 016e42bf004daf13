from accounts.models import User
from images.models import Image, ImageVersion


def latest_versions(user: User) -> list[ImageVersion]:
    """Return the latest version of each image the user may use, in one query."""
    return list(
        ImageVersion.objects.filter(image__in=Image.objects.visible_to(user))
        .select_related("image")
        .order_by("image__name", "-number")
        .distinct("image__name")
    )


def find_version(reference: str | None, user: User) -> ImageVersion | None:
    """Return the version that "name:3" or "name" (its latest) means; without one, the default."""
    name, _, number = (reference or "").partition(":")
    rows = ImageVersion.objects.filter(image__in=Image.objects.visible_to(user))
    if name:
        rows = rows.filter(image__name=name)
    if number:
        rows = rows.filter(number=number) if number.isdecimal() else rows.none()
    return rows.select_related("image").order_by("image_id", "-number").first()
