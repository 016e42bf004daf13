"""What a team of the world builds: a registry, a draft, and a build that waits."""

from __future__ import annotations

from accounts.models import Team, User
from images.models import Build, BuildSecret, Image, ImageVersion, Registry


def build_things(team: Team, word: str, *, author: User) -> dict[str, str]:
    """Return the ids of the team's registry, draft and build."""
    registry = Registry.objects.create(
        name=f"{word}-builds", team=team, kind="oci", host=f"{word}.example.org"
    )
    image = Image.objects.create(name=f"{word}-built", team=team)
    draft, building = (
        ImageVersion.objects.create(
            image=image,
            number=number,
            source="dockerfile",
            state=state,
            dockerfile=f"FROM rayproject/ray:2.50.0-py312\n# {word}\n",
            registry=registry,
            location=f"{registry.host}/{image.name}:v{number}",
        )
        for number, state in ((1, "draft"), (2, "building"))
    )
    BuildSecret.objects.create(version=draft, name="kept", sealed_credentials="unreadable")
    environment = ImageVersion.objects.create(
        image=Image.objects.create(name=f"{word}-environment", team=team),
        number=1,
        source="virtual environment",
        state="draft",
        python_version="3.13",
        requirements=f"ray[default]==2.60.0\n# {word}\n",
    )
    build = Build.objects.create(version=building, attempt=1, asked_by=author)
    return {
        "build_registry": str(registry.pk),
        "image_draft": str(draft.pk),
        "environment_draft": str(environment.pk),
        "image_build": str(build.pk),
    }
