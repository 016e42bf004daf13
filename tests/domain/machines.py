"""The machines that the configurations of these tests choose from."""

from domain.offerings import InstanceType
from domain.target import target_of

GIB = 2**30
MACHINES = target_of(
    [
        InstanceType(name="m5.2xlarge", vcpus=8, memory_bytes=32 * GIB),
        InstanceType(name="m5.4xlarge", vcpus=16, memory_bytes=64 * GIB),
        InstanceType(name="g5.2xlarge", vcpus=8, memory_bytes=32 * GIB, gpus=1, gpu_model="A10G"),
    ]
)
