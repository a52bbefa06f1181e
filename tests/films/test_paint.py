"""Scenes painted: held together, gone on with, painted over; and films from beginning to end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from torch import Tensor

from pincel.errors import FilmError, OptionError, PictureMissingError, PictureSizeError, UnknownNameError
from pincel.executors.protocol import ExecutorEvent, Failed, Stop, StopFlag, never_stop
from pincel.executors.serial import SerialExecutor
from pincel.films.base import Film, FrameDone, FrameStep, Scene, VideoEvent
from pincel.films.flicker import flicker_of
from pincel.films.frame_recipes import coarse_recipe, next_recipe, painting_recipe, pass_recipe, sketch_recipe
from pincel.films.frame_store import FrameStore, load_frame, save_frame
from pincel.films.frame_styler import FramePair, FrameStyler, age_map, disoccluded
from pincel.films.paint import SceneTask, SceneWorker, independent, paint_scene, painted_size
from pincel.films.read import open_film
from pincel.films.settings import FilmSettings
from pincel.films.video_run import VideoRun, frames_folder
from pincel.functional.neighbors import nearest
from pincel.run.cache import Cache
from tests.films.make_films import moving, spoil, write_film

# Shallow layers are enough to see what holds frames together, and quick.
SHALLOW = {"steps": 4, "scales": "none", "style_layers": "relu1_1,relu2_1", "content_layers": "relu2_1", "precision": "fp32"}
SETTINGS = FilmSettings(
    styles=(("sample:impasto", 1.0),),
    size=48,
    precision="fp32",
    overrides={key: value for key, value in SHALLOW.items() if key != "precision"},
)


@pytest.fixture(scope="module")
def cache() -> Cache:
    return Cache()


@pytest.fixture
def film(tmp_path: Path) -> Film:
    return open_film(write_film(tmp_path / "in.mp4", moving(5)))


def frames_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("[0-9]*.png"))]


def test_a_scene_left_in_the_middle_goes_on_to_the_same_bytes(film: Film, tmp_path: Path, cache: Cache) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    told: list[VideoEvent] = []
    assert paint_scene(film, Scene(0, 5), whole, SETTINGS, cache, told.append) == 5
    painted = [event for event in told if isinstance(event, FrameDone)]
    assert [(event.index, event.known) for event in painted] == [(index, False) for index in range(5)]
    assert painted[0].followed == 0
    assert min(event.followed for event in painted[1:]) > 0.5

    flag = StopFlag()
    there = paint_scene(film, Scene(0, 5), parts, SETTINGS, cache, lambda event: flag.stop() if seen(event, 2) else None, flag)
    assert there == 3
    assert len(frames_in(parts)) == 3
    told.clear()
    assert paint_scene(film, Scene(0, 5), parts, SETTINGS, cache, told.append) == 5
    assert [event.index for event in told if isinstance(event, FrameDone) and event.known] == [0, 1, 2]
    assert frames_in(parts) == frames_in(whole)
    # A gap is filled, and what is after it stays.
    (parts / "000003.png").unlink()
    assert paint_scene(film, Scene(0, 5), parts, SETTINGS, cache) == 5
    assert frames_in(parts) == frames_in(whole)
    lines = FrameStore(parts).noted(Scene(0, 5))
    assert [line["index"] for line in lines] == [0, 1, 2, 3, 4, 3]


def seen(event: VideoEvent, index: int) -> bool:
    return isinstance(event, FrameDone) and event.index == index


def test_frames_held_together_flicker_less_than_by_themselves(tmp_path: Path, cache: Cache) -> None:
    film = open_film("sample:pan")
    settings = replace(SETTINGS, size=64, overrides={**SETTINGS.overrides, "init": "noise", "seed": 1, "steps": 6})
    together, apart = tmp_path / "together", tmp_path / "apart"
    paint_scene(film, Scene(0, 4), together, settings, cache)
    for index in range(4):
        # As different as frames by themselves are on the way to different pictures: each from noise of its own.
        own = independent(replace(settings, overrides={**settings.overrides, "seed": index}))
        paint_scene(film, Scene(index, index + 1, Fraction(index, 24)), tmp_path / f"apart-{index}", own, cache)
        (apart).mkdir(exist_ok=True)
        (tmp_path / f"apart-{index}" / f"{index:06d}.png").rename(apart / f"{index:06d}.png")
    held, free = (flicker_of(film, [Scene(0, 4)], folder) for folder in (together, apart))
    assert held.error < free.error / 2


def test_passes_go_to_and_fro_and_go_on(film: Film, tmp_path: Path, cache: Cache) -> None:
    settings = replace(SETTINGS, passes=3)
    told: list[VideoEvent] = []
    assert paint_scene(film, Scene(0, 3), tmp_path / "whole", settings, cache, told.append) == 3
    order = [(event.pass_number, event.index) for event in told if isinstance(event, FrameDone)]
    assert order == [(1, 0), (1, 1), (1, 2), (2, 2), (2, 1), (2, 0), (3, 0), (3, 1), (3, 2)]
    flag = StopFlag()
    stop_at = lambda event: flag.stop() if isinstance(event, FrameDone) and (event.pass_number, event.index) == (2, 1) else None  # noqa: E731
    assert paint_scene(film, Scene(0, 3), tmp_path / "parts", settings, cache, stop_at, flag) == 0
    assert paint_scene(film, Scene(0, 3), tmp_path / "parts", settings, cache) == 3
    assert frames_in(tmp_path / "parts") == frames_in(tmp_path / "whole")
    assert not list(tmp_path.glob("whole/pass-*/*.png"))


def test_a_frame_that_cannot_be_read_is_painted_as_the_one_before(tmp_path: Path, cache: Cache) -> None:
    path = write_film(tmp_path / "in.avi", moving(4), codec="mjpeg", pixels="yuvj420p")
    spoil(path, 2)
    folder = tmp_path / "work"
    paint_scene(open_film(path), Scene(0, 4), folder, SETTINGS, cache)
    frames = frames_in(folder)
    assert frames[2] == frames[1] != frames[3]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"consistency": 0.5}, "other settings (consistency: 1.0 before, 0.5 now)"),
        ({"overrides": {**SETTINGS.overrides, "steps": 9}}, "other settings (overrides"),
        ({"styles": (("sample:woodcut", 1.0),)}, "other settings (styles"),
    ],
)
def test_a_folder_of_something_else_is_refused(film: Film, tmp_path: Path, change: dict[str, object], said: str) -> None:
    settings = replace(SETTINGS, consistency=1.0)
    FrameStore.open(tmp_path / "work", film, settings)
    with pytest.raises(FilmError) as refused:
        FrameStore.open(tmp_path / "work", film, replace(settings, **change))  # type: ignore[arg-type]
    assert said in str(refused.value)
    # Where it is painted makes no difference.
    FrameStore.open(tmp_path / "work", film, replace(settings, device="cpu", memory="2G"))


def test_a_folder_of_another_film_is_refused_and_so_is_one_that_is_no_work(film: Film, tmp_path: Path) -> None:
    FrameStore.open(tmp_path / "work", film, SETTINGS)
    other = open_film(write_film(tmp_path / "other.mp4", moving(6)))
    with pytest.raises(FilmError, match="its frames are of another film"):
        FrameStore.open(tmp_path / "work", other, SETTINGS)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "holiday.txt").touch()
    with pytest.raises(FilmError, match="is there already, and is none"):
        FrameStore.open(tmp_path / "mine", film, SETTINGS)
    (tmp_path / "work" / "film.json").write_text("{")
    with pytest.raises(FilmError, match=r"its film\.json cannot be read"):
        FrameStore.open(tmp_path / "work", film, SETTINGS)


def test_removing_a_folder_leaves_what_pincel_did_not_write(film: Film, tmp_path: Path) -> None:
    work = FrameStore.open(tmp_path / "work", film, SETTINGS)
    save_frame(moving(1)[0], work.frame(0))
    work.note(Scene(0, 1), {"index": 0})
    (work.folder / "mine.txt").touch()
    work.remove()
    assert [path.name for path in work.folder.iterdir()] == ["mine.txt"]
    (work.folder / "mine.txt").unlink()
    work.remove()
    assert not work.folder.exists()


def test_a_line_cut_short_is_left_out(film: Film, tmp_path: Path) -> None:
    work = FrameStore.open(tmp_path / "work", film, SETTINGS)
    work.note(Scene(0, 1), {"index": 0})
    with (work.folder / "scene-000000.jsonl").open("a") as story:
        story.write('{"index": 1, "tot')
    assert work.noted(Scene(0, 1)) == [{"index": 0}]


@pytest.mark.parametrize(
    ("width", "height", "size", "painted"),
    [(48, 36, 512, (36, 48)), (1920, 1080, 512, (288, 512)), (49, 37, 0, (38, 50)), (300, 101, 101, (34, 102))],
)
def test_painted_frames_are_even_and_no_larger_than_the_film(width: int, height: int, size: int, painted: tuple[int, int]) -> None:
    film = replace(open_film("sample:pan"), width=width, height=height)
    assert painted_size(film, replace(SETTINGS, size=size)) == painted


def test_the_ways_of_painting_a_frame() -> None:
    recipe = painting_recipe(FilmSettings(styles=(), overrides={"steps": 20, "scales": {"1/4": 2.0, "1/2": 0.5}}), (192, 256))
    assert (recipe.size, recipe.steps, recipe.scales) == (256, 20, {"1/4": 2.0, "1/2": 0.5})
    after = next_recipe(recipe, None)
    assert (after.steps, after.scales) == (20, {})
    assert next_recipe(recipe, 7).steps == 7
    sketch = sketch_recipe(recipe)
    # Half of the steps at full size, and all of those below: 40 at a quarter, 10 at half.
    assert (sketch.size, sketch.steps) == (256, 10)
    assert [sketch.steps * sketch.scales[share] for share in ("1/4", "1/2")] == [40, 10]
    assert sketch_recipe(after.override(steps=5)).steps == 3
    assert sketch_recipe(after).scales == {}
    coarse = coarse_recipe(recipe)
    assert [coarse.steps * coarse.scales[share] for share in ("1/4", "1/2")] == [10, 10]
    assert coarse_recipe(after).scales == {}
    first, later = (pass_recipe(recipe, 10, first=first) for first in (True, False))
    # 1.5 × 20 steps in ten passes; coarse scales keep theirs.
    assert (first.steps, later.steps, later.scales) == (3, 3, {})
    assert first.steps * first.scales["1/4"] == pytest.approx(40)


def test_colors_matched_frame_by_frame_are_refused() -> None:
    with pytest.raises(OptionError, match="flicker"):
        painting_recipe(replace(SETTINGS, overrides={"color": "match", "color_when": "after"}), (36, 48))


def test_gray_paintings_in_the_colors_of_the_film_continue(film: Film, tmp_path: Path, cache: Cache) -> None:
    settings = replace(SETTINGS, overrides={**SETTINGS.overrides, "color": "luminance"}, consistency=100.0)
    paint_scene(film, Scene(0, 2), tmp_path / "work", settings, cache)
    first, second = (load_frame(tmp_path / "work" / f"{index:06d}.png").astype(int) for index in range(2))
    # The square moved by two pixels; far from it, everything stayed.
    assert np.abs(first - second)[:, 30:].mean() < 4


def test_a_frame_that_continues_is_painted_on_a_coarse_scale_too(cache: Cache) -> None:
    source = np.asarray(Image.linear_gradient("L").resize((160, 128)).convert("RGB"))

    def continued(scales: str) -> npt.NDArray[np.float64]:
        # Without steps at full size, all that can have changed is large.
        settings = replace(SETTINGS, overrides={**SETTINGS.overrides, "scales": scales}, next_steps=0, flow="none")
        frame = FrameStyler(settings, (128, 160), cache).paint_continued(1, source, [FramePair(source, source)], 1.0)
        assert frame is not None
        return np.asarray(frame.pixels.mean(2), dtype=np.float64)

    assert np.array_equal(continued("none"), source.mean(2))
    change = continued("1/2=1") - source.mean(2)
    assert np.abs(change).max() > 1
    # Nothing that half the size cannot show.
    energy = np.abs(np.fft.fft2(change)) ** 2
    rows, columns = (np.abs(np.fft.fftfreq(side)) > 0.3 for side in change.shape)
    assert energy[rows[:, None] | columns].sum() < 0.05 * energy.sum()


MATCHED = replace(SETTINGS, overrides={**SETTINGS.overrides, "style_terms": "hypercolumns", "steps": 2})


def test_matches_move_along_with_what_is_filmed(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[npt.NDArray[np.int64]] = []

    def recorded(*given: Any) -> Tensor:
        found.append((indices := nearest(*given)).numpy().reshape(9, 12))
        return indices

    monkeypatch.setattr("pincel.losses.hypercolumns.nearest", recorded)
    rng = np.random.default_rng(0)
    style, filmed = (rng.integers(0, 255, (36, 48, 3), np.uint8) for _ in range(2))
    Image.fromarray(style).save(tmp_path / "style.png")
    settings = replace(MATCHED, styles=((str(tmp_path / "style.png"), 1.0),), overrides={**MATCHED.overrides, "match_content": 0.25})
    styler = FrameStyler(settings, (36, 48), cache)
    # All moves to the right by four pixels, a place of hypercolumns. What is painted so far is the style itself.
    now = np.roll(filmed, 4, axis=1)
    styler.flow_fn = lambda frame, _: np.tile(np.array([-4 if frame is now else 4, 0], np.float32), (36, 48, 1))
    assert styler.paint_continued(1, now, [FramePair(filmed, style)], 1.0) is not None
    places = np.arange(9 * 12).reshape(9, 12)
    assert (found[-1][:, 2:] == places[:, 1:-1]).mean() > 0.9


def test_matched_frames_go_on_to_the_same_bytes(film: Film, tmp_path: Path, cache: Cache) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    paint_scene(film, Scene(0, 3), whole, MATCHED, cache)
    flag = StopFlag()
    paint_scene(film, Scene(0, 3), parts, MATCHED, cache, lambda event: flag.stop() if seen(event, 1) else None, flag)
    assert len(frames_in(parts)) == 2
    paint_scene(film, Scene(0, 3), parts, MATCHED, Cache())
    assert frames_in(parts) == frames_in(whole)


def test_a_frame_is_the_best_of_the_last_objective(cache: Cache) -> None:
    # Twice at full size, first with an objective that is low by itself, and with all steps: to begin higher is not to have settled.
    overrides = {**SETTINGS.overrides, "scales": "1=5", "coarse_terms": "w2=1e-6", "content_weight": 0.0, "steps": 2}
    overrides["style_layers"] = "relu1_1"
    told: list[VideoEvent] = []
    styler = FrameStyler(replace(SETTINGS, overrides=overrides), (64, 80), cache, told.append)
    frame = styler.paint_alone(0, moving(1, 80, 64)[0])
    totals = [event.total for event in told if isinstance(event, FrameStep)]
    assert frame is not None
    assert len(totals) == 11 + 3
    assert frame.total == min(totals[11:]) > min(totals)


def test_what_is_new_is_what_nobody_shows() -> None:
    picture = np.zeros((1, 3, 3), np.float32)
    share = disoccluded([(picture, np.array([[1.0, 0.5, 0.0]], np.float32)), (picture, np.array([[0.0, 0.25, 0.0]], np.float32))])
    assert share.tolist() == [[0.0, 0.25, 1.0]]


def test_what_has_just_come_into_view_is_held_loosely() -> None:
    one, two, four = (
        np.array([[1.0, 1.0, 1.0, 0.0]], np.float32),
        np.array([[1.0, 1.0, 0.0, 0.0]], np.float32),
        np.array([[1.0, 0.0, 0.0, 0.0]], np.float32),
    )
    assert age_map({1: one, 2: two, 4: four})[0].tolist() == pytest.approx([1.0, 3 / 7, 1 / 7, 0.0])
    # At the beginning of a scene, what there is counts for all.
    assert age_map({1: one})[0].tolist() == [1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"styles": (("nothing.jpg", 1.0),)}, PictureMissingError, "nothing.jpg"),
        ({"flow": "raft"}, UnknownNameError, "optical flow"),
        ({"recipe": "pincle"}, UnknownNameError, "Did you mean 'pincel'"),
        ({"overrides": {"backbone": "vgg18"}}, UnknownNameError, "vgg1"),
        ({"size": 12, "overrides": {}}, PictureSizeError, "a frame is too small"),
    ],
)
def test_settings_are_checked_before_the_film_is_looked_through(
    tmp_path: Path, change: dict[str, object], error: type[Exception], said: str
) -> None:
    write_film(tmp_path / "in.mp4", moving(3))
    with pytest.raises(error, match=said):
        VideoRun(str(tmp_path / "in.mp4"), tmp_path / "out.mp4", replace(SETTINGS, **change))  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_a_film_from_beginning_to_end(tmp_path: Path) -> None:
    red, blue = (np.full((37, 49, 3), color, np.uint8) for color in ((200, 30, 30), (20, 40, 220)))
    noise = np.random.default_rng(0).integers(0, 60, (37, 49, 3), dtype=np.uint8)
    path = write_film(
        tmp_path / "in.mkv", [red + noise // 4] * 2 + [blue - noise // 4] * 2, pixels="yuv444p", sound="aac", options={"crf": "4"}
    )
    filming = VideoRun(str(path), tmp_path / "out.mp4", SETTINGS, compare=True, keep=True)
    filming.paint()
    assert filming.finished
    assert [scene.start for scene in filming.scenes] == [0, 2]
    film = open_film(tmp_path / "out.mp4")
    assert (film.width, film.height, film.frames, film.sounds) == (48, 36, 4, ("aac",)) or (film.width, film.height) == (48, 36)
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["scenes"] == [[0, 2], [2, 4]]
    assert record["codec"] == "h264"
    assert len(record["frames"]) == 4
    assert record["comparison"]["film"]["pairs"] == 1
    assert filming.comparison is not None
    assert "Warp error over 1 pairs" in str(filming.comparison)
    assert frames_folder(tmp_path / "out.mp4").is_dir()
    again = VideoRun(str(path), tmp_path / "out.mp4", SETTINGS)
    again.paint()
    # Nothing was painted again, and nothing is left over.
    assert all(event.known for event in again.painted.values())
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in.mkv", "out.json", "out.mp4"]


def test_the_brush_brings_frames_to_their_size(cache: Cache) -> None:
    styler = FrameStyler(SETTINGS, (36, 48), cache)
    frame = np.asarray(Image.effect_noise((96, 72), 50).convert("RGB"))
    small = styler.source(frame)
    assert small.shape == (36, 48, 3)
    assert np.array_equal(styler.source(small), small)
    assert styler.history == 4


def finished_but_for_writing(tmp_path: Path, name: str) -> VideoRun:
    """A film whose frames are all painted, and noise, so that its file is not small."""
    frames = [np.random.default_rng(index).integers(0, 255, (36, 48, 3), np.uint8) for index in range(4)]
    path = write_film(tmp_path / "in.mp4", frames)
    filming = VideoRun(str(path), tmp_path / name, SETTINGS)
    for index, frame in enumerate(frames):
        save_frame(frame, filming.store.frame(index))
    filming.store.keep_scenes([Scene(0, 4)])
    return filming


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.gif", "out.webp", "f/%d.png"])
def test_a_film_that_cannot_be_written_leaves_its_frames_and_says_how_to_go_on(tmp_path: Path, name: str) -> None:
    import resource

    filming = finished_but_for_writing(tmp_path, name)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises(FilmError) as failed:
            filming.paint()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    line = str(failed.value)
    assert line.startswith("output: cannot be written, the file is larger than is allowed here")
    assert f"kept: 4 painted frames, in '{filming.store.folder}'; the same command writes the film" in line
    assert "\n" not in line
    assert not (tmp_path / name).exists()
    again = VideoRun(filming.source, filming.output, SETTINGS)
    again.paint()
    assert again.finished
    assert all(event.known for event in again.painted.values())
    assert not again.store.folder.exists()


def test_what_cannot_be_written_is_said_before_a_frame_is_painted(tmp_path: Path) -> None:
    Image.new("RGB", (16400, 20)).save(tmp_path / "1.png")
    with pytest.raises(FilmError, match="output: webp cannot be written") as refused:
        VideoRun(str(tmp_path / "%d.png"), tmp_path / "out" / "a.webp", replace(SETTINGS, size=0))
    assert "frames of 16400×20" in str(refused.value)
    assert not (tmp_path / "out" / "a.webp.frames").exists()


def test_frames_are_seen_on_the_background_of_the_recipe(tmp_path: Path) -> None:
    for number in range(2):
        Image.new("RGBA", (48, 36)).save(tmp_path / f"{number}.png")
    for values, color in (({}, (255, 255, 255)), ({"background": "#102030"}, (16, 32, 48))):
        settings = replace(SETTINGS, overrides={**SETTINGS.overrides, **values})
        filming = VideoRun(str(tmp_path / "%d.png"), tmp_path / f"out-{color[0]}" / "a.gif", settings)
        assert tuple(next(filming.film.read()).pixels[0, 0]) == color


class Uneven(SerialExecutor[SceneTask]):
    """Loses the worker of the last scene, once it has painted all of it, and has its frames told twice."""

    def __init__(self, filming: VideoRun) -> None:
        super().__init__(SceneWorker(filming.store, filming.settings, filming.cache))

    def run(self, tasks: Sequence[SceneTask], emit: Callable[[ExecutorEvent[SceneTask]], None], stop: Stop = never_stop) -> None:
        super().run([*tasks, tasks[-1]], emit, stop)
        emit(Failed(tasks[-1], "its machine was lost 3 times", 3))


def test_frames_are_told_once_and_a_scene_that_failed_ends_it(tmp_path: Path) -> None:
    told: list[VideoEvent] = []
    filming = finished_but_for_writing(tmp_path, "out.mp4")
    filming.emit, filming.executor = told.append, Uneven(filming)
    with pytest.raises(FilmError, match=r"^film: frames 0 to 3 cannot be painted, its machine was lost 3 times · given .*in\.mp4' · "):
        filming.paint()
    assert [event.index for event in told if isinstance(event, FrameDone)] == [0, 1, 2, 3]
    assert not filming.finished
