"""Kinds of failures: what a person would fix differently is a kind of its own."""

from enum import StrEnum


class FailureKind(StrEnum):
    PORT_TAKEN = "port taken"
    RAY_TIMED_OUT = "ray timed out"
    NOT_JOINED = "not joined"  # the machine runs, but Ray never joined
    OUT_OF_MEMORY = "out of memory"
    VERSION_MISMATCH = "version mismatch"
    IMAGE_PULL = "image pull"
    IMAGE_START = "image start"
    DISK_FULL = "disk full"
    PERMISSION = "permission"
    QUOTA = "quota"
    CAPACITY = "capacity"
    INTERRUPTED = "interrupted"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    INVALID_REQUEST = "invalid request"
    LOST_CONTACT = "lost contact"  # Ray hears nothing of the node any more
    DISAPPEARED = "disappeared"
    KILLED = "killed"
    EXITED = "exited"
    OTHER = "other"
