"""What can happen to a call, each as a function that answers a request in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from mobula.demo_cloud.aws.protocol import Refused, refused
from providers.aws.client import ACCOUNT_READ_SECONDS
from tests.faults.wire import ENDPOINT, Fault, Killed, Send, Wire, response_of

# A late answer comes after the worker's lease: another one has taken its cluster over.
LATE_SECONDS = 150.0
# AWS takes no request that was signed more than five minutes ago.
STOPPED_SECONDS = 240.0


def before(wire: Wire, _send: Send) -> AWSResponse:
    """Fail without effect, as often as it is tried."""
    return _error(wire, "InternalError", 500)


def after(wire: Wire, send: Send) -> AWSResponse:
    """Take effect and answer with an error, as often as it is tried."""
    send()
    return _error(wire, "InternalError", 500)


def timeout(wire: Wire, send: Send) -> AWSResponse:
    """Give no answer in time; the request arrives at AWS after the worker has given up."""
    wire.arriving.append(send)
    wire.wait(ACCOUNT_READ_SECONDS)
    raise ReadTimeoutError(endpoint_url=ENDPOINT)


def throttled(wire: Wire, _send: Send) -> AWSResponse:
    """Be refused for haste, as often as it is tried."""
    return _error(wire, "RequestLimitExceeded", 503)


def twice(_wire: Wire, send: Send) -> AWSResponse:
    """Arrive twice, as after a lost connection; the second answer is the one that is read."""
    send()
    return send()


def late(wire: Wire, send: Send) -> AWSResponse:
    """Take effect immediately, and answer when another worker has made passes."""
    answer = send()
    wire.others_work(LATE_SECONDS)
    return answer


def sent_late(wire: Wire, send: Send) -> AWSResponse:
    """Be sent when another worker has made passes, as by a process that was stopped meanwhile."""
    wire.others_work(STOPPED_SECONDS)
    return send()


def killed_before(wire: Wire, _send: Send) -> AWSResponse:
    """End the worker before its request is sent."""
    wire.die()
    raise Killed


def killed_after(wire: Wire, send: Send) -> AWSResponse:
    """End the worker when its request was carried out, before it reads the answer."""
    send()
    wire.die()
    raise Killed


def _error(wire: Wire, code: str, status: int) -> AWSResponse:
    refusal = Refused(code, "It happened.", status=status)
    return response_of(ENDPOINT, refused(wire.service, refusal))


KINDS: Mapping[str, Fault] = {
    "before": before,
    "after": after,
    "timeout": timeout,
    "throttled": throttled,
    "twice": twice,
    "late": late,
    "sent late": sent_late,
    "killed before": killed_before,
    "killed after": killed_after,
}
"""By their names in the table."""
REPEATED = frozenset({"before", "after", "timeout", "throttled"})
"""What the driver tries again meets them again: in the end, the pass hears of it."""
