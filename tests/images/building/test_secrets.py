"""The values of build secrets are where a step reads them, and nowhere else."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, NotAllowed
from accounts.models import User
from domain.images.secret_values import MASK, wanted_secrets
from domain.images.states import BuildState
from images import tasks
from images.building.log import LogWriter, whole
from images.building.run import run_build
from images.building.secrets import Mask, secrets_of
from images.models import Build, BuildSecret, ImageVersion
from images.services.builds import build_version, cancel_build
from images.services.inputs import remove_build_secret, set_build_secret
from providers.builders.base import BuildError
from tests.images.building.registry import LocalRegistry

pytestmark = pytest.mark.django_db(transaction=True)
type Draft = Callable[..., ImageVersion]
CANARY = "canary-7f3a/91 &c0ffee"
MOUNT = "--mount=type=secret,id=hf_token"


def rows() -> Iterator[str]:
    """Yield every row of the database as text."""
    for model in apps.get_models():
        for row in model._default_manager.all().iterator():
            yield serializers.serialize("json", [row])
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                if isinstance(value, bytes | memoryview):
                    yield bytes(value).decode(errors="replace")


def is_in(text: str) -> bool:
    """Return whether the value is there, as it is or encoded."""
    return any(one in text for one in (CANARY, json.dumps(CANARY)[1:-1], encoded()))


def encoded() -> str:
    return base64.b64encode(CANARY.encode()).decode()


def test_the_value_is_in_no_log_layer_row_task_or_file(
    draft: Draft, local_registry: LocalRegistry, alice: User, home: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    asked: list[str] = []
    monkeypatch.setattr(
        tasks.run_build, "apply_async", lambda *args, **options: asked.append(f"{args} {options}")
    )
    step = (
        f"RUN {MOUNT} read value < /run/secrets/hf_token; echo length ${{#value}}; "
        'echo "printed: $value"; printf %s "$value" | base64; echo a\\\n  long line $value; '
        "test -n \"$value\""
    )  # fmt: skip
    version = draft(f"FROM {local_registry.base}\n{step}\n", "secret")
    set_build_secret(version, name="hf_token", value=CANARY, by=alice)
    build = build_version(version, by=alice)
    run_build(build.pk)
    build.refresh_from_db()
    log = "".join(whole(build.pk))
    assert build.state == BuildState.SUCCEEDED, build.reason + log
    assert f"length {len(CANARY)}" in log  # the step had it
    assert f"printed: {MASK}" in log
    assert not is_in(log)
    assert asked
    assert not is_in(" ".join(asked))
    assert not is_in(caplog.text)
    assert not any(map(is_in, rows()))
    assert not BuildSecret.objects.exists()
    # The registry has the layers, the host the cache: packed or not.
    folder = local_registry_folder(local_registry)
    for place in (home, folder):
        found = subprocess.run(
            ["grep", "-rlaF", "-e", CANARY, "-e", encoded(), str(place)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert found.stdout == ""
    for blob in folder.rglob("data"):
        unpacked = subprocess.run(["gzip", "-dc", str(blob)], capture_output=True, check=False)
        assert CANARY.encode() not in unpacked.stdout


def local_registry_folder(registry: LocalRegistry) -> Path:
    config = Path(str(registry.process.args[-1]))  # type: ignore[index]
    assert config.name == "registry.yml"
    return config.parent / "images"


def test_a_step_that_fails_on_its_secret_does_not_tell_it(
    draft: Draft, local_registry: LocalRegistry, alice: User, home: Path
) -> None:
    step = f'RUN {MOUNT} echo "Error: $(cat /run/secrets/hf_token) was refused" >&2; exit 3'
    version = draft(f"FROM {local_registry.base}\n{step}\n", "refused")
    set_build_secret(version, name="hf_token", value=CANARY, by=alice)
    build = build_version(version, by=alice)
    run_build(build.pk)
    build.refresh_from_db()
    assert build.state == BuildState.FAILED
    assert not any(map(is_in, rows()))
    assert not BuildSecret.objects.exists()
    with pytest.raises(Invalid, match="needs the build secret hf_token"):
        build_version(build.version, by=alice)


def test_a_canceled_build_forgets_its_secrets(draft: Draft, alice: User) -> None:
    version = draft(f"FROM a/ray:1\nRUN {MOUNT} true\n")
    set_build_secret(version, name="hf_token", value=CANARY, by=alice)
    build = build_version(version, by=alice)
    cancel_build(build, by=alice)
    assert not BuildSecret.objects.exists()


def test_a_value_is_masked_wherever_a_log_is_cut(draft: Draft, alice: User) -> None:
    build = Build.objects.create(version=draft("FROM a\n"), attempt=1, asked_by=alice)
    log = LogWriter(build)
    log.mask = Mask([CANARY, "first line\nsecond line"])
    text = ("x" * 16_380 + CANARY) * 8 + "\nsecond line\n\x1b[1mcanary\x1b[0m-7f3a/91 &c0ffee\n"
    for start in range(0, len(text), 7):
        log.write(text[start : start + 7].encode())
    log.flush(to_the_end=True)
    kept = "".join(whole(build.pk))
    assert CANARY not in kept.replace("\n", "")
    assert "second line" not in kept
    assert kept.count(MASK) == 10


def test_secrets_open_with_the_installations_key_alone(
    draft: Draft, alice: User, settings: Any
) -> None:
    version = draft("FROM a\n")
    set_build_secret(version, name="a", value=CANARY, by=alice)
    row = BuildSecret.objects.get()
    assert CANARY not in row.sealed_credentials
    assert secrets_of(version) == {"a": CANARY}
    BuildSecret.objects.update(name="b")  # it belongs to its name
    with pytest.raises(BuildError, match="another secret key"):
        secrets_of(version)
    BuildSecret.objects.update(name="a")
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(BuildError, match="Enter it again"):
        secrets_of(version)


def test_the_page_takes_values_and_never_shows_them(
    client: Client, draft: Draft, alice: User
) -> None:
    version = draft(f"FROM rayproject/ray:2.50.0-py312\nRUN {MOUNT} true\n")
    client.force_login(alice)
    page = reverse("images:edit-draft", args=[version.pk])
    assert "asks for: hf_token" in client.get(page).content.decode()
    address = reverse("images:set-secret", args=[version.pk])
    client.post(address, {"name": "hf_token", "value": CANARY})
    shown = client.get(page).content.decode()
    assert "<code>hf_token</code>" in shown
    assert "asks for:" not in shown
    assert CANARY not in shown
    client.post(address, {"name": "a b", "value": "short"})
    assert BuildSecret.objects.count() == 1
    client.post(reverse("images:remove-secret", args=[version.pk]), {"name": "hf_token"})
    assert not BuildSecret.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("a,src=/etc/shadow", "long enough", "letters, digits"),
        ("../a", "long enough", "letters, digits"),
        ("-a", "long enough", "letters, digits"),
        ("", "long enough", "letters, digits"),
        ("a", "brief", "at least 6"),
        ("a", "x" * 20_000, "at most 16 KiB"),
    ],
)
def test_wrong_secrets_are_refused(
    name: str, value: str, reason: str, draft: Draft, alice: User
) -> None:
    with pytest.raises(Invalid) as refused:
        set_build_secret(draft("FROM a\n"), name=name, value=value, by=alice)
    assert reason in " ".join(refused.value.messages)
    assert value not in " ".join(refused.value.messages)


def test_what_a_dockerfile_asks_for_is_known() -> None:
    text = (
        "FROM a\nRUN --mount=type=cache,target=/c --mount=type=secret,id=one,required=true true\n"
        "RUN --mount=type=secret,target=/run/two true\nRUN --mount=type=bind,from=b true\n"
    )
    assert wanted_secrets(text) == {"one": 2, "two": 3}


def test_only_those_who_edit_set_secrets(draft: Draft, bob: User, alice: User) -> None:
    version = draft("FROM a\n")
    set_build_secret(version, name="a", value=CANARY, by=alice)
    with pytest.raises(NotAllowed):
        remove_build_secret(version, name="a", by=bob)
    assert BuildSecret.objects.exists()
