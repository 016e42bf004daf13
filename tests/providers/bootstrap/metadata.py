"""EC2's metadata service, as far as a node asks it, on 127.0.0.1."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from mobula.demo_cloud.serving import serving

KEY = "metadata-session"


class Metadata:
    """Answers like IMDSv2; `pages` is what it has, `silent` how many questions it ignores first."""

    def __init__(self, *, address: str, index: int = 0) -> None:
        self.pages = {
            "ami-launch-index": str(index),
            "local-ipv4": address,
            "instance-id": f"i-{index:017x}",
        }
        self.silent = 0
        self.asked: list[str] = []

    def interrupt(self, at: str) -> None:
        """Give notice that the machine is taken back at this time."""
        self.pages["spot/instance-action"] = f'{{"action": "terminate", "time": "{at}"}}'

    def __enter__(self) -> Self:
        service = self

        class Answers(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                if service.silent > 0:
                    service.silent -= 1
                    self._say(503, "")
                elif "X-aws-ec2-metadata-token-ttl-seconds" in self.headers:
                    self._say(200, KEY)
                else:
                    self._say(400, "")

            def do_GET(self) -> None:
                page = self.path.removeprefix("/latest/meta-data/")
                service.asked.append(page)
                if self.headers.get("X-aws-ec2-metadata-token") != KEY:
                    self._say(401, "")
                elif page in service.pages:
                    self._say(200, service.pages[page])
                else:
                    self._say(404, "<html>404 - Not Found</html>")

            def _say(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._served = serving(ThreadingHTTPServer(("127.0.0.1", 0), Answers))
        self.url = self._served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._served.__exit__(None, None, None)
