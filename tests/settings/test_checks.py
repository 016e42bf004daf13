"""The installation says so when it cannot work."""

import pytest
from django.core.checks import Tags, run_checks

from mobula import checks

pytestmark = pytest.mark.django_db


def test_this_server_is_new_enough() -> None:
    assert run_checks(tags=[Tags.database], databases=["default"]) == []


def test_older_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_version", lambda _alias: 17_00_04)
    (found,) = checks.postgresql_is_new_enough(databases=["default"])
    assert found.id == "mobula.E001"
    assert "PostgreSQL 17" in found.msg
