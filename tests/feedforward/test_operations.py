"""Operations on tensors, beside the same networks put together from torch's own modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from pincel.backbones.vgg import VGG
from pincel.feedforward.network import MEAN, Network
from pincel.feedforward.operations import local_norm, run_ops, run_to_end
from pincel.feedforward.tiles import stylize_pixels
from tests.feedforward.nets import any_style, one_style

PAPER = "c9s1-6,d8,d10,R10,R10,u8,u6,c9s1-3"


class Block(nn.Module):
    """A residual block without padding: what was before is cut to the size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(channels, channels, 3), nn.Conv2d(channels, channels, 3)
        self.norm_a, self.norm_b = (nn.InstanceNorm2d(channels, affine=True) for _ in "ab")

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.norm_b(self.b(torch.relu(self.norm_a(self.a(x)))))
        return x[..., 2:-2, 2:-2] + inner


def reference() -> nn.Sequential:
    """Return the network of the paper, in a small size."""

    def settled(layer: nn.Module, channels: int) -> list[nn.Module]:
        return [layer, nn.InstanceNorm2d(channels, affine=True), nn.ReLU()]

    return nn.Sequential(
        nn.ReflectionPad2d(16),
        *settled(nn.Conv2d(3, 6, 9, padding=4), 6),
        *settled(nn.Conv2d(6, 8, 3, stride=2, padding=1), 8),
        *settled(nn.Conv2d(8, 10, 3, stride=2, padding=1), 10),
        Block(10),
        Block(10),
        *settled(nn.ConvTranspose2d(10, 8, 3, stride=2, padding=1, output_padding=1), 8),
        *settled(nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1), 6),
        nn.Conv2d(6, 3, 9, padding=4),
        nn.Tanh(),
    )


def fill(module: nn.Sequential, own: Mapping[str, Tensor]) -> None:
    """Give modules the weights of a network, in the order in which both have them."""
    blocks = {"3": 10, "4": 11}
    with torch.no_grad():
        layers = [layer for layer in module if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.InstanceNorm2d)]
        for name, each in own.items():
            stage, *rest = name.split(".")
            if stage in blocks:
                part, what = rest[0], rest[-1]
                target = getattr(module[blocks[stage]], f"norm_{part}" if "norm" in rest else part)
                getattr(target, what).copy_(each)
            else:
                index = {"0": 0, "1": 2, "2": 4, "5": 6, "6": 8, "7": 10}[stage] + ("norm" in rest)
                getattr(layers[index], rest[-1]).copy_(each)


@pytest.mark.parametrize("size", [(64, 52), (50, 71)])
def test_the_network_of_the_paper(size: tuple[int, int]) -> None:
    network = one_style(stages=PAPER, padding="reflect-start")
    module = reference()
    fill(module, network.own)
    pixels = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    mean = torch.tensor(MEAN).view(1, 3, 1, 1)
    with torch.no_grad():
        expected = (module(255 * pixels - mean) * 150 + mean)[..., : size[0], : size[1]] / 255
    found = stylize_pixels(network, pixels, None, 1.0, 0)
    assert found.shape == pixels.shape
    assert torch.allclose(found, expected.clamp(0, 1), atol=1e-5)
    # It is no gray.
    assert float(found.std()) > 0.05


def test_the_eye_sees_what_the_backbone_does(vgg: VGG) -> None:
    network = any_style(vgg)
    pixels = torch.rand(1, 3, 31, 45, generator=torch.Generator().manual_seed(2))
    assert network.encoder is not None
    expected = network.encoder.vgg.features(255 * pixels, ("relu2_1",))["relu2_1"]
    found = run_to_end(run_ops(network.encoder_ops, network.preprocess(pixels), network.weights), local_norm(network.weights))
    assert found.shape == expected.shape == (1, 128, 16, 23)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_slopes_reach_every_weight() -> None:
    network = one_style()
    own = {name: each.clone().requires_grad_() for name, each in network.own.items()}
    learning = Network(network.spec, own)
    pixels = torch.rand(1, 3, 24, 24)
    total = run_to_end(run_ops(learning.ops, learning.preprocess(pixels), own), local_norm(own)).square().mean()
    slopes = dict(zip(own, torch.autograd.grad(total, list(own.values())), strict=True))
    assert all(bool(each.isfinite().all()) for each in slopes.values())
    silent = [name for name, each in slopes.items() if float(each.abs().sum()) == 0]
    assert silent == []


def test_the_smallest_picture_is_painted_and_one_pixel_less_is_not() -> None:
    for network in (one_style(), one_style(padding="reflect-start"), replace(one_style(), spec=one_style().spec)):
        least = network.min_side
        assert stylize_pixels(network, torch.rand(1, 3, least, least), None, 1.0, 0).shape == (1, 3, least, least)
