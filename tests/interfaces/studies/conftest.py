"""Windows of a real browser, for pages that are looked at in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Opened:
    """A page in a browser.

    Attributes:
        page: To be asked.
        complaints: What the console or a script complained of.
        requests: Every address that was asked for.
    """

    page: Page
    complaints: list[str]
    requests: list[str]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens a file in a window of its own."""
    contexts: list[Any] = []

    def opened(path: Path, width: int = 1200, height: int = 900, **options: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.resolve().as_uri())
        return Opened(page, complaints, requests)

    yield opened
    for context in contexts:
        context.close()
