"""What ``import pincel`` offers: every verb as a function, in one style, documented, and shown in notebooks."""

from __future__ import annotations

import inspect
import io
import json
import pydoc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

import pincel
from pincel.cli.app import VERBS
from pincel.engine.checkpoint_manager import CheckpointManager
from pincel.errors import OptionError, PincelError, UnknownNameError
from pincel.progress import View, duration
from pincel.training.trainer import TrainerConfig

# Of a network with few layers.
SMALL: dict[str, Any] = {
    "size": 32,
    "steps": 1,
    "scales": "none",
    "precision": "fp32",
    "style_terms": "gram",
    "style_layers": "relu1_1",
    "content_layers": "relu2_1",
}
FUNCTIONS = [name for name in pincel.__all__ if inspect.isfunction(getattr(pincel, name))]
# What is not given by keyword: pictures, what is made of them, and where a film goes.
PICTURES = {"content", "style", "image", "picture", "first", "second", "contents", "styles", "pictures", "film", "layers"} | {
    "representation",
    "checkpoint",
    "folder",
    "output",
    "name",
    "data",
    "network",
}
# Verbs that make no picture and measure none, or are functions of other names.
OTHERS = {"studio", "recipes", "backbones", "weights", "samples", "doctor", "completion", "mcp"}
NAMES = {"quick": "stylize", "classify": "predict", "train-style": "train_style"}


