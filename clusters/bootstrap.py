"""What each start does for clusters."""

import logging

from clusters.nodes.tokens import reseal

log = logging.getLogger(__name__)


def bootstrap() -> None:
    """Seal the tokens of running clusters with the current key, so that old keys can be dropped."""
    if lost := reseal():
        log.warning("no key opens the tokens of some clusters", extra={"clusters": lost})
