"""How CodeBuild's answers are read: phases, outcomes, and why a build failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.builders.remote.service import Outcome, Progress

MARK = "MOBULA_MARK"
NAME = "MOBULA_BUILD"
_TITLE = "AWS CodeBuild"
_PHASES = {
    "QUEUED": "Waiting for a machine of AWS CodeBuild",
    "PROVISIONING": "Starting the machine",
    "DOWNLOAD_SOURCE": "Fetching the build context",
    "PRE_BUILD": "Signing in to the registry",
    "POST_BUILD": "Inspecting and pushing the image",
}
_OUTCOMES = {
    "SUCCEEDED": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "FAULT": Outcome.FAILED,
    "TIMED_OUT": Outcome.TIMED_OUT,
    "STOPPED": Outcome.STOPPED,
}
_WAYS_OUT = {
    "QUEUED": "No machine was free in time. Raise the account's quota of concurrent builds, or "
    "build again later.",
    "PROVISIONING": "Check the project's environment, VPC and service role.",
    "DOWNLOAD_SOURCE": "Check that the project's service role may read the bucket of contexts, "
    "the secret of logins, and write logs.",
    "PRE_BUILD": "Check that the project's service role may call ecr:GetAuthorizationToken, and "
    "that its image has docker and the AWS CLI.",
    "BUILD": "A step of the Dockerfile failed.",
    "POST_BUILD": "The image was not pushed. Check the log, that the repository exists, and that "
    "the project's service role may push to it.",
}


def progress_of(build: Mapping[str, Any]) -> Progress:
    """Return how far a build of BatchGetBuilds is."""
    variables = _pairs(build.get("environment", {}).get("environmentVariables", ()))
    exported = _pairs(build.get("exportedEnvironmentVariables", ()))
    begun = [str(one.get("phaseType", "")) for one in build.get("phases", ())]
    return Progress(
        mark=variables.get(MARK, ""),
        phases=[_PHASES[name] for name in begun if name in _PHASES],
        outcome=_OUTCOMES.get(str(build.get("buildStatus", ""))),
        reason=_reason(build),
        digest=exported.get("MOBULA_DIGEST", ""),
        ray=exported.get("MOBULA_RAY", ""),
        python=exported.get("MOBULA_PYTHON", ""),
    )


def is_named(build: Mapping[str, Any], name: str) -> bool:
    """Return whether Mobula started the build under this name."""
    return _pairs(build.get("environment", {}).get("environmentVariables", ())).get(NAME) == name


def _pairs(rows: Any) -> dict[str, str]:
    return {str(one.get("name", "")): str(one.get("value", "")) for one in rows}


def _reason(build: Mapping[str, Any]) -> str:
    match build.get("buildStatus"):
        case "TIMED_OUT":
            minutes = build.get("timeoutInMinutes", 0)
            return (
                f"{_TITLE} ended it after {minutes} minutes. Make it smaller, or raise "
                "MOBULA_BUILD_MINUTES."
            )
        case "STOPPED":
            return f"It was stopped in {_TITLE} by another user. Build again."
        case "FAULT" | "FAILED":
            return _failure(build)
    return ""


def _failure(build: Mapping[str, Any]) -> str:
    """Return the phase that failed first, in CodeBuild's words, with the way out."""
    bad = {"FAILED", "FAULT", "TIMED_OUT"}
    found = [one for one in build.get("phases", ()) if one.get("phaseStatus") in bad]
    if not found:
        return f"{_TITLE} had an internal error. Build again."
    phase = str(found[0].get("phaseType", ""))
    told = [str(one.get("message", "")) for one in found[0].get("contexts", ())]
    words = next((one.strip().rstrip(".") for one in told if one.strip()), "")
    # The command of a step is the whole script: what it printed says more.
    quoted = "" if words.startswith("Error while executing command") else f": {words[:300]}"
    quoted = quoted if words else ""
    return f"{_TITLE} failed in the phase {phase}{quoted}. {_WAYS_OUT.get(phase, '')}".strip()
