"""AWS's errors as ours: what happened, in a sentence, and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from providers.aws.codes import CLASSES, SENTENCES, WAIT_FOR_OTHERS
from providers.base import (
    BadCredentials,
    CapacityUnavailable,
    InvalidRequest,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Unreachable,
)

SERVER_ERROR = 500
LONGEST_QUOTE = 200
# Keys, account numbers and encoded messages are nobody's business.
_SECRETS = re.compile(r"\b(?:A[KS]IA\w+|\d{12})\b|arn:\S+|(?i:encoded authorization).*")


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


def code_of(error: BaseException | None) -> str:
    """Return AWS's own code of an error that `named` raised, or ""."""
    # Errors of the connection have a response as well, which may be None.
    response = getattr(getattr(error, "__cause__", None), "response", None)
    return _code(response) if isinstance(response, dict) else ""


def message_of(error: BaseException | None) -> str:
    """Return AWS's own words of an error that `named` raised, or ""; not fit to be shown."""
    response = getattr(getattr(error, "__cause__", None), "response", None)
    return str(response.get("Error", {}).get("Message", "")) if isinstance(response, dict) else ""


def quote_of(error: BaseException | None) -> str:
    """Return AWS's own words of such an error, fit to be shown: ": <words>", or ""."""
    return _quoted(message_of(error))


def _unasked(service: str, error: Exception) -> ProviderError:
    kind = type(error).__name__
    if any(word in kind for word in ("Credential", "Profile", "SSO", "Token", "Login")):
        return BadCredentials(
            f"{service} was not queried: the AWS credentials of Mobula's worker cannot be used "
            f"({kind}). Check its profile or sign it in again."
        )
    return InvalidRequest(f"{service} could not be queried ({kind}). Check the AWS settings.")


def _code(response: object) -> str:
    answer: dict[str, dict[str, object]] = response  # type: ignore[assignment]
    return str(answer.get("Error", {}).get("Code", ""))


def _answered(service: str, response: object) -> ProviderError:
    answer: dict[str, dict[str, object]] = response  # type: ignore[assignment]
    code = _code(answer)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    found = CLASSES.get(code)
    if found is None:
        return _unknown(service, code, is_theirs=isinstance(status, int) and status >= SERVER_ERROR)
    if code in SENTENCES:
        return found(f"{service} answered {code}: {SENTENCES[code]}")
    if code in WAIT_FOR_OTHERS:
        return found(f"{service} cannot do this yet, something is still in use ({code}).")
    if issubclass(found, InvalidRequest):
        quoted = _quoted(answer.get("Error", {}).get("Message", ""))
        return found(
            f"{service} rejected the request ({code}){quoted}. Check the cloud's settings."
        )
    return found(_WORDS[found].format(service=service, code=code))


def _unknown(service: str, code: str, *, is_theirs: bool) -> ProviderError:
    """A code that nobody has met yet may pass: whoever asks gives up in the end."""
    if is_theirs:
        return Unreachable(f"{service} had an internal error ({code}). Try again in a few minutes.")
    return Unreachable(f"{service} answered with an error that Mobula does not know ({code}).")


def _quoted(message: object) -> str:
    words = _SECRETS.sub("…", str(message)).strip().rstrip(".")[:LONGEST_QUOTE]
    return f": {words}" if words else ""


_WORDS: dict[type[ProviderError], str] = {
    CapacityUnavailable: "{service} has no capacity for this ({code}).",
    QuotaExceeded: "A quota of the account is used up ({code}). Request an increase in AWS.",
    BadCredentials: "{service} rejected the credentials of Mobula's worker ({code}). "
    "Check them, and that they may do what docs/catalog.md lists.",
    Throttled: "{service} is throttling requests ({code}). Try again in a few minutes.",
    Unreachable: "{service} had an internal error ({code}). Try again in a few minutes.",
}
