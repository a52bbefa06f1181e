"""Feature maps: their numbers against hand-made tensors and the network itself, their pictures against what they must show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from pincel.backbones.specs import LayerSpec
from pincel.backbones.vgg import VGG
from pincel.engine.events import SetupProgress
from pincel.errors import OptionError, PictureMissingError, PictureSizeError, PincelError, UnknownNameError
from pincel.studies.activations import study
from pincel.studies.declarations import ActivationsOptions
from pincel.studies.heatmaps import apply_colormap, labeled_grid, normalize_maps, overlay_heatmap
from pincel.studies.layer_stats import LayerStats, explained_share, layer_stats, most_active, most_varied, pixel_descriptors
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Plot, Table
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from pincel.translation import Translated
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, normal, picture

SMALL = StudySettings(24, backbone="random-cnn-11")


def look_alike(height: int, width: int) -> Tensor:
    """Return a picture as a study takes it, in [0, 1]."""
    return picture(height, width) / 255


# Numbers


def test_a_layer_is_measured_as_by_hand() -> None:
    features = torch.tensor([[[[0.0, 1.0], [0.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]], [[0.0, -2.0], [0.0, 0.0]]]])
    layer = LayerSpec("conv2_1", "conv", 3, 2, 10)
    found = layer_stats(features, layer, picture(4, 4))
    assert (found.height, found.width, found.values) == (2, 2, 12)
    assert found.zeros == 9 / 12
    assert found.mean == pytest.approx(2 / 12)
    assert found.largest == 3
    # The second is 0 throughout, the third never above it.
    assert found.dead == 2
    assert found.as_json()["MiB"] == 12 * 4 / 2**20
    assert found.size == "2×2×3"


@pytest.mark.parametrize(("height", "width"), [(37, 61), (45, 33)])
def test_shapes_are_those_of_the_real_network_at_odd_sizes(vgg: VGG, height: int, width: int) -> None:
    pixels = look_alike(height, width)
    report = study(pixels, ActivationsOptions(None, 2), StudySettings(max(height, width)), ProgressReporter())
    real = vgg.features(255 * pixels, vgg.spec.names)
    told = report.numbers["layers"]
    assert [each["layer"] for each in told] == list(real)
    for each in told:
        features = real[each["layer"]]
        assert (each["n_C"], each["n_H"], each["n_W"]) == tuple(features.shape[1:])
        assert each["values"] == features.numel()
        assert each["zeros"] == pytest.approx(float((features == 0).double().mean()), abs=1e-3)
        assert each["max"] == pytest.approx(float(features.max()), rel=1e-3)


def test_layers_too_deep_for_the_picture_are_left_out_and_named() -> None:
    report = study(look_alike(9, 12), ActivationsOptions("relu1_1", 4), StudySettings(12), ProgressReporter())
    assert report.numbers["layers"][-1]["layer"] == "relu4_4"
    assert "pool4" in report.notes[0].text("en")
    assert "pool4" in report.notes[0].text("es")


def test_simple_things_are_colors_and_slopes() -> None:
    # A ramp of 10 a pixel to the right in red, 0 elsewhere: brightness rises by 0.299 · 10.
    pixels = torch.zeros(1, 3, 4, 8)
    pixels[:, 0] = 10 * torch.arange(8.0)
    things = pixel_descriptors(pixels, 1).view(5, 4, 8)
    assert_close(things[0], 10 * torch.arange(8.0).expand(4, 8))
    assert float(things[1].abs().max()) == 0
    assert_close(things[3][:, 1:-1], torch.full((4, 6), 2.99))
    assert float(things[4].abs().max()) == 0
    assert pixel_descriptors(pixels, 2).shape == (5, 8)


@given(st.integers(0, 1000), st.integers(1, 4))
def test_explained_share_is_the_adjusted_one_of_least_squares(seed: int, channels: int) -> None:
    pixels = picture(12, 10, seed=seed).double()
    features = normal(1, channels, 6, 5, seed=seed)
    things = pixel_descriptors(pixels, 2).numpy().T
    design = np.column_stack([np.ones(30), things])
    shares = []
    for values in features[0].flatten(1).numpy():
        left = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
        shares.append(1 - (left**2).sum() / ((values - values.mean()) ** 2).sum())
    expected = max(0.0, 1 - (1 - np.mean(shares)) * 29 / 24)
    assert explained_share(features, pixels, 2) == pytest.approx(expected, abs=1e-9)


def test_what_colors_say_is_explained_wholly() -> None:
    pixels = picture(16, 16).double()
    things = pixel_descriptors(pixels, 1).view(5, 16, 16)
    features = torch.stack([2 * things[0] - things[4] + 7, things[1] + things[3]])[None]
    assert explained_share(features, pixels, 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("features", "pixels"),
    [
        (normal(1, 2, 2, 5), picture(2, 5)),
        (normal(1, 2, 8, 8), torch.full((1, 3, 8, 8), 90.0)),
        (torch.ones(1, 2, 8, 8), picture(8, 8)),
    ],
    ids=["ten positions", "one color", "maps that do not vary"],
)
def test_nothing_is_said_where_nothing_can_be_explained(features: Tensor, pixels: Tensor) -> None:
    assert explained_share(features, pixels, 1) is None


def test_a_gray_picture_has_one_color() -> None:
    gray = picture(12, 12)[:, :1].expand(-1, 3, -1, -1).double()
    features = normal(1, 3, 12, 12)
    one = explained_share(features, gray, 1)
    # With three colors counted, chance would be subtracted for two that say nothing.
    things = pixel_descriptors(gray, 1)[2:].numpy().T
    design = np.column_stack([np.ones(144), things])
    left = features[0].flatten(1).numpy().T
    left = left - design @ np.linalg.lstsq(design, left, rcond=None)[0]
    total = ((features[0].flatten(1) - features[0].flatten(1).mean(dim=1, keepdim=True)) ** 2).sum(dim=1).numpy()
    assert one == pytest.approx(max(0.0, 1 - float(np.mean((left**2).sum(axis=0) / total)) * 143 / 140), abs=1e-9)


def test_the_most_active_come_first() -> None:
    features = torch.tensor([1.0, 5.0, 0.0, 5.0, 3.0]).view(1, 5, 1, 1).expand(1, 5, 2, 2)
    assert most_active(features, 3) == [1, 3, 4]
    assert most_active(features, 9) == [1, 3, 4, 0, 2]


def test_the_most_varied_do_not_resemble_each_other() -> None:
    one, other = normal(2, 16, 16)
    features = torch.stack([one, 3 * one + 8, torch.zeros_like(one), 2 * other, -one])[None]
    # The second is the first again; its negative is not.
    assert most_varied(features, 3) == [1, 3, 4]
    assert most_varied(features, 2) == [1, 3]


def test_what_answers_to_the_border_alone_is_not_chosen() -> None:
    features = torch.zeros(1, 2, 16, 16)
    features[0, 0, 0] = 1000
    features[0, 1, 8, 8] = 1
    assert most_varied(features, 2) == [1]


# Pictures


def test_a_map_is_stretched_from_smallest_to_largest() -> None:
    maps = torch.tensor([[[2.0, 4.0], [3.0, 6.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    assert normalize_maps(maps).tolist() == [[[0, 0.5], [0.25, 1]], [[0, 0.5], [0.5, 1]]]


@pytest.mark.parametrize("value", [0.0, 7.0, -3.0, 1e-30, 1e30])
def test_a_constant_map_becomes_zero(value: float) -> None:
    assert normalize_maps(torch.full((2, 3), value)).tolist() == [[0, 0, 0]] * 2


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=20))
def test_stretching_keeps_order_and_ends(values: list[float]) -> None:
    maps = torch.tensor(values, dtype=torch.float64).view(1, -1)
    found = normalize_maps(maps)
    assert float(found.min()) == 0
    assert float(found.max()) == (1 if maps.min() < maps.max() else 0)
    order = maps[0].argsort()
    assert bool((found[0, order].diff() >= 0).all())


def test_colors_are_those_of_viridis() -> None:
    image = apply_colormap(torch.tensor([[0.0, 1.0]]))
    assert (image.getpixel((0, 0)), image.getpixel((1, 0))) == ((68, 1, 84), (253, 231, 37))


def test_a_grid_has_its_tiles_in_order() -> None:
    colors = ["#ff0000", "#00ff00", "#0000ff"]
    sheet = np.asarray(labeled_grid([(str(i), Image.new("RGB", (2, 2), color)) for i, color in enumerate(colors)], 2, 30))
    reds, greens, blues = ((sheet == np.array(rgb)).all(axis=2) for rgb in ([255, 0, 0], [0, 255, 0], [0, 0, 255]))
    assert [int(each.sum()) for each in (reds, greens, blues)] == [900] * 3
    assert np.argwhere(reds)[0].tolist()[0] == np.argwhere(greens)[0].tolist()[0] < np.argwhere(blues)[0].tolist()[0]
    assert np.argwhere(reds)[0].tolist()[1] == np.argwhere(blues)[0].tolist()[1] < np.argwhere(greens)[0].tolist()[1]


def test_heat_lies_where_the_map_is_large() -> None:
    values = torch.zeros(4, 4)
    values[1, 2] = 5
    # 18 pixels under a stride of 4: the last two belong to no position.
    image = np.asarray(overlay_heatmap(torch.full((1, 3, 18, 18), 128.0), values, 4)).astype(int)
    assert image.shape == (18, 18, 3)
    spread = image.max(axis=2) - image.min(axis=2)
    row, column = np.unravel_index(spread.argmax(), spread.shape)
    assert 4 <= row < 8
    assert 8 <= column < 12
    assert spread[12:, :4].max() == 0


# The study


def texts(report: object) -> str:
    return json.dumps(
        [block.text.text("en") for block in getattr(report, "blocks", ()) if isinstance(block, Paragraph)], ensure_ascii=False
    )


def test_what_is_said_is_what_was_found() -> None:
    report = study(look_alike(30, 40), ActivationsOptions("relu1_1,relu3_1", 4), StudySettings(40), ProgressReporter())
    layers = {each["layer"]: each for each in report.numbers["layers"]}
    rectified = [each for name, each in layers.items() if name.startswith("relu")]
    said = texts(report)
    for least in (min(rectified, key=lambda each: each["zeros"]), max(rectified, key=lambda each: each["zeros"])):
        assert f"{least['zeros']:.0%} " in said
        assert least["layer"] in said
    first, *_, last = layers.values()
    assert f"{first['n_H'] * first['n_W'] / (last['n_H'] * last['n_W']):.0f} times fewer positions" in said
    assert {each["layer"] for each in report.numbers["favorites"]} == {"relu1_1", "relu3_1"}
    names = [getattr(block, "name", "") for block in report.blocks]
    assert {"maps-relu1_1", "maps-relu3_1", "volumes", "layers", "heat"} <= set(names)
    assert "maps-relu2_1" not in names


def test_boxes_stand_in_the_order_of_the_network() -> None:
    report = study(look_alike(32, 32), ActivationsOptions("relu1_1", 1), StudySettings(32), ProgressReporter())
    (plot,) = [block for block in report.blocks if isinstance(block, Plot) and block.name == "volumes"]
    names = [text.get_text().split("\n")[0] for text in plot.draw(lambda message: message.text("es")).axes[0].texts]
    assert names == ["entrada", "relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4", "pool5"]


def test_a_network_of_one_layer_is_no_special_case(tmp_path: Path) -> None:
    report = study(look_alike(20, 24), ActivationsOptions(None, 500), SMALL, ProgressReporter())
    assert [each["layer"] for each in report.numbers["layers"]] == ["conv1_1", "relu1_1"]
    assert report.settings["layers"] == "relu1_1"
    assert "nothing shrinks" in texts(report)
    for language in ("en", "es"):
        assert (tmp_path / language / "index.html") in write_report(report, tmp_path / language, "es" if language == "es" else "en")


def test_a_flat_picture_is_no_special_case(tmp_path: Path) -> None:
    report = study("blank:24x20", ActivationsOptions(None, 4), SMALL, ProgressReporter())
    write_report(report, tmp_path, "en")
    assert report.numbers["layers"][1]["explained"] is None


def test_it_ends_with_what_it_has() -> None:
    progress = ProgressReporter(
        lambda event: progress.stop("interrupted") if isinstance(event, SetupProgress) and event.done == 3 else None
    )
    report = study(look_alike(24, 24), ActivationsOptions("relu1_1,relu5_1", 4), StudySettings(24), progress)
    assert len(report.numbers["layers"]) == 3
    assert "3 of" in report.notes[0].text("en")


def test_it_can_end_before_anything_is_seen(tmp_path: Path) -> None:
    progress = ProgressReporter()
    progress.stop()
    report = study(look_alike(24, 24), ActivationsOptions(None, 4), SMALL, progress)
    assert report.numbers["layers"] == []
    write_report(report, tmp_path, "en")


@pytest.mark.parametrize(
    ("layers", "channels", "size", "error", "says"),
    [
        ("relu1_1", 0, 24, OptionError, "activations: no map would be shown · given --channels 0 · accepted: 1 or more"),
        ("relu9_1", 4, 24, UnknownNameError, "'relu9_1'"),
        (" , ", 4, 24, OptionError, "Layers are given as"),
        ("relu5_1", 4, 12, PictureSizeError, "nothing of it is left in relu5_1"),
    ],
)
def test_what_cannot_be_done_is_refused(layers: str, channels: int, size: int, error: type[PincelError], says: str) -> None:
    with pytest.raises(error) as refusal:
        study(look_alike(size, size), ActivationsOptions(layers, channels), StudySettings(size), ProgressReporter())
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_picture_is_refused() -> None:
    with pytest.raises(PictureMissingError, match="no such file"):
        study("nowhere.jpg", ActivationsOptions(None, 4), SMALL, ProgressReporter())


def test_it_is_a_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options: list[str | Path] = ["--backbone", "random-cnn-11", "--size", "24", "--channels", "3", "--lang", "es", "-o", tmp_path / "out"]
    answer = pincel(capsys, "study", "activations", "sample:lake", *options)
    assert answer.code == 0, answer.err
    assert {"index.html", "layers.csv", "maps-relu1_1.png", "numbers.json"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert "capa" in (tmp_path / "out" / "index.html").read_text()
    assert "--channels 0" in refused(pincel(capsys, "study", "activations", "sample:lake", "--channels", "0", "-o", tmp_path / "no"))


def test_tables_hold_every_layer_in_both_languages() -> None:
    report = study(look_alike(24, 24), ActivationsOptions(None, 4), SMALL, ProgressReporter())
    (table,) = [block for block in report.blocks if isinstance(block, Table) and block.name == "layers"]
    assert [row["layer"] for row in table.rows] == ["conv1_1", "relu1_1"]
    assert all(isinstance(heading, Translated) for heading in table.columns.values())
    assert set(table.columns) <= set(table.rows[0])


def test_a_layer_says_its_own_size() -> None:
    answer = LayerStats(LayerSpec("relu1_1", "relu", 4, 1, 3), 2, 3, 0.0, 1.0, 1.0, 0, None)
    assert (answer.values, replace(answer, height=5).size) == (24, "5×3×4")