def png_size(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


def test_dir_lists_everything_and_loads_nothing() -> None:
    code = "import sys, pincel; print(*dir(pincel)); print(sorted({'torch', 'pydantic'} & set(sys.modules)))"
    listed, loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert listed.split() == sorted(pincel.__all__)
    assert loaded == "[]"


def test_type_checkers_are_told_of_a_name_that_is_none() -> None:
    assert "if not TYPE_CHECKING:\n\n    def __getattr__(" in Path(pincel.__file__).read_text(encoding="utf-8")


def test_help_teaches_and_names_every_function() -> None:
    taught = pincel.__doc__ or ""
    assert 15 <= len(taught.splitlines()) <= 30
    assert [name for name in FUNCTIONS if not re.search(rf"\b{name}\b", taught)] == []
    assert "transfer(content" in pydoc.plain(pydoc.render_doc(pincel.transfer))


def test_every_verb_that_makes_or_measures_something_is_a_function() -> None:
    assert {NAMES.get(verb, verb) for verb in VERBS if verb not in OTHERS} == set(FUNCTIONS) - {"features", "match_colors"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_pictures_first_and_say_what_every_argument_is(name: str) -> None:
    function = getattr(pincel, name)
    parameters = inspect.signature(function).parameters.values()
    first = {each.name for each in parameters if each.kind not in (each.KEYWORD_ONLY, each.VAR_KEYWORD)}
    assert first <= PICTURES
    text = function.__doc__
    assert [each.name for each in parameters if not re.search(rf"^ {{8}}(\*\*)?{each.name}: ", text, re.MULTILINE)] == []
    assert "Returns:" in text
    assert "Raises:" in text
    for each in parameters:
        if each.kind is each.VAR_KEYWORD:
            assert each.annotation in ("Any", "Unpack[RecipeValues]", "Unpack[InversionValues]")


def test_a_bar_is_shown_if_asked_for(photographs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Any] = []
    result = pincel.transfer(photographs[0], photographs[1], progress=True, on_event=told.append, **SMALL)
    shown = capsys.readouterr()
    assert "step 1/1" in shown.err
    assert shown.out == ""
    assert any(isinstance(event, pincel.Step) for event in told)
    pincel.transfer(photographs[0], photographs[1], **SMALL)
    assert capsys.readouterr().err == ""
    assert png_size(result._repr_png_()) == result.image.size


@pytest.mark.parametrize(("widgets", "live"), [(None, False), ("a spec", True)])
def test_a_notebook_has_bars_where_rich_can_draw_them(widgets: object, live: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.progress.find_spec", lambda _: widgets)
    assert View(console=Console(file=io.StringIO(), force_jupyter=True)).live is live
    assert not View(console=Console(file=io.StringIO())).live
    assert duration(None) == "an unknown time"


def test_previews_are_small(photographs: list[Path]) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (900, 1200, 3), dtype=np.uint8))
    data = pincel.Result(noise, (), {}, "done")._repr_png_()
    assert png_size(data) == (512, 384)


def test_stylize(photographs: list[Path], tmp_path: Path) -> None:
    told: list[Any] = []
    result = pincel.stylize(photographs[0], [(photographs[1], 2.0), photographs[2]], size=64, style_size=64, on_event=told.append)
    assert max(result.image.size) == 64
    assert [style["weight"] for style in result.record["styles"]] == [2.0, 1.0]
    assert (result.losses, result.stopped) == ((), "done")
    assert "64×" in told[0].text
    saved = result.save(tmp_path / "quick.png")
    assert json.loads(saved.with_suffix(".json").read_text())["picture"] == "quick.png"
    with pytest.raises(OptionError, match="strength: is out of range"):
        pincel.stylize(photographs[0], photographs[1], strength=3)
    with pytest.raises(OptionError, match="paints after a picture"):
        pincel.stylize(photographs[0])


def test_texture(photographs: list[Path]) -> None:
    result = pincel.texture(photographs[1], aspect="2:1", tileable=True, activations="raw", **SMALL)
    assert result.image.size == (32, 16)
    assert result.record["recipe"]["padding"] == "circular"
    with pytest.raises(OptionError, match="contradict each other"):
        pincel.texture(photographs[1], tileable=True, padding="zero")
    with pytest.raises(OptionError, match="--aspect takes W:H"):
        pincel.texture(photographs[1], aspect="wide")


def test_grid_and_blend(photographs: list[Path], tmp_path: Path) -> None:
    told: list[Any] = []
    rest = {name: value for name, value in SMALL.items() if name != "steps"}
    sheet = pincel.grid(photographs[0], photographs[1], rows={"strength": [0, 2]}, columns="steps=0,1", on_event=told.append, **rest)
    assert len(sheet.results) == 4
    assert [row["strength"] for row in sheet.rows] == ["0", "0", "2", "2"]
    assert any(getattr(event, "text", "") == "picture 2 of 4: strength 0 · steps 1" for event in told)
    saved = sheet.save(tmp_path / "grid.png")
    assert saved.with_suffix(".csv").read_text().startswith("strength,steps,stopped")
    assert max(png_size(sheet._repr_png_())) <= 512
    painting = Image.open(photographs[1]).convert("RGB")
    strip = pincel.blend(photographs[0], painting, photographs[2], count=2, **SMALL)
    assert [cell.caption for cell in strip.cells] == ["100% / 0%", "0% / 100%"]
    with pytest.raises(OptionError, match="rows and columns are of one option each"):
        pincel.grid(photographs[0], painting, rows={})
    with pytest.raises(OptionError, match="Did you mean 'strength'"):
        pincel.grid(photographs[0], painting, rows={"strenght": [1]})


def test_plan(photographs: list[Path]) -> None:
    forecast = pincel.plan(photographs[0], photographs[1], size=64, steps=3, scales="none")
    assert max(forecast.size) == 64
    assert [each["steps"] for each in forecast.scales] == [3]
    assert forecast.memory > 1e6
    assert forecast._repr_html_().startswith("<table><tr><td>size</td>")


def test_features(photographs: list[Path]) -> None:
    maps = pincel.features(photographs[0], ["relu2_1", "relu1_1"], size=64)
    assert {name: tuple(each.shape[:2]) for name, each in maps.items()} == {"relu1_1": (1, 64), "relu2_1": (1, 128)}
    assert max(maps["relu1_1"].shape) == 64
    assert torch.equal(maps["relu1_1"], pincel.features(str(photographs[0]), "relu1_1", size=64)["relu1_1"])
    with pytest.raises(UnknownNameError, match="Did you mean"):
        pincel.features(photographs[0], "relu3_l", size=64)


def test_study(photographs: list[Path], tmp_path: Path) -> None:
    report = pincel.study("correlations", photographs[0], layers="relu1_1", size=48, language="es")
    assert report.settings["size"] == 48
    shown = report._repr_html_()
    assert shown.count("<img") >= 1
    assert len(shown) < 1_000_000
    assert report.title.text("es") in shown
    assert '<html lang="es"' in report.save(tmp_path / "study").read_text()


def test_a_study_may_take_no_picture() -> None:
    report = pincel.study("maximize", channels="5,", size=8, steps=1, backbone="random-cnn-11", layer="relu1_1")
    assert report.numbers


@pytest.mark.parametrize(
    ("name", "pictures", "options", "message"),
    [
        ("activation", 1, {}, "Did you mean 'activations'"),
        ("activations", 1, {"layer": "relu1_1"}, "The study activations has no option 'layer'. Did you mean 'layers'"),
        ("activations", 1, {"steps": 3}, "has no option 'steps'"),
        ("activations", 0, {}, "study: activations takes other pictures"),
        ("activations", 2, {}, "study: activations takes other pictures"),
        ("maximize", 1, {}, "study: maximize takes other pictures"),
        ("ablations", 1, {"epoch": 3}, "Did you mean 'epochs'"),
        ("activations", 1, {"size": "large"}, "size cannot be that · given 'large' · accepted: a whole number"),
        ("activations", 1, {"layers": 5}, "layers cannot be that · given 5 · accepted: text"),
        ("activations", 1, {"layers": ["relu1_1", "relu1_l"]}, "relu1_l"),
        ("activations", 1, {"language": "fr"}, "Unknown language 'fr'"),
        (["activations"], 1, {}, "Unknown study"),
    ],
)
def test_studies_that_cannot_be(name: str, pictures: int, options: dict[str, Any], message: str) -> None:
    with pytest.raises((OptionError, UnknownNameError), match=re.escape(message)):
        pincel.study(name, *["sample:harbour"] * pictures, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers": None}, "features: no names of layers"),
        ({"layers": []}, "features: no names of layers"),
        ({"layers": [5]}, "features: no names of layers"),
        ({"size": "large"}, "size cannot be that · given 'large'"),
        ({"size": 64.5}, "size cannot be that · given 64.5"),
        ({"backbone": 5}, "backbone cannot be that · given 5"),
        ({"pooling": "sum"}, "Unknown pooling 'sum'"),
    ],
)
def test_features_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        pincel.features(**{"image": "sample:harbour", "layers": "relu1_1", **options})


