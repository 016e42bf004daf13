"""The pictures of docs/tutorial-promotion.md, written by the journey when `make tutorial` asks."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.journey.png import packed

TARGET = Path(__file__).parents[2] / "docs/pictures"
ASKED = "MOBULA_TUTORIAL"


def picture(page: Page, name: str) -> None:
    """Keep what the window shows as a picture of the tutorial, if they are asked for."""
    if ASKED not in os.environ:
        return
    TARGET.mkdir(exist_ok=True)
    shot = page.screenshot(animations="disabled")
    (TARGET / f"promotion-{name}.png").write_bytes(packed(shot))
