"""``pincel batch``."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from pincel.batches.messages import Job, JobResult, Progress
from pincel.batches.progress import BatchBar
from pincel.cli import batch_run
from pincel.executors.protocol import ExecutorEvent, Stop, never_stop
from tests.batches.stand_in import BAD, QuickExecutor, picture
from tests.cli.run import pincel, refused

Capture = pytest.CaptureFixture[str]
QUICK = ("--size", "48", "--steps", "1", "--scales", "none", "--optimizer", "adam", "--precision", "fp32")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two photographs and one that cannot be painted, where the command is given."""
    monkeypatch.chdir(tmp_path)
    for name, color in {"a": (1, 2, 3), "b": (4, 5, 6), "red": BAD}.items():
        picture(Path("photos") / f"{name}.png", color)
    return Path("photos")


@pytest.fixture
def executors(monkeypatch: pytest.MonkeyPatch) -> list[QuickExecutor]:
    """Have everything painted by executors that need no network, and return them as they come."""
    made: list[QuickExecutor] = []

    def quick(*_: object) -> QuickExecutor:
        made.append(QuickExecutor())
        return made[-1]

    monkeypatch.setattr(batch_run, "make_executor", quick)
    return made


def test_a_batch_for_real(capsys: Capture, photographs: list[Path], tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    shutil.copytree(photographs[0].parent, photos)
    (photos / "zzz.jpg").write_bytes(b"no picture")
    asked = ("batch", f"{photos}/[acz]*", "--styles", photographs[2], "-o", out, *QUICK)
    first = pincel(capsys, *asked)
    assert first.code == 1
    assert "4/4 " in first.err
    assert "zzz_coffee.png failed: is not a picture" in first.err
    assert first.out.startswith("3 painted, 1 failed in ")
    assert (out / "index.html").is_file()
    names = ["astronaut_coffee", "chelsea_coffee", "coffee_coffee"]
    assert sorted(path.stem for path in out.glob("*.png")) == names
    assert json.loads((out / "astronaut_coffee.json").read_text())["recipe"]["steps"] == 1

    (photos / "zzz.jpg").unlink()
    (out / "chelsea_coffee.png").unlink()
    second = pincel(capsys, *asked)
    assert second.code == 0, second.err
    assert second.out.startswith("1 painted, 2 kept in ")
    assert "2 of 3 pictures are done and up to date." in second.err
    third = pincel(capsys, *asked, "--dry-run")
    assert third.out.splitlines()[-1].startswith("0 of 3 pictures would be painted")
    longer = pincel(capsys, *asked, "--dry-run", "--steps", "2", "--json")
    lines = [json.loads(line) for line in longer.out.splitlines()]
    assert [line["due"] for line in lines[:-1]] == [True] * 3
    assert lines[-1]["due"] == 3


def test_styles_as_a_shell_writes_them_out(capsys: Capture, photos: Path, executors: list[QuickExecutor]) -> None:
    styles = [str(picture(Path("styles") / f"{name}.jpg")) for name in "xy"]
    assert pincel(capsys, "batch", "photos/a.png", "photos/b.png", "--styles", *styles, "-o", "out", "--quiet").code == 0
    assert executors[-1].painted == ["a_x.png", "b_x.png", "a_y.png", "b_y.png"]
    # And before the contents, parted by --.
    assert (
        pincel(capsys, "batch", "-o", "two", "--names", "{style}/{content}.jpg", "--styles", *styles, "--", str(photos / "a.png")).code == 0
    )
    assert executors[-1].painted == ["x/a.jpg", "y/a.jpg"]
    assert executors[-1].closed


def test_the_page_in_spanish(capsys: Capture, photos: Path, executors: list[QuickExecutor]) -> None:
    assert pincel(capsys, "batch", "photos/a.png", "--styles", "sample:glass", "-o", "out", "--lang", "es", "--quiet").code == 0
    assert '<html lang="es">' in Path("out/index.html").read_text()


def test_settings_are_those_that_were_given(capsys: Capture, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Job] = []

    class Looking(QuickExecutor):
        def run(self, tasks: Sequence[Job], tell: Callable[[ExecutorEvent[Job]], None], stop: Stop = never_stop) -> None:
            seen.extend(tasks)
            super().run(tasks, tell, stop)

    monkeypatch.setattr(batch_run, "make_executor", lambda *_: Looking())
    given = (photos / "a.png", "--styles", "sample:glass", "-o", "out")
    pincel(capsys, "batch", *given, "--size", "64", "--optimizer-option", "beta1=0.5", "--optimizer", "adam")
    assert seen[-1].settings == {"size": 64, "optimizer": "adam", "optimizer_options": {"beta1": "0.5"}}
    Path("jobs.toml").write_text("recipe = 'gatys2016'\nsteps = 9\n[[job]]\ncontent = 'photos/a.png'\nstyle = 'sample:lake'\n")
    # What is not given on the command line stays as the file has it.
    pincel(capsys, "batch", "--jobs", "jobs.toml", "-o", "out", "--steps", "4")
    assert seen[-1].settings == {"recipe": "gatys2016", "steps": 4}
    pincel(capsys, "batch", "--jobs", "jobs.toml", "-o", "out", "--recipe", "pincel")
    assert seen[-1].settings == {"recipe": "pincel", "steps": 9}


def test_lines_for_programs(capsys: Capture, photos: Path, executors: list[QuickExecutor]) -> None:
    answer = pincel(capsys, "batch", photos, "--styles", "sample:glass", "-o", "out", "--json")
    assert answer.code == 1
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [line["event"] for line in lines] == ["picture"] * 3 + ["batch"]
    assert lines[0] | {"files": []} == {
        "event": "picture",
        "name": "a_glass.png",
        "state": "done",
        "message": "",
        "seconds": 2.0,
        "prepared": 0.1,
        "size": [40, 30],
        "steps": 7,
        "total": 12.5,
        "files": [],
        "worker": "quick",
    }
    assert {key: lines[-1][key] for key in ("painted", "kept", "failed", "left")} == {"painted": 2, "kept": 0, "failed": 1, "left": 0}
    assert len(executors) == 1


def test_quiet_tells_only_what_failed(capsys: Capture, photos: Path, executors: list[QuickExecutor]) -> None:
    answer = pincel(capsys, "batch", photos, "--styles", "sample:glass", "-o", "out", "--quiet")
    assert (answer.code, answer.out, answer.err) == (1, "", "red_glass.png failed: It is red.\n")
    assert len(executors) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_what_is_whole(
    capsys: Capture, photos: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    class Interrupted(QuickExecutor):
        def _painted(self, job: Job) -> JobResult:
            result = super()._painted(job)
            if len(self.painted) == 1:
                os.kill(os.getpid(), number)
            return result

    monkeypatch.setattr(batch_run, "make_executor", lambda *_: Interrupted())
    answer = pincel(capsys, "batch", photos, "--styles", "sample:glass", "-o", "out")
    assert answer.code == code
    assert answer.out.startswith("1 painted, 2 left in ")
    assert "Rerun the same command to finish the 2 left." in answer.err
    assert "2 not painted yet" in Path("out/index.html").read_text()
    quick = QuickExecutor()
    monkeypatch.setattr(batch_run, "make_executor", lambda *_: quick)
    assert pincel(capsys, "batch", photos, "--styles", "sample:glass", "-o", "out").code == 1
    assert quick.painted == ["b_glass.png", "red_glass.png"]


def test_a_second_interrupt_waits_for_nothing(capsys: Capture, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient(QuickExecutor):
        def _painted(self, job: Job) -> JobResult:
            if self.painted:
                raise KeyboardInterrupt
            return super()._painted(job)

    monkeypatch.setattr(batch_run, "make_executor", lambda *_: Impatient())
    answer = pincel(capsys, "batch", photos, "--styles", "sample:glass", "-o", "out")
    assert (answer.code, answer.out) == (130, "")
    assert "Interrupted. Finished pictures are in out. Rerun the same command to finish." in answer.err
    assert "1 painted" in Path("out/index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("foto", "--styles", "sample:glass"), "there is no such file · given 'foto'"),
        (("photos/*.gif", "--styles", "sample:glass"), "no pictures there"),
        (("photos", "--styles", "sample:glas"), "Did you mean 'glass'"),
        (("photos",), "there are no styles"),
        (("--styles", "photos/a.png", "sample:glass"), "so there are no contents; give CONTENTS before it, or after --"),
        (("photos", "--styles", "sample:glass", "--jobs", "jobs.csv"), "--jobs names contents and styles itself"),
        (("--jobs", "jobs.csv"), "cannot be read, no such file"),
        (("photos", "--styles", "sample:glass", "--names", "{style}.png"), "two pictures would be"),
        (("photos", "--styles", "sample:glass", "--names", "{stile}.png"), "try: {style}"),
        (("photos", "--styles", "sample:glass", "--style-layers", "relu9_1"), "Unknown style layer"),
        (("photos", "--styles", "sample:glass", "--recipe", "gatys2061"), "Did you mean 'gatys2016'"),
        (("photos", "--styles", "sample:glass", "--workers", "0"), "--workers"),
        (("photos", "--styles", "sample:glass", "--device", "cuda:99"), "cuda"),
    ],
)
def test_mistakes_are_told_before_any_work(capsys: Capture, photos: Path, arguments: tuple[str, ...], message: str) -> None:
    assert photos.is_dir()
    assert message in refused(pincel(capsys, "batch", *arguments, "-o", "out"))
    assert not Path("out/index.html").exists()


def test_an_input_is_not_overwritten(capsys: Capture, photos: Path) -> None:
    before = (photos / "a.png").read_bytes()
    arguments = ("batch", photos / "a.png", "--styles", "sample:glass", "-o", photos, "--names", "{content}.png")
    assert "would overwrite the input" in refused(pincel(capsys, *arguments))
    assert (photos / "a.png").read_bytes() == before


def test_one_bar_over_all_and_what_each_worker_does() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, highlight=False)
    with BatchBar({"a.png": 3.0, "b.png": 1.0, "c.png": 4.0}, 5, console=console) as crowd:
        crowd.show(Progress("a.png", 0, 0, "worker 1"))
        crowd.show(Progress("b.png", 5, 10, "worker 2"))
        told = {task.description: (task.completed, task.total, task.fields["text"]) for task in crowd._progress.tasks}
        assert told == {
            "all": (0.5, 8.0, "2/5 pictures"),
            "worker 1: a.png": (0, 1, "preparing"),
            "worker 2: b.png": (5, 10, "step 5/10"),
        }
        crowd.show(JobResult("b.png", "done", worker="worker 2"))
        crowd.show(JobResult("c.png", "failed", "why", worker="worker 1"))
        told = {task.description: (task.completed, task.total, task.fields["text"]) for task in crowd._progress.tasks}
        # What failed took no time, and says nothing of that of others.
        assert told["all"] == (1.0, 4.0, "4/5 pictures")
        assert told["worker 2"] == (0, 1, "idle")
    assert "c.png: failed" in console.file.getvalue()  # type: ignore[attr-defined]
