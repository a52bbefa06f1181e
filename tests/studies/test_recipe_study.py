"""The study of recipes gives each the same seconds, judges all alike, and keeps what is finished."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import pincel
import recipe_study
from pincel.errors import OptionError, PincelError
from pincel.recipes.toml import find_recipe
from recipe_study import (
    MEASURES,
    Pair,
    Ruler,
    Score,
    Watch,
    calibrate,
    caption,
    complete,
    fit_line,
    grid,
    main,
    markdown,
    parse_candidate,
    parse_candidates,
    parse_pairs,
    picture_of,
    ranks,
    slug,
    small_jpeg,
    standings,
    steps_for,
)

RULER = find_recipe("pincel").recipe.override(size=48)


def score(pair: str, candidate: str, *values: float, seconds: float = 60) -> Score:
    return Score(pair, candidate, 10, seconds, "steps", "x.png", dict(zip(MEASURES, values or (1.0,) * 5, strict=True)))


# What is asked for


def test_a_candidate_is_a_recipe_with_values_changed() -> None:
    candidate = parse_candidate("pincel:canvas=pixels,init=blend=0.5", RULER)
    assert candidate.name == "pincel:canvas=pixels,init=blend=0.5"
    assert (candidate.recipe.canvas, candidate.recipe.init, candidate.recipe.size) == ("pixels", "blend=0.5", 48)


def test_layers_and_options_keep_their_commas() -> None:
    recipe = parse_candidate(
        "slides:style-layers=relu1_1=0.2,relu2_1=0.8,optimizer=adam,optimizer_options=beta1=0.5,beta2=0.9", RULER
    ).recipe
    assert recipe.style_layers == {"relu1_1": 0.2, "relu2_1": 0.8}
    assert (recipe.optimizer, {k: float(v) for k, v in recipe.optimizer_options.items()}) == ("adam", {"beta1": 0.5, "beta2": 0.9})
    assert set(parse_candidate("slides:content_layers=relu3_1,relu4_1,tv_weight=2", RULER).recipe.content_layers) == {"relu3_1", "relu4_1"}


def test_a_candidate_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "pincel"\ntv_weight = 7.0\n')
    assert parse_candidate(str(path), RULER).recipe.tv_weight == 7
    assert parse_candidate(f"{path}:style_weight=5", RULER).recipe.style_weight == 5


def test_every_candidate_paints_the_size_of_the_ruler() -> None:
    # tf-tutorial rounds sizes its own way, which would make pictures the ruler cannot judge.
    recipe = parse_candidate("tf-tutorial", RULER).recipe
    assert (recipe.size, recipe.size_of, recipe.rounding) == (48, "long", "nearest")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pincle", "pincel"),
        ("pincel:canvs=pixels", "canvas"),
        ("pincel:canvas", "write key=value"),
        ("pincel:steps=9", "follows --seconds"),
        ("pincel:size=9", "follows --size"),
    ],
)
def test_what_is_no_candidate_is_refused(text: str, message: str) -> None:
    with pytest.raises(PincelError, match=message):
        parse_candidate(text, RULER)


def test_the_same_candidate_twice_shows_chance() -> None:
    assert [c.name for c in parse_candidates(["pincel", "slides", "pincel"], RULER)] == ["pincel", "slides", "pincel (2)"]


def test_pairs_are_read_and_checked() -> None:
    assert parse_pairs("lake×woodcut, astronaut:impasto") == [Pair("lake", "woodcut"), Pair("astronaut", "impasto")]
    assert len(parse_pairs(recipe_study.PAIRS)) == 6
    for text, message in [("lake×astronaut", "no 'astronaut'"), ("lak×woodcut", "'lake'"), ("lake", "content×style"), (",", "No pair")]:
        with pytest.raises(OptionError, match=message):
            parse_pairs(text)


@pytest.mark.parametrize("name", [*recipe_study.PHOTOGRAPHS, *recipe_study.SCENES, *recipe_study.STYLES])
def test_every_picture_is_there(name: str) -> None:
    assert min(picture_of(name).pixels.shape[-2:]) >= 300


# How many steps


def test_a_line_is_found() -> None:
    assert fit_line({2: 7.0, 5: 13.0}) == pytest.approx((3, 2))
    assert fit_line({2: 7.0, 5: 13.0, 20: 43.0}) == pytest.approx((3, 2))
    assert steps_for(60, {2: 7.0, 5: 13.0}) == 28


@pytest.mark.parametrize("times", [{2: 5.0, 5: 4.0}, {2: 1.0, 5: 4.0}])
def test_noise_gives_a_line_through_the_origin(times: dict[int, float]) -> None:
    start, slope = fit_line(times)
    assert (start, slope) == (0, (2 * times[2] + 5 * times[5]) / 29)


def test_at_least_one_step_is_taken() -> None:
    assert steps_for(1, {2: 70.0, 5: 71.0}) == 1


def test_candidates_are_timed_in_turn() -> None:
    costs = {"quick": 0.5, "slow": 4.0}
    asked: list[tuple[str, int]] = []

    def clock(name: str, steps: int) -> float:
        asked.append((name, steps))
        return 2 + costs[name] * steps

    times = calibrate(list(costs), clock, 62)
    # 120 steps of the quick one fit: a third run of a quarter; 15 of the slow one: it is known well enough.
    assert asked == [("quick", 2), ("slow", 2), ("quick", 5), ("slow", 5), ("quick", 30)]
    assert {name: steps_for(62, row) for name, row in times.items()} == {"quick": 120, "slow": 15}


# What is said


def test_equals_share_a_rank() -> None:
    assert ranks([3.0, 1.0, 3.0, 2.0]) == [3.5, 1, 3.5, 2]
    assert ranks([math.nan, 1.0])[1] == 1


def test_standings_are_means_over_finished_pairs() -> None:
    scores = [
        *(score("a", "x", 1, 1, 1, 1, 2), score("a", "y", 4, 1, 1, 1, 1)),
        *(score("b", "x", 9, 1, 1, 1, 1), score("b", "y", 9, 1, 1, 1, 4)),
        score("c", "y", 1000, 1, 1, 1, 1),
    ]
    assert complete(scores, ["x", "y"]) == ["a", "b"]
    table = standings(scores, ["x", "y"])
    assert table["x"]["total"] == (1, 1.25)
    assert list(table["y"]["total"]) == pytest.approx([2, 1.75])
    assert list(table["y"]["drift"]) == pytest.approx([math.sqrt(2), 1.5])
    assert standings(scores[:1], ["x", "y"]) == {}


def test_a_ratio_to_nothing_is_no_number() -> None:
    table = standings([score("a", "x", 0, 1, 1, 1, 1), score("a", "y")], ["x", "y"])
    assert math.isnan(table["y"]["total"][0])
    assert table["y"]["total"][1] == 2


def test_the_table_has_a_block_a_pair_and_one_of_all() -> None:
    scores = [score("a", "y", seconds=67), score("a", "x"), score("b", "x")]
    text = markdown(scores, ["x", "y"], seconds=60, clock="wall", ruler="pincel")
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "### a",
        "### b",
        "### All of 1 finished: geometric mean of ratios to x (mean rank)",
    ]
    first = [line.split("|")[1:4] for line in text.splitlines() if line.startswith(("| x", "| y"))][:2]
    # In the order of the candidates, and what took too long is marked.
    assert [[cell.strip() for cell in row] for row in first] == [["x", "10", "60.0"], ["y", "10", "67.0 !"]]
    assert "| y         |         67.0 | 1.000 (1.5) |" in text


def test_tables_stand_in_line() -> None:
    lines = grid(["name", "n"], [["é", "10"], ["longer", "1"]]).splitlines()
    assert lines == ["| name   |  n |", "| ------ | -: |", "| é      | 10 |", "| longer |  1 |"]


def test_names_become_captions_and_files() -> None:
    assert caption("pincel:canvas=pixels,init=noise", 9) == "pincel\ncanvas=pixels\ninit=noise\n9 steps"
    assert slug("lake-woodcut-recipes/mine.toml:tv_weight=2 (2)") == "lake-woodcut-recipes-mine.toml-tv_weight=2-2"


def test_the_sheet_stays_small() -> None:
    noise = Image.effect_noise((256, 192), 80).convert("RGB")
    large, small = (small_jpeg([("", noise)] * 6, columns=3, limit=limit) for limit in (10**6, 60_000))
    assert len(small) < 60_000 < len(large)
    assert Image.open(BytesIO(large)).width == 3 * 256 + 4 * 12


# How good


@pytest.fixture(scope="module")
def ruler() -> Ruler:
    # Of one shape, so that the style can be judged as a result.
    return Ruler(Pair("lake", "woodcut"), RULER, "cpu")


def test_the_style_is_at_no_distance_from_itself_and_the_photograph_has_not_moved(ruler: Ruler) -> None:
    content, style = (ruler.distances(picture) for picture in ruler.pictures)
    assert style["wasserstein"] < 1e-9
    assert content["drift"] == 0
    assert content["wasserstein"] > 0.05


def test_shares_of_the_objective_add_up_to_it(ruler: Ruler, tmp_path: Path) -> None:
    grey = Image.new("RGB", (48, 36), "#808080")
    grey.save(tmp_path / "grey.png")
    values = ruler(tmp_path / "grey.png")
    assert list(values) == list(MEASURES)
    # A flat picture has no variation.
    assert values["total"] == pytest.approx(values["content"] + values["style"], rel=1e-6)
    assert values == ruler(tmp_path / "grey.png")


# The study


class Machine:
    """A clock, and runs that take as long as they say."""

    def __init__(self, costs: dict[str, tuple[float, float]], *, interrupted_at: int = 10**9) -> None:
        self.now, self.costs, self.interrupted_at = 0.0, costs, interrupted_at
        self.runs: list[tuple[str, int]] = []

    def transfer(self, content: Any, style: Any, *, recipe: Any, steps: int, **_: Any) -> pincel.Result:
        if len(self.runs) == self.interrupted_at:
            raise KeyboardInterrupt
        self.runs.append((recipe.name, steps))
        start, pace = self.costs[recipe.name]
        # Each step is a little slower than the one before.
        self.now += start + pace * steps * (1 + steps / 200)
        width, height = content.width, content.height
        size = (recipe.size, round(recipe.size * height / width))
        shade = min(255, 20 * len(self.runs))
        return pincel.Result(Image.new("RGB", size, (shade, 90, 90)), (), {}, "steps")


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    def run(machine: Machine, *more: str) -> tuple[int, Path]:
        monkeypatch.setattr(pincel, "transfer", machine.transfer)
        monkeypatch.setattr(recipe_study, "CLOCKS", {"wall": lambda: machine.now})
        options = ["--seconds", "20", "--size", "48", "--device", "cpu", "--pairs", "lake×woodcut,coffee×cubist", "-o", str(tmp_path)]
        return main(["pincel", "slides", *options, *more]), tmp_path

    return run


def test_all_get_the_same_seconds_and_everything_is_written(
    study: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine({"pincel": (4, 0.5), "slides": (1, 2)})
    status, folder = study(machine)
    assert status == 0
    record = json.loads((folder / "table.json").read_text())
    assert all(abs(entry["seconds"] - 20) < 2 for entry in record["scores"])
    assert [(entry["pair"], entry["candidate"]) for entry in record["scores"]] == [
        *(("lake × woodcut", "pincel"), ("lake × woodcut", "slides")),
        # The other one begins.
        *(("coffee × cubist", "slides"), ("coffee × cubist", "pincel")),
    ]
    assert record["standings"]["pincel"]["total"]["ratio"] == pytest.approx(1)
    assert capsys.readouterr().out == (folder / "table.md").read_text()
    assert (folder / "lake-woodcut-slides.png").exists()
    with Image.open(folder / "sheet.jpg") as sheet:
        assert sheet.width == 4 * 256 + 5 * 12


def test_a_run_far_off_is_painted_again(study: Callable[..., tuple[int, Path]]) -> None:
    # At a hundred steps and more, the line through the short runs is far too low.
    machine = Machine({"pincel": (1, 0.1), "slides": (1, 2)})
    _, folder = study(machine, "--pairs", "lake×woodcut")
    painted = [steps for name, steps in machine.runs if name == "pincel"]
    first, second = painted[-2:]
    assert 5 < painted[-3] < first > second
    entry = json.loads((folder / "table.json").read_text())["scores"][0]
    assert (entry["steps"], abs(entry["seconds"] - 20) < 2) == (second, True)


def test_ctrl_c_keeps_what_is_finished(study: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]) -> None:
    whole = Machine({"pincel": (1, 2), "slides": (1, 2)})
    study(whole)
    capsys.readouterr()
    status, folder = study(Machine({"pincel": (1, 2), "slides": (1, 2)}, interrupted_at=len(whole.runs) - 1))
    assert status == 130
    scores = json.loads((folder / "table.json").read_text())["scores"]
    assert len(scores) == 3
    printed = capsys.readouterr().out
    assert "### coffee × cubist" in printed
    # One candidate is missing there, so only the other pair counts.
    assert "### All of 1 finished" in printed


def test_what_cannot_be_used_is_said_before_anything_is_painted(
    study: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine({})
    status, folder = study(machine, "--pairs", "moon×woodcut")
    assert (status, machine.runs, list(folder.iterdir())) == (1, [], [])
    assert "There is no 'moon'" in capsys.readouterr().err


def test_a_tiny_study_of_the_real_thing(tmp_path: Path) -> None:
    options = ["--seconds", "0.2", "--size", "32", "--device", "cpu", "--pairs", "lake×woodcut", "-o", str(tmp_path)]
    assert main(["pincel", *options]) == 0
    (entry,) = json.loads((tmp_path / "table.json").read_text())["scores"]
    assert entry["steps"] >= 1
    assert all(math.isfinite(value) and value > 0 for value in entry["values"].values())


def test_the_time_left_follows_what_was_done() -> None:
    watch = Watch(runs=4, seconds=60)
    assert watch.left() == "6 min 24 s left"
    watch.painted(1)
    watch._began -= 100
    assert watch.left() == "5 min 00 s left"
