"""How long the server takes for the pages of images, with 2,000 images of ten versions each.

All are of one team, whose templates name them and whose clusters run on some; each version has the
labels, platforms and Dockerfile of a build. Pages are asked for as `benchmarks.pages` asks for its
pages. Run `python -m benchmarks.images`; it brings its own PostgreSQL and writes
var/bench/images.json.
"""

from __future__ import annotations

import logging
import os
import time
from datetime import timedelta
from pathlib import Path

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from benchmarks.pages.timing import page_times  # noqa: E402
from configurations.models import NamedImage, Template, Version  # noqa: E402
from images.models import Image, ImageContents, ImageTag, ImageVersion  # noqa: E402

IMAGES, VERSIONS, TEMPLATES = 2_000, 10, 500
PACKAGES, LAYERS, LABELS = 400, 20, 12
GIB = 2**30


def fill(team: Team, author: User) -> Image:
    """Write the images, the tag of each, and the templates that name them; return the first."""
    images = Image.objects.bulk_create(
        Image(name=f"image-{number}", team=team, created_by=author) for number in range(IMAGES)
    )
    versions = ImageVersion.objects.bulk_create(
        (_version(image, number, author) for image in images for number in range(1, VERSIONS + 1)),
        batch_size=1000,
    )
    newest = versions[VERSIONS - 1 :: VERSIONS]
    ImageTag.objects.bulk_create(
        ImageTag(image=one.image, name="stable", version=one, moved_by=author) for one in newest
    )
    first = [one for one in versions if one.image == images[0]]
    ImageContents.objects.bulk_create(_contents(one) for one in first)
    _write_templates(team, author, images[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return images[0]


def _version(image: Image, number: int, author: User) -> ImageVersion:
    at = timezone.now()
    digest = f"sha256:{image.pk:032x}{number:032x}"
    platforms = [
        {"os": "linux", "architecture": name, "variant": "", "digest": digest, "size": 3 * GIB}
        for name in ("amd64", "arm64")
    ]
    return ImageVersion(
        image=image,
        number=number,
        author=author,
        message=f"Change {number} of the image.",
        ray_version=f"2.{50 + number}.0",
        python_version="3.12",
        cuda_version="12.8" if image.pk % 2 else "",
        location=f"registry.example.org/ml/{image.name}:v{number}",
        digest=digest,
        platforms=platforms,
        size_bytes=3 * GIB,
        labels={f"org.example.label-{index}": "value " * 10 for index in range(LABELS)},
        dockerfile="FROM rayproject/ray:2.50.0-py312\n" + "RUN pip install torch==2.8.0\n" * 40,
        state="deprecated" if number < VERSIONS - 2 else "ready",
        tag_digest=digest,
        tag_seen_at=at - timedelta(hours=3),
    )


def _contents(version: ImageVersion) -> ImageContents:
    packages = [
        {"kind": "pip", "name": f"package-{index}", "version": f"1.{version.number}.{index % 7}"}
        for index in range(PACKAGES)
    ]
    layers = [
        {
            "digest": f"sha256:{index:032x}{version.number if index > LAYERS // 2 else 0:032x}",
            "size": GIB // 8,
            "created_by": f"RUN step {index}",
        }
        for index in range(LAYERS)
    ]
    return ImageContents(version=version, packages=packages, layers=layers)


def _write_templates(team: Team, author: User, image: Image) -> None:
    templates = Template.objects.bulk_create(
        Template(team=team, name=f"template-{number}", created_by=author)
        for number in range(TEMPLATES)
    )
    text = f"cloud: local\nmobula:\n  image: {image.name}:stable\n"
    versions = Version.objects.bulk_create(
        Version(template=one, number=1, text=text, digest="0" * 64, message="First.", author=author)
        for one in templates
    )
    NamedImage.objects.bulk_create(
        NamedImage(version=one, reference=f"{image.name}:stable", image=image) for one in versions
    )


def addresses(image: Image) -> list[str]:
    """Return the pages of images, with the parameters that make them heavy."""
    newest = image.versions.get(number=VERSIONS)
    own = f"/images/{image.pk}/"
    return [
        *("/images/", "/images/?sort=-latest", "/images/?q=image-19", "/images/?state=ready"),
        *(own, f"{own}compare/?old=1&new={VERSIONS}"),
        *(f"/images/versions/{newest.pk}/", f"/images/versions/{newest.pk}/withdraw/"),
        "/images/new/",
    ]


def main() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    before = report.machine()
    with SERVERS.postgres:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        began = time.perf_counter()
        user = User.objects.earliest("pk")
        image = fill(Team.objects.earliest("pk"), user)
        print(f"all is written after {time.perf_counter() - began:.0f} s", flush=True)
        pages = page_times(addresses(image), user=user, directory=SERVERS.directory)
        connection.close()
    report.write(
        "images",
        goal=150,
        value=max(float(str(page["p95"])) for page in pages.values()),
        unit="ms, p95 of the slowest page of images",
        images=IMAGES,
        versions=IMAGES * VERSIONS,
        pages=pages,
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
