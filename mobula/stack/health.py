"""Whether the web process answers, asked from its own machine."""

import http.client
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5


def answers(port: int, *, url: str) -> bool:
    """Return whether the web process on `port` of 127.0.0.1 says that it is healthy.

    `url` is where users reach it: the question goes past their proxy but names the same host, or a
    strict server would refuse it. Only this page answers without HTTPS (SECURE_REDIRECT_EXEMPT).
    """
    headers = {"Host": urlsplit(url).netloc}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz/", headers=headers)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
