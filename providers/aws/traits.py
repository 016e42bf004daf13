"""The traits of AWS; no SDK is imported here."""

import re

from domain.catalogue.provider import CatalogueFiles, ProviderMarks, ProviderTraits
from domain.instance_settings import SettingsTable
from domain.quantities import GIB
from providers.aws.notices.address import KEY
from providers.aws.pages.account_settings import SECTIONS
from providers.aws.pages.checking import check_settings
from providers.aws.pages.documents import access_documents
from providers.aws.schema import check_block
from providers.aws.settings import gather, settings
from providers.aws.sign_in import CREDENTIALS, wrong_credentials

_TYPE = re.compile(
    r"[a-z][a-z0-9-]*\d[a-z0-9-]*\.(nano|micro|small|medium|(\d+)?x?large|metal(-\d+xl)?)\Z"
)

TRAITS = ProviderTraits(
    marks=ProviderMarks(
        name="AWS",
        own_type=_TYPE,
        own_keys=frozenset({
            "BlockDeviceMappings", "IamInstanceProfile", "SecurityGroupIds", "SubnetId",
            "NetworkInterfaces", "Placement", "CapacityReservationSpecification",
            "InstanceMarketOptions", "TagSpecifications", "MetadataOptions", "KeyName", "ImageId",
        }),
    ),
    can_be_added=True,
    pulls_images=True,
    default_region="us-east-1",
    credentials=CREDENTIALS,
    check_credentials=wrong_credentials,
    account_settings=SECTIONS,
    check_account=check_settings,
    subnets_setting="subnets",
    notice_queue_setting=KEY,
    access_documents=access_documents,
    files=CatalogueFiles(
        types="ec2_instance_types.csv",
        offerings="ec2_offerings.csv",
        prices="ec2_prices.csv",
        name="instance_type",
    ),
    head_cpus=8,
    head_memory=32 * GIB,
    zone=r"({region}[a-z]|[a-z]{{2,5}}\d-az\d+|{region}-[a-z0-9-]+)",
    # What Anyscale's documentation says is refused, since the launch sets it.
    refused_keys={
        "ClientToken": "",
        "DryRun": "",
        "ImageId": "The image is set in `mobula.image`.",
        "InstanceType": "Set the node's `instance_type`.",
        "Ipv6Addresses": "",
        "LaunchTemplate": "",
        "MaxCount": "",
        "MinCount": "",
        "PrivateIpAddress": "",
        "SecurityGroups": "List their IDs in `SecurityGroupIds`.",
        "UserData": "",
    },
    check_block=check_block,
    settings=SettingsTable(settings, settle=gather),
    example_block="EbsOptimized: true",
)  # fmt: skip
