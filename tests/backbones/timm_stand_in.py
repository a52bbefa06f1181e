"""A library with the few functions of timm that pincel asks for, and networks of a handful of channels."""

from __future__ import annotations

from types import ModuleType
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from pincel.backbones.timm import timm_spec

TOLD: dict[str, Any] = {
    "architecture": "tiny",
    "hf_hub_id": "nobody/tiny",
    "license": "apache-2.0",
    "input_size": (3, 64, 64),
    "mean": (0.5, 0.25, 0.125),
    "std": (0.5, 0.25, 0.2),
    "classifier": "head",
}


class Tiny(nn.Module):
    """As networks of timm are: a stem, a block that adds in place, a mean, a classifier."""

    pretrained_cfg = TOLD

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 5, 2, 2, bias=False)
        self.bn, self.act, self.pool = nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        self.block = Block()
        self.drop, self.mean, self.head = nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(self.pool(self.act(self.bn(self.stem(x)))))
        out: Tensor = self.head(self.drop(self.mean(x).flatten(1)))
        return out


class Block(nn.Module):
    """A convolution beside which what it sees goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        y += x
        out: Tensor = self.act(y)
        return out


class Even(Tiny):
    """One that takes only sides that are multiples of 32."""

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2] % 32 or x.shape[3] % 32:
            raise RuntimeError("The size of tensor a must match the size of tensor b")
        return super().forward(x)


class Fixed(Tiny):
    """One that takes pictures of one size."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[2:] == (64, 64), f"Input height ({x.shape[2]}) doesn't match model (64)."
        return super().forward(x)


class Tokens(nn.Module):
    """One that makes no map."""

    pretrained_cfg: ClassVar = {**TOLD, "classifier": ""}

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(functional.adaptive_avg_pool2d(x, 1).flatten(1))
        return out


NETWORKS: dict[str, type[nn.Module]] = {"tiny": Tiny, "tiny_even": Even, "tiny_fixed": Fixed, "tiny_tokens": Tokens}


def make(name: str, *, pretrained: bool = False) -> nn.Module:
    """Make a network as ``timm.create_model`` does; what would be trained is drawn at random, the same each time."""
    if name == "tiny_even" and pretrained:
        raise OSError("Cannot reach the Hub. Please check your connection.\nAnd more.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = NETWORKS[name.partition(".")[0]]()
        for each in network.modules():
            if isinstance(each, nn.BatchNorm2d) and pretrained:
                each.running_mean = torch.randn(each.num_features)
                each.running_var = torch.rand(each.num_features) + 0.5
    return network


def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the stand-in imported for timm."""
    library = ModuleType("timm")
    values = {"is_model": lambda name: name.partition(".")[0] in NETWORKS, "list_models": lambda: list(NETWORKS), "create_model": make}
    for name, value in values.items():
        setattr(library, name, value)
    monkeypatch.setitem(__import__("sys").modules, "timm", library)
    timm_spec.cache_clear()
