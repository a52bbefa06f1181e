"""Specs of the networks of the library timm: ``--backbone timm:resnet18``.

A spec is made by tracing a forward pass (:mod:`pincel.backbones.geometry`). Its layers are the modules under timm's own names, in the order
of computation. timm finds and keeps their weights. It is the extra ``timm``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import nn

from pincel.backbones.geometry import ModuleOutput, trace
from pincel.backbones.model_registry import TIMM
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.errors import OptionError, WeightsError, unknown_name
from pincel.files import one_line
from pincel.installation import extra_command, install_command

# Sizes of the traced image; the second for networks that take multiples of 32 only.
ODD, EVEN = (259, 331), (256, 320)
KINDS: dict[type[nn.Module], str] = {nn.Conv2d: "conv", nn.ReLU: "relu", nn.MaxPool2d: "pool", nn.AvgPool2d: "pool"}
# Modules that do nothing in a trained network, and are no layers.
IDLE = (nn.Identity, nn.Dropout)


@dataclass(frozen=True)
class TimmSpec(ModelSpec):
    """A network of timm.

    Attributes:
        starts: Of each layer; see :meth:`ModelSpec.start`.
        overs: Of each layer; see :class:`pincel.backbones.geometry.MapGeometry`.
        multiple: Of which the sides of an image must be multiples.
    """

    starts: tuple[int, ...] = ()
    overs: tuple[int, ...] = ()
    multiple: int = 1

    @property
    def origin(self) -> str:
        """Where the weights come from."""
        return f"{self.source}, through the Python package timm"

    @property
    def rescalable(self) -> bool:
        """False: it need not be a chain of layers."""
        return False

    def positions(self, length: int, name: str, *, up: bool = False) -> int:
        """Return how many positions a side of so many pixels has in a layer; ``up`` changes nothing.

        Raises:
            UnknownNameError: For a layer the network does not have.
        """
        layer = self.layer(name)
        return max(0, min(1, length // self.smallest(name)) if layer.kind == "fc" else (length + self._over(layer)) // layer.stride)

    def smallest(self, name: str) -> int:
        """Return the shortest side that gives one position in a layer, and in all that are computed before.

        Raises:
            UnknownNameError: For a layer the network does not have.
        """
        least = max(layer.stride - self._over(layer) for layer in self.up_to((name,)))
        return -(-least // self.multiple) * self.multiple

    def start(self, name: str) -> int:
        """Return the first pixel that position 0 of a layer sees, negative for one beyond the border.

        Raises:
            UnknownNameError: For a layer the network does not have.
        """
        return self.starts[self.names.index(self.layer(name).name)]

    def _over(self, layer: LayerSpec) -> int:
        return self.overs[self.names.index(layer.name)]


@cache
def timm_spec(name: str) -> TimmSpec:
    """Return the spec of a network of timm, traced without its weights.

    Args:
        name: ``timm:resnet18``, or with the name of some weights ``timm:resnet18.a1_in1k``.

    Raises:
        WeightsError: If timm is not installed.
        UnknownNameError: For a network timm does not have, with the closest match.
        OptionError: For one that takes images of one size only, or computes no maps of them.
    """
    library = _library(name)
    if not library.is_model(name.removeprefix(TIMM)):
        raise unknown_name("network of timm", name, [f"{TIMM}{each}" for each in library.list_models()])
    with torch.device("meta"):
        model = create_model(name, pretrained=False)
    parts, multiple = _trace_model(name, model)
    config = model.pretrained_cfg
    classifier = config.get("classifier") or ""
    layers = [(_layer(part, config), part) for part in parts if part.name == classifier or _is_map(part)]
    if not any(layer.kind != "fc" for layer, _ in layers):
        failed = "backbone: it makes no maps of a picture, whose place in it is known"
        raise OptionError(one_line(failed, repr(name), "networks of convolutions", "timm:resnet18"))
    geometries = [part.geometry for _, part in layers]
    return TimmSpec(
        name=name,
        summary=f"{config.get('architecture') or name.removeprefix(TIMM)}, a network of the library timm",
        layers=tuple(layer for layer, _ in layers),
        mean=_to_gray_levels(config["mean"]),
        std=_to_gray_levels(config["std"]),
        package="",
        file="",
        sha256="",
        source=config.get("hf_hub_id") or config.get("url") or "the weights that timm names",
        licence=config.get("license") or "that of the weights, which timm does not state",
        network="timm",
        format="timm",
        crop=config["input_size"][-1] if classifier else 0,
        counted=sum(weight.numel() for weight in model.parameters()),
        starts=tuple(each.start if each else 0 for each in geometries),
        overs=tuple(each.over if each else 0 for each in geometries),
        multiple=multiple,
    )


def _trace_model(name: str, model: nn.Module) -> tuple[list[ModuleOutput], int]:
    """Return the outputs of the modules of a network, and of which number image sides must be multiples."""
    reason = ""
    for size, multiple in ((ODD, 1), (EVEN, 32)):
        try:
            return trace(model, *size), multiple
        except (RuntimeError, AssertionError, ValueError) as error:
            reason = _reason(error)
    failed = f"backbone: it does not take pictures of any size, {reason}"
    raise OptionError(one_line(failed, repr(name), "networks of convolutions", "timm:resnet18"))


def _is_map(part: ModuleOutput) -> bool:
    return part.geometry is not None and part.geometry.axes == (2, 3) and len(part.shape) == 4 and not isinstance(part.module, IDLE)


def _layer(part: ModuleOutput, config: Mapping[str, Any]) -> LayerSpec:
    """Return the output of a module as a layer; the classifier is fully connected."""
    trained = config["input_size"][-1]
    geometry = part.geometry
    if geometry is None or not _is_map(part):
        return LayerSpec(part.name, "fc", part.shape[1], 1, trained, whole=True)
    module = part.module
    products = module.weight.numel() if isinstance(module, nn.Conv2d) else 0
    kind = KINDS.get(type(module), "module")
    return LayerSpec(
        part.name, kind, part.shape[1], geometry.stride, trained if geometry.whole else geometry.field, products, whole=geometry.whole
    )


def _to_gray_levels(values: Sequence[float]) -> tuple[float, float, float]:
    """Return a mean or a deviation, given for pixels from 0 to 1, in gray levels."""
    red, green, blue = (255 * each for each in values)
    return red, green, blue


def create_model(name: str, *, pretrained: bool) -> Any:
    """Let timm make a network, in evaluation mode.

    Args:
        name: ``timm:resnet18``.
        pretrained: Whether with the weights that timm has for it, downloaded by timm if need be; else they are drawn at random.

    Raises:
        WeightsError: If timm is not installed, or cannot do it.
    """
    library = _library(name)
    try:
        return library.create_model(name.removeprefix(TIMM), pretrained=pretrained).eval()
    except Exception as error:
        # It builds a thousand networks and downloads their weights: anything may go wrong.
        failed = f"weights: timm cannot {'load' if pretrained else 'make'} {name}, {_reason(error)}"
        hint = "again with a network; timm keeps what it has once downloaded"
        raise WeightsError(one_line(failed, repr(name), "a network whose weights timm has or can download", hint)) from error


def _library(name: str) -> ModuleType:
    try:
        return import_module("timm")
    except ImportError as error:
        missing = error.name == "timm"
        failed = "backbone: timm is not installed" if missing else f"backbone: timm cannot be imported, {_reason(error)}"
        raise WeightsError(one_line(failed, repr(name), "an optional library", extra_command("timm"))) from error
    except Exception as error:
        # torchvision, which timm wants, raises this where it was built for another torch.
        failed = f"backbone: timm cannot be imported, {_reason(error)}"
        hint = f"{install_command('--force-reinstall', 'torchvision')}, from where torch came from"
        raise WeightsError(one_line(failed, repr(name), "timm with a torchvision that was built for this torch", hint)) from error


def _reason(error: Exception) -> str:
    """Return the first sentence of an error."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line.partition(". ")[0].rstrip(".")
