"""What is known to be painted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pincel.batches.manifest import MANIFEST, Manifest
from pincel.batches.messages import Job, JobResult
from pincel.errors import OutputError
from pincel.executors.protocol import Completed
from tests.batches.stand_in import QuickExecutor, picture


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job that was painted into the folder ``painted`` and entered."""
    content = picture(tmp_path / "photo.png")
    output = tmp_path / "painted" / "below" / "out.png"
    job = Job("below/out.png", str(content), (("sample:glass", 1.0),), str(output), {"size": 64})
    paint(job, Manifest(tmp_path / "painted"))
    return job


def paint(job: Job, manifest: Manifest) -> None:
    QuickExecutor().run([job], lambda event: manifest.add(job, event.result) if isinstance(event, Completed) else None)


def due(job: Job, tmp_path: Path) -> bool:
    """Return whether whoever comes later finds something to do."""
    return Manifest(tmp_path / "painted").pending([job]) == [job]


def test_what_is_done_is_done(job: Job, tmp_path: Path) -> None:
    assert not due(job, tmp_path)
    result = Manifest(tmp_path / "painted").done(job)
    assert result is not None
    assert (result.size, result.steps, result.total) == ((40, 30), 7, 12.5)
    assert result.files == (job.output, str(Path(job.output).with_suffix(".json")))


@pytest.mark.parametrize(
    "change",
    [
        lambda job: Path(job.output).unlink(),
        lambda job: picture(Path(job.output), (9, 9, 9)),
        lambda job: Path(job.output).with_suffix(".json").unlink(),
        lambda job: picture(Path(job.content), (9, 9, 9)),
    ],
    ids=["picture gone", "picture changed", "record gone", "content changed"],
)
def test_what_has_changed_is_due(job: Job, tmp_path: Path, change: Callable[[Job], object]) -> None:
    change(job)
    assert due(job, tmp_path)


def test_other_settings_are_due_and_the_same_again_are_not(job: Job, tmp_path: Path) -> None:
    other = replace(job, settings={"size": 65})
    assert due(other, tmp_path)
    # Painted over the first, which is due in its turn, though its line is still there.
    paint(other, Manifest(tmp_path / "painted"))
    assert not due(other, tmp_path)
    assert due(job, tmp_path)


def test_a_folder_may_be_moved(job: Job, tmp_path: Path) -> None:
    shutil.move(tmp_path / "painted", tmp_path / "moved")
    moved = replace(job, output=str(tmp_path / "moved" / job.name))
    assert Manifest(tmp_path / "moved").pending([moved]) == []


def test_torn_and_foreign_lines_are_none(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "painted" / MANIFEST
    whole = path.read_bytes()
    path.write_bytes(b"nonsense\n[]\n3\n{}\n\xff\n" + whole + whole[: len(whole) // 2])
    assert not due(job, tmp_path)
    # What comes after a torn line is on a line of its own.
    second = replace(job, name="two.png", output=str(tmp_path / "painted" / "two.png"))
    paint(second, Manifest(tmp_path / "painted"))
    assert not due(second, tmp_path)
    assert not due(job, tmp_path)
    # If the line of a picture is torn, it is painted again.
    path.write_bytes(whole[: len(whole) // 2])
    assert due(job, tmp_path)


def test_only_what_is_done_is_entered(job: Job, tmp_path: Path) -> None:
    manifest, size = Manifest(tmp_path / "painted"), (tmp_path / "painted" / MANIFEST).stat().st_size
    manifest.add(job, JobResult(job.name, "failed", "why"))
    manifest.add(job, JobResult(job.name, "stopped"))
    assert (tmp_path / "painted" / MANIFEST).stat().st_size == size


def test_what_changes_while_it_is_painted_is_due_again(job: Job, tmp_path: Path) -> None:
    manifest = Manifest(tmp_path / "painted")
    manifest.fingerprint(job)
    picture(Path(job.content), (9, 9, 9))
    paint(job, manifest)
    assert due(job, tmp_path)


def test_each_input_is_read_once(job: Job, tmp_path: Path) -> None:
    read: list[str] = []

    def digest(place: str) -> str:
        read.append(place)
        return place

    manifest = Manifest(tmp_path / "painted", digest)
    for number in range(3):
        manifest.fingerprint(replace(job, name=f"{number}.png"))
    assert sorted(read) == [job.content, "sample:glass"]


def test_a_manifest_that_cannot_be_read_or_written(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "painted" / MANIFEST
    assert json.loads(path.read_text())["name"] == job.name
    path.unlink()
    manifest = Manifest(tmp_path / "painted")
    path.mkdir()
    with pytest.raises(OutputError, match="manifest: cannot be read"):
        Manifest(tmp_path / "painted")
    with pytest.raises(OutputError, match="manifest: cannot be written"):
        paint(job, manifest)
