"""Names that Ray itself gives: labels of nodes, models of accelerators."""

ACCELERATOR = "ray.io/accelerator-type"
TPU_TOPOLOGY = "ray.io/tpu-topology"
MARKET_TYPE = "ray.io/market-type"
# Ray sets these on each node itself: what a configuration says is overwritten or refused.
SET_BY_RAY = frozenset({
    "ray.io/node-id", "ray.io/node-group", MARKET_TYPE, "ray.io/region",
    "ray.io/availability-zone",
})  # fmt: skip
# The constants of ray.util.accelerators in Ray 2.60: the names that tasks may ask for.
ACCELERATORS = (
    "V100", "P100", "T4", "P4", "K80", "A10G", "L4", "L40S", "A100", "A100-40G", "A100-80G",
    "H100", "H200", "H20", "B200", "B300", "GB200", "GB300", "RTX-PRO-6000",
    "Intel-GPU-Max-1550", "Intel-GPU-Max-1100", "Intel-GAUDI", "AMD-Instinct-MI100",
    "AMD-Instinct-MI210", "AMD-Instinct-MI250X-MI250", "AMD-Instinct-MI300A",
    "AMD-Radeon-R9-200-HD-7900", "AMD-Radeon-HD-7900", "aws-neuron-core", "TPU-V2", "TPU-V3",
    "TPU-V4", "TPU-V5P", "TPU-V5LITEPOD", "TPU-V5E", "TPU-V6E", "TPU-V7X", "Ascend910B",
    "Ascend910B4", "MXC500", "MXC550", "FURIOSA_RNGD", "Apple-Silicon", "MOBILINT_ARIES",
    "MOBILINT_REGULUS",
)  # fmt: skip