HARBOUR, GLASS = "sample:harbour", "sample:glass"


@pytest.mark.parametrize(
    ("function", "pictures", "options", "said"),
    [
        ("transfer", (HARBOUR, GLASS), {"device": torch.device("cpu")}, "device cannot be that · given device(type='cpu') · accepted: t"),
        ("transfer", (HARBOUR, GLASS), {"checkpoint": 5}, "checkpoint cannot be that · given 5 · accepted: text, PathLike, None"),
        ("transfer", (HARBOUR, GLASS), {"checkpoint": "a\0b"}, "has no usable name"),
        ("transfer", (HARBOUR, GLASS), {"recipe": None}, "accepted: text, PathLike, Recipe"),
        ("transfer", (HARBOUR, GLASS), {"on_event": 5}, "on_event cannot be that"),
        ("transfer", (HARBOUR, GLASS), {"progress": "yes"}, "accepted: True or False"),
        ("transfer", (HARBOUR, GLASS), {"init": torch.rand(1, 3, 64, 64)}, "init: cannot be that · given a Tensor"),
        ("transfer", (HARBOUR, GLASS), {"steps": 10**30}, "accepted: a whole number, 0 to 1000000"),
        ("Run", (5, GLASS), {}, "content: is not a picture · given an int"),
        ("Run", (HARBOUR, GLASS), {"machine": "cpu"}, "Run: machine cannot be that · given 'cpu' · accepted: Machine, None"),
        ("batch", (HARBOUR, GLASS), {"folder": "a\0b"}, "folder: has no usable name"),
        ("invert", (HARBOUR, "hog"), {"steps": 10**30}, "steps: cannot be that"),
        ("plan", (HARBOUR, GLASS), {"tiles": 5}, "tiles cannot be that"),
        ("evaluate", (HARBOUR, HARBOUR, GLASS), {"device": []}, "device cannot be that"),
        ("resume", (None,), {}, "checkpoint cannot be that · given None"),
        ("texture", (GLASS,), {"aspect": (4, 3)}, "aspect cannot be that · given (4, 3)"),
        ("Recipe", (), {"size": "x"}, "size: cannot be that · given 'x' · accepted: a whole number, 0 to 1000000"),
        ("Inversion", (), {"alpha": 0}, "alpha: cannot be that · given 0"),
        ("texture", (GLASS,), {"size": [3]}, "size: cannot be that · given [3]"),
        ("stylize", (HARBOUR, GLASS), {"color": "red"}, "accepted: 'style', 'content', 'luminance'"),
        ("grid", (HARBOUR, GLASS), {"rows": ["strength=1"]}, "rows cannot be that"),
        ("grid", (HARBOUR, GLASS), {"rows": {"strength": 5}}, "the values of strength are no list"),
        ("grid", (HARBOUR, GLASS), {"rows": {5: [1]}}, "There is no option '5'"),
        ("blend", (HARBOUR, GLASS, GLASS), {"count": 2.5}, "count cannot be that · given 2.5 · accepted: a whole number"),
        ("batch", (torch.rand(3, 8, 8), GLASS), {}, "contents cannot be that · given a Tensor"),
        ("batch", ([torch.rand(3, 8, 8)], GLASS), {}, "batch: a picture is no file · given a Tensor"),
        ("video", ("sample:pan", [(GLASS, "much")], "out.mp4"), {}, "style: not a picture and its weight"),
        ("video", ("sample:pan", GLASS, 5), {}, "output cannot be that"),
        ("video", ("sample:pan", GLASS, "x.mp4"), {"consistency": -1}, "consistency cannot be that · given -1 · accepted: a number, 0 or"),
        ("video", ("sample:pan", GLASS, "x.mp4"), {"consistency": float("nan")}, "consistency cannot be that · given nan"),
        ("video", ("sample:pan", GLASS, "x.mp4"), {"settle": 2}, "settle cannot be that · given 2 · accepted: a number, 0 to 1"),
        ("video", ("sample:pan", GLASS, "x.mp4"), {"passes": 0}, "passes cannot be that · given 0 · accepted: a whole number, 1 to 100"),
        ("video", ("sample:pan", GLASS, "x.mp4"), {"next_steps": -1}, "next_steps cannot be that"),
        ("video", ("sample:pan", GLASS, "x.mp4"), {"size": "large"}, "size cannot be that · given 'large'"),
        ("invert", (HARBOUR, 5), {}, "representation cannot be that"),
        (
            "invert",
            (HARBOUR, "vgg19:relu1_1"),
            {"steps": 1.5},
            "steps: cannot be that · given 1.5 · accepted: a whole number, 1 to 1000000",
        ),
        ("stylize", (HARBOUR, GLASS), {"size": 10**30}, "accepted: a whole number, 0 to 1000000"),
        ("stylize", (HARBOUR, GLASS), {"style_size": -1}, "style_size: cannot be that"),
        ("predict", (HARBOUR,), {"top": 0}, "top: is how many answers are given"),
        ("predict", (HARBOUR,), {"top": "five"}, "predict: top cannot be that"),
        ("train", ("sample:textures", "run"), {"minutes": float("inf")}, "minutes: cannot be that"),
        ("train", ("sample:textures", "run"), {"epochs": 0}, "epochs: cannot be that"),
        ("train_style", (GLASS, "sample:scenes", "n.pt"), {}, "network: a name that pincel would not find again"),
        ("export", (5, "n.onnx"), {}, "export: network cannot be that"),
        ("stylize", (HARBOUR, GLASS), {"background": "x"}, "'x' is no opaque color"),
    ],
)
def test_arguments_of_other_types_are_refused_in_one_line(
    function: str, pictures: tuple[Any, ...], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(PincelError) as caught:
        getattr(pincel, function)(*pictures, **options)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


def test_video(tmp_path: Path, photographs: list[Path]) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(2):
        Image.open(photographs[0]).convert("RGB").resize((32, 32)).save(frames / f"{number:03d}.png")
    told: list[Any] = []
    film = pincel.video(frames, photographs[1], tmp_path / "out.gif", flow="none", rate=5, on_event=told.append, **SMALL)
    assert film.frames == 2
    assert film.path.exists()
    assert film.record_path == tmp_path / "out.json"
    assert "2 frames" in film._repr_html_()
    with pytest.raises(OptionError, match="video: a style is no file"):
        pincel.video(frames, Image.new("RGB", (8, 8)), tmp_path / "other.gif")
    with pytest.raises(OptionError, match="--rate takes frames a second"):
        pincel.video(frames, photographs[1], tmp_path / "other.gif", rate=0)


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        (5, {}, "Result.save: path cannot be that · given 5 · accepted: text, PathLike"),
        ("out.png", {"record": 5}, "Result.save: record cannot be that"),
        ("a\0b.png", {}, "output: has no usable name"),
        (".", {}, "output: is a folder · given '.' · accepted: a file name · try: 'out.png' · the picture was kept as out.png"),
    ],
)
def test_places_where_a_result_cannot_go(
    path: Any, options: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PincelError) as caught:
        pincel.Result(Image.new("RGB", (8, 8)), (), {}, "done").save(path, **options)
    assert said in str(caught.value)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), 1e9])
