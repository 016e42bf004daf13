"""The table of limits: what a request may send, by its method and path."""

import re
from enum import StrEnum
from typing import NamedTuple

from clusters.agent.reading import MOST_PACKED_BYTES

KIB, MIB = 2**10, 2**20
# Of a whole request line and all headers.
HEAD_BYTES = 32 * KIB
HEAD_SECONDS = 10.0
MOST_CONNECTIONS = 400

# Bodies in memory at the same time: of all, and of one user, cluster or address.
AGENT_BYTES, AGENT_BYTES_EACH = 48 * MIB, MOST_PACKED_BYTES
USER_BYTES, USER_BYTES_EACH = 64 * MIB, 16 * MIB
VISITOR_BYTES, VISITOR_BYTES_EACH = 16 * MIB, 9 * MIB
# Answers that wait for clients that read slowly.
ANSWER_BYTES = 64 * MIB


class Kind(StrEnum):
    """Who does the work of a request; each kind has slots of its own.

    A stream has a page's slot until it begins, and then goes on for minutes.
    """

    PAGE = "page"
    AGENT = "agent"
    ASSET = "asset"
    HEALTH = "health"
    STREAM = "stream"


class Limit(NamedTuple):
    """What a request may send, and in which time."""

    kind: Kind
    body_bytes: int = 0
    body_seconds: float = 10.0


# The first that fits: path, limit of a POST from a signed-in browser, seconds. The editor sends
# its texts and the fields of 200 groups; an import a file of 1 MiB, percent-encoded three times
# as long. The rules of an environment come with a zip file of 7 MiB at most, the build context of
# an image is one of 12 MiB.
_POSTS = (
    ("/templates/", 8 * MIB, 30.0),
    ("/environments/", 8 * MIB, 30.0),
    ("/images/versions/", 13 * MIB, 60.0),
    ("/", 256 * KIB, 20.0),
)
_STREAMS = re.compile(r"/images/builds/\d{1,18}/stream/")
# Streams in one process at the same time: of all, and of one user or address.
MOST_STREAMS, MOST_STREAMS_EACH = 200, 20
_ANONYMOUS_BYTES = 64 * KIB
AGENT_PATH, AGENT_PATHS = "/agent/v1/sync", "/agent/v1/"
# Machines of nodes: a join, and reports with the last lines of a log.
NODE_PATHS, _NODE_BYTES = "/agent/v1/nodes/", 64 * KIB


def limit_of(method: str, path: str, *, session: bool) -> Limit:
    """Return the limit of a request; `session` is whether it has a session's cookie."""
    post = method == "POST"
    if path.startswith(NODE_PATHS):
        return Limit(Kind.AGENT, _NODE_BYTES if post else 0, 15.0)
    if path.startswith(AGENT_PATHS):
        is_report = post and path == AGENT_PATH
        return Limit(Kind.AGENT, MOST_PACKED_BYTES if is_report else 0, 15.0)
    if path == "/healthz/":
        return Limit(Kind.HEALTH)
    if path.startswith("/static/"):
        return Limit(Kind.ASSET)
    if not post:
        return Limit(Kind.STREAM if _STREAMS.fullmatch(path) else Kind.PAGE)
    bound, seconds = next((most, time) for prefix, most, time in _POSTS if path.startswith(prefix))
    return Limit(Kind.PAGE, bound if session else min(bound, _ANONYMOUS_BYTES), seconds)
