"""Samples wait for Mobula, but not for ever."""

from typing import Any

from agent.usage.processes import Usage
from agent.usage.samples import KEEP_SECONDS, MOST_SAMPLES_A_SYNC, SampleBuffer, sample_of

NODE: dict[str, Any] = {
    "node": "w1",
    "total": {"CPU": 2.0, "object_store_memory": 100.0},
    "available": {"CPU": 0.5, "object_store_memory": 40.0},
}


def sample(at: float) -> dict[str, Any]:
    """Return a sample taken at this second."""
    return sample_of(NODE, Usage(cpu_cores=0.7), at=at)


def test_a_sample_says_what_is_used_held_and_unknown() -> None:
    assert sample(5.0) == {
        "node": "w1", "at": 5.0, "cpu_cores": 0.7, "memory_bytes": None,
        "gpu_used": None, "gpu_memory_bytes": None,
        "disk_bytes": None, "disk_read_bps": None, "disk_write_bps": None,
        "net_in_bps": None, "net_out_bps": None,
        "object_store_bytes": 60, "object_store_capacity": 100, "held": {"CPU": 1.5},
    }  # fmt: skip


def test_a_node_without_an_object_store_does_not_claim_an_empty_one() -> None:
    bare = {"node": "w1", "total": {}, "available": {}}
    assert sample_of(bare, Usage(), at=0.0)["object_store_bytes"] is None


def test_samples_stay_until_they_are_stored() -> None:
    buffer = SampleBuffer()
    buffer.add([sample(0.0)], now=0.0)
    number, sent = buffer.oldest()
    buffer.add([sample(5.0)], now=5.0)
    buffer.stored(number)
    assert [s["at"] for s in sent] == [0.0]
    assert [s["at"] for s in buffer.oldest()[1]] == [5.0]


def test_samples_older_than_an_hour_are_let_go() -> None:
    buffer = SampleBuffer()
    buffer.add([sample(0.0)], now=0.0)
    buffer.add([sample(KEEP_SECONDS + 1.0)], now=KEEP_SECONDS + 1.0)
    assert [s["at"] for s in buffer.oldest()[1]] == [KEEP_SECONDS + 1.0]


def test_a_sync_carries_only_so_many_samples() -> None:
    buffer = SampleBuffer()
    buffer.add([sample(0.0)] * (MOST_SAMPLES_A_SYNC + 1), now=0.0)
    number, sent = buffer.oldest()
    assert len(sent) == MOST_SAMPLES_A_SYNC
    buffer.stored(number)
    assert len(buffer.oldest()[1]) == 1
