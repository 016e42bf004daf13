"""The tokens of a run survive a new secret key, and the end of the old one."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from clusters.bootstrap import bootstrap
from clusters.models import Cluster, Run
from clusters.nodes.tokens import _derived, agent_token, hashed, ray_token
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
NEW = "a new key that is long enough to be one: 0123456789-abcdefghi"


def tokens(head: Head) -> tuple[str, str]:
    """Return the tokens as another process reads them."""
    cluster = Cluster.objects.select_related("run", "image_version").get(pk=head.cluster.pk)
    return agent_token(cluster), ray_token(cluster)


def rotate(configured: Any) -> None:
    configured.SECRET_KEY_FALLBACKS = [configured.SECRET_KEY]
    configured.SECRET_KEY = NEW


def as_before_sealing(head: Head) -> None:
    """Give the run the tokens of an earlier version: derived, with only a hash in its row."""
    agent, _ = _derived(head.cluster, settings.SECRET_KEY)
    Run.objects.filter(pk=head.cluster.run.pk).update(
        sealed_tokens="", agent_token_hash=hashed(agent)
    )


@pytest.mark.parametrize("earlier", [False, True])
def test_tokens_survive_a_new_key_and_the_end_of_the_old_one(
    head: Head, settings: Any, earlier: bool
) -> None:
    if earlier:
        as_before_sealing(head)
    before = tokens(head)
    assert hashed(before[0]) == Run.objects.get(cluster=head.cluster).agent_token_hash
    rotate(settings)
    assert tokens(head) == before
    bootstrap()
    settings.SECRET_KEY_FALLBACKS = []
    assert tokens(head) == before


def test_the_database_does_not_hold_the_tokens(head: Head) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT run::text FROM clusters_run AS run")
        rows = str(cursor.fetchall())
    assert not [token for token in tokens(head) if token in rows]


def test_without_their_key_the_tokens_open_nothing(
    head: Head, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = tokens(head)
    settings.SECRET_KEY = NEW
    bootstrap()
    assert not set(tokens(head)) & set(before)
    assert "no key opens the tokens" in caplog.text
