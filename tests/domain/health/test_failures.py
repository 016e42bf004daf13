"""One sentence says why something failed, whatever a provider, Ray or a log wrote."""

from __future__ import annotations

import pytest

from domain.failures import FailureKind, brief, cause_of

K = FailureKind
MISMATCH = """Ray ended with exit code 1.
RuntimeError: Version mismatch: The cluster was started with:
    Ray: 2.60.0
    Python: 3.12.8
This process on node 10.0.0.7 was started with:
    Ray: 2.54.0
    Python: 3.12.3
"""
TIMED_OUT = """Ray ended with exit code 1.
  File "/opt/ray/_private/node.py", line 341, in __init__
    raise Exception(
Exception: The current node timed out during startup. This could happen because some of the raylet
failed to startup or the GCS has become overloaded."""
SHRAPNEL = """Ray ended with exit code 1.
    return self.main(*args, **kwargs)
  File "/opt/ray/scripts.py", line 930, in start
    raise ValueError(
ValueError: The configured object store size exceeds the limit."""

FOREIGN = [
    (
        MISMATCH,
        K.VERSION_MISMATCH,
        "the cluster has Ray 2.60.0 and Python 3.12.8, the node Ray 2.54.0",
    ),
    (TIMED_OUT, K.RAY_TIMED_OUT, "Ray timed out during startup."),
    (SHRAPNEL, K.EXITED, "Ray exited with code 1: ValueError: The configured object store size"),
    ("Ray ended with exit code 3.", K.EXITED, "Ray exited with code 3."),
    ("Ray was ended by SIGKILL.", K.KILLED, "Ray was killed (SIGKILL)"),
    ("The node's processes were killed.\nlast line", K.KILLED, "The node's processes were killed."),
    ("bind: Address already in use", K.PORT_TAKEN, "A port that Ray needs is already in use"),
    ("Port 6379 is already in use", K.PORT_TAKEN, "Port 6379 is already in use on the machine."),
    (
        "Task was killed due to the node running low on memory.",
        K.OUT_OF_MEMORY,
        "ran out of memory",
    ),
    ("OSError: [Errno 28] No space left on device", K.DISK_FULL, "The machine's disk is full."),
    ("health check failed due to missing too many heartbeats", K.LOST_CONTACT, "lost contact"),
    # AWS
    (
        "(InsufficientInstanceCapacity) We do not have sufficient p4d.24xlarge capacity.",
        K.CAPACITY,
        "AWS has no capacity for p4d.24xlarge.",
    ),
    ("(VcpuLimitExceeded) You have requested more vCPU capacity", K.QUOTA, "quota is used up."),
    ("(UnauthorizedOperation) Encoded authorization failure", K.PERMISSION, "AWS rejected"),
    ("Server.SpotInstanceTermination: Spot instance termination", K.INTERRUPTED, "AWS reclaimed"),
    # Google Cloud
    ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", K.CAPACITY, "Google Cloud has no capacity"),
    ("Quota 'NVIDIA_L4_GPUS' exceeded. Limit: 1.0", K.QUOTA, "quota NVIDIA_L4_GPUS is used up."),
    (
        "Required 'compute.instances.create': PERMISSION_DENIED",
        K.PERMISSION,
        "Google Cloud rejected",
    ),
    # Kubernetes
    ('Back-off pulling image "x": ImagePullBackOff', K.IMAGE_PULL, "image could not be pulled."),
    ("back-off 5m0s: CrashLoopBackOff", K.IMAGE_START, "image could not be started."),
    ("Last state: OOMKilled, exit code 137", K.OUT_OF_MEMORY, "The machine ran out of memory."),
    ("0/3 nodes are available: 3 Insufficient cpu.", K.CAPACITY, "No Kubernetes node has room"),
    ('pods "a" is forbidden: exceeded quota: team-a', K.QUOTA, "The quota team-a of the namespace"),
    ("The node was low on resource: ephemeral-storage.", K.DISK_FULL, "disk is full."),
]


@pytest.mark.parametrize(("text", "kind", "words"), FOREIGN)
def test_what_others_write_becomes_a_sentence_and_stays_to_be_opened(
    text: str, kind: FailureKind, words: str
) -> None:
    cause = cause_of(text)
    assert (cause.kind, cause.text) == (kind, text.strip())
    assert words in cause.sentence
    assert "\n" not in cause.sentence
    assert "File" not in cause.sentence


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The quota for small as on-demand is used up.", K.QUOTA),
        ("No capacity for small as spot in us-west-2a.", K.CAPACITY),
        ("The account is not allowed to launch small as on-demand.", K.PERMISSION),
        ("Ray did not join within 5 min.", K.NOT_JOINED),
        ("The machine disappeared; Mobula did not terminate it.", K.DISAPPEARED),
        ("The provider reclaimed the machine.", K.INTERRUPTED),
        ("The provider is busy and cannot launch small as on-demand now.", K.THROTTLED),
        ("Something else.", K.OTHER),
    ],
)
def test_a_sentence_stays_as_it_is(text: str, kind: FailureKind) -> None:
    cause = cause_of(text)
    assert (cause.kind, cause.sentence, cause.has_more) == (kind, text, False)


def test_a_long_text_is_cut_between_words_and_can_be_opened() -> None:
    cause = cause_of("word " * 100)
    assert cause.sentence.endswith("word…")
    assert len(cause.sentence) < 250
    assert cause.has_more


def test_nothing_reported_is_said() -> None:
    assert brief("") == "The cause is unknown."
    assert brief("Traceback (most recent call last):\n  File x") == "The cause is unknown."
