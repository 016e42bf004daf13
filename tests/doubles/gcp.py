"""A double of Google Cloud: machine types, accelerators and prices in pages, failures on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mobula.demo_cloud.serving import serving

PAGE = 2  # entries on a page


@dataclass(frozen=True)
class Failure:
    """What is answered in place of the next answer."""

    status: int
    reason: str


THROTTLED = Failure(403, "rateLimitExceeded")
REFUSED = Failure(403, "forbidden")
BROKEN = Failure(400, "invalid")


@dataclass
class GcpDouble:
    """Compute Engine and the billing catalogue at one address."""

    url: str = ""
    machines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    accelerators: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    skus: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    delay: float = 0
    calls: list[str] = field(default_factory=list)

    def machine(self, name: str, zone: str, *, vcpus: int, gib: float, **more: Any) -> None:
        """Offer a machine type in a zone."""
        row = {"name": name, "guestCpus": vcpus, "memoryMb": round(gib * 1024), "zone": zone}
        self.machines.append((zone, row | more))

    def sku(
        self, description: str, dollars: str, *, region: str, unit: str = "h", spot: bool = False
    ) -> None:
        """Put the price of a part into the billing catalogue."""
        units, _, nanos = dollars.partition(".")
        money = {"currencyCode": "USD", "units": units, "nanos": int(nanos.ljust(9, "0"))}
        expression = {"usageUnit": unit, "tieredRates": [{"unitPrice": money}]}
        self.skus.append(
            {
                "description": description,
                "category": {"usageType": "Preemptible" if spot else "OnDemand"},
                "serviceRegions": [region],
                "pricingInfo": [{"pricingExpression": expression}],
            }
        )

    def answer(self, path: str, token: str) -> dict[str, Any] | None:
        """Return a page; None for an address that is not known."""
        if path == "/token":
            return {"access_token": "ya29.SECRET", "expires_in": 3600, "token_type": "Bearer"}
        self.calls.append(path)
        if path.endswith("/aggregated/machineTypes"):
            return _aggregated(self.machines, "machineTypes", token)
        if path.endswith("/aggregated/acceleratorTypes"):
            return _aggregated(self.accelerators, "acceleratorTypes", token)
        if path.endswith("/skus"):
            page, more = _page(self.skus, token)
            return {"skus": page, **more}
        return None

    def credentials(self, directory: Path) -> Path:
        """Return a file with a service account whose tokens this double gives out."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = directory / "account.json"
        told = {
            "type": "service_account",
            "project_id": "acme",
            "private_key": key.decode(),
            "client_email": "mobula@acme.example",
            "token_uri": f"{self.url}/token",
        }
        file.write_text(json.dumps(told))
        return file


def _page[T](found: list[T], token: str) -> tuple[list[T], dict[str, str]]:
    start = int(token or 0)
    more = start + PAGE < len(found)
    return found[start : start + PAGE], {"nextPageToken": str(start + PAGE)} if more else {}


def _aggregated(rows: list[tuple[str, dict[str, Any]]], key: str, token: str) -> dict[str, Any]:
    page, more = _page(rows, token)
    items: dict[str, Any] = {"zones/none-1-x": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
    for zone, row in page:
        items.setdefault(f"zones/{zone}", {key: []})[key].append(row)
    return {"items": items, **more}


def _handler(double: GcpDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            """Say nothing."""

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(double.delay)
            if double.failures and asked.path != "/token":
                failure = double.failures.pop(0)
                error = {"message": "no: SECRET", "errors": [{"reason": failure.reason}]}
                return self._say(failure.status, {"error": error | {"code": failure.status}})
            token = parse_qs(asked.query).get("pageToken", [""])[0]
            found = double.answer(asked.path, token)
            return self._say(404 if found is None else 200, found or {})

        def do_POST(self) -> None:
            self.do_GET()

        def _say(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except BrokenPipeError:  # who asked gave up
                self.close_connection = True

    return Handler


@contextmanager
def running() -> Iterator[GcpDouble]:
    """Run the double at a free port of this machine for as long as the block lasts."""
    double = GcpDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(double))
    with serving(server) as double.url:
        yield double
