"""What the errors of AWS mean for a check, and its answers without what is nobody's business."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from providers.aws.codes import NOT_ALLOWED
from providers.aws.errors import code_of
from providers.base import BadCredentials, ProviderError
from providers.preflight import Finding, failed, skipped

_KEYS = re.compile(r"\bA[KS]IA\w{12,}\b")
_ACCOUNTS = re.compile(r"\b\d{8}(\d{4})\b")
_ENCODED = re.compile(r"(?i)encoded authorization failure message: \S+")


def explained(make: Callable[[], Finding], *, rights: Sequence[str]) -> Callable[[], Finding]:
    """Return a check whose errors are findings: of wrong sign-in, missing rights, wrong values.

    What another attempt may answer is raised.
    """

    def made() -> Finding:
        try:
            return masked(make())
        except BadCredentials as error:
            return masked(_not_let_in(error, rights))
        except ProviderError as error:
            if error.retryable:
                raise
            return masked(failed(str(error), raw=code_of(error) or None))

    return made


def _not_let_in(error: BadCredentials, rights: Sequence[str]) -> Finding:
    code = code_of(error)
    if code in NOT_ALLOWED and rights:
        return skipped(
            f"Not checked: AWS does not allow {' or '.join(rights)} to the cloud's credentials "
            f"({code}).",
            way_out=f"Add {' and '.join(rights)} to their IAM policy to have this checked.",
        )
    return skipped(
        "Not checked: AWS does not accept the cloud's credentials.",
        way_out="See the check of the credentials.",
        raw=code or None,
    )


def masked(finding: Finding) -> Finding:
    """Return a finding without access keys, encoded messages, and all but the end of accounts."""
    raw = finding.raw
    if raw is not None and not isinstance(raw, str):
        raw = json.loads(mask(json.dumps(raw, default=str)))
    return replace(
        finding,
        sentence=mask(finding.sentence),
        way_out=mask(finding.way_out),
        raw=mask(raw) if isinstance(raw, str) else raw,
    )


def mask(text: str) -> str:
    """Return text without access keys, encoded messages, and all but the end of accounts."""
    text = _ENCODED.sub("", _KEYS.sub("(access key)", text))
    return _ACCOUNTS.sub(r"••••••••\1", text)


def rows(answer: Any, *keys: str) -> list[dict[str, Any]]:
    """Return of each row of an answer only these keys, as far as it has them."""
    return [{key: row[key] for key in keys if key in row} for row in answer]
