"""Whether a container image can be pulled from its registry."""

from __future__ import annotations

from collections.abc import Mapping

from providers.errors import BadCredentials, InvalidRequest
from providers.preflight.answers import Finding, failed, passed, skipped
from providers.registries import manifest_status, pull_token, repository_of

_LOGIN = "Add a registry with credentials, or use one that the machines' role can pull from."


def check_image(
    image: str, *, logins: Mapping[str, str], certificates: Mapping[str, str] | None = None
) -> Finding:
    """Look for an image's manifest as a machine would, with Mobula's login or with none.

    `certificates` are PEM texts to trust besides the host's own, by host of the registry.
    Raises `Unreachable` and `Throttled` where the registry does not answer.
    """
    if image.startswith("/"):
        return skipped(f"{image} is a path on the machines, and no container image.")
    repository = repository_of(image)
    login = logins.get(repository.host, "")
    ca = (certificates or {}).get(repository.host, "")
    who = "with Mobula's login" if login else "without a login"
    try:
        token = pull_token(repository, credentials=login, ca=ca).token
        status = manifest_status(repository, image, token=token, ca=ca)
    except BadCredentials as error:
        if login:
            return failed(str(error), way_out=_LOGIN, certain=True)
        return skipped(
            f"{repository.host} gives no token {who}: {image} is private.", way_out=_LOGIN
        )
    except InvalidRequest as error:
        return skipped(f"Unknown: {error}", way_out=_LOGIN)
    raw = {"repository": f"{repository.host}/{repository.name}", "status": status}
    if status == 200:
        return passed(f"{repository.host} has {image} and answers {who}.", raw=raw)
    if status == 404:
        return failed(
            f"{repository.host} has no image {image}.",
            way_out="Push the image, or change its tag.", raw=raw, certain=bool(login),
        )  # fmt: skip
    if status in {401, 403}:
        return skipped(
            f"{repository.host} does not show {image} {who} ({status}).", way_out=_LOGIN, raw=raw
        )
    return skipped(f"Unknown: {repository.host} answered {status}.", raw=raw)
