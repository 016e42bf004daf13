"""What providers, container runtimes and Ray write where something fails, and what it means.

Sources, by their sections below:
- Ray 2.60: ray/_private/{node,services,utils}.py, src/ray/raylet, and of src/ray/common
  file_system_monitor
- Linux: errno.h (EADDRINUSE 98, ENOSPC 28, ENOMEM 12), signal(7)
- AWS: "Error codes for the Amazon EC2 API" in the EC2 API Reference; state reasons of an instance
- Google: "Troubleshooting resource errors" of Compute Engine; reasons of bulk instance creation
- Kubernetes: pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go,
  "Pod Lifecycle", "Node-pressure Eviction", "Resource Quotas"
"""

import re
from typing import NamedTuple

from domain.failures.kinds import FailureKind

K = FailureKind


class Pattern(NamedTuple):
    """A text that says `kind`; its `words` may name the pattern's groups, "" keeps the text's."""

    kind: FailureKind
    text: re.Pattern[str]
    words: str


def _of(kind: FailureKind, text: str, words: str = "") -> Pattern:
    return Pattern(kind, re.compile(text, re.IGNORECASE), words)


# The first that matches wins: what is more exact comes first.
RAY = (
    _of(
        K.VERSION_MISMATCH,
        r"version mismatch: the cluster was started with:\s*Ray: (?P<ray>\S+)\s+Python: "
        r"(?P<python>\S+)[\s\S]*?was started with:\s*Ray: (?P<own>\S+)\s+Python: "
        r"(?P<own_python>\S+)",
        "Ray and Python versions differ: the cluster has Ray {ray} and Python {python}, the node "
        "Ray {own} and Python {own_python}",
    ),
    _of(K.VERSION_MISMATCH, r"version mismatch", "Ray or Python versions of the nodes differ"),
    _of(
        K.PORT_TAKEN,
        r"(?:port|0\.0\.0\.0:|127\.0\.0\.1:|\[::\]:)\s*(?P<port>\d{2,5})\b[^\n]{0,60}already in use"
        r"|already in use[^\n]{0,40}port (?P<port_>\d{2,5})",
        "Port {port} is already in use on the machine",
    ),
    _of(
        K.PORT_TAKEN,
        r"address already in use|EADDRINUSE|errno 98\b|failed to bind|"
        r"ports?\b[^\n]{0,80}already in use",
        "A port that Ray needs is already in use on the machine",
    ),
    _of(
        K.OUT_OF_MEMORY,
        r"running low on memory|out of memory|OutOfMemory|OOM[- ]?Kill|\bENOMEM\b|errno 12\b"
        r"|cannot allocate memory|MemoryError|std::bad_alloc",
        "The machine ran out of memory",
    ),
    _of(
        K.DISK_FULL,
        r"no space left on device|ENOSPC|errno 28\b|disk quota exceeded|\bover \d+% full"
        r"|out_of_disk|OutOfDisk",
        "The machine's disk is full",
    ),
    _of(
        K.RAY_TIMED_OUT,
        r"timed out during startup|while waiting for node to startup|failed to connect to GCS",
        "Ray timed out during startup",
    ),
    _of(
        K.LOST_CONTACT,
        r"missing too many heartbeats|health check failed",
        "Ray lost contact with the node: its health checks failed",
    ),
)
KUBERNETES = (
    _of(
        K.IMAGE_PULL,
        r"ImagePullBackOff|ErrImagePull\b|ErrImageNeverPull|InvalidImageName|RegistryUnavailable"
        r"|manifest (?:for .{1,200} )?(?:not found|unknown)|pull access denied",
        "The container image could not be pulled",
    ),
    _of(
        K.IMAGE_START,
        r"CreateContainer(?:Config)?Error|RunContainerError|CrashLoopBackOff|StartError"
        r"|exec format error",
        "The container image could not be started",
    ),
    _of(K.DISK_FULL, r"DiskPressure|ephemeral-storage", "The machine's disk is full"),
    _of(K.OUT_OF_MEMORY, r"MemoryPressure", "The machine ran out of memory"),
    _of(
        K.QUOTA,
        r"exceeded quota: (?P<name>[\w.-]+)",
        "The quota {name} of the namespace is used up",
    ),
    _of(
        K.CAPACITY,
        r"FailedScheduling|\d+/\d+ nodes are available|Unschedulable|NotTriggerScaleUp",
        "No Kubernetes node has room for the pod",
    ),
    _of(K.INTERRUPTED, r"\bPreempt(?:ed|ing|ionByScheduler)\b", "The pod was preempted"),
)
AWS = (
    _of(
        K.CAPACITY,
        r"Insufficient(?:Instance|Host|ReservedInstance)?Capacity\b"
        r"(?:[\s\S]*?sufficient (?P<type>[a-z0-9-]+\.[a-z0-9-]+) capacity)?",
        "AWS has no capacity for {type}",
    ),
    _of(
        K.QUOTA,
        r"VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded"
        r"|VolumeLimitExceeded|AddressLimitExceeded",
        "The AWS account's quota is used up",
    ),
    _of(K.CAPACITY, r"InsufficientFreeAddressesInSubnet", "The subnet has no free IP addresses"),
    _of(
        K.PERMISSION,
        r"UnauthorizedOperation|AccessDenied|AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch"
        r"|ExpiredToken|RequestExpired|OptInRequired",
        "AWS rejected Mobula's credentials or their permissions",
    ),
    _of(K.IMAGE_PULL, r"InvalidAMIID", "The machine image does not exist in the region"),
    _of(
        K.INTERRUPTED,
        r"SpotInstance(?:Termination|Interruption|Shutdown)",
        "AWS reclaimed the spot machine",
    ),
    _of(
        K.THROTTLED,
        r"RequestLimitExceeded|\bThrottling(?:Exception)?\b|SlowDown",
        "AWS is throttling requests",
    ),
)
GOOGLE = (
    _of(
        K.CAPACITY,
        r"ZONE_RESOURCE_POOL_EXHAUSTED|insufficientCapacity|\bSTOCKOUT\b"
        r"|does not have enough resources available to fulfill",
        "Google Cloud has no capacity for this machine type in the zone",
    ),
    _of(
        K.QUOTA,
        r"quota '(?P<name>[\w-]+)' exceeded",
        "The Google Cloud quota {name} is used up",
    ),
    _of(
        K.QUOTA,
        r"QUOTA_EXCEEDED|\bquotaExceeded\b|RESOURCE_QUOTA_EXCEEDED",
        "A Google Cloud quota of the project is used up",
    ),
    _of(
        K.PERMISSION,
        r"PERMISSIONS_ERROR|PERMISSION_DENIED|insufficientPermissions|iam\.serviceAccounts\.actAs",
        "Google Cloud rejected Mobula's credentials or their permissions",
    ),
    _of(K.THROTTLED, r"rateLimitExceeded", "Google Cloud is throttling requests"),
    _of(K.INTERRUPTED, r"compute\.instances\.preempted", "Google Cloud reclaimed the spot machine"),
)
SYSTEM = (
    _of(
        K.PERMISSION,
        r"errno 13\b|permission denied",
        "A file or a port is not accessible: permission denied",
    ),
)
# Sentences that Mobula and its drivers write themselves: they stay, only their kind is read.
OWN = (
    _of(K.INTERRUPTED, r"spot interruption|reclaimed the (?:spot )?machine"),
    _of(K.NOT_JOINED, r"Ray did not join|Head node not ready within"),
    _of(
        K.DISAPPEARED, r"machine disappeared|provider does not list it|No machine from the provider"
    ),
    _of(K.QUOTA, r"\bquota\b"),
    _of(K.CAPACITY, r"no capacity|out of capacity|sold out|GiB of memory left"),
    _of(K.PERMISSION, r"credentials|not allowed|no longer has access|rejected the key"),
    _of(K.THROTTLED, r"throttl|is busy|still stopping"),
    _of(K.UNREACHABLE, r"did not answer|not reachable|unreachable|is not responding"),
    _of(K.INVALID_REQUEST, r"rejected the request|cannot be launched with these settings"),
)
FOREIGN = (*RAY, *KUBERNETES, *AWS, *GOOGLE, *SYSTEM)
