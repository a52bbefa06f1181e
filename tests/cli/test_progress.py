"""What commands show of their progress. See also ``test_transfer.py``, ``test_resume.py`` and ``test_batch.py``."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import ProgressSample

from pincel.engine.events import Notice, ScaleStart, SetupProgress, Step
from pincel.progress import Bar, TimeLeft, View
from pincel.training.events import EvalProgress, StepEnd
from pincel.training.progress import TrainingBar


def plain() -> Console:
    """Return a console that is no terminal."""
    return Console(file=io.StringIO(), width=100)


def drawn() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def written(view: View) -> list[str]:
    return view.console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def titles(view: View) -> list[str]:
    return [task.description for task in view._progress.tasks]


def test_lines_come_now_and_then_and_at_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 105.0, 110.0, 111.0])
    monkeypatch.setattr("pincel.progress.time.monotonic", lambda: next(clock))
    view = View(console=plain())
    for text in ("first", "too soon", "ten seconds later"):
        view.line_if_due(text)
    view.line_if_due("the last", edge=True)
    assert written(view) == ["first", "ten seconds later", "the last"]


def test_a_terminal_needs_no_lines_and_quiet_shows_nothing() -> None:
    with View(console=drawn()) as view:
        view.line_if_due("a line", edge=True)
        view.notice(SetupProgress("reading pictures", 0, 2))
    assert "a line" not in "".join(written(view))
    assert titles(view) == ["reading pictures"]
    quiet = View(quiet=True)
    quiet.line("nothing")
    assert quiet.console.quiet


def test_what_takes_a_while_is_told_once_where_there_is_no_terminal() -> None:
    with View(console=plain()) as view:
        for done in range(3):
            view.notice(SetupProgress("reading [b]pictures", done, 2))
        view.notice(Notice("a notice"))
    assert written(view) == ["reading [b]pictures …", "a notice"]


def test_a_narrow_terminal_shows_steps_and_times_whole() -> None:
    with Bar(console=Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)) as bar:
        bar.show(ScaleStart(3, 5, (150, 200), 57))
        bar.move("painting 200×150 (3 of 5)", 14, 57, "J 2.36e+05 · content 5.92e+04 · style 100 · tv 786")
    last = written(bar)[-2]
    assert "(3 of 5)" in last
    assert "14/57 J 2" in last
    assert "0:00:00 -:--:-- left" in last


def test_the_time_left_is_that_of_all_sizes() -> None:
    def step(number: int) -> Step:
        return Step(number, 4, (1, 1), 1.0, 2.0 * number, 0, lambda: None, lambda: {"content": 1.0})  # type: ignore[arg-type, return-value]

    with Bar(console=plain()) as bar:
        bar.show(ScaleStart(1, 2, (1, 1), 4, ahead=16.0))
        bar.show(step(0))
        bar.show(step(4))
    assert written(bar)[-1].endswith("step 4/4 · J 1 · content 1 · 32 s left")
    with Bar(console=drawn()) as bar:
        bar.move("painting", 1, 4, ahead=16.0)
        task = bar._progress.tasks[0]
        task._progress.clear()
        task._progress.extend([ProgressSample(0.0, 0.0), ProgressSample(2.0, 1.0)])
        assert TimeLeft().render(task).plain == "0:00:38 left"
        bar.move("painting", 4, 4, ahead=16.0)
        assert TimeLeft().render(task).plain == ""


def test_runs_one_after_the_other_have_bars_of_their_own() -> None:
    def step(number: int) -> Step:
        return Step(number, 4, (2, 2), 1.0, 7.0, 0, lambda: None, lambda: {"content": 1.0})  # type: ignore[arg-type, return-value]

    with Bar(console=drawn()) as bar:
        for _ in range(2):
            bar.clear()
            bar.show(SetupProgress("loading", 1, 1))
            bar.show(ScaleStart(1, 2, (1, 1), 4))
            bar.show(step(0))
            bar.show(ScaleStart(2, 2, (2, 2), 4))
            # Goes on where a run before it was left.
            bar.show(step(4))
            assert titles(bar) == ["loading", "painting 1×1 (1 of 2)", "painting 2×2 (2 of 2)"]


def test_a_training_has_one_bar_for_what_is_being_done() -> None:
    with TrainingBar(console=drawn()) as bar:
        bar.show(SetupProgress("reading pictures", 1, 2))
        assert titles(bar) == ["reading pictures"]
        bar.show(StepEnd(5, 8, {"loss": 1.5}, rate=0.01, throughput=20.0, seconds=1.0, left=30.0, epoch=1, epochs=3))
        assert titles(bar) == ["epoch 1 of 3"]
        assert bar._progress.tasks[0].completed == 5
        assert bar._progress.tasks[0].fields["text"] == "loss 1.5 · 20 pictures/s · 30 s left"
        bar.show(EvalProgress("validation", 0, 2))
        assert titles(bar) == ["validation"]
        bar.show(StepEnd(5, 8, {"J": 2.0}, rate=0.01, throughput=20.0, seconds=1.0, left=30.0))
        assert titles(bar) == ["training"]
