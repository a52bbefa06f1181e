"""Whenever the program is interrupted, it says so in words."""

from __future__ import annotations

import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType

import click
import pytest

from pincel.cli import TerminatedError, main
from pincel.cli.app import app
from tests.cli.run import pincel, refused

Capture = pytest.CaptureFixture[str]
KINDS = pytest.mark.parametrize(("error", "code", "word"), [(KeyboardInterrupt, 130, "interrupted"), (TerminatedError, 143, "terminated")])


@pytest.fixture(autouse=True)
def _as_a_program_finds_it() -> Iterator[None]:
    """Let SIGTERM end the process, as it does where no test before has started Ray, which handles it."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@KINDS
@pytest.mark.parametrize(
    "where", ["pincel.cli.lazy_group.import_module", "pincel.cli.start.streams.prepare", "pincel.cli.start._undelivered"]
)
def test_an_interrupt_at_any_moment_is_told_in_words(
    where: str, error: type[BaseException], code: int, word: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise error

    monkeypatch.setattr(where, interrupted)
    answer = pincel(capsys, "samples", "--help")
    assert (answer.code, answer.err.strip()) == (code, f"pincel: {word} before there was a picture; nothing was written.")


@KINDS
def test_an_interrupt_of_the_first_import_is_told_in_words(
    error: type[BaseException], code: int, word: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> Callable[..., int]:
            # As Python 3.11 raises what interrupts the making of a class.
            raise RuntimeError("Error calling __set_name__") from error()

    monkeypatch.setitem(sys.modules, "pincel.cli.start", Interrupted("pincel.cli.start"))
    answer = pincel(capsys, "--help")
    assert (answer.code, answer.err) == (code, f"pincel: {word} before there was a picture; nothing was written.\n")


def test_a_mistake_of_ours_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(app, "main", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main([])


def test_a_mistake_of_ours_after_an_interrupt_is_shown_whole(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def broken(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("a bug while the picture is saved")

    monkeypatch.setattr(app, "main", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main([])
    assert "nothing was written" not in capsys.readouterr().err


def test_an_interrupt_at_a_prompt_is_told_in_words(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def prompting(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            # As click's prompts do.
            raise click.Abort from None

    monkeypatch.setattr(app, "main", prompting)
    assert pincel(capsys).code == 130


def test_what_the_system_refuses_is_told_in_a_line(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def working(*_: object, **__: object) -> None:
        os.stat("a" * 5000)

    monkeypatch.setattr(app, "main", working)
    said = refused(pincel(capsys))
    assert said.startswith("pincel: system: file name too long · given 'aaaa")
    assert len(said) < 400


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_told_in_words_and_lets_files_be_removed(
    number: signal.Signals, code: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    def working(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            ended.append(True)

    monkeypatch.setattr(app, "main", working)
    assert pincel(capsys).code == code
    assert ended == [True]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.timeout(30)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_python_ignores_is_sent_again(
    number: signal.Signals, code: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Thing:
        pass

    def working(*_: object, **__: object) -> None:
        thing = Thing()
        # What is raised in such a callback, as those of imports, goes nowhere.
        finalized = weakref.ref(thing, lambda _: os.kill(os.getpid(), number))
        del thing
        signal.pause()
        assert finalized

    monkeypatch.setattr(app, "main", working)
    answer = pincel(capsys)
    assert (answer.code, "ignored" in answer.err) == (code, False)
