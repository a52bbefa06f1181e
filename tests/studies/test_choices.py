"""The study of choices: one thing changed in each pair, and the command that makes each picture."""

from __future__ import annotations

import shlex

import pytest

from pincel.errors import UnknownNameError
from pincel.studies import choices
from pincel.studies.choices import distance, select_choices
from pincel.studies.choices_page import CHOICES
from pincel.studies.declarations import ChoicesOptions
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Pairs, Report
from pincel.studies.settings import StudySettings
from pincel.studies.transfers import option_words

SMALL = StudySettings(size=32, steps=2, device="cpu", seed=4)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> ChoicesOptions:
    """Return a recipe whose network need not be calibrated, and a choice of each kind."""
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text('base = "gatys2015"\nactivations = "raw"\n')
    return ChoicesOptions("seed,rate,size,start", str(path))


@pytest.fixture(scope="module")
def report(options: ChoicesOptions) -> Report:
    return choices.study("sample:harbour", "sample:impasto", options, SMALL, ProgressReporter())


def test_each_pair_has_one_thing_changed(report: Report) -> None:
    (block,) = (block for block in report.blocks if isinstance(block, Pairs))
    assert [pair.title.text("en") for pair in block.pairs] == ["The start", "The seed of the noise", "The learning rate", "The size"]
    start, seed, rate, size = block.pairs
    assert start.first[1] is not start.second[1]
    assert start.first[1].tobytes() == seed.first[1].tobytes() == size.first[1].tobytes() != rate.first[1].tobytes()
    assert all(distance(pair.first[1], pair.second[1]) > 1 for pair in block.pairs)
    # The half is enlarged, so that both can be compared.
    assert size.second[1].size == size.first[1].size
    assert [pair.second[0].text("en").split("\n")[1] for pair in block.pairs] == [
        "--init content",
        "--seed 5",
        "--optimizer adam --learning-rate 40",
        "--size 16",
    ]


def test_the_command_of_a_picture_has_all_that_made_it(report: Report) -> None:
    rows = {row["choice"]: row for row in report.numbers["pictures"]}
    assert list(rows) == ["usual", "start", "seed", "rate-left", "rate", "size"]
    words = shlex.split(rows["rate-left"]["command"])
    assert words[:6] == ["pincel", "transfer", "sample:harbour", "sample:impasto", "-o", "G.png"]
    given = dict(zip(words[6::2], words[7::2], strict=True))
    assert (given["--optimizer"], given["--learning-rate"], given["--seed"], given["--size"]) == ("adam", "5", "4", "32")
    assert rows["usual"]["apart"] is None
    assert rows["size"]["content"] is None
    assert rows["seed"]["content"] > 0 < rows["seed"]["apart"]


def test_choices_are_named(options: ChoicesOptions) -> None:
    assert [each.name for each in select_choices(None)] == [each.name for each in CHOICES]
    assert [each.name for each in select_choices("size, alpha")] == ["alpha", "size"]
    with pytest.raises(UnknownNameError, match="content-layer"):
        select_choices("content-layers")
    assert option_words({"tv_weight": 20.0, "optimizer_options": {}, "init": "content"}) == ["--tv-weight", "20", "--init", "content"]


def test_ended_early_whole_pairs_are_shown(options: ChoicesOptions) -> None:
    progress = ProgressReporter(lambda event: progress.stop("interrupted") if getattr(event, "done", 0) == 2 else None)
    report = choices.study("sample:harbour", "sample:impasto", options, SMALL, progress)
    shown = [pair.title.text("en") for block in report.blocks if isinstance(block, Pairs) for pair in block.pairs]
    assert len(shown) < 4
    assert report.notes
