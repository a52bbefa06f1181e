"""The network that learns: its first weights, its answers, its grads, and the units that are silent."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.alexnet import AlexNet
from pincel.backbones.specs import ModelSpec
from pincel.classify.network import cast_network, compute_logits, cross_entropy, dropout_masks, gradients, init_weights, parameters
from pincel.classify.plan import plan_spec
from pincel.classify.recipes import find_training
from tests.classify.tiny import tiny

Weights = dict[str, tuple[Tensor, Tensor]]


def spec_of(name: str = "alexnet-small", **changes: Any) -> ModelSpec:
    return plan_spec(tiny(name, **changes), ("a", "b", "c"), (0, 0, 0), "tiny", "us")


def doubled(weights: Weights) -> Weights:
    """Return weights in double precision that ask for gradients."""
    return {name: (weight.double().requires_grad_(), bias.double().requires_grad_()) for name, (weight, bias) in weights.items()}


def views(count: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(count, 3, 24, 24, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_init_weights_of_the_paper_spread_by_a_hundredth() -> None:
    recipe = find_training("alexnet2012").recipe.override(wide=256)
    spec = plan_spec(recipe, [str(place) for place in range(100)], (0, 0, 0), "", "")
    weights = init_weights(spec, recipe)
    assert list(weights) == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]
    for name, (weight, bias) in weights.items():
        count = weight.numel()
        assert float(weight.mean()) == pytest.approx(0, abs=5 * 0.01 / count**0.5), name
        assert float(weight.std()) == pytest.approx(0.01, rel=5 / (2 * count) ** 0.5), name
        assert set(bias.tolist()) == {float(name in ("conv2", "conv4", "conv5", "fc6", "fc7"))}, name
    assert weights["conv2"][0].shape == (256, 48, 5, 5)
    assert weights["fc6"][0].shape == (256, 256, 6, 6)


@pytest.mark.parametrize(("name", "gain"), [("alexnet-small", 2.0), ("alexnet-small-tanh", 1.0)])
def test_init_weights_keep_the_variance(name: str, gain: float) -> None:
    recipe = find_training(name).recipe
    spec = plan_spec(recipe, [str(place) for place in range(10)], (0, 0, 0), "", "")
    for layer, (weight, bias) in init_weights(spec, recipe).items():
        inputs = weight[0].numel()
        expected = ((gain if layer != "fc8" else 1.0) / inputs) ** 0.5
        assert float(weight.std()) == pytest.approx(expected, rel=5 / (2 * weight.numel()) ** 0.5), layer
        assert float(bias.abs().max()) == 0, layer


def test_init_weights_belong_to_the_seed() -> None:
    spec = spec_of()
    one, same, other = (parameters(init_weights(spec, tiny(seed=seed))) for seed in (1, 1, 2))
    assert all(torch.equal(each, again) for each, again in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])


def test_it_answers_what_is_looked_with_later() -> None:
    spec = spec_of()
    weights = doubled(init_weights(spec, tiny()))
    x = views()
    seen = AlexNet(spec, weights).features(x * spec.std[0], ["fc8"])["fc8"].flatten(1)
    assert torch.allclose(compute_logits(cast_network(spec, weights, torch.float64), x, {}), seen, atol=1e-12)


@pytest.mark.parametrize("name", ["alexnet-small", "alexnet-small-tanh", "alexnet-small-no-overlap-no-lrn-one-gpu"])
def test_slopes_are_those_of_finite_differences(name: str) -> None:
    recipe = tiny(name, ones="conv2,conv4,fc6", channels="2,4,4,4,2", wide=4)
    spec = plan_spec(recipe, ("a", "b", "c"), (0, 0, 0), "", "")
    weights = doubled(init_weights(spec, recipe))
    x, labels, rng = views(4), torch.tensor([0, 2, 1, 1]), torch.Generator().manual_seed(1)
    # Where all that a unit sees is silent, and its bias is 0, a ReLU has no slope.
    for _, bias in weights.values():
        bias.data.add_(0.1 * torch.randn(bias.shape, generator=rng, dtype=torch.float64))
    masks = {layer: mask.double() for layer, mask in dropout_masks(spec, recipe, (1, 0), 4, slice(0, 4)).items()}

    def loss() -> Tensor:
        return cross_entropy(compute_logits(cast_network(spec, weights, torch.float64), x, masks), labels, 4)

    grads = gradients(loss(), parameters(weights))
    step = 1e-6
    for weight, slope in zip(parameters(weights), grads, strict=True):
        way = torch.randn(weight.shape, generator=rng, dtype=torch.float64)
        beside = []
        for distance in (step, -2 * step, step):
            weight.data.add_(way, alpha=distance)
            beside.append(float(loss().detach()))
        ahead, behind, _ = beside
        assert float((slope * way).sum()) == pytest.approx((ahead - behind) / (2 * step), rel=1e-4, abs=1e-8)
    assert any(slope.abs().max() > 0 for slope in grads[:2])


def test_the_loss_is_the_mean_over_everybody() -> None:
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 2, 1, 0])
    whole = functional.cross_entropy(logits, labels)
    shares = [cross_entropy(logits[part], labels[part], 6) for part in (slice(0, 1), slice(1, 6), slice(6, 6))]
    assert float(torch.stack(shares).sum()) == pytest.approx(float(whole), rel=1e-6)


def test_nobody_to_learn_from_is_no_slope() -> None:
    spec = spec_of()
    weights = init_weights(spec, tiny())
    for each in parameters(weights):
        each.requires_grad_()
    logits = compute_logits(cast_network(spec, weights, torch.float32), torch.empty(0, 3, 24, 24), {})
    assert logits.shape == (0, 3)
    assert all(
        float(slope.abs().max()) == 0
        for slope in gradients(cross_entropy(logits, torch.empty(0, dtype=torch.int64), 4), parameters(weights))
    )


def test_half_of_the_units_are_silent_and_the_others_make_up_for_them() -> None:
    spec, recipe = spec_of(wide=400), tiny(wide=400)
    masks = dropout_masks(spec, recipe, (2, 7), 50, slice(0, 50))
    assert list(masks) == ["relu6", "relu7"]
    for mask in masks.values():
        assert mask.shape == (50, 400, 1, 1)
        assert set(mask.flatten().tolist()) == {0.0, 2.0}
        assert float(mask.mean()) == pytest.approx(1, abs=5 / 20000**0.5)
    assert not torch.equal(masks["relu6"], masks["relu7"])
    other = dropout_masks(spec, recipe, (2, 8), 50, slice(0, 50))
    assert not torch.equal(masks["relu6"], other["relu6"])


def test_shares_of_a_batch_have_shares_of_its_masks() -> None:
    spec, recipe = spec_of(), tiny(dropout=0.25)
    whole = dropout_masks(spec, recipe, (1, 1), 7, slice(0, 7))
    for name, mask in whole.items():
        shares = [dropout_masks(spec, recipe, (1, 1), 7, part)[name] for part in (slice(0, 2), slice(2, 7))]
        assert torch.equal(torch.cat(shares), mask)
        assert float(mask.max()) == pytest.approx(4 / 3)
        assert float(mask.min()) == 0


def test_silent_units_tell_the_next_layer_nothing() -> None:
    spec = spec_of()
    weights = doubled(init_weights(spec, tiny()))
    masks = {"relu7": torch.zeros(3, 8, 1, 1, dtype=torch.float64)}
    expected = weights["fc8"][1].expand(3, 3)
    assert torch.allclose(compute_logits(cast_network(spec, weights, torch.float64), views(), masks), expected)


def test_without_dropout_there_are_no_masks() -> None:
    assert dropout_masks(spec_of(), tiny("alexnet-small-no-dropout"), (1, 1), 5, slice(0, 5)) == {}


def test_half_precision_is_near() -> None:
    spec = spec_of()
    weights = init_weights(spec, tiny())
    x = views().float()
    full, half = (compute_logits(cast_network(spec, weights, dtype), x, {}) for dtype in (torch.float32, torch.bfloat16))
    assert half.dtype == torch.float32
    assert (full - half).abs().max() < 0.05 * full.abs().max()
