"""Builds at a double of CodeBuild: what comes of each way in which they end."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from providers.builders.base import BuildError, Login, Package
from providers.builders.codebuild import CodeBuild
from tests.doubles.aws.build_plans import DIGEST, endless, failure, finished, success
from tests.doubles.aws.builds import BuildsDouble
from tests.providers.builders.codebuild.conftest import Build, Place
from tests.providers.builders.watching import LOCATION, Watcher, context, order


def test_a_build_is_followed_to_its_digest_its_packages_and_its_steps(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = finished(success())
    built = build(order())
    assert built.digest == DIGEST
    assert built.contents.packages == [
        Package(kind="apt", name="bash", version="5.2"),
        Package(kind="pip", name="num-py", version="2.1.0"),
        Package(kind="pip", name="ray", version="2.50.0"),
    ]
    assert built.contents.python_version == "3.12"
    steps = [line for line in watcher.log.splitlines() if line.startswith("STEP ")]
    assert steps == [
        "STEP 1: Waiting for a machine of AWS CodeBuild",
        "STEP 2: Starting the machine",
        "STEP 3: Fetching the build context",
        "STEP 4: Signing in to the registry",
        "STEP 5/7: FROM docker.io/rayproject/ray@sha256:12",
        "STEP 6/7: RUN pip install x",
        "STEP 7/7: Inspecting and pushing the image",
    ]
    assert "Successfully installed" in watcher.log
    assert double.only().mark not in watcher.log
    assert (watcher.pushes, watcher.seen) == (1, built.contents)
    assert watcher.remotes[0] == double.only().id


def test_the_order_has_no_secret_and_is_what_the_project_runs(
    double: BuildsDouble, build: Build
) -> None:
    double.plan = finished(success())
    logins = {LOCATION.partition("/")[0]: Login("AWS", "SECRET-PASSWORD")}
    build(order(logins=logins), login_secret="mobula/logins")
    asked = double.only().asked
    assert asked["sourceTypeOverride"] == "NO_SOURCE"
    assert asked["idempotencyToken"] == "one-mobula-7"
    assert (asked["timeoutInMinutesOverride"], asked["queuedTimeoutInMinutesOverride"]) == (10, 10)
    kinds = {
        one["name"]: (one["type"], one["value"]) for one in asked["environmentVariablesOverride"]
    }
    assert kinds["MOBULA_DOCKER_CONFIG"] == ("SECRETS_MANAGER", "mobula/logins")
    assert "SECRET" not in json.dumps({**asked, "environmentVariablesOverride": []}).replace(
        "SECRETS_MANAGER", ""
    )
    spec = json.loads(asked["buildspecOverride"])
    assert list(spec["phases"]) == ["pre_build", "build", "post_build"]


def test_the_log_may_come_late_in_pages_or_not_at_all(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan, double.log_page = success(), 3
    assert build(order()).contents.version_of("num-py") == "2.1.0"
    assert watcher.log.count("Successfully installed") == 1


def test_without_a_log_the_image_is_known_all_the_same(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    def gone(remote: object) -> object:
        for _ in success()(remote):  # type: ignore[arg-type]
            remote.log = None  # type: ignore[attr-defined]
            yield

    double.plan = gone  # type: ignore[assignment]
    built = build(order())
    assert (built.digest, built.contents.version_of("ray")) == (DIGEST, "2.50.0")
    assert built.contents.python_version == "3.12"
    assert "The log is not in CloudWatch Logs" in watcher.log


def test_a_log_that_may_not_be_read_does_not_end_the_build(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = finished(success())
    double.denied.add("GetLogEvents")
    assert build(order()).digest == DIGEST
    assert watcher.log.count("The log cannot be read") == 1
    assert "SECRET" not in watcher.log


@pytest.mark.parametrize(
    ("phase", "message", "wanted"),
    [
        ("QUEUED", "Build has timed out", "quota of concurrent builds"),
        ("PROVISIONING", "no such image", "no such image"),
        ("DOWNLOAD_SOURCE", "CLIENT_ERROR: secret cannot be read", "secret cannot be read"),
        ("PRE_BUILD", "Error while executing command: …", "ecr:GetAuthorizationToken"),
        ("BUILD", "Error while executing command: …", "exit code: 7"),
        ("POST_BUILD", "Error while executing command: …", "denied: no right to push"),
    ],
)
def test_a_failure_names_its_phase_and_the_way_out(
    double: BuildsDouble, build: Build, phase: str, message: str, wanted: str
) -> None:
    said = {
        "BUILD": "ERROR: failed to solve: exit code: 7",
        "POST_BUILD": "denied: no right to push",
    }
    double.plan = failure(phase, message, log=said.get(phase, ""))
    with pytest.raises(BuildError, match=f"phase {phase}") as raised:
        build(order())
    assert wanted in str(raised.value)
    assert "executing command" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("TIMED_OUT", "ended it after 10 minutes"),
        ("STOPPED", "stopped in AWS CodeBuild by another user"),
        ("FAULT", "failed in the phase BUILD: out of machines"),
    ],
)
def test_other_ends_are_told_apart(
    double: BuildsDouble, build: Build, status: str, wanted: str
) -> None:
    double.plan = failure("BUILD", "out of machines", status=status)
    with pytest.raises(BuildError, match=wanted):
        build(order())


def test_an_image_without_ray_is_not_taken(double: BuildsDouble, build: Build) -> None:
    def bare(remote: object) -> object:
        for _ in finished(success())(remote):  # type: ignore[arg-type]
            remote.exported.pop("MOBULA_RAY", None)  # type: ignore[attr-defined]
            remote.log = [it for it in remote.log or [] if "pip ray" not in it]  # type: ignore[attr-defined]
            yield

    double.plan = bare  # type: ignore[assignment]
    with pytest.raises(BuildError, match="no Ray"):
        build(order())


def test_success_without_a_digest_is_none(double: BuildsDouble, build: Build) -> None:
    double.plan = finished(success(digest=""))
    with pytest.raises(BuildError, match="not under which digest"):
        build(order())


def test_a_context_goes_by_way_of_the_bucket_and_is_removed(
    double: BuildsDouble, build: Build, tmp_path: Path
) -> None:
    kept: dict[str, bytes] = {}

    def plan(remote: object) -> object:
        kept.update(double.objects)
        yield from finished(success())(remote)  # type: ignore[arg-type]

    double.plan = plan  # type: ignore[assignment]
    build(order(context=context(tmp_path)), bucket="contexts")
    asked = double.only().asked
    assert asked["sourceTypeOverride"] == "S3"
    content = kept[asked["sourceLocationOverride"]]
    with zipfile.ZipFile(io.BytesIO(content)) as outer:
        (name,) = outer.namelist()
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as inner:
            members = {one.name: one for one in inner.getmembers()}
    assert members["./start.sh"].mode == 0o755
    assert members["./link"].issym()
    assert {one.uname for one in members.values()} == {""}
    assert f"tar -xzf {name}" in asked["buildspecOverride"]
    assert double.objects == {}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"secrets": {"token": b"x"}}, r"secrets of this build \(token\) as plain text"),
        ({"logins": {"registry.example.org": Login("a", "b")}}, "needs a login"),
        ({"certificates": {"registry.example.org": "PEM"}}, "CA certificate"),
        ({"context": Path("/tmp")}, "S3 bucket for build contexts"),
    ],
)
def test_what_it_cannot_build_is_refused_before_anything_is_asked(
    double: BuildsDouble, build: Build, more: dict[str, object], wanted: str
) -> None:
    with pytest.raises(BuildError, match=wanted):
        build(order(**more))
    assert double.calls == []


def test_a_base_on_mobulas_host_is_refused(place: Place, watcher: Watcher) -> None:
    builder = CodeBuild(place(endpoint=""))
    with pytest.raises(BuildError, match=r"does not reach 127\.0\.0\.1:5000"):
        builder.build(order(plain_hosts=frozenset({"127.0.0.1:5000"})), watcher)


def test_it_ends_at_its_limit_and_is_stopped_there(double: BuildsDouble, build: Build) -> None:
    double.plan = endless
    with pytest.raises(BuildError, match="did not finish within 10 minutes"):
        build(order())
    assert double.only().status == "STOPPED"
