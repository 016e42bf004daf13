"""The traits of Google Cloud; no SDK is imported here."""

import re

from domain.catalogue.provider import CatalogueFiles, ProviderMarks, ProviderTraits
from domain.instance_settings import SettingsTable
from domain.quantities import GIB
from providers.gcp.attached import attach_gpus, attached_gpus
from providers.gcp.configurations import check_config
from providers.gcp.custom_types import custom_type
from providers.gcp.schema import check_block
from providers.gcp.settings import settings

_TYPE = re.compile(
    r"[a-z]\d+[a-z]*-(standard|highmem|highcpu|ultramem|megamem|hypermem|highgpu|megagpu|ultragpu"
    r"|maxgpu|edgegpu|micro|small|medium|custom|flex)[a-z0-9-]*\Z|custom-\d+-\d+\Z"
)
_TYPE_INSTEAD = "Set the node's `instance_type`."

TRAITS = ProviderTraits(
    marks=ProviderMarks(
        name="Google Cloud",
        own_type=_TYPE,
        own_keys=frozenset({
            "instanceProperties", "instance_properties", "disks", "service_accounts",
            "serviceAccounts", "network_interfaces", "networkInterfaces", "reservationAffinity",
        }),
    ),
    can_be_added=True,
    pulls_images=True,
    default_region="us-central1",
    files=CatalogueFiles(
        types="gce_machine_types.csv",
        offerings="gce_offerings.csv",
        prices="gce_prices.csv",
        name="machine_type",
        rates="gce_family_rates.csv",
        zones_of_types=True,
    ),
    custom_type=custom_type,
    attached_gpus=attached_gpus,
    attach_gpus=attach_gpus,
    head_cpus=8,
    head_memory=32 * GIB,
    zone=r"{region}-[a-z]",
    # What Anyscale's documentation says is refused, since the launch sets it.
    refused_keys={
        "count": "",
        "minCount": "",
        "min_count": "",
        "namePattern": "",
        "name_pattern": "",
        "machineType": _TYPE_INSTEAD,
        "machine_type": _TYPE_INSTEAD,
    },
    inner_blocks=frozenset({"instanceProperties", "instance_properties"}),
    check_block=check_block,
    check_config=check_config,
    settings=SettingsTable(settings),
    example_block="instanceProperties:\n  canIpForward: true",
)  # fmt: skip