def test_seconds_between_checkpoints_have_bounds(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^checkpoint_every: cannot be that · given .* · accepted: seconds above 0, at most 604800"):
        TrainerConfig(every=seconds)
    with pytest.raises(OptionError, match=r"^checkpoint_every: cannot be that"):
        CheckpointManager(tmp_path, seconds)


def test_a_network_of_a_style_is_trained(photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Any] = []
    given: dict[str, Any] = {"steps": 1, "crop": 16, "batch": 1, "stages": "c3s1-4,c3s1-3", "side": 32, "style_side": 32, "warming": 0}
    network = tmp_path / "n.safetensors"
    record = pincel.train_style(photographs[1], str(photographs[0].parent), network, progress=True, on_event=told.append, **given)
    assert record["stopped"] == "steps"
    assert told
    assert "step 1 of 1" in capsys.readouterr().err
    assert pincel.stylize(photographs[0], [], network=str(network), size=32).image.size[0] == 32


def test_a_summary_of_a_batch_shows_its_pictures(photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = pincel.batch(photographs[0], photographs[1], tmp_path / "out", progress=True, **SMALL)
    assert "1/1 astronaut" in capsys.readouterr().err
    shown = summary._repr_html_()
    assert "1 painted" in shown
    assert shown.count("<img") == 1
