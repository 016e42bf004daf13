"""What the settings of a cloud change in what a machine runs first."""

from __future__ import annotations

from base64 import b64decode

import pytest

from mobula.demo_cloud.aws.world import World
from tests.providers.aws.conftest import CLUSTER, JOIN_TOKEN, KEYS, Open, head


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "LIFETIME=31536000"),
        ({"node_lifetime_days": 2}, "LIFETIME=172800"),
        ({}, "URL=https://mobula.example.org"),
        ({"mobula_url": "http://10.0.0.7:8000"}, "URL=http://10.0.0.7:8000"),
    ],
)
def test_settings_reach_the_machine(
    open_aws: Open, world: World, settings: dict[str, object], line: str
) -> None:
    driver = open_aws(**settings)
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, [head()])
    [call] = world.called("RunInstances")
    text = b64decode(call["UserData"]).decode()
    assert line in [one.strip() for one in text.splitlines()], text


def test_no_secret_of_mobula_is_in_what_is_asked_for(open_aws: Open, world: World) -> None:
    driver = open_aws()
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, [head()])
    [call] = world.called("RunInstances")
    text = b64decode(call["UserData"]).decode()
    assert JOIN_TOKEN in text  # good once, for one machine
    asked = f"{text}{world.calls!r}"
    assert CLUSTER.agent is not None
    assert CLUSTER.agent.token not in asked
    assert KEYS["secret_access_key"] not in asked
