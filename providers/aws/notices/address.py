"""The URL of the queue, which says where the queue is and what it is called."""

from __future__ import annotations

import re

from providers.aws.reading import Reader, wrong

KEY = "interruption_queue"
_URL = re.compile(r"https?://([^/\s]{1,253})/(\d{12})/([A-Za-z0-9_-]{1,80})\Z")
_FIFO = ".fifo"  # only these end so
_REGION = re.compile(r"sqs(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\Z")


def queue_url(read: Reader, *, region: str) -> str:
    """Return the setting; "" without one. EventBridge sends the events of one region only.

    In a FIFO queue, a message that is handled again later would hold up those behind it.
    """
    value = read.text(KEY)
    match = _URL.match(value)
    example = f"https://sqs.{region}.amazonaws.com/123456789012/mobula"
    if value.endswith(_FIFO):
        raise wrong(KEY, value, "is a FIFO queue, and must be a standard queue", example)
    if value and match is None:
        raise wrong(KEY, value, "is not the URL of an SQS queue", example)
    place = _REGION.match(match[1]) if match else None
    if place and place[1] != region:
        raise wrong(KEY, value, f"is not in {region}, the region of the cloud", example)
    return value


def number_of(url: str) -> str:
    """Return the number of the account that has the queue."""
    return url.split("/")[-2]


def name_of(url: str) -> str:
    """Return the queue's name."""
    return url.rsplit("/", maxsplit=1)[-1]
