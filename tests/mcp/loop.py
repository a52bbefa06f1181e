"""Coroutines in tests that are none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio.from_thread import start_blocking_portal

T = TypeVar("T")


def wait_for(run: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine in a thread of its own, as that of the test may have a loop already: Playwright's."""
    with start_blocking_portal() as portal:
        return portal.call(run)
