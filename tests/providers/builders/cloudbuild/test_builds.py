"""Builds at a double of Cloud Build: what comes of each way in which they end."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.builders.base import BuildError, Login, Package
from tests.doubles.aws.build_plans import DIGEST
from tests.doubles.cloud_build import PROJECT, REGION, CloudBuildDouble, RemoteBuild
from tests.doubles.cloud_build_plans import endless, failure, success
from tests.providers.builders.cloudbuild.conftest import Build
from tests.providers.builders.watching import Watcher, context, order

LOCATION = "europe-west4-docker.pkg.dev/acme-ml/images/research/train:v1"


def test_a_build_is_followed_to_its_digest_its_packages_and_its_steps(
    double: CloudBuildDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = success()
    built = build(order(location=LOCATION))
    assert built.digest == DIGEST
    assert built.contents.packages == [
        Package(kind="apt", name="bash", version="5.2"),
        Package(kind="pip", name="num-py", version="2.1.0"),
        Package(kind="pip", name="ray", version="2.50.0"),
    ]
    assert built.contents.python_version == "3.12"
    steps = [line for line in watcher.log.splitlines() if line.startswith("STEP ")]
    assert steps == [
        "STEP 1: Waiting for a machine of Google Cloud Build",
        "STEP 2: Preparing the machine",
        "STEP 3/5: FROM docker.io/rayproject/ray@sha256:12",
        "STEP 4/5: RUN pip install x",
    ]
    assert double.only().mark not in watcher.log
    assert watcher.pushes == 1
    assert watcher.remotes[0] == f"projects/{PROJECT}/locations/{REGION}/builds/0000-0"


def test_the_order_has_no_secret_and_runs_as_the_chosen_account(
    double: CloudBuildDouble, build: Build
) -> None:
    double.plan = success()
    build(order(location=LOCATION, logins={LOCATION.partition("/")[0]: Login("_json_key", "KEY")}))
    row = double.only().row
    asked = json.dumps(row)
    assert "KEY" not in asked
    assert "PRIVATE" not in asked
    assert row["serviceAccount"] == (
        f"projects/{PROJECT}/serviceAccounts/builds@acme-ml.iam.gserviceaccount.com"
    )
    assert row["options"]["logging"] == "CLOUD_LOGGING_ONLY"
    assert (row["timeout"], row["tags"][0]) == ("600s", "one-mobula-7")
    assert row["images"] == [LOCATION]


def test_a_long_dockerfile_is_written_in_several_steps(
    double: CloudBuildDouble, build: Build
) -> None:
    double.plan = success()
    noise = "".join(f"ENV V{n}={hash(str(n) * 9)}\n" for n in range(4_000))
    build(order(location=LOCATION, dockerfile=f"FROM x\n{noise}"))
    scripts = [one["script"] for one in double.only().row["steps"]]
    assert len(scripts) > 4
    assert max(map(len, scripts)) < 10_000


def test_the_log_may_come_late_in_pages_or_not_at_all(
    double: CloudBuildDouble, build: Build, watcher: Watcher
) -> None:
    double.plan, double.log_page = success(is_whole=False), 2
    assert build(order(location=LOCATION)).contents.version_of("num-py") == "2.1.0"
    assert watcher.log.count("Successfully installed") == 1


def test_without_a_log_the_image_is_known_all_the_same(
    double: CloudBuildDouble, build: Build, watcher: Watcher
) -> None:
    def gone(remote: RemoteBuild) -> Iterator[None]:
        for _ in success()(remote):
            remote.log.clear()
            yield

    double.plan = gone
    built = build(order(location=LOCATION))
    assert (built.digest, built.contents.version_of("ray")) == (DIGEST, "2.50.0")
    assert "The log is not in Cloud Logging" in watcher.log


def test_a_log_that_may_not_be_read_does_not_end_the_build(
    double: CloudBuildDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = success()
    double.denied.add("entries.list")
    assert build(order(location=LOCATION)).digest == DIGEST
    assert watcher.log.count("Google does not allow logging.logEntries.list") == 1


@pytest.mark.parametrize(
    ("plan", "wanted"),
    [
        (failure("FAILURE", step="build", log="ERROR: exit code: 7"), "exit code: 7 .*Dockerfile"),
        (failure("FAILURE", step="prepare-1"), "preparing the machine"),
        (failure("FAILURE", failureInfo={"type": "PUSH_NOT_AUTHORIZED"}), "Registry Writer"),
        (failure("FAILURE", failureInfo={"type": "PUSH_FAILED"}), "repository exists"),
        (failure("FAILURE", failureInfo={"type": "LOGGING_FAILURE"}), "Logs Writer"),
        (failure("FAILURE", failureInfo={"type": "FETCH_SOURCE_FAILED"}), "Object Viewer"),
        (failure("FAILURE", statusDetail="disk is full"), "disk is full"),
        (failure("TIMEOUT"), "ended it after 10 minutes"),
        (failure("CANCELLED"), "stopped in Google Cloud Build by another user"),
        (failure("EXPIRED"), "no machine for it in time"),
        (failure("INTERNAL_ERROR"), "internal error"),
    ],
)
def test_a_failure_names_what_failed_and_the_way_out(
    double: CloudBuildDouble, build: Build, plan: object, wanted: str
) -> None:
    double.plan = plan  # type: ignore[assignment]
    with pytest.raises(BuildError, match=wanted):
        build(order(location=LOCATION))


def test_success_without_a_digest_is_none(double: CloudBuildDouble, build: Build) -> None:
    double.plan = success(digest="")
    with pytest.raises(BuildError, match="not under which digest"):
        build(order(location=LOCATION))


def test_a_context_goes_by_way_of_the_bucket_and_is_removed(
    double: CloudBuildDouble, build: Build, tmp_path: Path
) -> None:
    kept: dict[str, bytes] = {}

    def plan(remote: RemoteBuild) -> Iterator[None]:
        kept.update(double.objects)
        yield from success()(remote)

    double.plan = plan
    build(order(location=LOCATION, context=context(tmp_path)), bucket="contexts")
    source = double.only().row["source"]["storageSource"]
    with tarfile.open(fileobj=io.BytesIO(kept[f"{source['bucket']}/{source['object']}"])) as inner:
        members = {one.name: one for one in inner.getmembers()}
    assert members["./start.sh"].mode == 0o755
    assert double.objects == {}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"secrets": {"token": b"x"}}, "as plain text"),
        ({"logins": {"registry.example.org": Login("a", "b")}}, "Copy the base"),
        ({"context": Path("/tmp")}, "Cloud Storage bucket for build contexts"),
    ],
)
def test_what_it_cannot_build_is_refused_before_anything_is_asked(
    double: CloudBuildDouble, build: Build, more: dict[str, object], wanted: str
) -> None:
    with pytest.raises(BuildError, match=wanted):
        build(order(location=LOCATION, **more))
    assert double.calls == []


def test_it_ends_at_its_limit_and_is_stopped_there(double: CloudBuildDouble, build: Build) -> None:
    double.plan = endless
    with pytest.raises(BuildError, match="did not finish within 10 minutes"):
        build(order(location=LOCATION))
    assert double.only().row["status"] == "CANCELLED"
