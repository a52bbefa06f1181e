"""Figures of AlexNet: what is drawn is what the network computes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from pincel.courses import alexnet
from pincel.courses.alexnet import color_share, learning_curve, pooling_blocks, response_blocks, towers
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Plot, Sheet, Table
from tests.tensors import assert_close


def test_the_response_is_that_of_the_paper() -> None:
    answers = torch.tensor([0.0, 10.0, 200.0])
    by_hand = answers / (2 + 1e-4 * (answers**2 + 20_000)) ** 0.75
    assert_close(alexnet._normalized(answers, 20_000), by_hand, rtol=1e-5)


def test_windows_overlap_where_they_are_wider_than_apart() -> None:
    (plot,) = pooling_blocks()
    assert isinstance(plot, Plot)
    texts = [text.get_text() for text in plot.draw(lambda words: words.text("en")).axes[0].texts]
    # The answers of both rows, then the largest of each window: of 1 5 2 | 2 0 3 | 3 9 4 | 4 6 8, and of 1 5 | 2 0 | 3 9 | 4 6.
    first, second = texts.index("3 wide, 2 apart: windows overlap"), texts.index("2 wide, 2 apart: they do not")
    assert texts[first + 1 : second] == [*map(str, alexnet.ANSWERS), "5", "3", "9", "8"]
    assert texts[second + 1 :] == [*map(str, alexnet.ANSWERS), "5", "2", "9", "6"]


def test_color_is_what_differs_between_the_three() -> None:
    gray = torch.ones(2, 1, 5, 5).expand(2, 3, 5, 5)
    colored = torch.tensor([1.0, 0.0, -1.0]).view(1, 3, 1, 1).expand(2, 3, 5, 5)
    assert (color_share(gray), color_share(colored)) == (0.0, 1.0)
    assert color_share(gray + colored) == pytest.approx(2 / 5)


def names(blocks: Sequence[Block]) -> list[str]:
    return [block.name for block in blocks if isinstance(block, Plot | Table | Sheet)]


def test_a_small_network_is_trained_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.classify.shapes.COUNT", 100)
    monkeypatch.setattr(alexnet, "TOWERS_EPOCHS", 1)
    monkeypatch.setattr(alexnet, "LEARNING_EPOCHS", 2)
    assert names(response_blocks()) == ["response"]
    shown = towers("cpu", ProgressReporter())
    assert names(shown) == ["towers", "towers-color"]
    sheet, table = shown
    assert isinstance(sheet, Sheet)
    assert isinstance(table, Table)
    assert len(sheet.cells) == 2
    assert all(0 < row["color"] < 1 for row in table.rows)
    assert names(learning_curve("cpu", ProgressReporter())) == ["learning", "rates"]
