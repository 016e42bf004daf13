"""How Cloud Build's answers are read: phases, outcomes, and why a build failed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from providers.builders.cloudbuild.order import BUILD, LOOK, PREPARE
from providers.builders.remote.service import Outcome, Progress

_TITLE = "Google Cloud Build"
OPEN = frozenset({"PENDING", "QUEUED", "WORKING", "STATUS_UNKNOWN"})
_OUTCOMES = {
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILURE": Outcome.FAILED,
    "INTERNAL_ERROR": Outcome.FAILED,
    "EXPIRED": Outcome.FAILED,
    "TIMEOUT": Outcome.TIMED_OUT,
    "CANCELLED": Outcome.STOPPED,
}
_FAILURES = {
    "PUSH_FAILED": "The image was not pushed. Check that the repository exists.",
    "PUSH_IMAGE_NOT_FOUND": "The image was not pushed: it was not built.",
    "PUSH_NOT_AUTHORIZED": "The image was not pushed: grant the service account of builds the "
    "role Artifact Registry Writer.",
    "LOGGING_FAILURE": "The log was not written: grant the service account of builds the role "
    "Logs Writer.",
    "FETCH_SOURCE_FAILED": "The build context was not read: grant the service account of builds "
    "the role Storage Object Viewer on the bucket of contexts.",
}
_STEPS = {
    PREPARE: "preparing the machine",
    BUILD: "a step of the Dockerfile failed",
    LOOK: "the image was inspected and refused",
}


def progress_of(build: Mapping[str, Any]) -> Progress:
    """Return how far a build of `builds.get` is."""
    ray, python = _told(build)
    return Progress(
        mark=mark_of(build),
        phases=_phases(build),
        outcome=_OUTCOMES.get(str(build.get("status", ""))),
        reason=_reason(build),
        digest=_digest(build),
        ray=ray,
        python=python,
    )


def mark_of(build: Mapping[str, Any]) -> str:
    """Return what begins the lines that are meant for Mobula; "" where it has none."""
    found = [tag for tag in build.get("tags", ()) if tag.startswith("mark-")]
    return f"##{found[0].removeprefix('mark-')}" if found else ""


def _phases(build: Mapping[str, Any]) -> list[str]:
    status, timing = build.get("status"), build.get("timing", {})
    found = []
    if status == "PENDING":
        found.append("Waiting for an approval in Google Cloud Build")
    if status != "PENDING":
        found.append("Waiting for a machine of Google Cloud Build")
    if "FETCHSOURCE" in timing:
        found.append("Fetching the build context")
    if build.get("startTime"):
        found.append("Preparing the machine")
    return found


def _digest(build: Mapping[str, Any]) -> str:
    wanted = set(build.get("images", ()))
    images = build.get("results", {}).get("images", ())
    found = [str(one.get("digest", "")) for one in images if one.get("name") in wanted]
    return found[0] if found else ""


def _told(build: Mapping[str, Any]) -> tuple[str, str]:
    """Return the versions of Ray and Python that the step of the inspection has kept."""
    ids = [str(one.get("id", "")) for one in build.get("steps", ())]
    outputs = build.get("results", {}).get("buildStepOutputs", ())
    if LOOK not in ids or len(outputs) <= ids.index(LOOK):
        return "", ""
    try:
        words = base64.b64decode(outputs[ids.index(LOOK)]).decode().split()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    ray, python, *_ = [*words, "", ""]
    return ray, python


def _reason(build: Mapping[str, Any]) -> str:
    match build.get("status"):
        case "TIMEOUT":
            minutes = float(str(build.get("timeout", "0s")).removesuffix("s")) / 60
            return (
                f"{_TITLE} ended it after {minutes:.0f} minutes. Make it smaller, or raise "
                "MOBULA_BUILD_MINUTES."
            )
        case "CANCELLED":
            return f"It was stopped in {_TITLE} by another user. Build again."
        case "EXPIRED":
            return f"{_TITLE} had no machine for it in time. Build again later."
        case "INTERNAL_ERROR":
            return f"{_TITLE} had an internal error. Build again."
        case "FAILURE":
            return f"{_TITLE}: {_failure(build)}"
    return ""


def _failure(build: Mapping[str, Any]) -> str:
    kind = str(build.get("failureInfo", {}).get("type", ""))
    if kind in _FAILURES:
        return _FAILURES[kind]
    bad = [str(one.get("id", "")) for one in build.get("steps", ()) if one.get("status") in _BAD]
    told = str(build.get("failureInfo", {}).get("detail") or build.get("statusDetail") or "")
    what = _STEPS.get(bad[0].partition("-")[0], bad[0]) if bad else "it failed"
    return f"{what}: {told[:300]}" if told and not bad else what


_BAD = frozenset({"FAILURE", "INTERNAL_ERROR", "TIMEOUT"})
