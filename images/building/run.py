"""What a worker does with a build, from its queue to the version that nodes can pull."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from domain.images.fingerprint import fingerprint
from domain.images.states import BuildState, ImageSource, ImageState
from domain.images.versions_inside import versions_inside
from images.building.builders import builder_for
from images.building.context import Context, context_of
from images.building.ending import end_without_image
from images.building.environments import build_environment
from images.building.leases import renew, take
from images.building.log import LogWriter, end_steps
from images.building.registry_calls import (
    NO_ACCESS,
    Access,
    Confirmed,
    Pinned,
    access_to,
    confirmed,
    pinned,
)
from images.building.same import refuse_same
from images.building.secrets import Mask, forget_secrets, secrets_of
from images.models import Build, ContextArchive, ImageContents, ImageVersion
from images.registries.repositories import created_repository
from images.transitions import ImageMoved, move_build, move_version
from providers.builders.base import (
    BuildCanceled,
    BuildError,
    BuildInterrupted,
    BuildLimits,
    BuildSpec,
    BuiltImage,
    Contents,
)
from providers.errors import ProviderError

_CHECK_SECONDS, _RENEW_SECONDS = 1.0, 15.0
_LEAST_RAY = (2, 8)


def run_build(build_id: int) -> None:
    """Build what waits under this number, if its team has room; the outcome is in the database.

    What goes on elsewhere without a worker is followed to its end.
    """
    build = take(build_id)
    if build is None:
        return
    log = LogWriter(build)
    try:
        _build(build, log)
    except BuildInterrupted:
        return  # whoever has it now ends it
    except BuildCanceled:
        _end(build, log, BuildState.CANCELED, f"{build.canceled_by} canceled it.")
    except (BuildError, ProviderError) as error:
        _end(build, log, BuildState.FAILED, str(error))
    except SoftTimeLimitExceeded:
        _end(build, log, BuildState.FAILED, "It took longer than MOBULA_BUILD_MINUTES.")
    except ImageMoved:
        return


def name_of(build: Build) -> str:
    """Return what the builder calls the build; no other ever has that name."""
    return f"mobula-{build.pk}"


def cache_of(version: ImageVersion) -> str:
    """Return whose layers a build of the version shares."""
    return f"team-{version.image.team_id or 'all'}"


def _build(build: Build, log: LogWriter) -> None:
    version = build.version
    if version.source == ImageSource.VIRTUAL_ENVIRONMENT:
        build_environment(build, log, _Watcher(build, log))
        return
    if version.registry is None:
        raise BuildError("The version names no registry. Edit it and choose one.")
    built = _taken_up(build, log) if build.remote else _begun(build, log)
    told = confirmed(version.location, built.digest, team=version.image.team)
    log.say(f"The registry has {version.location} as {told.image.digest}")
    _finish(build, log, built, told)


def _taken_up(build: Build, log: LogWriter) -> BuiltImage:
    """Follow what another worker began elsewhere, for which no secret was sent."""
    # What it is built from was written down before it was begun.
    log.say("Another worker follows this build now.")
    spec = _spec(build, build.version.dockerfile)
    return builder_for(build.version).build(spec, _Watcher(build, log, secrets={}))


def _begun(build: Build, log: LogWriter) -> BuiltImage:
    version = build.version
    secrets = secrets_of(version)
    log.mask = Mask(secrets.values())
    watcher = _Watcher(build, log, secrets=secrets)
    team = version.image.team
    bases = pinned(version.dockerfile, team=team)
    for base, digest in bases.digests.items():
        log.say(f"Base {base} is {digest}")
    watcher.check()
    hosts = {version.location.partition("/")[0], *bases.hosts}
    with context_of(version, name=name_of(build), look=watcher.check) as context:
        if context.told:
            log.say(context.told)
        version.fingerprint = _mark(version, bases, context)
        version.save(update_fields=["fingerprint"])
        _prepare_repository(version, log)
        spec = replace(
            _spec(build, bases.dockerfile, access_to(hosts, team=team)),
            context=context.folder,
            secrets={name: value.encode() for name, value in watcher.secrets.items()},
        )
        return builder_for(version).build(spec, watcher)


def _prepare_repository(version: ImageVersion, log: LogWriter) -> None:
    if version.registry and (name := created_repository(version.registry, version.location)):
        log.say(f"Created the repository {name} in Amazon ECR")


def _spec(build: Build, dockerfile: str, access: Access = NO_ACCESS) -> BuildSpec:
    return BuildSpec(
        name=name_of(build),
        cache=cache_of(build.version),
        dockerfile=dockerfile,
        location=build.version.location,
        limits=BuildLimits(seconds=settings.BUILD_SECONDS, disk_bytes=settings.BUILD_DISK_BYTES),
        logins=access.logins,
        certificates=access.certificates,
        plain_hosts=access.plain_hosts,
        remote=build.remote,
    )


def _mark(version: ImageVersion, bases: Pinned, context: Context) -> str:
    """Return the fingerprint of the build; raises `BuildError` where a version has the same."""
    mark = fingerprint(version.dockerfile, bases=bases.digests, context=context.digest)
    refuse_same(
        version,
        mark,
        because="it was built from this Dockerfile and these files, and its base has not changed "
        "since. Use it, or change the Dockerfile or the build context.",
    )
    return mark


@transaction.atomic
def _finish(build: Build, log: LogWriter, built: BuiltImage, told: Confirmed) -> None:
    log.flush(to_the_end=True)
    end_steps(build, now().timestamp())
    image = told.image
    move_build(build, BuildState.SUCCEEDED, digest=image.digest, steps=build.steps)
    forget_secrets(build.version)
    ContextArchive.objects.filter(version=build.version).delete()
    packages = [asdict(one) for one in built.contents.packages]
    ImageContents.objects.create(version=build.version, packages=packages, layers=list(told.layers))
    inside = versions_inside(
        labels=image.labels, environment=image.environment, repository="", tag=""
    )
    move_version(
        build.version,
        ImageState.READY,
        ray_version=built.contents.version_of("ray")[:20],
        python_version=built.contents.python_version or inside.python,
        cuda_version=inside.cuda,
        digest=image.digest,
        size_bytes=sum(int(one["size"]) for one in told.layers),
        platforms=[asdict(one) for one in image.platforms],
        labels=dict(image.labels),
        built_at=now(),
    )


def _end(build: Build, log: LogWriter, state: BuildState, reason: str) -> None:
    reason = log.mask(reason)
    try:
        with transaction.atomic():
            log.say(reason)
            log.flush(to_the_end=True)
            end_without_image(build, state, reason=reason)
    except ImageMoved:
        return  # somebody else ended it


class _Watcher:
    """Keeps the log and the lease of a build, and hears when somebody cancels it."""

    def __init__(
        self, build: Build, log: LogWriter, *, secrets: Mapping[str, str] | None = None
    ) -> None:
        self.secrets = secrets or {}
        self._build = build
        self._log = log
        self._check_at = self._renew_at = 0.0

    def write(self, output: bytes) -> None:
        self._log.write(output)

    def call_it(self, remote: str) -> None:
        # A worker that was away for too long must not name a build that others have ended.
        held = Build.objects.filter(pk=self._build.pk, lease_token=self._build.lease_token)
        if not held.update(remote=remote):
            raise BuildInterrupted
        self._build.remote = remote

    def inspect(self, contents: Contents) -> None:
        ray = contents.version_of("ray")
        if not ray:
            raise BuildError(
                "The image has no Ray, so no cluster could start from it. Choose a base with Ray, "
                "or install ray[default] in it."
            )
        if tuple(int(part) for part in ray.split(".")[:2] if part.isdecimal()) < _LEAST_RAY:
            raise BuildError(f"The image has Ray {ray}; clusters need 2.8 or later.")

    def begin_push(self) -> None:
        if self._build.state == BuildState.PUSHING:  # as another worker has seen
            return
        self._log.say(f"Pushing to {self._build.version.location}")
        try:
            move_build(self._build, BuildState.PUSHING)
        except ImageMoved as error:
            raise BuildInterrupted from error

    def check(self) -> None:
        moment = time.monotonic()
        self._log.flush()  # as often as the builder looks: somebody watches
        if moment < self._check_at:
            return
        self._check_at = moment + _CHECK_SECONDS
        if moment >= self._renew_at:
            self._renew_at = moment + _RENEW_SECONDS
            if not renew(self._build):
                raise BuildInterrupted
        asked = Build.objects.select_related("canceled_by").filter(pk=self._build.pk).first()
        if asked is None or asked.lease_token != self._build.lease_token:
            raise BuildInterrupted
        if asked.cancel_asked_at:
            self._build.canceled_by = asked.canceled_by
            raise BuildCanceled
