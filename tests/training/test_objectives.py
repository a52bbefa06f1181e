"""J of a network that is trained is J of an image that is optimized."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.api.painting import evaluate
from pincel.feedforward.network import Network, init_weights
from pincel.feedforward.operations import ChannelStatistics, local_norm, run_ops, run_to_end
from pincel.feedforward.tiles import stylize_pixels
from pincel.feedforward.transforms import TRANSFORMS, Covariance
from pincel.functional.content import feature_distance
from pincel.training.build import make_objective
from pincel.training.inputs import objective_recipe
from pincel.training.learner import StyleLearner
from pincel.training.objectives import AnyStyleObjective, OneStyleObjective
from pincel.training.outputs import make_spec
from pincel.training.style_training import StyleTraining
from tests.training.small import CPU, any_style, one


def learner_of(training: StyleTraining) -> StyleLearner:
    objective = make_objective(training.recipe, training.data, training.device, [])
    return StyleLearner(training.recipe, make_spec(training.recipe, training.data, "n"), objective)


def untrained(learner: StyleLearner) -> Network:
    return Network(learner.spec, init_weights(learner.spec, learner.channels, 3), learner.objective.encoder)


def test_it_is_what_optimization_would_measure(photographs: list[Path], tmp_path: Path) -> None:
    recipe = one(style_side=96, recolor=0.0)
    run = StyleTraining(photographs[1], str(photographs[0].parent), tmp_path / "n.safetensors", recipe=recipe, config=CPU)
    learner = learner_of(run)
    assert isinstance(learner.objective, OneStyleObjective)
    network = untrained(learner)
    found = learner.objective.evaluate(network, 5)
    # Its first pictures are gray, within the range of colors: nothing of them is clipped.
    picture = stylize_pixels(network, run.data.crops.crop(5), None, 1.0, 0)
    expected = evaluate(
        picture,
        run.data.crops.crop(5),
        photographs[1],
        recipe=objective_recipe(recipe).override(size=0, style_size="content-short", resample="lanczos"),
        device="cpu",
    )
    numbers = found.numbers()
    assert numbers["content"] == pytest.approx(expected["terms"]["content"], rel=1e-3)
    assert numbers["tv"] == pytest.approx(expected["terms"]["tv"], rel=1e-3)


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_of_any_style_by_hand(kind: str, photographs: list[Path], tmp_path: Path) -> None:
    folder = str(photographs[0].parent)
    recipe = any_style(photographs[0].parent, transform=kind)
    taught = StyleTraining(folder, folder, tmp_path / "n.safetensors", recipe=recipe, kind="any-style", config=CPU)
    learner = learner_of(taught)
    lesson, network = learner.objective, untrained(learner)
    assert isinstance(lesson, AnyStyleObjective)
    found = lesson.evaluate(network, 2).numbers()
    vgg, crop, style = lesson.encoder.vgg, taught.data.crops.crop(2), lesson.styles.crop(2)
    layers = ("relu1_1", "relu2_1")
    its = vgg.features(255 * style, layers)
    mine = vgg.features(255 * crop, layers)
    transform = TRANSFORMS[kind]
    wanted = transform.target(Covariance.of(its["relu2_1"]))
    target = transform.apply(mine["relu2_1"], Covariance.of(mine["relu2_1"]), wanted, 1.0)
    # In gray levels, as it comes: what is out of the range of colors is to be unlearned.
    seen = vgg.features(run_to_end(run_ops(network.decoder_ops, target, network.own), local_norm(network.own)), layers)
    assert found["content"] == pytest.approx(float(feature_distance(seen["relu2_1"], target)), rel=1e-3)
    apart = 0.0
    for layer in layers:
        one_, other = ChannelStatistics.of(seen[layer]), ChannelStatistics.of(its[layer])
        apart += float((one_.mean - other.mean).square().mean() + (one_.variance.sqrt() - other.variance.sqrt()).square().mean())
    assert found["style"] == pytest.approx(apart, rel=2e-2)
    assert found.get("tv") is None


def test_in_the_lead_all_crops_are_copied(photographs: list[Path], tmp_path: Path) -> None:
    folder = str(photographs[0].parent)
    recipe = any_style(photographs[0].parent, copies=0.5, lead=0.5, steps=4, batch=1)
    taught = StyleTraining(folder, folder, tmp_path / "n.safetensors", recipe=recipe, kind="any-style", config=CPU)
    learner = learner_of(taught)
    lesson, network = learner.objective, untrained(learner)
    found = ["copy" in lesson.evaluate(network, number).numbers() for number in range(4)]
    # Two of four steps; of the others, the second of each pair.
    assert found == [True, True, False, True]


def test_a_share_of_the_crops_is_copied(photographs: list[Path], tmp_path: Path) -> None:
    folder = str(photographs[0].parent)
    recipe = any_style(photographs[0].parent, copies=0.5)
    taught = StyleTraining(folder, folder, tmp_path / "n.safetensors", recipe=recipe, kind="any-style", config=CPU)
    learner = learner_of(taught)
    lesson, network = learner.objective, untrained(learner)
    assert [list(lesson.evaluate(network, number).numbers()) for number in (0, 1)] == [
        ["content", "style", "content:relu2_1", "style:relu1_1:mean-std", "style:relu2_1:mean-std"],
        ["copy"],
    ]
    crop = taught.data.crops.crop(1)
    assert network.encoder is not None
    seen = network.encoder.vgg.features(255 * crop, ("relu2_1",))["relu2_1"]
    drawn = run_to_end(run_ops(network.decoder_ops, seen, network.own), local_norm(network.own))
    assert float(lesson.evaluate(network, 1).total) == pytest.approx(float((drawn - 255 * crop).square().mean()), rel=1e-5)
