"""How far a study is, told to whoever shows it; and whether it is to end, heard from whoever may say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from pincel.engine.events import Event, Notice, SetupProgress

T = TypeVar("T")


class Watch:
    """Tells and listens.

    Attributes:
        stopped: Why the study is to end with what it has (``interrupted``, ``terminated``); nothing while it goes on.
        also: What else is to be told that it is to end, while it runs: the run of a picture.
    """

    def __init__(self, tell: Callable[[Event], None] | None = None) -> None:
        self._tell = tell or (lambda _: None)
        self.stopped = ""
        self.also: Callable[[str], None] = lambda _: None

    def stop(self, reason: str = "stopped") -> None:
        """Ask for the end; what there is by then becomes the report."""
        self.stopped = reason
        self.also(reason)

    def note(self, text: str) -> None:
        """Tell one sentence."""
        self._tell(Notice(text))

    def part(self, what: str, done: int, total: int) -> None:
        """Tell that so many parts of something are done."""
        self._tell(SetupProgress(what, done, total))

    def over(self, what: str, items: Sequence[T] | Iterable[T], total: int | None = None) -> Iterator[T]:
        """Yield items, telling how far one is, until they are over or the end is asked for."""
        count = total if total is not None else len(items)  # type: ignore[arg-type]
        self.part(what, 0, count)
        for done, item in enumerate(items, 1):
            if self.stopped:
                return
            yield item
            self.part(what, done, count)
