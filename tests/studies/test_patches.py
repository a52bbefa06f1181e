"""The patches found are the strongest there are."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from pincel.backbones.vgg_specs import VGG19
from pincel.engine.events import Event, SetupProgress
from pincel.errors import OptionError, PictureMissingError, PictureUnreadableError, UnknownNameError
from pincel.images.io import load_picture
from pincel.samples import sample_names
from pincel.studies.declarations import LEAVES, STUDIES, PatchesOptions
from pincel.studies.mosaic import GAP, GUTTER, TILE, cut_patch, mosaic, outline, patch_similarity, patch_tile, patch_vector, saliency_image
from pincel.studies.patches import study
from pincel.studies.photographs import load_photograph, photographs
from pincel.studies.progress import ProgressReporter
from pincel.studies.public import inputs_of
from pincel.studies.receptive_field import PixelBox, ReceptiveField, receptive_field
from pincel.studies.report import Paragraph, Picture, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.strongest_places import StrongestPlaces
from pincel.studies.top_activations import NO_PICTURE, Channels, TopActivations, check_channels, read_channels, select_channels
from pincel.training.dead_leaves import COUNT, render
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, normal

Capture = pytest.CaptureFixture[str]
LAYERS = "relu1_1,pool1,relu3_1"
FIELD = ReceptiveField(start=-1, jump=1, size=3)
SIZE = 48
QUICK = StudySettings(size=SIZE, device="cpu")
ONE_LAYER = StudySettings(size=32, backbone="random-cnn-11", device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of twelve small photographs, all of the size of the study."""
    there = tmp_path_factory.mktemp("twelve")
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        whole = getattr(skimage.data, name)()
        for number in range(3):
            top, left = 40 * number + 20, 60 * number
            Image.fromarray(whole[top : top + 200 : 5, left : left + 240 : 5]).save(there / f"{name}{number}.png")
    return there


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return study(
        [str(folder)], PatchesOptions(layers=LAYERS, channels="0,7,33", each=1, sizes=1, explain="guided"), QUICK, ProgressReporter()
    )


def rows_of(report: Report) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = report.numbers["patches"]
    return rows


def test_brute_force_finds_the_same(folder: Path, report: Report, vgg: Any) -> None:
    files = sorted(folder.iterdir())
    found = rows_of(report)
    # All activations of all pictures, kept and sorted.
    answers = [vgg.features(255 * load_picture(file).pixels, LAYERS.split(",")) for file in files]
    for name in LAYERS.split(","):
        for channel in (0, 7, 33):
            best = []
            for file, answer in zip(files, answers, strict=True):
                plane = answer[name][0, channel]
                value, row, column = max(
                    ((float(plane[r, c]), -r, -c) for r in range(plane.shape[0]) for c in range(plane.shape[1])), key=lambda each: each
                )
                best.append((value, str(file), [-row, -column]))
            expected = [each for each in sorted(best, key=lambda each: -each[0]) if each[0] > 0][:9]
            own = [row for row in found if (row["layer"], row["channel"]) == (name, channel)]
            assert [row["rank"] for row in own] == list(range(1, 1 + len(expected)))
            assert [row["file"] for row in own] == [file for _, file, _ in expected]
            assert [row["position"] for row in own] == [place for _, _, place in expected]
            assert [row["value"] for row in own] == pytest.approx([value for value, _, _ in expected], rel=1e-5)
    assert {row["layer"] for row in found} == set(LAYERS.split(","))


def test_boxes_belong_to_the_positions(report: Report) -> None:
    for row in rows_of(report):
        box = receptive_field(VGG19, row["layer"]).box(*row["position"])
        assert (row["top"], row["left"], row["bottom"], row["right"]) == (box.top, box.left, box.bottom, box.right)


