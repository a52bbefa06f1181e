"""How convolutions are multiplied: as fast as the machine can without the picture showing it.

Only convolutions change. The picture, Gram sums, losses and the state of the optimizer stay in float32.

========  =================================================================================================
``fp32``  single precision; on a CPU through fewer multiplications (Winograd) where that measures quicker
``tf32``  10 bits of mantissa inside the multiplier, on NVIDIA GPUs from Ampere on
``bf16``  8 bits of mantissa, half the memory; AMX or AVX512-BF16 on a CPU, tensor cores on a GPU; on a CPU through
          fewer multiplications in the deep layers where that measures quicker
========  =================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.vgg import VGG, WINOGRAD_CHANNELS
from pincel.backbones.winograd import Winograd, make_winograd
from pincel.engine.clock import timed
from pincel.engine.speeds import keep_speeds, known_speeds
from pincel.errors import OptionError, unknown_name
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

Name: TypeAlias = Literal["fp32", "tf32", "bf16"]
NAMES = ("auto", "fp32", "tf32", "bf16")
# A lower precision must gain this much before auto gives bits away for it.
GAIN = 1.2
# Shallow and deep, (channels, side), large enough that the device works longer than it takes to be told what to do.
PROBES = {"cpu": ((256, 64), (512, 32)), "cuda": ((128, 512), (512, 128))}
ROUNDS = 5
# Channels from which on bf16 goes through Winograd's method, which rounds it five times as coarsely: that deep, the direction of the
# gradient does not feel it (``docs/speed.md``).
DEEP = 512


@dataclass(frozen=True)
class Precision:
    """A way of multiplying.

    Attributes:
        name: ``fp32``, ``tf32`` or ``bf16``.
        method: ``direct``, or ``winograd``: fewer multiplications, on a CPU only.
    """

    name: Name
    method: Literal["direct", "winograd"] = "direct"

    def __str__(self) -> str:
        return f"{self.name} (Winograd)" if self.method == "winograd" else self.name

    def applied(self, vgg: VGG, layers: frozenset[str]) -> VGG:
        """Return a network that multiplies this way, for features up to the deepest of some layers."""
        fewer = vgg.with_winograd(layers, self.channels) if self.method == "winograd" else vgg
        return fewer.to_bfloat16() if self.name == "bf16" else fewer

    @property
    def channels(self) -> int:
        """How wide a convolution must be to go through fewer multiplications."""
        return DEEP if self.name == "bf16" else WINOGRAD_CHANNELS

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let GPUs round the inputs of their multipliers, or forbid it, and put things back as they were afterwards.

        Gram products of bf16 features lose nothing by it: 8 bits of mantissa fit into 10, and sums are float32 either way.
        """
        rounded = "ieee" if self.name == "fp32" else "tf32"
        places: tuple[Any, ...] = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)  # type: ignore[attr-defined]
        before = [place.fp32_precision for place in places]
        try:
            for place in places:
                place.fp32_precision = rounded
            yield
        finally:
            for place, value in zip(places, before, strict=True):
                place.fp32_precision = value


FP32 = Precision("fp32")


def choose_precision(asked: str, device: torch.device, notify: Callable[[str], None]) -> Precision:
    """Return the precision asked for, or for ``auto`` the quickest of this machine, measured once and remembered.

    Args:
        asked: ``auto``, ``fp32``, ``tf32`` or ``bf16``.
        device: Where it will run.
        notify: Called with a sentence about anything out of the ordinary.

    Raises:
        UnknownNameError: For any other name.
        OptionError: For tf32 where there is none.
    """
    if asked not in NAMES:
        raise unknown_name("precision", asked, NAMES)
    there = candidates(device)
    if asked == "tf32" and Precision("tf32") not in there:
        raise OptionError(f"Precision 'tf32' is a way of NVIDIA GPUs, not of {device} (there: auto, fp32, bf16).")
    if asked == "bf16" and Precision("bf16") not in there:
        notify(Note(_("This {device} does not multiply bf16 in hardware: expect bf16 to be slower than fp32."), device=device))
    usable = [p for p in there if asked in ("auto", p.name)] or [Precision("bf16")]
    if len(usable) == 1:
        return usable[0]
    return fastest(usable, _speeds(there, device, notify))


def candidates(device: torch.device) -> list[Precision]:
    """List what a device does in hardware, most exact first."""
    if device.type == "cpu":
        bf16 = any(bool(getattr(torch.cpu, check, bool)()) for check in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
        return [FP32, Precision("fp32", "winograd"), *([Precision("bf16"), Precision("bf16", "winograd")] if bf16 else [])]
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0):
        return [FP32, Precision("tf32"), Precision("bf16")]
    return [FP32]


def fastest(usable: list[Precision], seconds: Mapping[str, float]) -> Precision:
    """Choose by measured seconds; fewer bits must gain :data:`GAIN` over the best with more."""
    best = usable[0]
    for other in usable[1:]:
        needed = 1.0 if other.name == best.name else GAIN
        if seconds[str(other)] * needed < seconds[str(best)]:
            best = other
    return best


def _speeds(there: list[Precision], device: torch.device, notify: Callable[[str], None]) -> dict[str, float]:
    known = known_speeds(device)
    if all(str(precision) in known for precision in there):
        return known
    speeds = measure_speeds(there, device)
    shown = ", ".join(f"{name} {1e3 * seconds:.0f} ms" for name, seconds in speeds.items())
    notify(Note(_("Measured once how this machine convolves: {speeds}."), speeds=shown))
    keep_speeds(device, speeds, notify)
    return speeds


def measure_speeds(there: list[Precision], device: torch.device) -> dict[str, float]:
    """Least seconds of a convolution and its gradient, all candidates in turn, so that other load counts as little as possible."""
    trials = {str(precision): [_trial(precision, *probe, device) for probe in PROBES[device.type]] for precision in there}
    seconds: dict[str, list[float]] = {name: [] for name in trials}
    for _round in range(ROUNDS):
        for name, runs in trials.items():
            seconds[name].append(sum(timed(run, device) for run in runs))
    return {name: min(several) for name, several in seconds.items()}


def _trial(precision: Precision, channels: int, side: int, device: torch.device) -> Callable[[], None]:
    dtype = torch.bfloat16 if precision.name == "bf16" else torch.float32
    ones = torch.ones(1, channels, side, side, device=device, dtype=dtype).contiguous(memory_format=torch.channels_last)
    exact = torch.full((channels, channels, 3, 3), 0.01, device=device)
    weight, bias = exact.to(dtype).contiguous(memory_format=torch.channels_last), torch.zeros(channels, device=device, dtype=dtype)
    fewer = _fewer(precision, exact) if precision.method == "winograd" and channels >= precision.channels else None

    def run() -> None:
        leaf = ones.detach().requires_grad_(True)
        with precision.active():
            result = fewer(leaf, relu=True) if fewer else functional.relu(functional.conv2d(leaf, weight, bias, padding=1), inplace=True)
            torch.autograd.grad(result, leaf, ones)

    return run


def _fewer(precision: Precision, weight: Tensor) -> Winograd:
    layer = make_winograd(weight, weight.new_zeros(len(weight)))
    return layer.to_bfloat16() if precision.name == "bf16" else layer
