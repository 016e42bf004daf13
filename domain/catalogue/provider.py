"""What differs between the providers, as values: each one's own folder states them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.accounts.declared import AccessDocuments, AccountCheck, Section
from domain.catalogue.credentials import CredentialCheck, CredentialField
from domain.configuration.effects import USUAL, EffectRules
from domain.configuration.ray_labels import SET_BY_RAY
from domain.configuration.spec import ComputeConfig
from domain.instance_settings import SettingsTable
from domain.offerings import InstanceType, ProviderKind
from domain.problems import Loc, Problem

type BlockCheck = Callable[[Mapping[str, object], str], Sequence[Problem]]
"""Finds what a provider refuses in an `advanced_instance_config` that stands at a path."""

type KeyCheck = Callable[[Mapping[str, object], Loc], Iterator[Problem]]
"""Finds keys at the top of an `advanced_instance_config` that a provider has no place for."""

type ConfigCheck = Callable[[ComputeConfig], Iterator[Problem]]
"""Finds what a provider refuses in a whole configuration."""

type CustomType = Callable[[str], InstanceType | None]
"""The machine that the name of a custom type stands for; None if it is no such name."""

type AttachedGpus = Callable[[Mapping[str, object]], tuple[float, str]]
"""The number and model of the GPUs that an `advanced_instance_config` attaches to a machine."""


type AttachGpus = Callable[[InstanceType, str, int], Mapping[str, object] | None]
"""The `advanced_instance_config` that attaches so many GPUs of a model; None if none can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMarks:
    """By what anybody can tell that something was written for this provider."""

    name: str  # in a sentence: "AWS", "this machine"
    own_keys: frozenset[str] = frozenset()  # that only its raw blocks have at their top
    own_type: re.Pattern[str] | None = None  # what only the names of its types look like


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFiles:
    """The files of the catalogue that comes with Mobula, and what its column of names is called."""

    types: str
    offerings: str
    prices: str
    name: str
    rates: str = ""  # of custom types, by family
    zones_of_types: bool = False  # the offerings name the zones as accounts know them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProviderTraits:
    """What holds on one provider's clouds; the defaults forbid nothing and know nothing."""

    marks: ProviderMarks
    # Set by the registry.
    kind: ProviderKind | None = None
    others: Sequence[ProviderMarks] = ()

    # Its clouds.
    is_this_machine: bool = False  # its nodes are processes beside Mobula, without a quota
    serves_workspaces: bool = False  # its heads can run JupyterLab, which Mobula reaches
    can_be_added: bool = False  # admins add clouds of it
    pulls_images: bool = False  # its nodes pull their image from a registry
    has_default_rates: bool = False  # a rate card with plausible prices comes with Mobula
    default_region: str = ""
    default_shapes: Sequence[str] = ()
    types: Sequence[InstanceType] = ()  # that every account has
    files: CatalogueFiles | None = None
    custom_type: CustomType | None = None
    exact_sizes: bool = False  # required_resources make a machine of just that size
    attached_gpus: AttachedGpus | None = None
    attach_gpus: AttachGpus | None = None
    credentials: Sequence[CredentialField] = ()  # by which Mobula signs in
    check_credentials: CredentialCheck | None = None
    account_settings: Sequence[Section] = ()  # what its driver must know of an account
    check_account: AccountCheck | None = None
    access_documents: AccessDocuments | None = None
    subnets_setting: str = ""  # that has a subnet for each zone that an account uses
    notice_queue_setting: str = ""  # that has the address of the account's queue of notices
    usual_start: timedelta | None = None  # of a head, from the request to Ray's answer

    # Checks of configurations.
    # Anyscale's documentation recommends no less for a head; smaller ones lose their control plane
    # first when a cluster grows. 0: no recommendation.
    head_cpus: float = 0
    head_memory: int = 0
    has_zones: bool = True
    zone: str = r".+"  # with {region}; what a zone of the region looks like
    group_name: re.Pattern[str] | None = None
    longest_group_name: int = 63
    check_config: ConfigCheck | None = None
    labels_of_ray: frozenset[str] = SET_BY_RAY  # that Ray sets on each of its nodes by itself
    effects: EffectRules = USUAL

    # Raw instance configurations.
    refused_keys: Mapping[str, str] = field(default_factory=dict)  # what to do instead, or ""
    inner_blocks: frozenset[str] = frozenset()  # keys below which the same keys are refused
    check_keys: KeyCheck | None = None
    check_block: BlockCheck | None = None
    settings: SettingsTable | None = None
    example_block: str = ""

    @property
    def name(self) -> str:
        """Its name in a sentence."""
        return self.marks.name


ANY_PROVIDER = ProviderTraits(marks=ProviderMarks(name="any cloud"))
