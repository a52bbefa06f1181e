"""Server-sent events with numbers for any number of listeners: one that was away gets what it missed, or a snapshot.

FastAPI formats the events. Neither its EventSourceResponse nor sse-starlette keeps events for listeners that reconnect, which is nearly all
of this module.
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

# Seconds of silence after which a comment shows that the connection is alive.
HEARTBEAT = 10.0
# Milliseconds until a listener reconnects.
RETRY = 1000
# Marks the event numbers of this process.
BOOT = secrets.token_hex(3)
Events: TypeAlias = list[tuple[str, Any]]
"""Types and data of events."""


@dataclass(frozen=True)
class ServerEvent:
    """A numbered event: its type ``name``, and ``data`` for JSON."""

    number: int
    name: str
    data: Any

    def encode(self) -> bytes:
        """Return the event as it is sent."""
        return format_sse_event(event=self.name, data_str=json.dumps(self.data, allow_nan=False), id=f"{BOOT}-{self.number}")


class EventStream:
    """Sends events to all listeners, and keeps the last ``keep`` of them."""

    def __init__(self, keep: int = 500) -> None:
        self._last: deque[ServerEvent] = deque(maxlen=keep)
        self._number = 0
        self._news = asyncio.Event()
        self._closed = False

    def publish(self, name: str, data: Any) -> None:
        """Send an event to all listeners."""
        self._number += 1
        self._last.append(ServerEvent(self._number, name, data))
        self._wake()

    def clear(self, keep: int = 0) -> None:
        """Drop all events but the last ``keep``: a listener that missed more gets a snapshot."""
        self._last = deque(list(self._last)[-keep:] if keep else [], self._last.maxlen)

    def close(self) -> None:
        """Disconnect all listeners."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def replay(self, last: str | None) -> list[ServerEvent] | None:
        """Return the events after the one with the id ``last``; None if they are no longer known."""
        boot, _, number = (last or "").partition("-")
        if boot != BOOT or not number.isdecimal() or len(number) > 12:
            return None
        first = self._last[0].number if self._last else self._number + 1
        return [event for event in self._last if event.number > int(number)] if first - 1 <= int(number) <= self._number else None

    async def listen(self, last: str | None, snapshot: Callable[[], Awaitable[Events]], end: str = "") -> AsyncIterator[bytes]:
        """Yield events for one listener, and a comment where there are none.

        Args:
            last: Id of the last event that it has.
            snapshot: Returns the present state as events, for a listener without one or too slow to follow.
            end: Type of the event after which no other follows.
        """
        yield format_sse_event(retry=RETRY)
        while True:
            events, number = self.replay(last), self._number
            if events is None:
                events = [ServerEvent(number, name, data) for name, data in await snapshot()]
                last = f"{BOOT}-{number}"
            for event in events:
                last = f"{BOOT}-{event.number}"
                yield event.encode()
                if event.name == end:
                    return
            if self._closed:
                return
            news = self._news
            if self.replay(last) == []:
                try:
                    await asyncio.wait_for(news.wait(), HEARTBEAT)
                except TimeoutError:
                    yield format_sse_event(comment="still here")
