"""The one-time tokens with which machines prove which nodes they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from clusters.models import Node, NodeJoin
from clusters.nodes.tokens import hashed

# A machine that has not shown its token by then is given up long since.
LIFE = timedelta(hours=2)


def issue(nodes: Sequence[Node]) -> Mapping[str, str]:
    """Return the join token of each node by its name, the same however often it is asked for.

    A launch that is repeated must have the same user data, or the provider refuses it. So tokens
    are derived from the secret key, and the database keeps their hashes alone.
    """
    known = {row.node_id: row for row in NodeJoin.objects.filter(node__in=nodes)}
    tokens, rows = {}, []
    for node in nodes:
        batch, index = _place(node)
        candidates = [_derived(node, batch, key) for key in _keys()]
        if row := known.get(node.pk):
            # Issued before the key was changed: its hash tells which key it was.
            fitting = (token for token in candidates if hashed(token) == row.token_hash)
            tokens[node.name] = next(fitting, candidates[0])
            continue
        token = tokens[node.name] = candidates[0]
        rows.append(
            NodeJoin(node=node, token_hash=hashed(token), index=index, expires_at=now() + LIFE)
        )
    NodeJoin.objects.bulk_create(rows, ignore_conflicts=True)
    return tokens


def _place(node: Node) -> tuple[str, int]:
    """Return what the machines of one launch have in common, and the node's index among them."""
    return node.batch or node.name, node.batch_index


def _derived(node: Node, batch: str, key: str) -> str:
    name = f"{node.cluster_id}:{node.run_id}:{batch}"
    return salted_hmac("mobula.join", name, secret=key, algorithm="sha256").hexdigest()


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
