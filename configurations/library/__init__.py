"""Templates that come with Mobula, ready to be used and changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from domain.offerings import ProviderKind

_HERE = Path(__file__).parent
_CLOUD = "CLOUD"  # stands for a cloud of the user's


@dataclass(frozen=True, slots=True)
class Ready:
    """A template of the library; its first line says what it is for."""

    key: str
    title: str
    provider: ProviderKind

    @property
    def purpose(self) -> str:
        """What it is for, in one sentence."""
        return self.text_for(_CLOUD).partition("\n")[0].removeprefix("# ")

    def text_for(self, cloud: str) -> str:
        """Its YAML for a cloud of that name."""
        text = (_HERE / f"{self.key}.yaml").read_text(encoding="utf-8")
        return text.replace(f"cloud: {_CLOUD}", f"cloud: {cloud}")


AWS, GCP = ProviderKind.AWS, ProviderKind.GCP
LIBRARY = (
    Ready("local-quick-start", "Quick start on this machine", ProviderKind.LOCAL),
    Ready("single-node", "A single machine", AWS),
    Ready("cpu-batch", "Batch work on CPUs", AWS),
    Ready("gpu-training-spot", "GPU training with spot and fallback", AWS),
    Ready("llm-serving", "Serving a language model", AWS),
    Ready("data-loading", "Many readers, few trainers", AWS),
    Ready("fixed-size", "A fixed size", AWS),
    Ready("gcp-gpu-training", "GPU training on Google Cloud", GCP),
    Ready("kubernetes-gpu", "GPUs on Kubernetes", ProviderKind.KUBERNETES),
)


def ready_named(key: str) -> Ready | None:
    """The template of that key, if the library has it."""
    return next((ready for ready in LIBRARY if ready.key == key), None)
