"""A report is written whole: a page that needs nothing else, figures, tables, numbers; in either language."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.engine.events import Notice, SetupProgress
from pincel.errors import OptionError, OutputError, PictureSizeError, UnknownNameError
from pincel.studies import plots
from pincel.studies.features import check_size, features, load_input, load_network
from pincel.studies.page import format_cell, render_page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import (
    Animation,
    Block,
    ChannelMatrix,
    Formula,
    Heading,
    Pair,
    Pairs,
    Paragraph,
    Picture,
    Plot,
    Report,
    Sheet,
    Slider,
    Table,
    WeightedTerm,
    WeightSliders,
)
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.write import as_csv, as_lines, as_sheet, check_folder, write_report
from pincel.translation import Language, untranslated
from tests.texts import both

RED, BLUE = Image.new("RGB", (8, 6), "#ff0000"), Image.new("RGB", (8, 6), "#0000ff")
TABLE = Table(
    "table",
    {"layer": both("layer", "capa"), "x": untranslated("x")},
    [{"layer": "relu1_1", "x": 1 / 3}, {"layer": both("mean", "media")}, {"layer": "n", "x": 12345}],
    both("numbers", "números"),
)
BLOCKS: list[Block] = [
    Heading(both("First & foremost", "Ante todo")),
    Paragraph(both("One <b>bold</b> claim.", "Una afirmación <b>audaz</b>.")),
    Formula("G = A·Aᵀ", "a paper"),
    Picture("photo", RED, both("red", "rojo")),
    Sheet("sheet", [(both("one", "uno"), RED), (both("two", "dos"), BLUE)], 2, both("both", "ambas")),
    Plot(
        "curve",
        lambda translate: plots.curves({translate(both("mean", "media")): [1.0, 2.0]}, [0, 1], ("x", "y")),
        both("a curve", "una curva"),
    ),
    TABLE,
    replace(TABLE, name="long", collapsed=True),
    Formula(both("speed = distance / time", "velocidad = distancia / tiempo"), both("a lecture", "una clase")),
    Slider(RED, BLUE, (both("before", "antes"), both("after", "después")), both("pull", "tire")),
    ChannelMatrix(
        "cells",
        RED,
        {channel: both(f"channel {channel}", f"canal {channel}") for channel in (4, 7, 9)},
        np.array([[[127, 0]], [[64, 127]], [[0, 127]]], dtype=np.int8),
        np.array([[1.0, 0.5, 0.1], [0.5, 1.3, 1.1], [0.1, 1.1, 1.0]]),
        [[both(f"{i} and {j}", f"{i} y {j}") for j in (4, 7, 9)] for i in (4, 7, 9)],
        both("cells", "celdas"),
    ),
    Animation("film", [[(both("one", "uno"), RED)], [(both("two", "dos"), BLUE)]], both("moving", "en movimiento"), height=24),
    Pairs(
        "pairs", [Pair(both("color", "color"), (both("one", "uno"), RED), (both("two", "dos"), BLUE), both("look", "mire"))], both("p", "p")
    ),
    # Both weights alike: one picture for 1 and 1, and for 10 and 10.
    WeightSliders(
        "weights",
        [WeightedTerm(letter, f"J_{letter}", both("term", "término"), (0.0, 1.0, 10.0)) for letter in "ab"],
        [(Image.new("RGB", (8, 6), (30 * number, 0, 0)), (0.5 / (1 + number), 0.25 * (1 + number))) for number in range(6)],
        [0, 1, 1, 2, 3, 4, 2, 5, 3],
        4,
        both("weights", "pesos"),
    ),
]


def report(**changed: Any) -> Report:
    values: dict[str, Any] = {
        "name": "trial",
        "title": both("A trial", "Una prueba"),
        "lead": both("Of everything.", "De todo."),
        "blocks": BLOCKS,
        "numbers": {"a": 1.5, "b": [float("nan"), 2], "c": {"d": "e"}},
        "settings": {"size": 8},
    }
    return Report(**{**values, **changed})


def page(language: Language) -> str:
    return render_page(report(), language, {"curve": b"<svg/>"})


def test_every_kind_of_block_is_on_the_trial_page() -> None:
    assert {type(block) for block in BLOCKS} == set(Block.__args__)


def test_all_files_are_written(tmp_path: Path) -> None:
    page, *others = write_report(report(), tmp_path / "new" / "folder", "en")
    assert page == tmp_path / "new" / "folder" / "index.html"
    names = {path.name for path in others}
    pictures = {
        "photo.png",
        "sheet.png",
        "before.png",
        "after.png",
        "curve.svg",
        "curve.png",
        "film.webp",
        "cells.png",
        "pairs.png",
        "weights.png",
    }
    assert names == pictures | {"table.csv", "long.csv", "numbers.json"}
    assert {path.name for path in page.parent.iterdir()} == names | {"index.html"}
    assert Image.open(page.parent / "photo.png").getpixel((3, 3)) == (255, 0, 0)
    assert (page.parent / "curve.svg").read_text().count("<svg") == 1


def test_numbers_are_json_and_what_is_not_finite_is_none(tmp_path: Path) -> None:
    write_report(report(notes=[both("ended early", "terminado antes")]), tmp_path, "es")
    told = json.loads((tmp_path / "numbers.json").read_text())
    assert told["numbers"] == {"a": 1.5, "b": [None, 2], "c": {"d": "e"}}
    assert (told["study"], told["settings"], told["notes"]) == ("trial", {"size": 8}, ["ended early"])


def test_a_table_is_csv_in_full_and_lines_in_short() -> None:
    rows = list(csv.DictReader(as_csv(TABLE).splitlines()))
    assert rows == [{"layer": "relu1_1", "x": repr(1 / 3)}, {"layer": "mean", "x": ""}, {"layer": "n", "x": "12345"}]
    assert as_lines(TABLE, "es") == ["capa          x", "relu1_1  0.3333", "media", "n        12\u202f345"]


@pytest.mark.parametrize(("value", "text"), [(0.123456, "0.1235"), (3, "3"), (None, ""), ("relu1_1", "relu1_1"), (True, "True")])
def test_numbers_on_the_page_have_four_digits(value: Any, text: str) -> None:
    assert format_cell(value, "en") == text


def test_the_page_speaks_one_language_and_escapes_what_is_not_its_own() -> None:
    english, spanish = page("en"), page("es")
    assert '<html lang="en">' in english
    assert '<html lang="es">' in spanish
    assert "One &lt;b&gt;bold&lt;/b&gt; claim." in english
    assert "Una afirmación" not in english
    assert "One" not in spanish
    assert "First &amp; foremost" in english
    assert "velocidad = distancia / tiempo<small>una clase</small>" in spanish


def test_the_page_names_no_other_place() -> None:
    whole = page("en")
    # Addresses inside plots are names of XML, encoded with them; nothing outside may be asked for.
    assert "http:" not in whole
    assert "https:" not in whole
    assert "default-src 'none'" in whole


def test_a_report_is_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(report(), tmp_path / name, "en")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("least", "most", "shown", "hidden"),
    [
        (2e-3, 4e4, {"10⁻³", "10⁰", "10⁴"}, {"2·10³"}),
        (2e3, 4e4, {"2·10³", "10⁴", "4·10⁴"}, {"5·10³"}),
        (1.1, 1.3, {"1.1", "1.125"}, {"1.1·10⁰"}),
    ],
)
def test_powers_of_ten_are_text(least: float, most: float, shown: set[str], hidden: set[str]) -> None:
    figure = plots.curves({"loss": [most, least]}, [0, 1], ("step", "loss"), logarithmic=True)
    whole = plots.as_svg(figure).decode()
    found = set(re.findall(r">([^<>]+)</text>", whole))
    assert shown <= found
    assert not hidden & found


def test_small_maps_are_enlarged_to_squares() -> None:
    dots = Image.fromarray(np.array([[0, 255], [255, 0]], dtype=np.uint8))
    sheet = np.asarray(as_sheet(Sheet("s", [(untranslated(""), dots)], 1, untranslated(""), height=64, pixelated=True), "en").convert("L"))
    assert set(np.unique(sheet[8:60, 8:60])) <= {0, 255}


def test_spanish_captions_keep_their_letters() -> None:
    caption = "año"
    one = as_sheet(Sheet("s", [(untranslated(caption), RED)], 1, untranslated("")), "es")
    other = as_sheet(Sheet("s", [(untranslated("ano"), RED)], 1, untranslated("")), "es")
    assert one.tobytes() != other.tobytes()


def test_a_folder_that_is_a_file_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="study: its folder is a file"):
        check_folder(tmp_path / "file")
    (tmp_path / "index.html").write_text("")
    with pytest.raises(OutputError, match="would overwrite the input"):
        check_folder(tmp_path, [tmp_path / "index.html"])


def test_progress_is_reported_until_the_end_is_requested() -> None:
    told: list[Any] = []
    progress = ProgressReporter(told.append)
    progress.note("so")
    seen = []
    for item in progress.track("looking", "abcd"):
        seen.append(item)
        if item == "b":
            progress.stop("interrupted")
    assert seen == ["a", "b"]
    assert progress.stopped == "interrupted"
    assert told == [Notice("so"), SetupProgress("looking", 0, 4), SetupProgress("looking", 1, 4), SetupProgress("looking", 2, 4)]


def test_a_request_to_end_reaches_the_run_that_is_followed_and_no_other() -> None:
    progress, reasons = ProgressReporter(), list[str]()

    class Endless:
        stop = staticmethod(reasons.append)

        def __iter__(self) -> Iterator[int]:
            while not reasons:
                yield 1

    for _ in progress.follow(Endless()):
        progress.stop("terminated")
    progress.stop("later")
    assert reasons == ["terminated"]


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"size": 0}, OptionError, "--size 0: a study takes pictures of 1 to 4096 pixels"),
        ({"size": 5000}, OptionError, "--size 5000"),
        ({"steps": -1}, OptionError, "--steps -1"),
        ({"backbone": "vgg91"}, UnknownNameError, "vgg19"),
    ],
)
def test_settings_out_of_range_are_refused(changed: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        StudySettings(**{"size": 64, **changed})


def test_settings_are_written_down_whole() -> None:
    settings = StudySettings(64, steps=3)
    assert set(settings.as_json()) == {field.name for field in fields(settings)}


def test_layers_are_chosen_by_name_in_the_order_of_the_network() -> None:
    spec = StudySettings(8).spec
    assert select_layers(spec, "relu3_1, relu1_1,relu3_1", ()) == ("relu1_1", "relu3_1")
    assert select_layers(spec, None, ("relu1_1", "fc6")) == ("relu1_1",)
    assert select_layers(StudySettings(8, "random-cnn-11").spec, None, ("relu4_1",)) == ("relu1_1",)
    with pytest.raises(UnknownNameError, match="Did you mean 'relu4_2'"):
        select_layers(spec, "relu4-2", ())
    with pytest.raises(OptionError, match="Layers are given as"):
        select_layers(spec, " , ", ())


def test_pictures_come_in_the_size_of_the_study() -> None:
    settings = StudySettings(24)
    wide = load_input(Image.new("RGB", (96, 48)), settings)
    assert (wide.width, wide.height) == (24, 12)
    with pytest.raises(PictureSizeError, match="thinner than a pixel"):
        load_input(Image.new("RGB", (400, 2)), settings)


def test_a_picture_too_small_for_a_layer_is_refused() -> None:
    settings = StudySettings(24)
    backbone, picture = load_network(settings), load_input(Image.new("RGB", (24, 12)), settings)
    assert features(backbone, picture, ["relu3_1"])["relu3_1"].shape == (1, 256, 3, 6)
    with pytest.raises(PictureSizeError, match="nothing of it is left in relu5_1, which sees a position every 16 pixels"):
        check_size(backbone, picture, ["relu1_1", "relu5_1"])
