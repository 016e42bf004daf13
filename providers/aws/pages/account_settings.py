"""The settings of an account on AWS as a form asks for them; account.py reads them."""

from __future__ import annotations

from domain.accounts.declared import Section, Setting, SettingKind, Way, WaysSetting
from providers.aws.account import LIFETIME_DAYS, VOLUME_TYPES


def _ami(kind: str, *, label: str, default: str) -> WaysSetting:
    key = f"images.{kind}"
    return WaysSetting(
        key=key,
        label=label,
        ways=(
            Way(name="default", label=default),
            Way(
                name="id",
                label="AMI ID",
                settings=(Setting(key=f"{key}.id", label="AMI ID", help="ami-0123456789abcdef0"),),
            ),
            Way(
                name="ssm",
                label="SSM parameter",
                settings=(
                    Setting(
                        key=f"{key}.ssm",
                        label="SSM parameter",
                        help="Its value is an AMI ID; it is read again every 10 minutes.",
                    ),
                ),
            ),
            Way(
                name="newest",
                label="Newest AMI by owner and name",
                settings=(
                    Setting(
                        key=f"{key}.owner",
                        label="Owner",
                        help="Account ID, self, amazon or aws-marketplace.",
                    ),
                    Setting(
                        key=f"{key}.name",
                        label="AMI name",
                        help="With * for any text: ray-*.",
                    ),
                ),
            ),
        ),
    )


NETWORK = Section(
    title="Network",
    items=(
        Setting(
            key="vpc",
            label="VPC ID",
            help="Default: the VPC of the subnets, or else the default VPC of the region.",
        ),
        Setting(
            key="subnets",
            label="Subnets",
            kind=SettingKind.ROWS,
            columns=("Availability Zone", "Subnet ID"),
            row="subnet",
            needs_value=True,
            help="One for each zone that clusters may use. Default: the default subnets.",
        ),
        Setting(
            key="security_groups",
            label="Security groups",
            kind=SettingKind.LINES,
            help="IDs, one per line. Default: Mobula creates one for each cluster.",
        ),
        Setting(
            key="allowed_cidrs",
            label="Allowed CIDR blocks",
            kind=SettingKind.LINES,
            help="One per line: who can connect to ports 22, 6379, 8265 and 10001 in the security "
            "groups that Mobula creates. Default: no one outside of the cluster.",
        ),
        Setting(
            key="public_ip",
            label="Auto-assign public IP",
            kind=SettingKind.SWITCH,
            unset="Use subnet setting",
        ),
        Setting(
            key="mobula_url",
            label="How nodes reach Mobula",
            help="The URL of this installation as the nodes see it, for example "
            "https://mobula.example.org. Default: the URL in MOBULA_URL.",
        ),
    ),
)
ACCESS = Section(
    title="Access",
    items=(
        Setting(
            key="head_profile",
            label="Instance profile of head nodes",
            help="Name or ARN. Default: none, so nodes have no permissions in AWS.",
        ),
        Setting(
            key="worker_profile", label="Instance profile of worker nodes", help="Name or ARN."
        ),
        Setting(key="key_name", label="SSH key pair", help="Its name in EC2. Default: none."),
    ),
)
IMAGES = Section(
    title="AMIs",
    items=(
        _ami("cpu", label="x86 machines without GPUs", default="Ubuntu 24.04"),
        _ami("gpu", label="x86 machines with GPUs", default="AWS Deep Learning Base AMI"),
        _ami("arm64", label="arm64 machines", default="Ubuntu 24.04 for arm64"),
    ),
)
ROOT_VOLUME = Section(
    title="Root volume",
    help="What is not set is as the AMI says.",
    items=(
        Setting(key="root_disk.size_gib", label="Size (GiB)", kind=SettingKind.NUMBER),
        Setting(
            key="root_disk.type",
            label="Volume type",
            kind=SettingKind.CHOICE,
            choices=VOLUME_TYPES,
            unset="As the AMI says",
        ),
        Setting(key="root_disk.iops", label="IOPS", kind=SettingKind.NUMBER),
        Setting(
            key="root_disk.throughput",
            label="Throughput (MiB/s)",
            kind=SettingKind.NUMBER,
            help="For gp3 volumes.",
        ),
        Setting(
            key="root_disk.encrypted",
            label="Encrypted",
            kind=SettingKind.SWITCH,
            unset="As the AMI and the account say",
        ),
        Setting(
            key="root_disk.kms_key",
            label="KMS key",
            help="ID, alias or ARN. Default: the account's key for EBS.",
        ),
    ),
)
TAGS = Section(
    title="Tags",
    items=(
        Setting(
            key="tags",
            label="Tags",
            kind=SettingKind.ROWS,
            row="tag",
            help="On instances, volumes, network interfaces, security groups and placement groups.",
        ),
    ),
)
INTERRUPTIONS = Section(
    title="Interruptions",
    items=(
        Setting(
            key="interruption_queue",
            label="Interruption queue",
            help="URL of an SQS queue that an EventBridge rule sends EC2's events to: "
            "https://sqs.us-east-1.amazonaws.com/123456789012/mobula. Default: none, so only the "
            "nodes themselves report interruptions.",
        ),
    ),
)
ADVANCED = Section(
    title="Advanced",
    is_advanced=True,
    items=(
        Setting(
            key="node_lifetime_days",
            label="Maximum lifetime of a node (days)",
            kind=SettingKind.NUMBER,
            help="The instance terminates itself after this time, whatever runs on it and even if "
            f"Mobula is unavailable. Default: {LIFETIME_DAYS} days.",
        ),
        Setting(
            key="endpoint",
            label="Endpoint",
            help="A URL that answers in place of AWS for all services, such as an emulator.",
        ),
    ),
)
SECTIONS = (NETWORK, ACCESS, IMAGES, ROOT_VOLUME, TAGS, INTERRUPTIONS, ADVANCED)
