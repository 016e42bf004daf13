"""What a demo AWS has: the region's real machine types, and too little of some of them."""

from __future__ import annotations

from clouds import facts
from domain.offerings import InstanceType, ProviderKind
from domain.quantities import MIB
from mobula.demo_cloud.aws import catalogue
from mobula.demo_cloud.aws.protocol import Plain
from mobula.demo_cloud.aws.world import Subnet, World

REGION = "us-east-1"
MORE_ZONES = "def"  # a, b and c are in every world
# What is left by type, zone and market; of all else there is plenty.
SHORTAGES = {
    **{("g5.4xlarge", f"us-east-1{letter}", "spot"): 0 for letter in "acdef"},
    ("g5.4xlarge", "us-east-1b", "spot"): 1,
    ("g4dn.xlarge", "us-east-1a", "spot"): 0,
    ("g4dn.xlarge", "us-east-1b", "spot"): 2,
    ("p4d.24xlarge", "us-east-1a", "on-demand"): 1,
    ("p4d.24xlarge", "us-east-1b", "on-demand"): 0,
}
# vCPUs by market, as a new account may have them.
QUOTAS = {"on-demand": 512, "spot": 1024}
# The same as Service Quotas tells them, by its codes: of standard, G and P machines.
_CODES = {
    "on-demand": ("L-1216C47A", "L-DB2E81BA", "L-417A185B"),
    "spot": ("L-34B43A08", "L-3819A6DF", "L-7212CCBC"),
}
# A machine takes a moment to boot and to end, and lists lag, as on AWS: only shorter.
BOOT_SECONDS, STOP_SECONDS, LAG_SECONDS = 4.0, 4.0, 1.0


def seeded() -> World:
    """Return an account with nothing launched in it."""
    world = World(
        boot_seconds=BOOT_SECONDS,
        stop_seconds=STOP_SECONDS,
        lag=LAG_SECONDS,
        capacity=dict(SHORTAGES),
        quotas=dict(QUOTAS),
        vcpu_quotas={
            code: float(QUOTAS[market]) for market, codes in _CODES.items() for code in codes
        },
    )
    catalogue.fill(world)
    types = facts.types(ProviderKind.AWS, REGION) or {}
    for machine in types.values():
        world.types.setdefault(machine.name, _type(machine))
    for letter in MORE_ZONES:
        name = f"subnet-0000001{letter}"
        world.subnets[name] = Subnet(id=name, zone=f"{REGION}{letter}")
    return world


def _type(machine: InstanceType) -> Plain:
    row: Plain = {
        "InstanceType": machine.name,
        "VCpuInfo": {"DefaultVCpus": int(machine.vcpus)},
        "MemoryInfo": {"SizeInMiB": machine.memory_bytes // MIB},
        "ProcessorInfo": {"SupportedArchitectures": [machine.arch]},
        "SupportedUsageClasses": ["on-demand", *(["spot"] if machine.has_spot else [])],
        "NetworkInfo": {"EfaSupported": machine.has_efa},
    }
    if machine.has_efa:
        row["NetworkInfo"]["EfaInfo"] = {"MaximumEfaInterfaces": 1}
    if machine.gpus:
        row["GpuInfo"] = {
            "Gpus": [{"Name": machine.gpu_model, "Count": int(machine.gpus) or 1}],
        }
    return row
