"""The traits of the machine that Mobula runs on."""

from datetime import timedelta

from domain.catalogue.provider import ProviderMarks, ProviderTraits
from domain.offerings import type_of
from providers.local.offerings import local_offerings

TRAITS = ProviderTraits(
    marks=ProviderMarks(name="this machine"),
    is_this_machine=True,
    has_default_rates=True,
    types=tuple({offer.instance_type: type_of(offer) for offer in local_offerings("")}.values()),
    usual_start=timedelta(seconds=10),
    has_zones=False,
    serves_workspaces=True,
)
