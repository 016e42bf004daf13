"""Somebody who watches, in a process of its own: asks for pages until told to end.

Reads one line of JSON, {"url", "cookies", "addresses"}; writes a line for each answer, its moment
in seconds since 1970, its address and its milliseconds; ends with its input.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import httpx

PAUSE_SECONDS = 0.1


def main() -> None:
    """Ask for all pages again and again."""
    told = json.loads(sys.stdin.readline())
    over = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    with httpx.Client(base_url=told["url"], cookies=told["cookies"], timeout=60) as http:
        while not over.is_set():
            for address in told["addresses"]:
                moment, began = time.time(), time.perf_counter()
                answer = http.get(address)
                milliseconds = 1000 * (time.perf_counter() - began)
                if answer.status_code != httpx.codes.OK:
                    raise RuntimeError(f"{address}: {answer.status_code}")
                print(json.dumps([moment, address, milliseconds]), flush=True)
                time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
