"""AWS's errors as ours: what happened, in a sentence, and whether to try again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from providers.base import BadCredentials, InvalidRequest, ProviderError, Throttled, Unreachable

_REFUSED = {
    "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException",
    "InvalidClientTokenId", "InvalidSignatureException", "OptInRequired", "RequestExpired",
    "SignatureDoesNotMatch", "UnauthorizedOperation", "UnrecognizedClientException",
}  # fmt: skip
_THROTTLED = {
    "RequestLimitExceeded", "RequestThrottled", "SlowDown", "Throttling", "ThrottlingException",
    "TooManyRequestsException",
}  # fmt: skip
SERVER_ERROR = 500


@contextmanager
def named(service: str) -> Iterator[None]:
    """Raise what goes wrong inside as a `ProviderError` that names the service."""
    from botocore import exceptions as botocore

    try:
        yield
    except botocore.ClientError as error:
        raise _answered(service, error.response) from error
    except (botocore.NoCredentialsError, botocore.PartialCredentialsError) as error:
        raise BadCredentials(
            f"{service} was not queried: Mobula's worker has no AWS credentials. "
            "Give it a profile, a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
    except (botocore.HTTPClientError, botocore.ConnectionError) as error:
        raise Unreachable(
            f"{service} did not answer in time. Check that Mobula's worker reaches it."
        ) from error
    except botocore.BotoCoreError as error:
        raise _unasked(service, error) from error


def _unasked(service: str, error: Exception) -> ProviderError:
    kind = type(error).__name__
    if any(word in kind for word in ("Credential", "Profile", "SSO", "Token", "Login")):
        return BadCredentials(
            f"{service} was not queried: the AWS credentials of Mobula's worker cannot be used "
            f"({kind}). Check its profile or sign it in again."
        )
    return InvalidRequest(f"{service} could not be queried ({kind}). Check the AWS settings.")


def _answered(service: str, response: object) -> ProviderError:
    answer: dict[str, dict[str, object]] = response  # type: ignore[assignment]
    code = str(answer.get("Error", {}).get("Code", ""))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _REFUSED:
        return BadCredentials(
            f"{service} rejected the credentials of Mobula's worker ({code}). "
            "Check them, and that they may do what docs/catalog.md lists."
        )
    if code in _THROTTLED:
        return Throttled(f"{service} is throttling requests ({code}). Try again in a few minutes.")
    if isinstance(status, int) and status >= SERVER_ERROR:
        return Unreachable(f"{service} had an internal error ({code}). Try again in a few minutes.")
    return InvalidRequest(f"{service} rejected the request ({code}). Check the cloud's region.")
