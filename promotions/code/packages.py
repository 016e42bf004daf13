"""Packages of code in the database: stored once, read in pieces, dropped when not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import BinaryField, Exists, F, OuterRef
from django.db.models.functions import Substr
from django.utils.timezone import now

from accounts.models import Team
from domain.promotions.archives import File, digest, packed, unpacked
from promotions.models import CodeContent, CodePackage, Environment, TestRun

PIECE = 2**20
# What ran stays named by its digest and its commit; the files themselves go after so long.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A zip file as it was uploaded."""

    name: str
    content: bytes


def store_upload(team: Team, upload: Upload) -> CodePackage:
    """Return the package of an uploaded zip file; raises `BadArchive`."""
    return store(team, unpacked(upload.content))


def store(team: Team, files: Sequence[File]) -> CodePackage:
    """Return the package with these files, the one that there is or a new one."""
    content = packed(files)
    with transaction.atomic():
        package, is_new = CodePackage.objects.get_or_create(
            team=team,
            digest=digest(content),
            defaults={"size": len(content), "files": len(files)},
        )
        if is_new:
            CodeContent.objects.create(package=package, zipped=content)
        else:
            CodePackage.objects.filter(pk=package.pk).update(used_at=now())
    return package


def facts_of(package: CodePackage) -> dict[str, Any]:
    """Return what tells one package from another, as plain data."""
    return {"digest": package.digest, "bytes": package.size, "files": package.files}


def piece_of(package_id: int, *, offset: int) -> bytes:
    """Return up to 1 MiB of the package's bytes from `offset`; nothing past its end."""
    piece = Substr(F("zipped"), offset + 1, PIECE, output_field=BinaryField())
    rows = CodeContent.objects.filter(pk=package_id).annotate(piece=piece)
    return bytes(rows.values_list("piece", flat=True).get())


def drop_unused() -> int:
    """Delete the packages that no rule and no test run that is under way needs; return how many."""
    by_rule = Environment.objects.filter(workload_package=OuterRef("pk"))
    by_run = TestRun.objects.filter(package=OuterRef("pk"), settled_at=None)
    rows = CodePackage.objects.filter(~Exists(by_rule), ~Exists(by_run), used_at__lt=now() - KEPT)
    return rows.delete()[1].get("promotions.CodePackage", 0)
