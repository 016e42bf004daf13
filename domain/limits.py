"""What people may call clusters and templates, and how much they may write and keep."""

import re

CLUSTER_NAME_LENGTH = 40
TEMPLATE_NAME_LENGTH = 63
ENVIRONMENT_NAME_LENGTH = 32
MAX_NODES = 10_000
MAX_DRAFTS = 50  # of one user
MESSAGE_LENGTH = 200
RATIONALE_LENGTH = 20_000

_ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def wrong_name(name: str, *, longest: int) -> str:
    """Return what is wrong with a name, or ""."""
    if len(name) <= longest and _NAME.fullmatch(name):
        return ""
    return (
        "Use lowercase letters, digits and hyphens; begin with a letter, "
        f"at most {longest} characters."
    )


def wrong_environment_name(name: str) -> str:
    """Return what is wrong with the name of an environment, or ""."""
    if len(name) <= ENVIRONMENT_NAME_LENGTH and _ENVIRONMENT.fullmatch(name):
        return ""
    return f"Use letters, digits, hyphens and underscores, at most {ENVIRONMENT_NAME_LENGTH}."


def wrong_node_limits(min_nodes: int, max_nodes: int) -> str:
    """Return what is wrong with the limits of a group of workers, or ""."""
    if min_nodes < 0 or max_nodes > MAX_NODES:
        return f"A group has between 0 and {MAX_NODES:,} nodes."
    if min_nodes > max_nodes:
        return f"Minimum exceeds maximum ({min_nodes} > {max_nodes})."
    return ""
