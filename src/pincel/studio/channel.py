"""Events with numbers, for any number of listeners: who was away is told what was missed, or where things stand.

How events are written on the line is FastAPI's. Neither its EventSourceResponse nor sse-starlette keeps events for listeners that come
back, which is nearly all there is to do here.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastapi.sse import format_sse_event

# Seconds of silence after which a comment says that the line is alive.
HEARTBEAT = 10.0
# How long a listener waits before it comes back, in milliseconds.
RETRY = 1000
# Numbers of another process are not ours.
Events: TypeAlias = list[tuple[str, Any]]
BOOT = secrets.token_hex(3)


@dataclass(frozen=True)
class Told:
    """One event.

    Attributes:
        number: Its own.
        name: Its type.
        data: What it says, ready for JSON.
    """

    number: int
    name: str
    data: Any

    def line(self) -> bytes:
        """Return it as it goes over the line."""
        return format_sse_event(event=self.name, data_str=json.dumps(self.data, allow_nan=False), id=f"{BOOT}-{self.number}")


class Channel:
    """Tells events to whoever listens, and remembers the last ones.

    Args:
        keep: How many.
    """

    def __init__(self, keep: int = 500) -> None:
        self._last: deque[Told] = deque(maxlen=keep)
        self._number = 0
        self._news = asyncio.Event()
        self._closed = False

    def tell(self, name: str, data: Any) -> None:
        """Tell all listeners."""
        self._number += 1
        self._last.append(Told(self._number, name, data))
        self._wake()

    def forget(self, keep: int = 0) -> None:
        """Forget all events but the last ones: who missed more is told where things stand."""
        self._last = deque(list(self._last)[-keep:] if keep else [], self._last.maxlen)

    def close(self) -> None:
        """Let all listeners go."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def missed(self, last: str | None) -> list[Told] | None:
        """Return what came after an id; none at all if that is not known any more."""
        boot, _, number = (last or "").partition("-")
        if boot != BOOT or not number.isdecimal() or len(number) > 12:
            return None
        first = self._last[0].number if self._last else self._number + 1
        return [told for told in self._last if told.number > int(number)] if first - 1 <= int(number) <= self._number else None

    async def listen(self, last: str | None, standing: Callable[[], Awaitable[Events]], end: str = "") -> AsyncIterator[bytes]:
        """Yield events for one listener, and a comment where there are none.

        Args:
            last: The id of the last event it knows.
            standing: Where things stand, for one who knows nothing.
            end: The type of the event after which there is nothing to wait for.
        """
        yield format_sse_event(retry=RETRY)
        events = self.missed(last)
        number = self._number
        if events is None:
            events = [Told(number, name, data) for name, data in await standing()]
        while True:
            for told in events:
                number = max(number, told.number)
                yield told.line()
                if told.name == end:
                    return
            if self._closed:
                return
            news = self._news
            events = self.missed(f"{BOOT}-{number}")
            if events is None:
                # Too slow: what was missed is forgotten.
                number = self._number
                events = [Told(number, name, data) for name, data in await standing()]
            if not events:
                try:
                    await asyncio.wait_for(news.wait(), HEARTBEAT)
                except TimeoutError:
                    yield format_sse_event(comment="still here")
