"""An image is looked for in its registry as a machine would, and every refusal is told apart."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from providers import registries
from providers.preflight import Outcome, PlannedCheck, run_checks
from providers.preflight.images import check_image
from tests.doubles.registry import ACCOUNT, TOKEN, Registry, answering, new_registry


@pytest.fixture
def handler() -> type[Registry]:
    return new_registry()


@pytest.fixture
def host(handler: type[Registry]) -> Iterator[str]:
    with answering(handler) as host:
        yield host


def outcome_of(image: str, *, login: str = "") -> tuple[Outcome, str, str, bool]:
    """Return what the launch page says of the image: an answer, whatever happens."""
    logins = {image.partition("/")[0]: login} if login else {}
    check = PlannedCheck(id="image", title="Image", make=lambda: check_image(image, logins=logins))
    [answer] = run_checks([check])
    return answer.outcome, answer.sentence, answer.way_out, answer.is_certain


def test_an_image_that_is_there_passes_and_its_token_is_used(
    host: str, handler: type[Registry]
) -> None:
    outcome, sentence, _, _ = outcome_of(f"{host}/team/ray:2.60", login=ACCOUNT)
    assert outcome is Outcome.PASS
    assert "with Mobula's login" in sentence
    assert handler.manifests == [("/v2/team/ray/manifests/2.60", f"Bearer {TOKEN}")]


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ("ray", "latest"),
        ("ray:2.60", "2.60"),
        ("ray@sha256:12", "sha256:12"),
        ("ray:2.60@sha256:12", "sha256:12"),
    ],
)
def test_it_is_looked_for_by_its_digest_or_its_tag(
    host: str, handler: type[Registry], image: str, reference: str
) -> None:
    handler.lets_everybody_in = True
    assert outcome_of(f"{host}/team/{image}")[0] is Outcome.PASS
    assert [path for path, _ in handler.manifests] == [f"/v2/team/ray/manifests/{reference}"]


@pytest.mark.parametrize("login", ["", ACCOUNT])
def test_404_is_certain_only_for_who_has_a_login(
    host: str, handler: type[Registry], login: str
) -> None:
    handler.lets_everybody_in, handler.manifest = True, 404
    outcome, sentence, way_out, certain = outcome_of(f"{host}/team/ray:9", login=login)
    assert (outcome, certain) == (Outcome.FAIL, bool(login))
    assert sentence == f"{host} has no image {host}/team/ray:9."
    assert way_out == "Push the image, or change its tag."


@pytest.mark.parametrize("status", [401, 403])
def test_a_manifest_that_is_not_shown_proves_nothing(
    host: str, handler: type[Registry], status: int
) -> None:
    handler.lets_everybody_in, handler.manifest = True, status
    outcome, sentence, way_out, certain = outcome_of(f"{host}/team/ray:1")
    assert (outcome, certain) == (Outcome.SKIPPED, False)
    assert f"does not show {host}/team/ray:1 without a login ({status})" in sentence
    assert "Add a registry with credentials" in way_out


def test_no_token_without_a_login_is_a_private_image(host: str) -> None:
    outcome, sentence, way_out, certain = outcome_of(f"{host}/team/ray:1")
    assert (outcome, certain) == (Outcome.SKIPPED, False)
    assert sentence.endswith("is private.")
    assert "Add a registry with credentials" in way_out


def test_a_login_that_is_refused_is_a_certain_failure_and_is_not_told(host: str) -> None:
    outcome, sentence, way_out, certain = outcome_of(f"{host}/team/ray:1", login="ci:wrong")
    assert (outcome, certain) == (Outcome.FAIL, True)
    assert "does not accept the credentials for team/ray" in sentence
    assert "Add a registry with credentials" in way_out
    assert "wrong" not in sentence + way_out


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (302, "redirects more than 3 times"),
        (418, "answered 418"),
        (429, "limits how often it is asked"),
        (500, "answered 500"),
        (503, "answered 503"),
    ],
)
def test_other_answers_prove_nothing(
    host: str, handler: type[Registry], status: int, wanted: str
) -> None:
    handler.lets_everybody_in, handler.manifest = True, status
    outcome, sentence, _, certain = outcome_of(f"{host}/team/ray:1")
    assert (outcome, certain) == (Outcome.SKIPPED, False)
    assert sentence.startswith("Unknown: ")
    assert host in sentence
    assert wanted in sentence


@pytest.mark.parametrize("delay", ["delay", "manifest_delay"])
def test_a_registry_that_hangs_holds_up_nothing(
    host: str, handler: type[Registry], delay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "TIMEOUT_SECONDS", 0.2)
    handler.lets_everybody_in = True
    setattr(handler, delay, 1.0)
    outcome, sentence, way_out, certain = outcome_of(f"{host}/team/ray:1")
    assert (outcome, certain) == (Outcome.SKIPPED, False)
    assert sentence == f"Unknown: The registry {host} did not answer within 0.2 s."
    assert way_out == "Check again later."


def test_a_registry_that_is_away_proves_nothing() -> None:
    outcome, sentence, *_ = outcome_of("127.0.0.1:1/team/ray:1")
    assert outcome is Outcome.SKIPPED
    assert sentence.startswith("Unknown: The registry 127.0.0.1:1 does not answer.")


def test_a_certificate_that_is_not_trusted_is_named(
    handler: type[Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "scheme_of", lambda _: "https")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with answering(handler, tls=own_certificate(tmp_path)) as host:
        outcome, sentence, _, certain = outcome_of(f"{host}/team/ray:1", login=ACCOUNT)
    assert (outcome, certain) == (Outcome.SKIPPED, False)
    assert f"certificate of the registry {host} is not trusted (self-signed" in sentence
    assert not handler.manifests  # and neither a login nor a token was sent


def test_a_certificate_of_the_registry_itself_is_trusted(
    handler: type[Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "scheme_of", lambda _: "https")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    handler.challenge = ""
    context = own_certificate(tmp_path)
    text = (tmp_path / "registry.pem").read_text()
    pem = text[text.index("-----BEGIN CERTIFICATE") :]
    with answering(handler, tls=context) as host:
        finding = check_image(f"{host}/ray:1", logins={}, certificates={host: pem})
    assert finding.outcome is Outcome.PASS


def test_a_registry_without_tls_is_named(
    host: str, handler: type[Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "scheme_of", lambda _: "https")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    outcome, sentence, *_ = outcome_of(f"{host}/team/ray:1")
    assert outcome is Outcome.SKIPPED
    assert f"{host} makes no TLS connection" in sentence


def test_a_path_on_the_machines_is_no_image() -> None:
    assert outcome_of("/opt/ray/bin/ray")[0] is Outcome.SKIPPED


def own_certificate(directory: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate that nobody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = directory / "registry.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