def test_the_page_has_a_sheet_a_layer_and_the_boxes(report: Report) -> None:
    sheets = {block.name: block for block in report.blocks if isinstance(block, Sheet)}
    assert list(sheets) == ["patches-relu1_1", "patches-pool1", "patches-relu3_1"]
    side = 3 * TILE + 2 * GAP
    # Nine patches, and what explains them.
    assert {image.size for _, image in sheets["patches-relu1_1"].cells} == {(2 * side + GUTTER, side)}
    (drawn,) = [block for block in report.blocks if isinstance(block, Picture)]
    assert drawn.image.width >= 640
    (table,) = [block for block in report.blocks if isinstance(block, Table) and block.name == "layers"]
    assert [row["field"] for row in table.rows] == [3, 6, 24]
    assert [row["channels"] for row in table.rows] == [64, 64, 256]
    assert report.settings["layers"] == LAYERS.split(",")
    assert any("12 photographs are few" in note.text("en") for note in report.notes)


def test_a_patch_shows_the_pixels_it_was_found_at(folder: Path, report: Report) -> None:
    (sheet,) = [block for block in report.blocks if isinstance(block, Sheet) and block.name == "patches-relu1_1"]
    row = next(row for row in rows_of(report) if (row["layer"], row["channel"], row["rank"]) == ("relu1_1", 0, 1))
    pixels = np.asarray(Image.open(row["file"]).convert("RGB"))
    shown = np.asarray(sheet.cells[0][1])[:TILE, :TILE]
    for down in range(3):
        for across in range(3):
            y, x = row["top"] + down, row["left"] + across
            square = shown[down * TILE // 3 : (down + 1) * TILE // 3, across * TILE // 3 : (across + 1) * TILE // 3]
            inside = 0 <= y < pixels.shape[0] and 0 <= x < pixels.shape[1]
            expected = pixels[y, x] if inside else np.round(VGG19.mean)
            assert bool((square == expected).all())


def test_files_that_cannot_be_used_are_named(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("coffee*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture, and not asked for")
    shutil.copy(tmp_path / "coffee1.png", tmp_path / "same.png")
    # Nothing of it would be left behind two poolings.
    Image.new("RGB", (480, 20)).save(tmp_path / "thin.png")
    told: list[Event] = []
    report = study([str(tmp_path)], PatchesOptions(layers="relu3_1", channels="2"), QUICK, ProgressReporter(told.append))
    assert [Path(file).name for file in report.numbers["photographs"]] == ["coffee0.png", "coffee1.png", "coffee2.png"]
    assert [Path(row["file"]).name for row in report.numbers["left out"]] == ["broken.jpg", "thin.png"]
    assert "is not a picture" in report.numbers["left out"][0]["reason"]
    assert [Path(file).name for file in report.numbers["copies"]] == ["same.png"]
    said = [note.text("en") for note in report.notes]
    assert "Left out, for they cannot be looked at: broken.jpg, thin.png." in said
    assert "Left out, for they are copies of others: same.png." in said
    assert SetupProgress("looking at photographs", 6, 6) in told


def test_stopping_keeps_what_is_found(folder: Path) -> None:
    progress = ProgressReporter(
        lambda event: progress.stop("interrupted") if event == SetupProgress("looking at photographs", 4, 12) else None
    )
    report = study([str(folder)], PatchesOptions(layers="relu1_1", channels="0,", each=1), QUICK, progress)
    assert len(report.numbers["photographs"]) == 4
    assert len(rows_of(report)) == 4
    (sheet,) = [block for block in report.blocks if isinstance(block, Sheet)]
    # Explanations take long, and are left out.
    assert sheet.cells[0][1].width == 3 * TILE + 2 * GAP
    assert report.notes[0].text("en").startswith("Ended early: 4 of 12 photographs")


def test_stopping_before_the_first_is_an_error(folder: Path) -> None:
    progress = ProgressReporter()
    progress.stop("interrupted")
    with pytest.raises(PictureUnreadableError, match="ended before the first"):
        study([str(folder)], PatchesOptions(), ONE_LAYER, progress)


def test_a_photograph_that_is_gone_meanwhile(folder: Path, tmp_path: Path) -> None:
    for name in ("coffee0.png", "rocket0.png"):
        shutil.copy(folder / name, tmp_path)
    progress = ProgressReporter(
        lambda event: (tmp_path / "coffee0.png").unlink() if event == SetupProgress("looking at photographs", 2, 2) else None
    )
    report = study([str(tmp_path)], PatchesOptions(channels="3", explain="none"), ONE_LAYER, progress)
    assert {Path(row["file"]).name for row in rows_of(report)} == {"rocket0.png"}
    assert "coffee0.png" in report.notes[0].text("en")


def test_a_network_of_one_layer(folder: Path) -> None:
    report = study([str(folder)], PatchesOptions(explain="gradient", top=4), ONE_LAYER, ProgressReporter())
    assert list(report.numbers["layers"]) == ["relu1_1"]
    assert len(rows_of(report)) == 9 * 4
    assert not any("few" in note.text("en") for note in report.notes)


def test_folders_within_folders(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "inner" / "deeper").mkdir(parents=True)
    shutil.copy(folder / "coffee0.png", tmp_path / "inner" / "deeper" / "cup.png")
    with pytest.raises(OptionError, match=r"photographs: there is none .* try: --recursive"):
        photographs([str(tmp_path)])
    found = photographs([str(tmp_path), "sample:lake", "sample:lake"], recursive=True)
    assert found == [str(tmp_path / "inner" / "deeper" / "cup.png"), "sample:lake"]


def test_samples_are_added_to_a_folder_or_searched_alone(folder: Path) -> None:
    scenes = ["sample:harbour", "sample:lake", "sample:lighthouse", "sample:still-life"]
    assert photographs(["sample:scenes"]) == scenes
    # Each once, and a kind after a folder.
    assert photographs(["sample:lake", str(folder), "sample:scenes"])[-3:] == ["sample:harbour", "sample:lighthouse", "sample:still-life"]
    (own,) = STUDIES["patches"].inputs
    assert photographs(own.all_of(())) == [f"sample:{name}" for name in sample_names()]
    assert own.all_of(("a", "b")) == ("a", "b")
    assert inputs_of("patches", STUDIES["patches"], []) == [("sample:scenes", "sample:styles")]


def test_the_command_without_a_folder_searches_all_samples(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--size", "32", "--layers", "relu1_1", "--channels", "1", "--explain", "none", "--backbone", "random-cnn-11")
    answer = pincel(capsys, "study", "patches", "-o", out, *options, "--device", "cpu")
    assert answer.code == 0, answer.err
    assert len(json.loads((out / "numbers.json").read_text())["numbers"]["photographs"]) == len(sample_names()) == 10


def test_drawn_leaves_are_searched_as_well(folder: Path) -> None:
    report = study([str(folder / "coffee0.png")], PatchesOptions(channels="3,5", leaves=2, top=4), ONE_LAYER, ProgressReporter())
    assert report.numbers["photographs"] == [str(folder / "coffee0.png"), "sample:leaves-0", "sample:leaves-1"]
    opened = load_photograph("sample:leaves-1", StudySettings(size=384)).pixels
    assert_close(opened[0].permute(1, 2, 0), torch.from_numpy(render(1)).float() / 255)
    assert {"sample:leaves-0", "sample:leaves-1"} & {row["file"] for row in rows_of(report)}
    assert "2 of the pictures are no photographs" in next(block for block in report.blocks if isinstance(block, Paragraph)).text.text("en")
    assert LEAVES == COUNT


def test_the_mean_of_the_patches_is_compared_with_the_best(report: Report) -> None:
    shares = []
    for channel in (0, 7, 33):
        values = [row["value"] for row in rows_of(report) if (row["layer"], row["channel"]) == ("relu1_1", channel)]
        shares.append(sum(values) / len(values) / values[0])
    assert report.numbers["layers"]["relu1_1"]["even"] == pytest.approx(sum(shares) / 3)


def test_a_missing_file_names_its_neighbor(folder: Path) -> None:
    with pytest.raises(PictureMissingError, match=r"no such file .* try: .*coffee0\.png"):
        photographs([str(folder / "coffe0.png")])


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"x")
    with pytest.raises(PictureUnreadableError, match=r"none can be looked at · given 1 files, the first .*one\.png"):
        study([str(tmp_path)], PatchesOptions(), ONE_LAYER, ProgressReporter())


@pytest.mark.parametrize(
    ("own", "error", "message"),
    [
        ({"layers": "relu9_1"}, UnknownNameError, "Unknown layer of backbone vgg19 'relu9_1'"),
        ({"channels": "64,"}, OptionError, "channels: relu1_1 has 64 · given 64 · accepted: 0 to 63"),
        ({"channels": "a"}, OptionError, "channels: no list of numbers · given 'a'"),
        ({"channels": "-1"}, OptionError, "channels: no list of numbers · given '-1'"),
        ({"channels": "9" * 5000}, OptionError, "channels: no list of numbers"),
        ({"channels": ""}, OptionError, "channels: no list of numbers"),
        ({"channels": "0"}, OptionError, "channels: none is left · given '0'"),
        ({"top": 0}, OptionError, "top: so many patches cannot be shown · given 0"),
        ({"top": 101}, OptionError, "given 101"),
        ({"each": 0}, OptionError, "each: a photograph cannot give so many patches · given 0 · accepted: 1 to 100"),
        ({"sizes": 7}, OptionError, "sizes: so small nothing can be seen · given 7 · accepted: 1 to 6"),
        ({"leaves": 97}, OptionError, "leaves: so many are not drawn · given 97 · accepted: 0 to 96"),
        ({"explain": "guild"}, UnknownNameError, "Unknown explanation 'guild' .* Did you mean 'guided'"),
    ],
)
def test_refusals(folder: Path, own: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        study([str(folder)], PatchesOptions(**own), QUICK, ProgressReporter())


def test_the_command(capsys: Capture, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--size", SIZE, "--layers", "relu1_1,relu2_1", "--channels", "2", "--top", "4", "--lang", "es", "--device", "cpu")
    answer = pincel(capsys, "study", "patches", folder, "-o", out, *map(str, options))
    assert answer.code == 0, answer.err
    numbers = json.loads((out / "numbers.json").read_text())
    assert numbers["settings"]["top"] == 4
    with (out / "patches.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2 * 2 * 4
    assert "Los recortes que más excitan a un canal" in (out / "index.html").read_text()
    assert "there is none" in refused(pincel(capsys, "study", "patches", tmp_path, "-o", tmp_path / "none"))


# What is kept while pictures go by.


@given(st.integers(0, 1000), st.integers(1, 8), st.integers(1, 10))
def test_the_strongest_are_kept_whatever_the_order(seed: int, top: int, count: int) -> None:
    # Whole numbers, so that there are ties.
    pictures = [normal(1, 3, 2, 4, seed=seed + number).mul(2).round().float() for number in range(count)]
    found = TopActivations.empty(3, top)
    for number, picture in enumerate(pictures):
        found = found.updated(StrongestPlaces.find({1: picture}, FIELD), number)
    for channel in range(3):
        best = sorted(
            ((float(each[0, channel].max()), number) for number, each in enumerate(pictures)), key=lambda pair: (-pair[0], pair[1])
        )
        expected = best[:top]
        assert [
            (v, n) for v, n in zip(found.values[channel].tolist(), found.pictures[channel].tolist(), strict=True) if n != NO_PICTURE
        ] == expected
        for rank, (value, number) in enumerate(expected):
            plane = pictures[number][0, channel]
            row, column = int(found.rows[channel, rank]), int(found.columns[channel, rank])
            assert float(plane[row, column]) == value
            assert row * 4 + column == int((plane.flatten() == value).nonzero()[0])
    assert found.positions == 8 * count
    assert_close(found.means, torch.stack(pictures).double().abs().mean((0, 1, 3, 4)))


@given(st.integers(0, 1000), st.integers(1, 6), st.sampled_from([ReceptiveField(-1, 1, 3), ReceptiveField(-5, 4, 14)]))
def test_places_of_one_photograph_are_apart_and_no_stronger_one_is_left(seed: int, each: int, field: ReceptiveField) -> None:
    maps = {1: normal(1, 2, 6, 8, seed=seed).float(), 2: normal(1, 2, 3, 4, seed=seed + 1).float()}
    found = StrongestPlaces.find(maps, field, each)
    middle = {
        (reduction, row, column): tuple(reduction * (field.start + index * field.jump + field.size / 2) for index in (row, column))
        for reduction, plane in maps.items()
        for row in range(plane.shape[2])
        for column in range(plane.shape[3])
    }
    for channel in range(2):
        left = {place: float(maps[place[0]][0, channel, place[1], place[2]]) for place in middle}
        for number in range(each):
            if not left:
                assert float(found.values[channel, number]) == -torch.inf
                continue
            best = max(left, key=lambda place: left[place])
            assert float(found.values[channel, number]) == left[best]
            assert best == tuple(int(part[channel, number]) for part in (found.reductions, found.rows, found.columns))
            left = {
                place: value
                for place, value in left.items()
                if max(abs(a - b) for a, b in zip(middle[place], middle[best], strict=True)) >= field.size / 2 * max(place[0], best[0])
            }
    assert found.positions == 60


def test_all_sizes_are_searched_and_boxes_are_those_of_the_photograph(folder: Path, tmp_path: Path) -> None:
    # What is four times as large as in another photograph is found where it has the same size.
    small = Image.open(folder / "astronaut0.png").crop((0, 0, 40, 40))
    small.resize((160, 160), Image.Resampling.NEAREST).save(tmp_path / "large.png")
    options = PatchesOptions(layers="relu1_1", channels="0,7,33", top=2, explain="none")
    report = study([str(tmp_path)], options, StudySettings(size=160, device="cpu"), ProgressReporter())
    rows = rows_of(report)
    assert {row["reduction"] for row in rows} > {1}
    assert report.numbers["sizes"] == [160, 80, 40]
    assert report.numbers["layers"]["relu1_1"]["places"] == 160**2 + 80**2 + 40**2
    for row in rows:
        assert row["bottom"] - row["top"] == 3 * row["reduction"]
        assert row["top"] == row["reduction"] * (row["position"][0] - 1)


def test_few_photographs_give_several_patches_each(folder: Path) -> None:
    few = [str(path) for path in sorted(folder.iterdir())[:4]]
    report = study(few, PatchesOptions(layers="relu1_1", channels="0,7", explain="none"), QUICK, ProgressReporter())
    rows = rows_of(report)
    assert len(rows) == 18
    assert max(sum((row["file"], row["channel"]) == (file, 0) for row in rows) for file in few) <= report.settings["each"] == 3
    assert PatchesOptions().each_of(18) == 1


def test_the_most_selective_channels_are_chosen() -> None:
    features = torch.zeros(1, 4, 2, 2)
    # Channel 0 answers everywhere alike, 1 in one place, 2 nowhere, 3 in two.
    features[0, 0], features[0, 1, 0, 0], features[0, 3, 0] = 5.0, 1.0, 1.0
    found = TopActivations.empty(4, 1).updated(StrongestPlaces.find({1: features}, FIELD), 0)
    assert found.selectivity.tolist() == [1.0, 4.0, 0.0, 2.0]
    assert select_channels(2, found) == (1, 3)
    assert select_channels((3, 0), found) == (3, 0)
    assert select_channels(99, found) == (0, 1, 2, 3)


@pytest.mark.parametrize(("text", "wanted"), [("9", 9), ("0,5,17", (0, 5, 17)), ("5,", (5,)), (" 3 , 3 ,1", (3, 1))])
def test_channels_are_read(text: str, wanted: Channels) -> None:
    assert read_channels(text) == wanted


def test_a_count_larger_than_the_layer_is_all_of_it() -> None:
    check_channels(1000, "relu1_1", 64)
    with pytest.raises(OptionError, match="64, 70"):
        check_channels((3, 64, 70), "relu1_1", 64)


# How patches are cut and compared.


def ramp(height: int, width: int) -> Tensor:
    return torch.arange(3 * height * width, dtype=torch.float32).view(1, 3, height, width)


def test_cutting_beyond_the_border() -> None:
    pixels, mean = ramp(3, 4), torch.tensor([100.0, 200.0, 300.0])
    patch = cut_patch(pixels, PixelBox(-1, 2, 2, 6), mean)
    assert patch.shape == (1, 3, 3, 4)
    assert patch[0, 1, 0].tolist() == [200.0] * 4
    assert patch[0, 1, 1:, :2].tolist() == pixels[0, 1, :2, 2:].tolist()
    assert patch[0, 1, 1:, 2:].tolist() == [[200.0, 200.0]] * 2
    assert torch.equal(cut_patch(pixels, PixelBox(0, 1, 2, 3), mean), pixels[..., :2, 1:3])


def test_tiles_have_one_size() -> None:
    assert {patch_tile(torch.rand(1, 3, side, side)).size for side in (1, 3, 72, 156)} == {(TILE, TILE)}


def test_an_explanation_of_nothing_is_gray() -> None:
    assert float((saliency_image(torch.zeros(1, 3, 4, 4)) - 0.5).abs().max()) == 0
    slope = torch.tensor([2.0, -1.0, 0.0]).view(1, 3, 1, 1).repeat(1, 1, 4, 4)
    assert saliency_image(slope)[0, :, 0, 0].tolist() == [1.0, 0.25, 0.5]


def test_mosaics() -> None:
    red = Image.new("RGB", (TILE, TILE), (255, 0, 0))
    image = mosaic([[red] * 5, [red] * 2], 5)
    # Five places are three by two.
    assert image.size == (2 * (3 * TILE + 2 * GAP) + GUTTER, 2 * TILE + GAP)
    assert image.getpixel((TILE + GAP, TILE + GAP)) == (255, 0, 0)
    assert image.getpixel((image.width - 1, 0)) != (255, 0, 0)


def test_likeness_by_hand() -> None:
    a, b, c = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0]), torch.tensor([0.0, 2.0])
    within, between = patch_similarity([[a.double(), b.double()], [c.double()]])
    assert within == pytest.approx(0.5**0.5)
    # a and c are at right angles, b and c at 45°.
    assert between == pytest.approx(0.5**0.5 / 2)
    assert all(np.isnan(patch_similarity([[a.double()]])))
    assert all(np.isnan(patch_similarity([])))


def test_patches_are_compared_without_their_mean() -> None:
    mean = torch.tensor([10.0, 20.0, 30.0])
    assert float(patch_vector(mean.view(1, 3, 1, 1).expand(1, 3, 50, 50), mean).abs().max()) == 0
    assert patch_vector(torch.rand(1, 3, 50, 50), mean).shape == (3 * 24 * 24,)
    assert patch_vector(torch.rand(1, 3, 3, 3), mean).shape == (27,)


def test_boxes_are_drawn_around_what_they_hold() -> None:
    white = Image.new("RGB", (64, 40), (255, 255, 255))
    drawn = outline(white, [("relu1_1", PixelBox(10, 20, 13, 23))])
    assert drawn.size == (640, 400)
    # Inside the box, the picture stays.
    assert drawn.crop((200, 100, 230, 130)).getcolors() == [(900, (255, 255, 255))]
    assert drawn.getpixel((199, 115)) == (0, 114, 178)
