"""``python head_agent.pyz CONFIG.json [--once]``: speak for the head whose Ray is beside it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from agent.config import Config, ConfigError, read_config
from agent.head.gcs import RayMissing
from agent.journal import log
from agent.loop import HeadAgent, HeadGone, Refused, wait_for_gcs

EXIT_OVER, EXIT_CONFIG, EXIT_REFUSED, EXIT_NO_HEAD = 0, 2, 3, 4
CLUSTER_OVER = 410
MEASURE_SECONDS = 1.0


def main() -> int:
    """Run the agent and return its exit code (see docs/agent.md)."""
    parser = argparse.ArgumentParser(prog="head_agent", description=__doc__)
    parser.add_argument("config", type=Path, help="JSON file with the address and the tokens")
    parser.add_argument("--once", action="store_true", help="print one sync's body and end")
    arguments = parser.parse_args()
    try:
        config = read_config(arguments.config)
        return show_once(config) if arguments.once else speak(config)
    except (ConfigError, RayMissing) as error:
        log("cannot start", error=str(error))
        return EXIT_CONFIG


def speak(config: Config) -> int:
    """Call home until Mobula or the head is done."""
    log("started", cluster=config.cluster, run=config.run, url=config.url)
    if not wait_for_gcs(config.gcs_address):
        log("no head", gcs_address=config.gcs_address)
        return EXIT_NO_HEAD
    try:
        HeadAgent(config).run()
    except Refused as refused:
        over = refused.code == CLUSTER_OVER
        log("cluster is over" if over else "token refused", answer=str(refused))
        return EXIT_OVER if over else EXIT_REFUSED
    except HeadGone as gone:
        log("head gone", error=str(gone))
        return EXIT_NO_HEAD
    except KeyboardInterrupt:
        log("interrupted")
    return EXIT_OVER


def show_once(config: Config) -> int:
    """Print what a sync would hold now; nothing is sent."""
    agent = HeadAgent(config)
    agent.look()
    agent.usage.look()
    agent.dashboard.look()
    agent.actors.look()
    time.sleep(MEASURE_SECONDS)
    agent.usage.look()
    body = dict(agent.body(), samples=agent.usage.buffer.oldest()[1])
    sys.stdout.write(json.dumps(body, indent=2) + "\n")
    return EXIT_OVER


if __name__ == "__main__":
    sys.exit(main())
