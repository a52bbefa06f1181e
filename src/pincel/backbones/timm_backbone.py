"""Networks of timm as backbones: hooks collect the outputs of their modules. Their specs are made in :mod:`.timm`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.backbones.timm import TimmSpec, create_model
from pincel.backbones.vgg import VGG, Padding, Pooling, PoolRounding, upcast
from pincel.errors import OptionError, PictureSizeError
from pincel.files import one_line


@dataclass(frozen=True)
class TimmBackbone(VGG):
    """A network of timm with frozen weights; fields as of :class:`VGG`.

    Attributes:
        weights: Each of its convolutions → (weight, bias), to be inspected.
        model: The module that computes.
    """

    model: nn.Module = field(default_factory=nn.Identity, repr=False)

    @property
    def tileable(self) -> bool:
        """False: it need not be a chain of layers."""
        return False

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> TimmBackbone:
        """Return a copy on a device, in a precision."""
        model = deepcopy(self.model).to(device, dtype)
        return replace(self, model=model, weights=_convolutions(model))

    def to_bfloat16(self) -> TimmBackbone:
        """Return a copy that multiplies in bf16."""
        return self.to(dtype=torch.bfloat16)

    def with_winograd(self, _layers: Iterable[str], _channels: int = 0) -> TimmBackbone:
        """Return the network itself: timm computes its convolutions."""
        return self

    def output_size(self, length: int, downscale: int) -> int:
        """Return the length of a side in the deepest map that is at most ``downscale`` times smaller."""
        names = [layer.name for layer in self.spec.layers if layer.kind != "fc" and layer.stride <= downscale]
        return self.spec.positions(length, names[-1]) if names else length // downscale

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Compute an image ``x``, and yield the layers that are wanted; nothing after the last of them is computed.

        Raises:
            OptionError: If ``layers`` do not begin with the first.
            PictureSizeError: If nothing would be left of the image, or the network does not take its size.
        """
        if not layers:
            return
        if layers[0].name != self.spec.layers[0].name:
            failed = f"backbone: {self.spec.name} can only be computed from the picture on"
            raise OptionError(one_line(failed, f"layer {layers[0].name}", f"from {self.spec.layers[0].name} on", "--backbone vgg19"))
        self._check_size(layers[-1], x)
        names = [layer.name for layer in layers if layer.name in wanted]
        outputs = _module_outputs(self.model, x.to(next(self.model.parameters(), x).dtype), names) if names else {}
        yield from ((name, upcast(outputs[name])) for name in names)

    def _check_size(self, deepest: LayerSpec, x: Tensor) -> None:
        spec, (height, width) = self.spec, x.shape[-2:]
        multiple = spec.multiple if isinstance(spec, TimmSpec) else 1
        given, hint = f"a picture of {width}×{height} pixels", "another --size, or shallower layers"
        if min(height, width) < spec.smallest(deepest.name):
            failed = f"picture: nothing of it is left in {deepest.name} of {spec.name}"
            raise PictureSizeError(one_line(failed, given, f"{spec.smallest(deepest.name)} pixels or more on each side", hint))
        if height % multiple or width % multiple:
            failed = f"picture: {spec.name} does not take its size"
            raise PictureSizeError(one_line(failed, given, f"sides that are multiples of {multiple}", hint))


def load_timm(
    spec: ModelSpec, *, pooling: Pooling = "max", pool_rounding: PoolRounding = "down", padding: Padding = "zero"
) -> TimmBackbone:
    """Load a network of timm with the weights that timm has for it, downloaded by timm if need be.

    Args:
        spec: Of :func:`spec_of`.
        pooling: ``avg`` replaces maximum poolings by averages.
        pool_rounding: Only ``down``: each pooling rounds as its network does.
        padding: Only ``zero``: each convolution has the border that its network gives it.

    Raises:
        OptionError: For anything else.
        WeightsError: If timm is not installed, or has no weights and cannot download them.
    """
    if (pool_rounding, padding) != ("down", "zero"):
        failed = f"backbone: poolings and borders of {spec.name} are as timm has them"
        raise OptionError(
            one_line(failed, f"pool_rounding {pool_rounding}, padding {padding}", "down and zero", "--pool-rounding down --padding zero")
        )
    model = create_model(spec.name, pretrained=True)
    if pooling == "avg":
        _use_average_pooling(model)
    model.requires_grad_(requires_grad=False)
    return TimmBackbone(spec, {}, pooling, model=model).to(torch.device("cpu"))


class _StopForwardError(Exception):
    """All wanted outputs are there."""


def _module_outputs(model: nn.Module, x: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
    """Return the outputs of some modules, (B, C, H, W)."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str, output: Tensor) -> None:
        # The next module may overwrite it.
        outputs[name] = (output if output.dim() == 4 else output.flatten(1)[..., None, None]).clone()
        if len(outputs) == len(names):
            raise _StopForwardError

    hooks = [model.get_submodule(name).register_forward_hook(lambda _, __, output, name=name: keep(name, output)) for name in names]
    try:
        model(x)
    except _StopForwardError:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return outputs


def _convolutions(model: nn.Module) -> dict[str, tuple[Tensor, Tensor]]:
    """Return name → (weight, bias) of each convolution, zeros where it has no bias."""
    convolutions = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            bias = torch.zeros_like(module.weight[:, 0, 0, 0]) if module.bias is None else module.bias
            convolutions[name] = (module.weight, bias)
    return convolutions


def _use_average_pooling(model: nn.Module) -> None:
    """Replace maximum poolings by averages."""
    for parent in list(model.modules()):
        for name, module in parent.named_children():
            if isinstance(module, nn.MaxPool2d):
                average = nn.AvgPool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode, count_include_pad=False)
                setattr(parent, name, average)
