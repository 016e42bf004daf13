"""A rule is switched for the clusters whose configuration has it."""

from __future__ import annotations

import pytest

from accounts.errors import Outdated
from accounts.models import User
from clusters.models import Cluster, EnabledRule
from clusters.services.rules import disable_rule, enable_rule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("group", "expression"), [("cpu", "1"), ("gpu", "1"), ("c\0pu", "a\0b")])
@pytest.mark.parametrize("switch", [enable_rule, disable_rule])
def test_rule_that_the_configuration_does_not_have_is_outdated(
    cluster: Cluster, alice: User, switch: object, group: str, expression: str
) -> None:
    with pytest.raises(Outdated, match="Reload the page"):
        switch(cluster, group=group, expression=expression, by=alice)  # type: ignore[operator]
    assert not EnabledRule.objects.exists()
