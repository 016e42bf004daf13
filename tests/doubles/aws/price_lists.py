"""A double of AWS: moto's server, and before it what moto lacks, with failures on demand.

Import it inside fixtures only: moto is slow to import.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from mobula.demo_cloud.serving import serving

type Start = Callable[..., Any]

PAGE = 2  # entries on a page of what this layer answers itself
_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


@dataclass(frozen=True)
class Failure:
    """What is answered in place of the next answer."""

    status: str
    code: str


THROTTLED = Failure("503 Service Unavailable", "RequestLimitExceeded")
REFUSED = Failure("401 Unauthorized", "AuthFailure")
BROKEN = Failure("400 Bad Request", "InvalidParameterValue")


@dataclass
class AwsDouble:
    """EC2 and the price list at one address; tests put prices into it and make it fail."""

    moto: Any
    url: str = ""
    products: list[dict[str, Any]] = field(default_factory=list)
    spot: list[tuple[str, str, str, datetime]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    delay: float = 0
    calls: list[str] = field(default_factory=list)
    signers: set[str] = field(default_factory=set)  # access key IDs

    def reset(self) -> None:
        """Forget prices, failures and calls."""
        self.signers.clear()
        for kept in (self.products, self.spot, self.failures, self.calls):
            kept.clear()
        self.delay = 0

    def list_price(self, name: str, dollars: str, *, region: str, **attributes: str) -> None:
        """Put a machine's price on demand into the price list."""
        told = {
            "instanceType": name, "regionCode": region, "operatingSystem": "Linux",
            "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used",
        }  # fmt: skip
        dimension = {"unit": "Hrs", "pricePerUnit": {"USD": dollars}}
        terms = {"OnDemand": {"T": {"priceDimensions": {"D": dimension}}}}
        self.products.append({"product": {"attributes": told | attributes}, "terms": terms})

    def spot_price(self, name: str, zone: str, dollars: str, *, at: datetime | None = None) -> None:
        """Put a spot price of a zone into the history."""
        self.spot.append((name, zone, dollars, at or datetime.now(UTC)))

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        time.sleep(self.delay)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        asked = dict(parse_qsl(body.decode())) if not target else json.loads(body)
        action = target.rpartition(".")[2] or asked.get("Action", "")
        self.calls.append(action)
        _, _, signed = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
        self.signers.add(signed.partition("/")[0])
        if self.failures:
            return _fail(self.failures.pop(0), start, is_json=bool(target))
        if action == "GetProducts":
            return _answer(start, "application/x-amz-json-1.1", json.dumps(self._products(asked)))
        if action == "DescribeSpotPriceHistory":
            return _answer(start, "text/xml", self._history(asked))
        return self._passed_on(environ, body, start)

    def _products(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = {one["Field"]: one["Value"] for one in asked["Filters"]}
        found = [
            json.dumps(product)
            for product in self.products
            if wanted.items() <= product["product"]["attributes"].items()
        ]
        page, token = _page(found, asked.get("NextToken", ""))
        more = {"NextToken": token} if token else {}
        return {"FormatVersion": "aws_v1", "PriceList": page, **more}

    def _history(self, asked: dict[str, str]) -> str:
        page, token = _page(self.spot, asked.get("NextToken", ""))
        items = "".join(
            f"<item><instanceType>{name}</instanceType>"
            f"<productDescription>Linux/UNIX</productDescription><spotPrice>{dollars}</spotPrice>"
            f"<timestamp>{at:%Y-%m-%dT%H:%M:%S.000Z}</timestamp>"
            f"<availabilityZone>{zone}</availabilityZone></item>"
            for name, zone, dollars, at in page
        )
        return (
            f'<DescribeSpotPriceHistoryResponse xmlns="{_NAMESPACE}"><requestId>r</requestId>'
            f"<spotPriceHistorySet>{items}</spotPriceHistorySet><nextToken>{token}</nextToken>"
            "</DescribeSpotPriceHistoryResponse>"
        )

    def _passed_on(self, environ: dict[str, Any], body: bytes, start: Start) -> Iterable[bytes]:
        import io

        environ["wsgi.input"] = io.BytesIO(body)
        answer: Iterable[bytes] = self.moto(environ, start)
        return answer


def _page[T](found: list[T], token: str) -> tuple[list[T], str]:
    start = int(token or 0)
    more = start + PAGE < len(found)
    return found[start : start + PAGE], str(start + PAGE) if more else ""


def _fail(failure: Failure, start: Start, *, is_json: bool) -> Iterable[bytes]:
    words = f"{failure.code} happened to AKIASECRET"
    if is_json:
        text = json.dumps({"__type": failure.code, "message": words})
        return _answer(start, "application/x-amz-json-1.1", text, status=failure.status)
    text = (
        f"<Response><Errors><Error><Code>{failure.code}</Code><Message>{escape(words)}</Message>"
        "</Error></Errors><RequestID>r</RequestID></Response>"
    )
    return _answer(start, "text/xml", text, status=failure.status)


def _answer(start: Start, kind: str, text: str, *, status: str = "200 OK") -> Iterable[bytes]:
    body = text.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def running() -> Iterator[AwsDouble]:
    """Run the double at a free port of this machine for as long as the block lasts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - its name
                """Say nothing."""

        double = AwsDouble(DomainDispatcherApplication(create_backend_app))
        server = make_server("127.0.0.1", 0, double, threaded=True, request_handler=Quiet)
    with serving(server) as double.url:
        yield double
