"""Google's errors as ours: what happened, in a sentence, and whether to try again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from providers.base import BadCredentials, InvalidRequest, ProviderError, Throttled, Unreachable

_THROTTLED = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}
REFUSED, TOO_MANY, SERVER_ERROR = (401, 403), 429, 500


@contextmanager
def named(service: str) -> Iterator[None]:
    """Raise what goes wrong inside as a `ProviderError` that names the service."""
    import httplib2
    from google.auth import exceptions as auth
    from googleapiclient.errors import Error, HttpError

    try:
        yield
    except HttpError as error:
        raise _answered(service, error) from error
    except (auth.TransportError, httplib2.HttpLib2Error, OSError) as error:
        raise Unreachable(
            f"{service} did not answer in time. Check that Mobula's worker reaches it."
        ) from error
    except auth.GoogleAuthError as error:
        raise BadCredentials(
            f"{service} was not queried: Mobula's worker has no Google credentials that can be "
            "used. "
            "Give it a service account, or GOOGLE_APPLICATION_CREDENTIALS."
        ) from error
    except Error as error:
        raise InvalidRequest(f"{service} returned an unexpected response.") from error


def _answered(service: str, error: Any) -> ProviderError:
    status, reason = int(error.resp.status), _reason(error.content)
    if status == TOO_MANY or reason in _THROTTLED:
        return Throttled(f"{service} is throttling requests. Try again in a few minutes.")
    if status in REFUSED:
        return BadCredentials(
            f"{service} rejected the credentials of Mobula's worker ({reason or status}). "
            "Check them, and that they may do what docs/catalog.md lists."
        )
    if status >= SERVER_ERROR:
        return Unreachable(
            f"{service} had an internal error ({status}). Try again in a few minutes."
        )
    return InvalidRequest(
        f"{service} rejected the request ({reason or status}). "
        "Check the cloud's region and the project."
    )


def _reason(content: bytes) -> str:
    try:
        return str(json.loads(content)["error"]["errors"][0]["reason"])
    except (ValueError, LookupError, TypeError):
        return ""
