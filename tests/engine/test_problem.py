"""The gradient the loop follows is that of the objective at the canvas."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from pincel.canvas.pixels import PixelCanvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.problem import Problem
from pincel.functional.conventions import CONVENTIONS
from pincel.functional.gram import gram_matrix
from pincel.functional.variation import squared_variation
from pincel.losses.content import ContentLoss
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from tests.backbones.stand_ins import random_vgg
from tests.grams import gram_loss
from tests.tensors import assert_close, picture

SLIDES = CONVENTIONS["slides"]


def small_evaluator(content: Tensor, style: Tensor) -> Evaluator:
    """Return α = 10, β = 40, γ = 1 on a small random network, in float64."""
    vgg = random_vgg([(2, 4), (2, 6)], "avg").to(dtype=torch.float64)
    target = vgg.features(content, ["relu2_2"])
    grams = {layer: gram_matrix(activation) for layer, activation in vgg.features(style, ["relu1_1", "relu2_1"]).items()}
    losses = [
        ContentLoss(target, {"relu2_2": 1.0}, 10, SLIDES),
        gram_loss(grams, dict.fromkeys(grams, 0.5), 40, SLIDES),
        VariationLoss(squared_variation, 1),
    ]
    return Evaluator(Problem(vgg, Objective(losses), PixelCanvas()))  # type: ignore[arg-type]


def test_gradient_is_that_of_finite_differences() -> None:
    evaluator = small_evaluator(picture(12, 12, 1).double(), picture(12, 12, 2).double())
    x = picture(12, 12, 3).double()
    evaluation, slope = evaluator.gradient(x)
    direction = slope / slope.norm()
    up, down = (float(evaluator.measure(x + sign * 1e-4 * direction).total) for sign in (1, -1))
    assert abs((up - down) / 2e-4 - float(slope.norm())) < 1e-5 * float(slope.norm())
    assert float(evaluation.total) == float(evaluator.measure(x).total)


def test_the_canvas_is_left_alone_and_nothing_keeps_a_graph() -> None:
    evaluator = small_evaluator(picture(12, 12, 1).double(), picture(12, 12, 2).double())
    x = picture(12, 12, 3).double()
    before = x.clone()
    evaluation, slope = evaluator.gradient(x)
    assert torch.equal(x, before)
    assert x.grad is None
    numbers = [evaluation.total, slope, *(term.value for term in evaluation.terms), evaluator.measure(x).total]
    assert not any(tensor.requires_grad for tensor in (x, *numbers))


def test_the_content_is_the_minimum_of_the_content_term() -> None:
    content = picture(12, 12, 1).double()
    evaluator = small_evaluator(content, content)
    numbers = evaluator.measure(content).numbers()
    assert (numbers["content"], numbers["style"]) == (0, 0)
    assert evaluator.measure(content + 1).numbers()["content"] > 0


def test_the_canvas_decides_what_the_network_sees() -> None:
    class Shifted(PixelCanvas):
        def pixels(self, canvas: Tensor) -> Tensor:
            return canvas * 2

    plain = small_evaluator(picture(12, 12, 1).double(), picture(12, 12, 2).double())
    doubled = Evaluator(replace(plain.problem, canvas=Shifted()))
    x = picture(12, 12, 3).double() / 2
    assert float(doubled.measure(x).total) == float(plain.measure(2 * x).total)
    assert_close(doubled.gradient(x)[1], 2 * plain.gradient(2 * x)[1])
