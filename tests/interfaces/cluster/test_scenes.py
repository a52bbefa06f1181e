"""The scenes of a film, painted by workers, are those that one process paints."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cv2")

from pincel.cluster.address import Cluster
from pincel.cluster.scenes import RayScenes, VideoWorker, _absolute
from pincel.executors.protocol import Completed, ExecutorEvent, Failed, Update
from pincel.films.base import FrameDone, Scene
from pincel.films.frame_store import FrameStore
from pincel.films.paint import SceneTask, paint_scene
from pincel.films.read import open_film
from pincel.films.settings import FilmSettings

SETTINGS = FilmSettings(
    styles=(("sample:impasto", 1.0),), overrides={"steps": 2, "scales": {}}, size=48, device="cpu", precision="fp32", long_term=(1,)
)
SCENES = [Scene(0, 2), Scene(2, 5, Fraction(2, 24))]


def filmed(folder: Path) -> str:
    """Write five pictures of something that moves."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (12, 20, 3), dtype=np.uint8)
    field = np.asarray(Image.fromarray(noise).resize((80, 48), Image.Resampling.BICUBIC))
    for number in range(5):
        Image.fromarray(np.ascontiguousarray(field[:, 2 * number : 2 * number + 48])).save(folder / f"{number:03d}.png")
    return str(folder)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def test_a_worker_forked_from_a_process_that_has_computed_takes_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []
    monkeypatch.setattr("torch.set_num_threads", chosen.append)
    monkeypatch.setattr("pincel.engine.device._used_before_fork", {"cpu"})
    monkeypatch.setattr("pincel.cluster.scenes.retain_heap", lambda: None)
    VideoWorker(SETTINGS, tmp_path, 1, 2)
    assert chosen == [1]


def test_scenes_come_from_workers_as_from_one_process(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filmed(tmp_path / "frames")
    # Workers have another folder: what is given from here must be found from there.
    monkeypatch.chdir(tmp_path)
    film = open_film("frames")
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for scene in SCENES:
        paint_scene(film, scene, alone, SETTINGS)
    FrameStore.open(shared, film, SETTINGS)
    told: list[ExecutorEvent[SceneTask]] = []
    executor = RayScenes(shared, SETTINGS, workers=2)
    try:
        executor.run([SceneTask(film, scene) for scene in SCENES], told.append)
        assert bytes_of(shared) == bytes_of(alone)
        assert sorted(event.message.index for event in told if isinstance(event, Update) and isinstance(event.message, FrameDone)) == [
            0,
            1,
            2,
            3,
            4,
        ]
        assert sorted(event.result for event in told if isinstance(event, Completed)) == [2, 3]
        # A frame is lost, another film has come into the place of the first.
        (shared / "000004.png").unlink()
        Image.new("RGB", (64, 40)).save("frames/000.png")
        told.clear()
        executor.run([SceneTask(film, SCENES[1])], told.append)
        (failed,) = told
        assert isinstance(failed, Failed)
        assert re.match(r"the machine .* has another film of this name", failed.reason)
    finally:
        executor.close()
    assert not list(shared.glob(".pincel-*"))


def test_settings_mean_the_same_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = replace(SETTINGS, styles=(("a.jpg", 1.0), ("sample:glass", 2.0)), overrides={"content_mask": "m.png", "init": "content"})
    found = _absolute(settings)
    assert found.styles == ((os.path.abspath("a.jpg"), 1.0), ("sample:glass", 2.0))
    assert found.overrides == {"content_mask": os.path.abspath("m.png"), "init": "content"}
    assert found.recipe == "pincel"
