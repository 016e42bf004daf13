"""What registries are asked before and after a build: digests of bases, and of what was pushed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from accounts.models import Team
from domain.images.dockerfile.parsing import parse, with_bases
from domain.images.uri import ImageUri, WrongImageUri, read_uri
from images.registries.asking import client_for, password_for, registry_at
from providers.builders.base import BuildError, Login
from providers.errors import ProviderError
from providers.oci import RegistryClient, RemoteImage, describe
from providers.oci.client import NoSuchImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a build signs in to the registries that it needs, by their hosts."""

    logins: Mapping[str, Login]
    certificates: Mapping[str, str]
    plain_hosts: frozenset[str]


NO_ACCESS = Access(logins={}, certificates={}, plain_hosts=frozenset())


def access_to(hosts: Iterable[str], *, team: Team | None) -> Access:
    """Return as whom, and how, builds of a team sign in to these; raises ProviderErrors."""
    logins: dict[str, Login] = {}
    certificates: dict[str, str] = {}
    for host in set(hosts):
        registry = registry_at(host, team=team)
        user, _, password = password_for(host, team=team).partition(":")
        if user:
            logins[host] = Login(user, password)
        if registry and (ca := registry.settings.get("ca")):
            certificates[host] = str(ca)
    return Access(logins=logins, certificates=certificates, plain_hosts=_on_this_host(hosts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A Dockerfile whose bases are digests, and those digests by the names of the bases."""

    dockerfile: str
    digests: Mapping[str, str]
    hosts: frozenset[str]


def pinned(dockerfile: str, *, team: Team | None) -> Pinned:
    """Return the Dockerfile with each base, and each image that files are copied from, at the
    digest that its tag has now.

    Raises `BuildError` for a base that is no image, or is not there.
    """
    digests: dict[str, str] = {}
    bases: dict[int, str] = {}
    hosts: set[str] = set()
    sources: dict[str, str] = {}

    def pin(name: str) -> str:
        uri = _uri(name)
        if name not in digests:
            digests[name] = uri.digest or _digest(uri, team=team)
        hosts.add(uri.host)
        return f"{uri.name}@{digests[name]}"

    read = parse(dockerfile)
    for stage in read.external_stages():
        bases[stage.start.line] = pin(stage.base)
    for source in read.external_sources():
        sources[source.image] = pin(source.image)
    return Pinned(
        dockerfile=with_bases(dockerfile, bases, sources=sources),
        digests=digests,
        hosts=frozenset(hosts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the registry has; of each layer: digest, size in bytes, created_by."""

    image: RemoteImage
    layers: Sequence[Mapping[str, Any]]


def confirmed(location: str, digest: str, *, team: Team | None) -> Confirmed:
    """Return what the registry has where the build went; raises `BuildError` where it differs."""
    uri = _uri(location)
    client = _client(uri, team)
    try:
        image = describe(client, uri.reference)
        if image.digest != digest:
            raise BuildError(
                f"{location} has the digest {image.digest} in the registry, but {digest} was "
                "pushed: another client pushed there meanwhile. Build again."
            )
        manifest = client.manifest(digest).content
        config = client.config(str(manifest["config"]["digest"]))
        return Confirmed(image=image, layers=_layers(manifest, config))
    except (ProviderError, LookupError, TypeError) as error:
        raise BuildError(f"The registry does not confirm the image: {error}") from error


def _layers(manifest: Mapping[str, Any], config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    made = [one for one in config.get("history", []) if not one.get("empty_layer")]
    texts = [str(one.get("created_by", ""))[:500] for one in made]
    layers = manifest.get("layers", [])
    texts += [""] * (len(layers) - len(texts))
    return [
        {"digest": str(one["digest"]), "size": int(one["size"]), "created_by": text}
        for one, text in zip(layers, texts, strict=False)
    ]


def _on_this_host(hosts: Iterable[str]) -> frozenset[str]:
    """Return those of the registries that are on this host, where no TLS is asked for."""
    names = {host: urlsplit(f"//{host}").hostname or "" for host in hosts}
    return frozenset(
        host for host, name in names.items() if name == "localhost" or name.startswith("127.")
    )


def _client(uri: ImageUri, team: Team | None) -> RegistryClient:
    return client_for(uri, registry=registry_at(uri.host, team=team))


def _uri(text: str) -> ImageUri:
    try:
        return read_uri(text)
    except WrongImageUri as error:
        raise BuildError(str(error)) from error


def _digest(uri: ImageUri, *, team: Team | None) -> str:
    try:
        digest = _client(uri, team).digest_of(uri.reference)
    except NoSuchImage:
        digest = ""
    except ProviderError as error:
        raise BuildError(f"The base {uri.name} cannot be pulled: {error}") from error
    if not digest:
        raise BuildError(
            f"The base {uri.name}:{uri.reference} does not exist in {uri.host}. Choose another."
        )
    return digest
