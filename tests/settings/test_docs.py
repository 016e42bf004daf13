"""docs/settings.md and the code name the same variables."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What `mobula up` reads before there is Django.
OF_THE_STACK = {"MOBULA_PORT", "MOBULA_WORKSPACES_PORT"}


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    code = (ROOT / "mobula" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', code))
    page = (ROOT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    assert documented == read | OF_THE_STACK
