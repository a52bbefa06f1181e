"""A batch from end to end, with an executor that needs no network."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from pincel.batches import run as module
from pincel.batches.jobs import gather_jobs
from pincel.batches.manifest import Manifest
from pincel.batches.messages import Job, JobResult, Message, Progress
from pincel.batches.page import write_summary
from pincel.batches.run import Summary, batch, folder_lock, message_of, run_batch
from pincel.errors import OptionError, PictureMissingError
from pincel.executors.protocol import Failed
from pincel.translation import untranslated
from tests.batches.stand_in import BAD, QuickExecutor, picture


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Return two photographs, and one that cannot be painted, after two styles."""
    for name, color in {"a": (1, 2, 3), "b & c": (4, 5, 6), "red": BAD}.items():
        picture(tmp_path / "photos" / f"{name}.png", color)
    return gather_jobs([str(tmp_path / "photos")], ["sample:glass", "sample:woodcut"], tmp_path / "out", settings={"size": 64})


def run(jobs: Sequence[Job], tmp_path: Path, most: int | None = None, *, again: bool = False) -> tuple[Summary, QuickExecutor]:
    executor = QuickExecutor(most)
    return run_batch(jobs, executor, tmp_path / "out", again=again), executor


def test_it_goes_on_after_a_failure_and_then_paints_what_is_missing(jobs: list[Job], tmp_path: Path) -> None:
    summary, executor = run(jobs, tmp_path)
    assert executor.painted == [job.name for job in jobs]
    assert [result.name for result in summary.failed] == ["red_glass.png", "red_woodcut.png"]
    assert (len(summary.painted), len(summary.kept), summary.left, summary.stopped) == (4, 0, 0, False)

    # Only what failed is tried again.
    summary, executor = run(jobs, tmp_path)
    assert executor.painted == ["red_glass.png", "red_woodcut.png"]
    assert (len(summary.painted), len(summary.kept)) == (0, 4)

    picture(Path(jobs[2].content), (7, 7, 7))
    (tmp_path / "out" / "a_glass.png").unlink()
    picture(tmp_path / "out" / "b & c_woodcut.png", (0, 0, 0))
    summary, executor = run(jobs, tmp_path)
    assert executor.painted == ["a_glass.png", "red_glass.png", "b & c_woodcut.png", "red_woodcut.png"]
    assert summary.failed == []

    assert run(jobs, tmp_path)[1].painted == []
    assert len(run(jobs, tmp_path, again=True)[1].painted) == 6


def test_what_was_left_is_gone_on_with(jobs: list[Job], tmp_path: Path) -> None:
    summary, executor = run(jobs, tmp_path, most=2)
    assert (summary.stopped, summary.left, len(summary.painted)) == (True, 4, 2)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "2 painted, 0 failed, 4 not painted yet: the same command goes on with them" in page
    assert run(jobs, tmp_path)[1].painted == [job.name for job in jobs if job.name not in executor.painted]


def test_everything_is_told(jobs: list[Job], tmp_path: Path) -> None:
    told: list[Message] = []
    run_batch(jobs[:1], QuickExecutor(), tmp_path / "out", told.append)
    assert [type(message) for message in told] == [Progress, JobResult]


def test_the_summary_is_written_even_if_the_executor_gives_up(jobs: list[Job], tmp_path: Path) -> None:
    class Tired(QuickExecutor):
        def _painted(self, job: Job) -> JobResult:
            if len(self.painted) == 2:
                raise KeyboardInterrupt
            return super()._painted(job)

    with pytest.raises(KeyboardInterrupt):
        run_batch(jobs, Tired(), tmp_path / "out")
    assert "2 painted" in (tmp_path / "out" / "index.html").read_text()
    assert len(Manifest(tmp_path / "out").pending(jobs)) == 4
    # The folder is free again.
    assert len(run(jobs, tmp_path)[1].painted) == 4


