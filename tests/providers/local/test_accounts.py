"""As root, each cluster runs as a user of its own that owns nothing of the installation."""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from providers.base import CapacityUnavailable, InvalidRequest, MachinePhase
from providers.local import accounts
from providers.local.accounts import ClusterAccount
from providers.local.directories import ClusterDirectory
from providers.local.programs import runnable
from providers.local.records import NodeRecord
from tests.providers.sites import Site, eventually

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives clusters accounts")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Accounts that no other test and no installation sees."""
    monkeypatch.setattr(accounts, "STATE", tmp_path / "state")
    return tmp_path / "state"


def cluster_at(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def running(site: Site) -> NodeRecord:
    """The record of the site's head, which runs."""
    site.driver.launch(site.cluster, [site.head()])
    site.wait_for(site.head().name, MachinePhase.RUNNING)
    directory = ClusterDirectory.of(Path(site.arguments["path"]).resolve(), site.handle)
    record = NodeRecord.read(directory.node(site.head().name))
    assert record
    return record


def sleeper(*, uid: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sleep", "600"], user=uid, group=uid, extra_groups=(), env=environment, cwd="/"
    )


def test_all_of_a_node_runs_as_its_clusters_user(local: Site) -> None:
    local.driver.prepare(replace(local.cluster, ray_token="for ray"))
    record = running(local)
    account = accounts.account_of(record.directory.path.parent)
    assert account
    assert record.uid == account.uid
    processes = list(record.processes())
    assert len(processes) >= 3
    for process in processes:
        assert set(process.uids()) == set(process.gids()) == {account.uid}
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert "\nGroups:\t \n" in status
        assert "\nNoNewPrivs:\t1\n" in status


def test_what_root_reads_is_roots_and_what_a_node_reads_it_cannot_change(local: Site) -> None:
    record = running(local)
    for path in [record.directory.path.parent, *record.directory.path.parent.rglob("*")]:
        assert path.stat().st_uid == 0
        assert not path.stat().st_mode & 0o077
    account = ClusterAccount(record.uid)
    assert (account.path.stat().st_uid, stat.S_IMODE(account.path.stat().st_mode)) == (0, 0o750)
    assert not account.can_run("touch", str(account.path / "mine"))
    assert not account.can_run("touch", str(account.path / "token"))
    assert account.can_read(account.path / "token")
    assert not ClusterAccount(accounts.LAST_ID).can_read(account.path / "token")


def test_what_hid_from_its_keeper_ends_with_the_cluster(local: Site) -> None:
    record = running(local)
    hidden = sleeper(uid=record.uid, environment={})
    local.driver.terminate(local.cluster, [local.head().name])
    local.wait_until_gone(local.head().name)
    local.destroy()
    assert hidden.wait(10) < 0
    assert not ClusterAccount(record.uid).path.exists()


def test_a_mark_in_the_environment_of_another_user_is_no_proof(local: Site) -> None:
    record = running(local)
    marks = {"MOBULA_NODE_DIR": str(record.directory.path)}
    stranger = sleeper(uid=accounts.LAST_ID, environment=marks)
    try:
        os.kill(record.pid, 9)
        local.driver.terminate(local.cluster, [local.head().name])
        local.wait_until_gone(local.head().name)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_nodes_that_an_earlier_version_started_as_root_are_found_and_ended(
    local: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(accounts, "are_needed", lambda: False)
        old = running(local)
    note = old.directory.path / "node.json"
    facts = json.loads(note.read_text())
    progress = {"ray_pid": old.content["ray_pid"], "answered": old.content["answered"]}
    kept = {key: value for key, value in facts.items() if key not in {"uid", "agent_file"}}
    note.write_text(json.dumps(kept | progress))
    (old.directory.path / "progress.jsonl").unlink()
    assert psutil.Process(old.pid).uids().real == 0
    assert local.observed()[local.head().name].phase is MachinePhase.RUNNING
    local.driver.launch(local.cluster, [local.worker(2)])
    local.wait_for(local.worker(2).name, MachinePhase.RUNNING)
    names = [local.head().name, local.worker(2).name]
    local.driver.terminate(local.cluster, names)
    for name in names:
        local.wait_until_gone(name)
    local.destroy()
    assert local.processes() == []


def test_two_clusters_never_share_a_user(elsewhere: Path, tmp_path: Path) -> None:
    one, two = (cluster_at(tmp_path / name) for name in ("one", "two"))
    first, second = accounts.claim(one), accounts.claim(two)
    assert first != second
    assert accounts.claim(one) == first
    (one / "account").unlink()  # killed before it was noted
    assert accounts.claim(one) == first


def test_a_user_id_is_free_again_once_its_cluster_is_gone_and_no_process_lives(
    elsewhere: Path, tmp_path: Path
) -> None:
    cluster = cluster_at(tmp_path / "one")
    first = accounts.claim(cluster)
    left = sleeper(uid=first.uid, environment={})
    try:
        shutil.rmtree(cluster)  # somebody removed the whole installation
        assert accounts.claim(cluster_at(tmp_path / "two")) != first
    finally:
        left.kill()
        left.wait()
    assert accounts.claim(cluster_at(tmp_path / "three")) == first


def test_a_released_user_id_takes_its_files_along(elsewhere: Path, tmp_path: Path) -> None:
    cluster = cluster_at(tmp_path / "one")
    account = accounts.claim(cluster)
    account.share("token", "for ray")
    assert accounts.release(cluster)
    assert not account.path.exists()
    assert accounts.account_of(cluster) is None
    assert accounts.release(cluster)


def test_a_file_that_names_another_clusters_user_is_not_believed(
    elsewhere: Path, tmp_path: Path
) -> None:
    one, two = (cluster_at(tmp_path / name) for name in ("one", "two"))
    first = accounts.claim(one)
    (two / "account").write_text(str(first.uid))
    assert accounts.account_of(two) is None
    assert accounts.claim(two) != first


def test_no_user_id_outside_the_range_is_ever_used(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uid in (0, 65534, accounts.FIRST_ID - 1, accounts.LAST_ID + 1):
        with pytest.raises(ValueError, match="is not between"):
            ClusterAccount(uid)
    monkeypatch.setattr(accounts, "_has_name", lambda _: True)
    with pytest.raises(CapacityUnavailable, match="terminate a cluster"):
        accounts.claim(cluster_at(tmp_path / "one"))


def test_a_container_without_the_user_ids_gives_none(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_ranges", lambda _: iter([(0, 1000)]))
    with pytest.raises(CapacityUnavailable):
        accounts.claim(cluster_at(tmp_path / "one"))


def closed_environment(path: Path) -> Path:
    """A virtual environment, and its Python, that only root can enter; return its `ray`."""
    base, bin_ = path / "base" / "bin", path / "venv" / "bin"
    package = path / "venv" / "lib" / "python3.13" / "site-packages" / "ray"
    for directory in (base, bin_, package, path / "base" / "lib" / "python3.13" / "test"):
        directory.mkdir(parents=True)
    path.chmod(0o700)
    (base / "python3.13").write_text("#!/bin/sh\nexit 0\n")
    (base / "python3.13").chmod(0o700)
    (bin_ / "python").symlink_to(base / "python3.13")
    (bin_ / "ray").write_text(f"#!{bin_}/python -s\nimport ray\n")
    (package / "__init__.py").write_text("secretive = True\n")
    (package / "__init__.py").chmod(0o600)
    (path / "venv" / "pyvenv.cfg").write_text("home = elsewhere\n")
    return bin_ / "ray"


@pytest.fixture
def open_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place of its own for linked programs that accounts can enter."""
    state = Path("/var/tmp") / f"mobula-programs-{os.getpid()}"
    state.mkdir(mode=0o711)
    monkeypatch.setattr(accounts, "STATE", state)
    monkeypatch.setattr("providers.local.programs.STATE", state)
    yield state
    shutil.rmtree(state)


def test_a_ray_below_roots_own_directories_is_linked_to_where_accounts_can_run_it(
    open_state: Path, tmp_path: Path
) -> None:
    ray = closed_environment(tmp_path / "closed")
    account = ClusterAccount(accounts.LAST_ID)
    linked = runnable(ray, account)
    assert linked.is_relative_to(open_state)
    assert linked.read_text() == f"#!{linked.with_name('python')} -s\nimport ray\n"
    packages = linked.parent.parent / "lib" / "python3.13" / "site-packages"
    assert account.can_read(packages / "ray" / "__init__.py")
    assert not (linked.parent.parent / "base" / "lib" / "python3.13" / "test").exists()
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700
    assert stat.S_IMODE(ray.with_name("python").resolve().stat().st_mode) == 0o700


def test_a_ray_that_accounts_can_run_stays_where_it_is(local: Site) -> None:
    ray = Path(local.image.location)
    assert runnable(ray, ClusterAccount(accounts.LAST_ID)) == ray


def test_a_ray_that_no_account_can_run_is_refused_with_the_way_out(
    open_state: Path, tmp_path: Path
) -> None:
    ray = closed_environment(tmp_path / "closed")
    ray.with_name("python").unlink()
    with pytest.raises(InvalidRequest, match=r"do not run as root.*such as /opt"):
        runnable(ray, ClusterAccount(accounts.LAST_ID))


def test_without_the_right_to_change_users_the_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(InvalidRequest, match="run Mobula as an ordinary user"):
        ClusterAccount(accounts.LAST_ID).can_run("true")


def test_the_ended_nodes_of_a_cluster_leave_nothing_in_its_users_directory(local: Site) -> None:
    record = running(local)
    local.driver.terminate(local.cluster, [local.head().name])
    local.wait_until_gone(local.head().name)
    eventually(lambda: not record.ray_directory.exists(), "its Ray directory is gone")
