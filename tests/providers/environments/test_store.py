"""Environments are whole or not there, built one at a time, and removed when not needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from providers.environments.store import Busy, EnvironmentStore

ONE, TWO = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> EnvironmentStore:
    return EnvironmentStore(tmp_path / "environments")


def put(store: EnvironmentStore, fingerprint: str, *, age: float = 0.0) -> Path:
    with store.building(fingerprint) as path:
        (path / "bin").mkdir()
        store.keep(fingerprint, {"ray_version": "2.60.0"})
    stamp = path.stat().st_mtime - age
    os.utime(path, (stamp, stamp))
    return path


def test_what_is_kept_is_found_and_what_is_not_is_gone(store: EnvironmentStore) -> None:
    path = put(store, ONE)
    assert store.record_of(ONE) == {"ray_version": "2.60.0", "fingerprint": ONE}
    with store.building(TWO) as half:
        (half / "bin").mkdir()
    assert store.record_of(TWO) is None
    assert not store.path_of(TWO).exists()
    assert path.exists()


def test_what_a_killed_worker_left_is_built_anew(store: EnvironmentStore) -> None:
    left = store.path_of(ONE)
    (left / "bin").mkdir(parents=True)
    with store.building(ONE) as path:
        assert list(path.iterdir()) == []


def test_two_do_not_build_the_same_at_once(store: EnvironmentStore) -> None:
    with store.building(ONE):
        with pytest.raises(Busy), store.building(ONE):
            pass
        with store.building(TWO):
            pass


def test_only_old_ones_that_nothing_needs_are_removed(store: EnvironmentStore) -> None:
    needed, old = put(store, ONE, age=7200), put(store, TWO, age=7200)
    young = put(store, "c" * 64)
    assert store.collect(needed={ONE}, older_than=3600) == [old]
    assert (needed.exists(), old.exists(), young.exists()) == (True, False, True)


def test_one_that_is_being_built_is_not_removed(store: EnvironmentStore) -> None:
    with store.building(ONE) as path:
        stamp = path.stat().st_mtime - 7200
        os.utime(path, (stamp, stamp))
        assert store.collect(needed=set(), older_than=3600) == []
        assert path.exists()


@pytest.mark.parametrize("name", ["", "../../etc", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_fingerprints_are_paths(store: EnvironmentStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a fingerprint"):
        store.path_of(name)
