"""J of a network that is trained is J of an image that is optimized."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.api import evaluate
from pincel.feedforward.network import first_weights
from pincel.feedforward.run import Spread, adapted, by_itself, finished, run
from pincel.feedforward.tiles import painted
from pincel.functional.content import feature_distance
from pincel.training.objectives import AnyStyleObjective, OneStyleObjective
from pincel.training.style_training import StyleTraining
from tests.training.small import CPU, any_style, one


def test_it_is_what_optimization_would_measure(photographs: list[Path], tmp_path: Path) -> None:
    recipe = one(style_side=96, recolor=0.0)
    run = StyleTraining(photographs[1], str(photographs[0].parent), tmp_path / "n.safetensors", recipe=recipe, config=CPU)
    lesson = run.make_loss([])
    assert isinstance(lesson, OneStyleObjective)
    card = run.make_card()
    weights = first_weights(card, lesson.channels, 3)
    found = lesson.evaluate(card, weights, 5)
    # Its first pictures are gray, within the range of colors: nothing of them is clipped.
    picture = painted(lesson.network(card, weights), run.crops.crop(5), None, 1.0, 0)
    expected = evaluate(
        picture,
        run.crops.crop(5),
        photographs[1],
        recipe=run.objective.override(size=0, style_size="content-short", resample="lanczos"),
        device="cpu",
    )
    numbers = found.numbers()
    assert numbers["content"] == pytest.approx(expected["terms"]["content"], rel=1e-3)
    assert numbers["tv"] == pytest.approx(expected["terms"]["tv"], rel=1e-3)


def test_of_any_style_by_hand(photographs: list[Path], tmp_path: Path) -> None:
    folder = str(photographs[0].parent)
    taught = StyleTraining(
        folder, folder, tmp_path / "n.safetensors", recipe=any_style(photographs[0].parent), kind="any-style", config=CPU
    )
    lesson = taught.make_loss([])
    assert isinstance(lesson, AnyStyleObjective)
    card = taught.make_card()
    weights = first_weights(card, lesson.channels, 3)
    found = lesson.evaluate(card, weights, 2).numbers()
    vgg, crop, style = lesson.eye.vgg, taught.crops.crop(2), lesson.styles.crop(2)
    layers = ("relu1_1", "relu2_1")
    its = vgg.features(255 * style, layers)
    mine = vgg.features(255 * crop, layers)
    target = adapted(mine["relu2_1"], Spread.of(mine["relu2_1"]), Spread.of(its["relu2_1"]))
    network = lesson.network(card, weights)
    # In gray levels, as it comes: what is out of the range of colors is to be unlearned.
    seen = vgg.features(finished(run(network.decoder, target, weights), by_itself(weights)), layers)
    assert found["content"] == pytest.approx(float(feature_distance(seen["relu2_1"], target)), rel=1e-3)
    apart = 0.0
    for layer in layers:
        one_, other = Spread.of(seen[layer]), Spread.of(its[layer])
        apart += float((one_.mean - other.mean).square().mean() + (one_.variance.sqrt() - other.variance.sqrt()).square().mean())
    assert found["style"] == pytest.approx(apart, rel=2e-2)
    assert found.get("tv") is None


def test_in_the_lead_all_crops_are_copied(photographs: list[Path], tmp_path: Path) -> None:
    folder = str(photographs[0].parent)
    recipe = any_style(photographs[0].parent, copies=0.5, lead=0.5, steps=4, batch=1)
    taught = StyleTraining(folder, folder, tmp_path / "n.safetensors", recipe=recipe, kind="any-style", config=CPU)
    lesson, card = taught.make_loss([]), taught.make_card()
    weights = first_weights(card, lesson.channels, 3)
    found = ["copy" in lesson.evaluate(card, weights, number).numbers() for number in range(4)]
    # Two of four steps; of the others, the second of each pair.
    assert found == [True, True, False, True]


def test_a_share_of_the_crops_is_copied(photographs: list[Path], tmp_path: Path) -> None:
    folder = str(photographs[0].parent)
    recipe = any_style(photographs[0].parent, copies=0.5)
    taught = StyleTraining(folder, folder, tmp_path / "n.safetensors", recipe=recipe, kind="any-style", config=CPU)
    lesson, card = taught.make_loss([]), taught.make_card()
    weights = first_weights(card, lesson.channels, 3)
    assert [list(lesson.evaluate(card, weights, number).numbers()) for number in (0, 1)] == [
        ["content", "style", "content:relu2_1", "style:relu1_1:mean-std", "style:relu2_1:mean-std"],
        ["copy"],
    ]
    crop, network = taught.crops.crop(1), lesson.network(card, weights)
    assert network.eye is not None
    seen = network.eye.vgg.features(255 * crop, ("relu2_1",))["relu2_1"]
    drawn = finished(run(network.decoder, seen, weights), by_itself(weights))
    assert float(lesson.evaluate(card, weights, 1).total) == pytest.approx(float((drawn - 255 * crop).square().mean()), rel=1e-5)