def test_the_summary_is_a_page_a_table_and_data(jobs: list[Job], tmp_path: Path) -> None:
    summary, _ = run(jobs, tmp_path)
    out = tmp_path / "out"
    assert summary.files == (out / "index.html", out / "summary.csv", out / "batch.json")
    with (out / "summary.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [job.name for job in jobs]
    assert rows[0] | {"content": ""} == {
        "name": "a_glass.png",
        "state": "done",
        "message": "",
        "content": "",
        "styles": "sample:glass",
        "width": "40",
        "height": "30",
        "steps_made": "7",
        "total": "12.5",
        "seconds": "2.0",
        "prepared": "0.1",
        "worker": "quick",
        "size": "64",
    }
    assert (rows[2]["state"], rows[2]["message"], rows[2]["width"]) == ("failed", "It is red.", "")
    data = json.loads((out / "batch.json").read_text())
    assert (data["done"], data["failed"], data["stopped"]) == (4, 2, 0)
    assert data["jobs"][0]["settings"] == {"size": 64}

    page = (out / "index.html").read_text()
    assert "<li><b>red_glass.png</b>: It is red.</li>" in page
    # An address, and a name as it is read.
    assert 'href="b%20%26%20c_glass.png"' in page
    assert ">b &amp; c_glass.png<" in page
    thumbnails = set(re.findall(r'src="(thumbnails/[^"]+)"', page))
    # Of four results, three contents and two styles.
    assert len(thumbnails) == 9
    for name in thumbnails:
        with Image.open(out / name) as image:
            assert max(image.size) <= 320
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_is_in_the_language_of_its_reader(jobs: list[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    results = {jobs[0].name: JobResult(jobs[0].name, "failed", "5"), jobs[1].name: JobResult(jobs[1].name, "done")}
    spanish = write_summary(jobs, results, tmp_path / "out", 1.0, "es")[0].read_text()
    assert '<html lang="es">' in spanish
    assert "1 pintadas, 1 fallidas, 4 aún sin pintar" in spanish
    # With each message left out, nothing is left but names and numbers.
    monkeypatch.setattr("pincel.batches.page.gettext_lazy", lambda _: untranslated("…"))
    page = write_summary(jobs, results, tmp_path / "out", 1.0)[0].read_text().partition("<body>")[2]
    shown = [*re.findall(r">([^<]*)<", page), *re.findall(r'(?:alt|aria-label|title)="([^"]*)"', page)]
    names = {*(html.escape(job.name) for job in jobs), "a", "b &amp; c", "red", "glass", "woodcut", "summary.csv", "batch.json"}
    assert {text.strip() for text in shown if re.search("[a-z]", text)} - names == set()


def test_thumbnails_are_made_again_only_for_what_changed(jobs: list[Job], tmp_path: Path) -> None:
    run(jobs[:1], tmp_path)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "thumbnails").iterdir()}
    run(jobs[:1], tmp_path, again=True)
    changed = [path for path, when in made.items() if path.stat().st_mtime_ns != when]
    assert [path.name.endswith("-320.jpg") for path in changed] == [True]


def test_odd_pictures_have_thumbnails_and_none_that_cannot_be_read(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    files = {}
    for mode in ("RGBA", "LA", "P", "I;16", "CMYK"):
        path = tmp_path / f"{mode.replace(';', '')}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (50, 40)).save(path)
        files[mode] = path
    files["none"] = tmp_path / "none.png"
    files["none"].write_bytes(b"none")
    made = [Job(f"{path.stem}.png", str(path), (("blank:8x8", 1.0),), str(out / f"{path.stem}.png")) for path in files.values()]
    page = write_summary(made, {}, out, 1.0)[0].read_text()
    assert page.count('<img src="thumbnails/') == len(files) - 1


def test_two_batches_in_one_folder(jobs: list[Job], tmp_path: Path) -> None:
    with folder_lock(tmp_path / "out"), pytest.raises(OptionError, match="another one is at work in this folder"):
        run(jobs, tmp_path)
    assert len(run(jobs, tmp_path)[1].painted) == 6


def test_the_batch_as_one_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[QuickExecutor] = []

    def quick(*_: object) -> QuickExecutor:
        made.append(QuickExecutor())
        return made[-1]

    monkeypatch.setattr(module, "local_executor", quick)
    photo = picture(tmp_path / "photo.png")
    summary = batch(photo, "sample:glass", tmp_path / "out", size=64, steps=2)
    assert [(result.name, result.state) for result in summary.painted] == [("photo_glass.png", "done")]
    assert summary.jobs[0].settings == {"size": 64, "steps": 2}
    assert made[0].closed
    table = tmp_path / "jobs.csv"
    table.write_text("content,style\nphoto.png,sample:lake\n")
    told: list[Message] = []
    summary = batch(folder=tmp_path / "out", jobs=table, recipe="gatys2016", workers=2, on_event=told.append)
    assert summary.jobs[0].settings == {"recipe": "gatys2016"}
    assert len(told) == 2
    with pytest.raises(OptionError, match="contents and styles are in the file of jobs"):
        batch(photo, folder=tmp_path / "out", jobs=table)
    with pytest.raises(PictureMissingError):
        batch("none/*.jpg", "sample:glass", tmp_path / "out")
    monkeypatch.undo()
    with pytest.raises(OptionError, match="workers: there must be somebody"):
        batch(photo, "sample:glass", tmp_path / "out", workers=0)
    assert len(made) == 2


def test_a_job_whose_worker_is_lost_has_failed_unless_the_end_was_asked_for(jobs: list[Job]) -> None:
    lost = Failed(jobs[0], "its process ended 2 times", 2, "worker 1")
    assert message_of(lost, stopping=False) == JobResult(jobs[0].name, "failed", "Its process ended 2 times.", worker="worker 1")
    stopped = JobResult(jobs[0].name, "stopped", "It was stopped before it was finished.", worker="worker 1")
    assert message_of(lost, stopping=True) == stopped
