"""The settings and credentials of an AWS account, read and checked.

All settings may be missing. In a cloud's settings:

    vpc                 "vpc-…": where Mobula makes security groups; default: that of the subnets
    subnets             {"us-east-1a": "subnet-…"}: one for each zone that is used
    security_groups     ["sg-…"]: on every node; without one, Mobula makes one for each cluster
    allowed_cidrs       ["10.0.0.0/8"]: who may connect to a cluster from outside, at Ray's ports
    head_profile        instance profile of heads, a name or an ARN
    worker_profile      the same of workers
    images              {"cpu" | "gpu" | "arm64": an AMI}, each {"id": "ami-…"}, {"ssm": "/path"}
                        or {"owner": "…", "name": "pattern*"}, of which the newest is taken
    root_disk           {"size_gib", "type", "iops", "throughput", "encrypted", "kms_key"}
    tags                {"team": "search"}: on machines, volumes, interfaces and groups
    key_name            SSH key pair
    public_ip           true or false; default: as the subnet says
    mobula_url          how nodes reach Mobula, https; default: as browsers do (MOBULA_URL)
    node_lifetime_days  after how many days a machine ends itself in any case; default: 365
    interruption_queue  URL of an SQS queue that EventBridge sends EC2's events to
    endpoint            URL that answers for all services; default: AWS's own. Tests and emulators
                        have one: then `mobula_url` may be http, and on the machine itself

and in its credentials: `access_key_id` with `secret_access_key` (and `session_token`), or
`profile`; on top of either, `role_arn` (and `external_id`). None: those of Mobula's own host.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from providers.aws.notices.address import queue_url
from providers.aws.reading import Reader, wrong
from providers.aws.sign_in import wrong_credentials
from providers.aws.tags import OWN, in_metadata
from providers.base import Account, InvalidRequest

IMAGE_KINDS = ("cpu", "gpu", "arm64")
VOLUME_TYPES = ("gp3", "gp2", "io1", "io2", "st1", "sc1", "standard")
_KEYS = (
    "vpc", "subnets", "security_groups", "allowed_cidrs", "head_profile", "worker_profile",
    "images", "root_disk", "tags", "key_name", "public_ip", "mobula_url",
    "node_lifetime_days", "interruption_queue", "endpoint",
)  # fmt: skip
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}\Z")
_ARN_OF_PROFILE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:instance-profile/[\w+=,.@/-]+\Z")
_NAME_OF_PROFILE = re.compile(r"[\w+=,.@-]{1,128}\Z")
# The last resort for a machine that Mobula itself forgot: long before, the other switches end it.
LIFETIME_DAYS = 365
MOST_DAYS = 3650
MOST_TAGS = 40  # AWS takes 50, and some are Mobula's and the configuration's


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChoice:
    """How an AMI is found: by one of its id, a parameter, or its owner and name."""

    id: str = ""
    ssm: str = ""
    owner: str = ""
    name: str = ""


# Public parameters of Canonical and AWS: what is launched where nothing is chosen.
_UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{}/hvm/ebs-gp3/ami-id"
DEFAULT_IMAGES: Mapping[str, ImageChoice] = {
    "cpu": ImageChoice(ssm=_UBUNTU.format("amd64")),
    "arm64": ImageChoice(ssm=_UBUNTU.format("arm64")),
    "gpu": ImageChoice(
        ssm="/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/"
        "ami-id"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RootDisk:
    """The root volume; None and "" are as the AMI says."""

    size_gib: int | None = None
    type: str = ""
    iops: int | None = None
    throughput: int | None = None  # MiB/s
    encrypted: bool | None = None
    kms_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How Mobula signs in; nothing: as its own host does."""

    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    profile: str = ""
    role_arn: str = ""
    external_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccount:
    """An account in one region, as its cloud's settings say."""

    region: str
    vpc: str = ""
    subnets: Mapping[str, str] = field(default_factory=dict)
    security_groups: Sequence[str] = ()
    allowed_cidrs: Sequence[str] = ()
    head_profile: str = ""
    worker_profile: str = ""
    images: Mapping[str, ImageChoice] = field(default_factory=dict)
    root_disk: RootDisk = RootDisk()
    tags: Mapping[str, str] = field(default_factory=dict)
    key_name: str = ""
    public_ip: bool | None = None
    mobula_url: str = ""  # without a slash at its end
    node_lifetime_days: int = LIFETIME_DAYS
    interruption_queue: str = ""
    endpoint: str = ""
    installation: str = ""
    credentials: Credentials = Credentials()

    def image(self, kind: str) -> ImageChoice:
        """Return how the AMI of "cpu", "gpu" or "arm64" machines is found."""
        return self.images.get(kind, DEFAULT_IMAGES[kind])

    @property
    def place(self) -> str:
        """What tells places apart: who signs in, and to which region."""
        who = self.credentials
        signs = (who.role_arn, who.access_key_id, who.profile, self.endpoint, self.region)
        return f"aws-{sha256(repr(signs).encode()).hexdigest()[:12]}"


