"""A batch whose pictures are in a store: gathered, painted by a worker's own code, gone on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pincel.batches.messages import Job, JobResult, Progress
from pincel.batches.run import Summary, run_batch
from pincel.cluster import store
from pincel.cluster.batch import BatchWorker, absolute
from pincel.cluster.stored import LINES, EtagCache, StoredManifest, check_stored, gather_stored, open_folder
from pincel.cluster.worker import RayWorker
from pincel.errors import ClusterError, OptionError, PictureMissingError
from pincel.executors.protocol import ExecutorEvent, Stop, never_stop
from pincel.executors.serial import SerialExecutor
from tests.cluster.stand_in import StandIn

pytest.importorskip("fsspec")


class Alone(SerialExecutor[Job]):
    """One worker, in this process."""

    def __init__(self, most: int = 99) -> None:
        super().__init__(BatchWorker(StandIn, "alone"))
        self._most = most
        self.painted: list[str] = []

    def run(self, tasks: Sequence[Job], emit: Callable[[ExecutorEvent[Job]], None], stop: Stop = never_stop) -> None:
        self.painted = [job.name for job in tasks[: self._most]]
        super().run([absolute(job) for job in tasks[: self._most]], emit, stop)


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    """Return the address of a store with three pictures, which say what they are."""
    (tmp_path / "bucket" / "photos").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / "bucket" / "photos" / name).write_text(f"photograph {name}")
    (tmp_path / "style.png").write_text("painting")
    return f"file://{tmp_path}/bucket"


def painted(bucket: str, tmp_path: Path, executor: Alone) -> Summary:
    known, out = EtagCache(), f"{bucket}/out"
    settings = {"told": str(tmp_path / "told")}
    jobs = gather_stored([f"{bucket}/photos"], [str(tmp_path / "style.png")], out, known, settings=settings)
    with pytest.MonkeyPatch.context() as patch, open_folder(out, known) as (here, manifest):
        # FilmSettings of a stand-in are those of no recipe.
        patch.setattr("pincel.batches.jobs.recipe_of", lambda job: recipe())
        return run_batch(jobs, executor, here, manifest=manifest)


def recipe() -> Any:
    from pincel.recipes import RECIPES

    return RECIPES.find("pincel").recipe


def test_a_batch_in_a_store_is_gone_on_with(bucket: str, tmp_path: Path) -> None:
    out = tmp_path / "bucket" / "out"
    first = Alone(most=2)
    summary = painted(bucket, tmp_path, first)
    assert (len(summary.painted), summary.left) == (2, 1)
    assert first.painted == ["a_style.png", "b_style.png"]
    assert (out / "a_style.png").read_text() == "photograph a.jpg painting"
    assert {path.name for path in out.iterdir()} == {
        *("a_style.png", "a_style.json", "b_style.png", "b_style.json"),
        *("batch.json", "index.html", "summary.csv", LINES),
    }
    # From here on it is another driver, elsewhere: what it knows is in the store.
    second = Alone()
    summary = painted(bucket, tmp_path, second)
    assert second.painted == ["c_style.png"]
    assert summary.kept == {"a_style.png", "b_style.png"}
    # Of two files of lines, the next makes one.
    assert len(list((out / LINES).iterdir())) == 2
    (tmp_path / "bucket" / "photos" / "a.jpg").write_text("another")
    (out / "b_style.png").unlink()
    third = Alone()
    assert len(painted(bucket, tmp_path, third).kept) == 1
    assert third.painted == ["a_style.png", "b_style.png"]
    assert json.loads((out / "batch.json").read_text())["done"] == 3
    fourth = Alone()
    assert len(painted(bucket, tmp_path, fourth).kept) == 3
    assert fourth.painted == []
    assert len(list((out / LINES).iterdir())) == 1


def test_the_manifest_is_brought_to_the_store_from_time_to_time(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.batches.jobs.recipe_of", lambda job: recipe())
    now = [0.0]
    (tmp_path / "here").mkdir()
    manifest = StoredManifest(f"{bucket}/out", tmp_path / "here", EtagCache(), lambda: now[0])
    jobs = [Job(f"{name}.png", f"{bucket}/photos/{name}.jpg", (), f"{bucket}/out/{name}.png") for name in "abc"]
    counts = []
    for job in jobs:
        store.write("painted", job.output)
        manifest.add(job, JobResult(job.name, "done", files=(job.output,)))
        counts.append(len(store.names(f"{bucket}/out/{LINES}")))
        now[0] += 3
    assert counts == [0, 0, 1]
    shutil.rmtree(tmp_path / "here")
    (tmp_path / "here").mkdir()
    # The driver was killed before the next time.
    known = EtagCache()
    again = StoredManifest(f"{bucket}/out", tmp_path / "here", known, lambda: 0.0)
    assert [job.name for job in again.pending(jobs)] == []
    store.write("by somebody else", jobs[1].output)
    known.stamps.clear()
    assert [job.name for job in again.pending(jobs)] == ["b.png"]


def test_what_cannot_be_is_told_before(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(PictureMissingError, match=r"^contents: no pictures .* there · given '.*gif'"):
        gather_stored([f"{bucket}/*.gif"], ["sample:impasto"], f"{bucket}/out", EtagCache())
    jobs = gather_stored([f"{bucket}/photos", "sample:lake"], ["sample:impasto"], f"{bucket}/out", EtagCache(), settings={"size": 48})
    assert [job.output for job in jobs][-2:] == [f"{bucket}/out/c_impasto.png", f"{bucket}/out/lake_impasto.png"]
    check_stored(jobs, f"{bucket}/out")
    assert store.listed(f"{bucket}/out") == {}
    wrong = gather_stored(
        [f"{bucket}/photos"], ["sample:impasto"], f"{bucket}/out", EtagCache(), settings={"style_layers": {"relu9_1": 1.0}}
    )
    with pytest.raises(OptionError, match="relu9_1"):
        check_stored(wrong, f"{bucket}/out")


def test_a_worker_that_sees_another_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"^the machine .* has another folder of this name, or none · given '"):
        RayWorker(StandIn, str(tmp_path), "token").ready()
    worker = RayWorker(StandIn, f"file://{tmp_path}/store")
    assert worker.ready().split()[-1].isdecimal()
    assert worker.messages() == []
    job = Job("a.png", "", (), str(tmp_path / "a.png"), {"told": str(tmp_path / "told"), "seconds": 0.05})
    result, messages = worker.work(job)
    assert result.state == "done"
    assert {type(message) for message in messages} == {Progress}
    worker.stop()
    result, messages = worker.work(replace(job, settings={**job.settings, "seconds": 60}))
    assert (result.state, len(messages)) == ("stopped", 1)


def test_what_a_worker_cannot_fetch_is_one_of_the_things_that_become_of_a_job(bucket: str, tmp_path: Path) -> None:
    job = Job("x.png", f"{bucket}/photos/none.jpg", (), f"{bucket}/out/x.png", {"told": str(tmp_path)})
    result = BatchWorker(StandIn, "one").run(job, lambda _: None, never_stop)
    assert result.state == "failed"
    assert result.message.startswith("content: there is no such file · given 'file://")


def test_masks_and_styles_in_stores_are_fetched_once(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    fetch = store.fetch
    monkeypatch.setattr(store, "fetch", lambda address, folder: fetched.append(address) or fetch(address, folder))  # type: ignore[func-returns-value]
    Image.new("RGB", (4, 4)).save(tmp_path / "bucket" / "mask.png")
    seen: list[Job] = []

    class Looks(StandIn):
        def run(self, job: Job, emit: Callable[[Progress], None], stop: Stop) -> JobResult:
            seen.append(job)
            return super().run(job, emit, stop)

    worker = BatchWorker(Looks, "one")
    settings = {"told": str(tmp_path / "told"), "content_mask": f"{bucket}/mask.png", "style_mask": [f"{bucket}/mask.png"]}
    for name in "ab":
        job = Job(f"{name}.png", f"{bucket}/photos/{name}.jpg", ((f"{bucket}/photos/c.jpg", 1.0),), f"{bucket}/out/{name}.png", settings)
        assert worker.run(job, lambda _: None, never_stop).state == "done"
    assert [address.rpartition("/")[2] for address in fetched] == ["a.jpg", "c.jpg", "mask.png", "b.jpg"]
    assert seen[0].settings["style_mask"] == [seen[1].settings["content_mask"]]
    # What was painted from is not kept.
    assert not Path(seen[0].content).exists()
    assert Path(seen[0].styles[0][0]).exists()
