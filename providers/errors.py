"""What goes wrong with providers: the class says whether to try again, the message is for users."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.cooldowns import FailureClass


class ProviderError(Exception):
    """Base of all driver errors. The message is shown to the user: no ids, no secrets."""

    retryable: ClassVar[bool] = False
    failure_class: ClassVar[FailureClass] = FailureClass.CONFIGURATION


class BadCredentials(ProviderError):
    failure_class = FailureClass.PERMISSION


class QuotaExceeded(ProviderError):
    failure_class = FailureClass.QUOTA


class InvalidRequest(ProviderError):
    pass


class WrongSetting(InvalidRequest):
    """A setting of an account cannot be used; `path` is where it stands, keys joined by dots."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class CapacityUnavailable(ProviderError):
    retryable = True
    failure_class = FailureClass.CAPACITY


class Throttled(ProviderError):
    retryable = True
    failure_class = FailureClass.TRANSIENT


class Unreachable(ProviderError):
    """The provider did not answer, or not in time, or with a failure of its own."""

    retryable = True
    failure_class = FailureClass.TRANSIENT


@dataclass(frozen=True, slots=True)
class NodeError:
    """Why one node of a launch was refused."""

    name: str
    error: ProviderError


class LaunchFailed(ProviderError):
    """Some nodes of a launch were refused; `failures` says which and why."""

    # Each failure says for itself whether trying again makes sense.
    retryable = True
    failure_class = FailureClass.TRANSIENT

    def __init__(self, failures: Sequence[NodeError]) -> None:
        more = f" ({len(failures)} nodes were rejected.)" if len(failures) > 1 else ""
        super().__init__(f"{failures[0].error}{more}")
        self.failures = tuple(failures)


def raise_failures(failures: Sequence[NodeError]) -> None:
    """Raise what was refused, if anything was; what only wants patience is raised as it is."""
    if not failures:
        return
    if all(failure.error.failure_class is FailureClass.TRANSIENT for failure in failures):
        raise failures[0].error
    raise LaunchFailed(failures)
