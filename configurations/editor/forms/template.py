"""The fields of the template editor. Forms parse and report; `editor.edit` puts them to use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms

from configurations.editor.forms.inputs import (
    AmountsField,
    MemoryField,
    NamesField,
    PairsField,
    YamlField,
    as_text,
)
from configurations.editor.forms.scaling import NodesOrPercentField
from configurations.services.templates import MESSAGE_LENGTH, RATIONALE_LENGTH
from domain.limits import TEMPLATE_NAME_LENGTH, wrong_name
from domain.quantities import LARGEST

type Choices = list[tuple[str, str]]

MOST_CHOICES = 60
"""A longer list of machine types is searched, not scrolled."""

ARCHITECTURES = [("", "x86_64 (default)"), ("x86_64", "x86_64"), ("arm64", "arm64")]
STRATEGIES = [("", "force_smallest_fit (default)"), ("force_smallest_fit", "force_smallest_fit"),
              ("relaxed", "relaxed")]  # fmt: skip
MARKETS = [
    ("ON_DEMAND", "On demand"),
    ("SPOT", "Spot"),
    ("PREFER_SPOT", "Spot first, fall back to on demand"),
]


class NameForm(forms.Form):
    """What a new template is called."""

    name = forms.CharField(label="Template name")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if wrong := wrong_name(name, longest=TEMPLATE_NAME_LENGTH):
            raise forms.ValidationError(wrong)
        return name


class MessageForm(forms.Form):
    """What a version is about, for those who read the list, and why."""

    message = forms.CharField(
        max_length=MESSAGE_LENGTH,
        label="Message",
        help_text="What is different.",
        error_messages={"required": "Say in a few words what is different."},
    )
    rationale = forms.CharField(
        required=False,
        max_length=RATIONALE_LENGTH,
        label="Why",
        help_text="For those who approve and for those who come after; Markdown.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _as_written(**options: Any) -> forms.CharField:
    """A text that may be empty and is not trimmed: the YAML may say the same."""
    return forms.CharField(required=False, strip=False, **options)


def _count(
    label: str, *, least: int = 0, most: int = LARGEST, required: bool = False, **more: Any
) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=least, max_value=most, required=required, label=label, **more
    )


def _amount(label: str, **more: Any) -> forms.FloatField:
    return forms.FloatField(min_value=0, max_value=LARGEST, required=False, label=label, **more)


def _switch(label: str, **more: Any) -> forms.BooleanField:
    return forms.BooleanField(required=False, label=label, **more)


def _of_head(key: str) -> Any:
    return lambda value: {"head_node": {"instance_type": "a", key: value}}


def _of_group(key: str) -> Any:
    return lambda value: {"worker_nodes": [{"instance_type": "a", key: value}]}


_BLOCK = "SubnetId: subnet-0a1b2c3d"


CONSOLIDATION = [
    ("off", "Off"),
    ("recommend", "As advice only"),
    ("act", "By itself"),
]
OBJECTIVES = [
    ("cost", "The price alone"),
    ("speed", "Fewer, larger machines: ready sooner"),
    ("steady", "Fewer interruptions: less spot"),
]
FORECASTS = [
    ("off", "Off"),
    ("forecast_only", "Show it only"),
    ("forecast_and_scale", "Show it and start nodes ahead"),
]


class MachineForm(forms.Form):
    """Which machines."""

    size = _as_written(widget=forms.Select, label="Machine type")


class NodeForm(MachineForm):
    """What the head and the groups have in common: the hardware, and what Ray is told of it."""

    need_cpu = _count("CPUs")
    need_memory = MemoryField(label="Memory")
    need_gpu = _count("GPUs")
    need_accelerator = _as_written(label="Accelerator")
    need_tpu = _count("TPUs")
    need_tpu_hosts = _count("TPU hosts")
    need_arch = forms.ChoiceField(required=False, label="Architecture", choices=ARCHITECTURES)
    required_labels = PairsField(
        example="ray.io/accelerator-type=L4", label="Labels that pick hardware"
    )
    resources = AmountsField(example="CPU=2, special=3", label="Logical resources")
    labels = PairsField(example="stage=train, tier=spot", label="Labels")


class HeadForm(NodeForm):
    """The head."""

    block = YamlField(
        wrap=_of_head("advanced_instance_config"), example=_BLOCK, label="Instance configuration"
    )
    flags = YamlField(wrap=_of_head("flags"), example="pricing_weight: 2", rows=2, label="Flags")
    deployment = YamlField(
        wrap=_of_head("cloud_deployment"),
        example="machine_pool: reserved",
        rows=2,
        label="Cloud deployment",
    )


class ConfigForm(forms.Form):
    """The cluster as a whole."""

    cloud = _as_written(widget=forms.Select, label="Cloud")
    cloud_resource = _as_written(label="Cloud resource")
    image = _as_written(widget=forms.Select, label="Image")
    autoscaling = _switch("Scale the groups by demand")
    auto_select = _switch("Let the cloud choose worker types")
    zones = NamesField(
        example="us-west-2a, us-west-2b", label="Zones", help_text="Empty: all of the region."
    )
    cross_zone = _switch("Spread workers over the zones")
    idle_minutes = _count("Terminate when idle (minutes)", required=True, help_text="0: never.")
    max_lifetime_minutes = _count(
        "Maximum lifetime (minutes)", required=True, help_text="0: no limit."
    )
    worker_idle_seconds = _count("Give back idle workers (seconds)", required=True)
    max_usd_per_hour = _amount("Maximum $ an hour", help_text="Empty: no limit.")
    max_cpu = _amount("Maximum CPUs", help_text="Empty: no limit.")
    max_gpu = _amount("Maximum GPUs", help_text="Empty: no limit.")
    more_max = AmountsField(example="licence=4", label="Other maxima")
    min_resources = AmountsField(example="CPU=16, GPU=1", label="Minima")
    starting_timeout = _as_written(label="Work starts within")
    recovering_timeout = _as_written(label="Work recovers within")
    zone_timeout = _as_written(label="Next zone after")
    threshold = _as_written(label="Try spot again after")
    strategy = forms.ChoiceField(required=False, label="Machine selection", choices=STRATEGIES)
    no_nfs = _switch("Without the shared NFS mount")
    no_gpu_checks = _switch("Without GPU health checks")
    more_flags = YamlField(
        wrap=lambda value: {"flags": value}, example="efa_config: {}", label="Other flags"
    )
    merge_blocks = _switch(
        "Merge a node's instance configuration with the cluster's",
        help_text="Otherwise a node's replaces it, as at Anyscale.",
    )
    block = YamlField(
        wrap=lambda value: {"advanced_instance_config": value},
        example=_BLOCK,
        rows=5,
        label="Instance configuration of all nodes",
    )
    objective = forms.ChoiceField(
        label="What is weighed",
        choices=OBJECTIVES,
        help_text="Beside the price, where machines are chosen by it.",
    )
    consolidation = forms.ChoiceField(
        label="Move work to fewer or cheaper nodes", choices=CONSOLIDATION
    )
    forecast_mode = forms.ChoiceField(label="Forecast of the nodes needed", choices=FORECASTS)
    forecast_quantile = forms.FloatField(
        min_value=0.01,
        max_value=0.99,
        label="How often it is to be enough",
        help_text="0.75: three times of four. Higher is dearer.",
    )
    forecast_error = forms.FloatField(
        min_value=0,
        max_value=1000,
        label="Largest error (%)",
        help_text="Further off, looking back, it starts nothing.",
    )
    mounts = YamlField(
        wrap=lambda value: {"mobula": {"mounts": value}},
        example="- storage: datasets\n  path: /mnt/datasets\n  access: read",
        label="Mounts",
    )
    environments = YamlField(
        wrap=lambda value: {"mobula": {"environments": value}},
        example="prod:\n  worker_nodes:\n    - name: cpu\n      max_nodes: 40",
        rows=4,
        label="What differs in dev, test or prod",
    )


class ShortGroupForm(MachineForm):
    """What most change of a group of workers; of very many groups, no more is shown at first.

    `nodes` takes the place of `min` and `max` without autoscaling.
    """

    name = _as_written(label="Name")
    min_nodes = _count("Min", required=True)
    max_nodes = _count("Max", least=1, required=True)
    nodes = _count("Nodes", required=True)
    market = forms.ChoiceField(required=False, label="Market", choices=MARKETS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The page shows either min and max or nodes: what was not shown has not changed.
        for name in ("min_nodes", "max_nodes", "nodes"):
            if self.add_prefix(name) not in self.data:
                del self.fields[name]


class GroupForm(ShortGroupForm, NodeForm):
    """One group of workers."""

    threshold = _as_written(label="Try spot again after")
    weight = _amount("Pricing weight", help_text="Above 1: preferred.")
    idle_seconds = _count("Give back when idle (seconds)", help_text="Empty: as the cluster.")
    warm_spare = NodesOrPercentField(
        label="Spare nodes", help_text="Kept free beyond those that work."
    )
    on_demand_nodes = _count("First nodes on demand", help_text="Of a spot group.")
    on_demand_percent = _count("On demand beyond these (%)", most=100)
    fallback_types = NamesField(
        example="m5.2xlarge, m6i.2xlarge",
        label="Types to fall back to",
        help_text="Rented while its own cannot be had, or where one costs less.",
    )
    consolidation = forms.ChoiceField(
        required=False,
        label="Move work to fewer nodes",
        choices=[("", "As the cluster"), *CONSOLIDATION],
    )
    block = YamlField(
        wrap=_of_group("advanced_instance_config"), example=_BLOCK, label="Instance configuration"
    )
    flags = YamlField(wrap=_of_group("flags"), example="{}", rows=2, label="Other flags")
    deployment = YamlField(
        wrap=_of_group("cloud_deployment"),
        example="machine_pool: reserved",
        rows=2,
        label="Cloud deployment",
    )


def offer(form: forms.Form, name: str, choices: Choices) -> None:
    """Let the field `name` choose among `choices`, and keep what it has now, whatever it is.

    Too many of them to scroll through, and the field takes a name instead.
    """
    now = form[name].value() or ""
    if len(choices) > MOST_CHOICES:
        form.fields[name].widget = forms.TextInput(attrs={"autocomplete": "off", "data-pick": ""})
        return
    known = [value for value, _ in choices]
    if now and now not in known:
        choices = [*choices, (now, f"{now} (not offered)")]
    widget = cast("forms.Select", form.fields[name].widget)
    widget.choices = choices


def changed(form: forms.Form) -> dict[str, Any]:
    """The values that were posted, are readable, and differ from what the form began with.

    A field that was not posted at all was not shown, and so has not changed; but for switches,
    which are posted only while they are on.
    """
    form.full_clean()
    return {
        name: form.cleaned_data[name]
        for name in form.changed_data
        if name in form.cleaned_data and _was_shown(form, name)
    }


def _was_shown(form: forms.Form, name: str) -> bool:
    is_switch = isinstance(form.fields[name], forms.BooleanField)
    return is_switch or form.add_prefix(name) in form.data


def as_posted(initial: Mapping[str, Any], *, prefix: str = "") -> dict[str, str]:
    """Fields with these values as a browser would post them."""
    posted: dict[str, str] = {}
    for name, value in initial.items():
        text = "on" if value is True else as_text(value)
        if value is not False:
            posted[f"{prefix}-{name}" if prefix else name] = text
    return posted