def read_account(account: Account) -> AwsAccount:
    """Return the account of a cloud; raise InvalidRequest that names the setting at fault."""
    read = Reader(account.settings, of="setting")
    read.known(_KEYS)
    if not _REGION.match(account.region):
        raise wrong("region", account.region, "is not a region of AWS", "us-east-1")
    return AwsAccount(
        region=account.region,
        vpc=read.id("vpc"),
        subnets=_subnets(read, region=account.region),
        security_groups=read.ids("security_groups", prefix="sg"),
        allowed_cidrs=_cidrs(read),
        head_profile=_profile(read, "head_profile"),
        worker_profile=_profile(read, "worker_profile"),
        images=_images(read),
        root_disk=_root_disk(read),
        tags=_tags(read),
        key_name=read.text("key_name"),
        public_ip=read.switch("public_ip"),
        mobula_url=_mobula_url(read),
        node_lifetime_days=read.whole("node_lifetime_days", least=1, most=MOST_DAYS)
        or LIFETIME_DAYS,
        interruption_queue=queue_url(read, region=account.region),
        endpoint=_endpoint(read),
        installation=account.installation,
        credentials=read_credentials(account.credentials),
    )


def _subnets(read: Reader, *, region: str) -> Mapping[str, str]:
    inner = read.inside("subnets")
    for zone in inner.values:
        if not str(zone).startswith(region):
            raise wrong(inner.path(zone), zone, f"is not a zone of {region}", f"{region}a")
    return {zone: inner.id(zone, prefix="subnet") for zone in inner.values}


def _cidrs(read: Reader) -> tuple[str, ...]:
    ranges = read.texts("allowed_cidrs")
    for one in ranges:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise wrong("allowed_cidrs", one, "has no valid CIDR", "10.0.0.0/8") from None
    return ranges


def _profile(read: Reader, key: str) -> str:
    value = read.text(key)
    if value and not (_ARN_OF_PROFILE.match(value) or _NAME_OF_PROFILE.match(value)):
        example = "mobula-node, or arn:aws:iam::<account>:instance-profile/mobula-node"
        raise wrong(key, value, "is no instance profile", example)
    return value


def _images(read: Reader) -> Mapping[str, ImageChoice]:
    outer = read.inside("images")
    outer.known(IMAGE_KINDS)
    return {kind: _image(outer.inside(kind)) for kind in outer.values}


def _image(read: Reader) -> ImageChoice:
    read.known(("id", "ssm", "owner", "name"))
    choice = ImageChoice(
        id=read.id("id", prefix="ami"),
        ssm=read.text("ssm"),
        owner=read.text("owner"),
        name=read.text("name"),
    )
    ways = [bool(choice.id), bool(choice.ssm), bool(choice.owner or choice.name)]
    if sum(ways) != 1 or bool(choice.owner) != bool(choice.name):
        where = read.path("").rstrip(".")
        raise wrong(
            where, dict(read.values), "must have an id, an ssm parameter, or owner and name", ""
        )
    return choice


def _root_disk(read: Reader) -> RootDisk:
    inner = read.inside("root_disk")
    inner.known(("size_gib", "type", "iops", "throughput", "encrypted", "kms_key"))
    kind = inner.text("type")
    if kind and kind not in VOLUME_TYPES:
        raise wrong("root_disk.type", kind, f"must be one of {', '.join(VOLUME_TYPES)}", "")
    return RootDisk(
        size_gib=inner.whole("size_gib", least=1, most=65536),
        type=kind,
        iops=inner.whole("iops", least=100, most=256000),
        throughput=inner.whole("throughput", least=125, most=2000),
        encrypted=inner.switch("encrypted"),
        kms_key=inner.text("kms_key"),
    )


def _tags(read: Reader) -> Mapping[str, str]:
    inner = read.inside("tags")
    if len(inner.values) > MOST_TAGS:
        raise wrong("tags", len(inner.values), f"may have at most {MOST_TAGS} tags", "")
    for key in inner.values:
        if key.lower().startswith(("aws:", OWN)):
            raise wrong(inner.path(key), key, "starts with a reserved prefix", "")
        if not in_metadata(key):
            raise wrong(
                inner.path(key), key, "has a character that nodes cannot read", "cost-center"
            )
    return {key: inner.text(key) for key in inner.values}


def _mobula_url(read: Reader) -> str:
    """Return where nodes reach Mobula: somewhere that a machine of AWS can, and that it can trust.

    With another endpoint, machines may be on this host: it may be any URL then.
    """
    key, example = "mobula_url", "https://mobula.example.org"
    value = read.text(key).rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise wrong(key, value, "is not a URL", example) from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s?#@]", value):
        raise wrong(key, value, "is not a URL", example)
    if read.text("endpoint"):
        return value
    if parts.scheme != "https":
        raise wrong(key, value, "must begin with https, since nodes send their keys there", example)
    if _is_loopback(host):
        raise wrong(key, value, "is the node itself, where Mobula does not run", example)
    return value


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _endpoint(read: Reader) -> str:
    value = read.text("endpoint")
    if value and not re.match(r"https?://[^/\s]+", value):
        raise wrong(
            "endpoint", value, "is not a URL", "https://vpce-123.ec2.us-east-1.vpce.amazonaws.com"
        )
    return value


def read_credentials(values: Mapping[str, str]) -> Credentials:
    """Return the credentials of a cloud; raise InvalidRequest that names the one at fault."""
    read = Reader(values, of="credential")
    read.known((
        "access_key_id", "secret_access_key", "session_token", "profile", "role_arn", "external_id",
    ))  # fmt: skip
    told = {key: read.text(key) for key in values}
    for key, what in wrong_credentials(told):
        raise InvalidRequest(f"The cloud's credential '{key}' cannot be used. {what}")
    return Credentials(**told)
