"""Where the code of an environment's test workload comes from, as its rules say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from accounts.errors import FieldError, Invalid
from domain.promotions.archives import BadArchive
from domain.promotions.code import CodeOrigin, wrong_folder, wrong_ref, wrong_url
from domain.promotions.workloads import COMMAND
from promotions.code.packages import Upload, store_upload
from promotions.models import Environment

_GIT = ("workload_git_url", "workload_git_ref", "workload_git_folder")


def wrong_code(row: Environment, values: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with the code that changed rules name."""
    if not values.keys() & {"workload_code", "workload_zip", "workload", *_GIT}:
        return []
    given = {
        name: values.get(name, getattr(row, name)) for name in ("workload", "workload_code", *_GIT)
    }
    origin = given["workload_code"]
    if origin not in set(CodeOrigin):
        known = " or ".join(kind.value for kind in CodeOrigin if kind)
        return [FieldError("workload_code", f"'{origin}' is not accepted. Use {known}.")]
    if not origin and given["workload_git_url"] and not row.workload_code:
        reason = "A Git URL was entered, and no source of the code. Choose Git repository here."
        return [FieldError("workload_code", reason)]
    if origin and given["workload"] != COMMAND:
        reason = "Only a command runs in code of your own. Choose the workload Command, or None."
        return [FieldError("workload_code", reason)]
    if origin == CodeOrigin.ZIP and not (values.get("workload_zip") or row.workload_package_id):
        return [FieldError("workload_zip", "Choose a zip file.")]
    if origin != CodeOrigin.ZIP and values.get("workload_zip"):
        reason = "A zip file was chosen, and another source of the code. Choose Zip file there."
        return [FieldError("workload_code", reason)]
    return _wrong_git(given) if origin == CodeOrigin.GIT else []


def _wrong_git(given: Mapping[str, Any]) -> list[FieldError]:
    url, ref, folder = (given[name] for name in _GIT)
    reasons = (
        wrong_url(url, http_hosts=settings.GIT_HTTP_HOSTS),
        wrong_ref(ref),
        wrong_folder(folder),
    )
    return [FieldError(name, reason) for name, reason in zip(_GIT, reasons, strict=True) if reason]


def take_code(row: Environment, *, upload: Upload | None) -> None:
    """Give the row, which is saved afterwards, the uploaded code; forget what it names no more.

    Raises `Invalid` for a zip file that cannot be used.
    """
    if row.workload_code != CodeOrigin.GIT:
        row.workload_git_url = row.workload_git_ref = row.workload_git_folder = ""
    if row.workload_code != CodeOrigin.ZIP:
        row.workload_package, row.workload_zip_name = None, ""
    elif upload is not None:
        try:
            row.workload_package = store_upload(row.team, upload)
        except BadArchive as error:
            raise Invalid.at("workload_zip", str(error)) from error
        row.workload_zip_name = upload.name[-200:]
