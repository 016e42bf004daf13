"""Why something failed, in one sentence, read from what providers, Ray and logs say."""

from domain.failures.kinds import FailureKind
from domain.failures.reading import Cause, brief, cause_of

__all__ = ["Cause", "FailureKind", "brief", "cause_of"]
