"""The normalized network is the same function with every filter's mean activation scaled to 1."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pincel.backbones.normalize import mean_activations, normalize
from pincel.backbones.vgg import VGG, Pooling
from pincel.images.io import load_picture
from tests.backbones.stand_ins import awake, random_vgg
from tests.tensors import assert_close, picture


@pytest.fixture(scope="module")
def pixels(photographs: list[Path]) -> list[Tensor]:
    """Return the photographs in 0-255."""
    return [load_picture(path).pixels * 255 for path in photographs]


@pytest.fixture(scope="module", params=["max", "avg"])
def trained(request: pytest.FixtureRequest, vgg: VGG) -> VGG:
    """Return VGG-19 with either pooling."""
    pooling: Pooling = request.param
    return replace(vgg, pooling=pooling)


@pytest.fixture(scope="module")
def means(trained: VGG, pixels: list[Tensor]) -> dict[str, Tensor]:
    """Return the mean activations over the photographs."""
    return mean_activations(trained, pixels)


def test_every_filter_has_mean_activation_one(trained: VGG, means: dict[str, Tensor], pixels: list[Tensor]) -> None:
    for convolution, mean in mean_activations(normalize(trained, means), pixels).items():
        alive = awake(means[convolution])
        assert int(alive.sum()) > 0.7 * len(alive)
        assert_close(mean[alive], torch.ones_like(mean[alive]), rtol=0, atol=1e-3)


def test_activations_are_the_old_ones_over_their_means(trained: VGG, means: dict[str, Tensor], pixels: list[Tensor]) -> None:
    layers = [layer.name for layer in trained.spec.layers]
    before, after = (network.features(pixels[0], layers) for network in (trained, normalize(trained, means)))
    convolution = ""
    for layer in trained.spec.layers:
        # A pooling has the scale of the convolution below it.
        convolution = layer.name if layer.kind == "conv" else convolution
        mean = torch.where(means[convolution] > 1e-8, means[convolution], 1.0).float().view(1, -1, 1, 1)
        expected = before[layer.name] / mean
        error = (after[layer.name] - expected).norm() / expected.norm()
        assert float(error) < 1e-4, layer.name


def test_means_by_hand() -> None:
    vgg = random_vgg([(1, 2)])
    pictures = [picture(8, 8, seed=1), picture(4, 6, seed=2)]
    activations = [vgg.features(each, ["relu1_1"])["relu1_1"].double() for each in pictures]
    # Every position counts once, however the pictures share them.
    expected = sum(float(a[0, 0].sum()) for a in activations) / (8 * 8 + 4 * 6)
    assert float(mean_activations(vgg, pictures)["conv1_1"][0]) == pytest.approx(expected, rel=1e-9)


def test_weights_by_hand() -> None:
    # W'[i,k] = W[i,k]·m^{l-1}_k / m^l_i, b'_i = b_i / m^l_i, m^0 = 1
    vgg = random_vgg([(2, 2)])
    means = {"conv1_1": torch.tensor([2.0, 4.0]).double(), "conv1_2": torch.tensor([8.0, 16.0]).double()}
    scaled = normalize(vgg, means)
    ((old1, bias1), (old2, bias2)), ((new1, new_bias1), (new2, new_bias2)) = vgg.weights.values(), scaled.weights.values()
    assert_close(new1[1], old1[1] / 4)
    assert_close(new2[0, 1], old2[0, 1] * 4 / 8)
    assert_close(new2[1, 0], old2[1, 0] * 2 / 16)
    assert_close(new_bias1, bias1 / torch.tensor([2.0, 4.0]))
    assert_close(new_bias2, bias2 / torch.tensor([8.0, 16.0]))


def test_a_filter_that_never_fires_keeps_its_scale() -> None:
    vgg = random_vgg([(2, 2)])
    means = {"conv1_1": torch.tensor([0.0, 2.0]).double(), "conv1_2": torch.tensor([1.0, 1e-9]).double()}
    scaled = normalize(vgg, means)
    assert all(bool(torch.isfinite(tensor).all()) for pair in scaled.weights.values() for tensor in pair)
    assert_close(scaled.weights["conv1_1"][0][0], vgg.weights["conv1_1"][0][0])
    assert_close(scaled.weights["conv1_2"][0][1, 0], vgg.weights["conv1_2"][0][1, 0])
    assert_close(scaled.weights["conv1_2"][0][1, 1], vgg.weights["conv1_2"][0][1, 1] * 2)


def test_the_input_gradient_of_a_rescaled_loss_is_unchanged() -> None:
    vgg = random_vgg([(2, 3), (1, 4)], "avg").to(dtype=torch.float64)
    pixels = picture(16, 16).double()
    means = mean_activations(vgg, [pixels])
    slopes = []
    for network, scale in ((vgg, torch.ones(4)), (normalize(vgg, means), means["conv2_1"])):
        leaf = pixels.clone().requires_grad_()
        activation = network.features(leaf, ["relu2_1"])["relu2_1"] * scale.view(1, -1, 1, 1)
        slopes.append(torch.autograd.grad(activation.square().sum(), leaf)[0])
    assert_close(slopes[0], slopes[1])


def test_the_trained_network_is_left_alone() -> None:
    vgg = random_vgg([(1, 2)])
    before = vgg.weights["conv1_1"][0].clone()
    normalize(vgg, {"conv1_1": torch.tensor([2.0, 4.0]).double()})
    assert torch.equal(vgg.weights["conv1_1"][0], before)
