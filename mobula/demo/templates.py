"""What the sample team wrote: its templates, and the clusters that were launched from each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

AWS, GCP = "sample-aws", "sample-gcp"
PEOPLE = (
    "Amara Okafor", "Ben Fischer", "Chloe Martin", "Diego Ruiz",
    "Elena Rossi", "Farid Haddad", "Grace Kim", "Hugo Lind",
)  # fmt: skip


class Pattern(StrEnum):
    """When clusters of a template run, and how many workers they have."""

    ALWAYS = "always"  # follows the day, never stops
    NIGHTLY = "nightly"
    OFFICE = "office"  # on workdays
    TRAINING = "training"  # a day or two, then a break


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTemplate:
    """A template with the text of its versions, oldest first."""

    name: str
    cloud: str
    group: str
    versions: Sequence[str]
    pattern: Pattern
    workers: int  # at most
    held: float  # the part of the capacity that Ray reserves while work runs
    used: float  # and the part of that which is really used
    clusters: Sequence[str]


def _text(cloud: str, head: str, group: str, machine: str, most: int, more: str = "") -> str:
    return f"""\
cloud: {cloud}
head_node:
  instance_type: {head}
worker_nodes:
  - name: {group}
    instance_type: {machine}
    min_nodes: 0
    max_nodes: {most}
{more}"""


_SPOT = "    market_type: PREFER_SPOT\n"
_IDLE = "mobula:\n  idle_minutes: 60\n"
TEMPLATES = (
    SampleTemplate(
        name="train-gpu",
        cloud=AWS,
        group="gpu",
        versions=(
            _text(AWS, "m5.2xlarge", "gpu", "g5.xlarge", 4),
            _text(AWS, "m5.2xlarge", "gpu", "g5.xlarge", 6, _SPOT),
            _text(AWS, "m5.2xlarge", "gpu", "g5.xlarge", 6, _SPOT + _IDLE),
        ),
        pattern=Pattern.TRAINING,
        workers=4,
        held=0.9,
        used=0.8,
        clusters=(
            "resnet-sweep", "bert-finetune", "llm-eval", "vision-pretrain", "speech-asr",
            "reward-model",
        ),
    ),
    SampleTemplate(
        name="nightly-etl",
        cloud=AWS,
        group="cpu",
        versions=(
            _text(AWS, "m5.xlarge", "cpu", "m5.4xlarge", 8),
            _text(AWS, "m5.xlarge", "cpu", "m5.4xlarge", 8, _SPOT + _IDLE),
        ),
        pattern=Pattern.NIGHTLY,
        workers=6,
        held=0.95,
        used=0.7,
        clusters=(
            "etl-orders", "etl-clicks", "etl-inventory", "etl-payments", "etl-events",
            "etl-weather", "etl-catalog", "etl-ads",
        ),
    ),
    SampleTemplate(
        name="serving",
        cloud=AWS,
        group="replicas",
        versions=(_text(AWS, "m5.large", "replicas", "c5.2xlarge", 6),),
        pattern=Pattern.ALWAYS,
        workers=3,
        held=0.8,
        used=0.45,
        clusters=("serve-ranking", "serve-search", "serve-embeddings", "serve-fraud"),
    ),
    SampleTemplate(
        name="notebook",
        cloud=GCP,
        group="cpu",
        versions=(
            _text(GCP, "n2-standard-8", "cpu", "n2-standard-8", 2),
            _text(GCP, "n2-standard-4", "cpu", "n2-standard-8", 2, _IDLE),
        ),
        pattern=Pattern.OFFICE,
        workers=1,
        held=0.35,
        used=0.3,
        clusters=(
            "notebook-amara", "notebook-ben", "notebook-chloe", "notebook-diego",
            "notebook-elena", "notebook-farid", "notebook-grace", "notebook-hugo",
            "notebook-intern", "notebook-shared",
        ),
    ),
    SampleTemplate(
        name="features",
        cloud=GCP,
        group="cpu",
        versions=(_text(GCP, "n2-standard-4", "cpu", "n2-standard-16", 4, _IDLE),),
        pattern=Pattern.OFFICE,
        workers=3,
        held=0.7,
        used=0.6,
        clusters=(
            "features-users", "features-items", "features-geo", "features-text", "features-graph",
            "features-time",
        ),
    ),
    SampleTemplate(
        name="backtest",
        cloud=GCP,
        group="cpu",
        versions=(_text(GCP, "n2-standard-4", "cpu", "n2-standard-16", 8, _SPOT + _IDLE),),
        pattern=Pattern.NIGHTLY,
        workers=5,
        held=0.85,
        used=0.9,
        clusters=(
            "backtest-pricing", "backtest-demand", "backtest-supply", "backtest-routes",
            "backtest-churn", "backtest-promo",
        ),
    ),
)  # fmt: skip
