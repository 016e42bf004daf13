"""Labels by which the distributions of Kubernetes tell their nodes apart.

The spot market, GPUs and TPUs have no common label: each of GKE, EKS, AKS and Karpenter has its
own [their documentation]; NVIDIA's feature discovery sets `nvidia.com/gpu.product` anywhere.
"""

import re

from domain.configuration.spec import MarketType

ZONE = "topology.kubernetes.io/zone"
ARCH = "kubernetes.io/arch"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
TPU_ACCELERATOR = "cloud.google.com/gke-tpu-accelerator"
TPU_TOPOLOGY_SELECTOR = "cloud.google.com/gke-tpu-topology"

_SPOT, _ON_DEMAND = MarketType.SPOT, MarketType.ON_DEMAND
_MARKETS = {
    "cloud.google.com/gke-spot": {"true": _SPOT},
    "cloud.google.com/gke-preemptible": {"true": _SPOT},
    "cloud.google.com/gke-provisioning": {
        "spot": _SPOT, "preemptible": _SPOT, "standard": _ON_DEMAND,
    },
    "eks.amazonaws.com/capacitytype": {
        "spot": _SPOT, "on_demand": _ON_DEMAND, "capacity_block": _ON_DEMAND,
    },
    "karpenter.sh/capacity-type": {
        "spot": _SPOT, "on-demand": _ON_DEMAND, "reserved": _ON_DEMAND,
    },
    "kubernetes.azure.com/scalesetpriority": {"spot": _SPOT, "regular": _ON_DEMAND},
    "node.kubernetes.io/lifecycle": {
        "spot": _SPOT, "on-demand": _ON_DEMAND, "normal": _ON_DEMAND,
    },
}  # fmt: skip

GPU_MODEL_LABELS = (
    "cloud.google.com/gke-accelerator",
    "nvidia.com/gpu.product",
    "k8s.amazonaws.com/accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.azure.com/sku-gpu-name",
    "gpu.nvidia.com/class",
    "gpu.nvidia.com/model",
)
"""Each holds the model of a node's GPUs, in a spelling of its own."""

_MODELS = (
    "GB300", "GB200", "B300", "B200", "H200", "H100", "H20", "A100", "A10G", "L40S", "L4", "T4",
    "P100", "P4", "V100", "K80",
)  # fmt: skip

_TPUS = {
    "tpu-v3-device": "TPU-V3",
    "tpu-v3-slice": "TPU-V3",
    "tpu-v4-podslice": "TPU-V4",
    "tpu-v5-lite-device": "TPU-V5LITEPOD",
    "tpu-v5-lite-podslice": "TPU-V5LITEPOD",
    "tpu-v5p-slice": "TPU-V5P",
    "tpu-v6e-slice": "TPU-V6E",
    "tpu7x": "TPU-V7X",
}
_SLICES = {model: name for name, model in _TPUS.items()} | {"TPU-V5E": "tpu-v5-lite-podslice"}


def market_of(label: str, value: str) -> MarketType | None:
    """The market that nodes with this label are bought on; None if it tells nothing of it."""
    return _MARKETS.get(label.lower(), {}).get(value.lower())


def tells_market(label: str) -> bool:
    """True if this label of nodes tells how they are bought."""
    return label.lower() in _MARKETS


def gpu_model_of(value: str) -> str | None:
    """Ray's name of the GPU in the value of one of `GPU_MODEL_LABELS`; None if it has none.

    `nvidia-tesla-t4` and `Tesla-T4` are T4, `NVIDIA-A100-SXM4-80GB` is A100-80G.
    """
    words = [word for word in re.split(r"[^A-Z0-9]+", value.upper()) if word]
    if "-".join(words).startswith(("NVIDIA-RTX-PRO-6000", "RTX-PRO-6000")):
        return "RTX-PRO-6000"
    model = next((model for model in _MODELS if model in words), None)
    if model == "A100":
        return next((f"A100-{gb}G" for gb in (40, 80) if f"{gb}GB" in words), model)
    return model


def tpu_model_of(value: str) -> str | None:
    """Ray's name of the TPU that GKE calls so; None if it is not known."""
    return _TPUS.get(value)


def tpu_accelerator_of(model: str) -> str | None:
    """What GKE calls the TPU of Ray's name; None if it is not known."""
    return _SLICES.get(model)
