"""A network as data: the notation of its paper → operations.

``c9s1-32``  convolution of 9×9, stride 1, to 32 channels
``d64``      convolution of 3×3, stride 2
``R128``     residual block: two convolutions of 3×3
``u64``      fractionally strided convolution of 3×3: twice the size
``U2``       each position twice in each direction (the nearest)

Paper:
    Johnson, Alahi, Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", supplementary material, tables 1
    and 2; the notation is that of jcjohnson/fast-neural-style, ``models.lua``. Each stage but the last is followed by a normalization, if
    the network has any, and a ReLU; a block has one of each inside and neither after the sum.

Differs:
    There ``U2`` is followed by a normalization and a ReLU too; here by neither, for it changes no statistics. With ``reflect``, ``d64``
    has reflection padding like all others; there zero padding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pincel.errors import OptionError
from pincel.files import one_line, quoted

OpKind: TypeAlias = Literal["pad", "conv", "deconv", "unpool", "pool", "norm", "adapt", "relu", "keep", "add", "tanh", "scale"]
PADDINGS = ("reflect", "reflect-start")
NORMS = ("instance", "none")
OUTPUTS = ("tanh", "linear")
# Operations that need statistics of the whole image.
GLOBAL_KINDS = ("norm", "adapt")
ACCEPTED = "stages as c9s1-32, d64, R128, u64, U2, separated by commas, the last one to 3 channels"
_STAGE = re.compile(r"c(?P<kernel>[13579])s(?P<stride>[12])-(?P<c>\d{1,5})|d(?P<d>\d{1,5})|R(?P<r>\d{1,5})|u(?P<u>\d{1,5})|U(?P<times>2)")
# Limits of a file's spec, which is read before it is trusted.
MAX_CHANNELS, MAX_STAGES = 4096, 64


@dataclass(frozen=True)
class Op:
    """One operation.

    Attributes:
        kind: What it does.
        name: Of its weights.
        before: Input channels.
        after: Output channels.
        kernel: Side of its filters.
        stride: Input positions between neighboring outputs.
        amount: Of a padding, the positions on each side; of a convolution, the zeros; of ``add``, what is cropped from each side of the
            tensor that ``keep`` saved; of ``unpool``, the factor.
    """

    kind: OpKind
    name: str = ""
    before: int = 0
    after: int = 0
    kernel: int = 1
    stride: int = 1
    amount: int = 0

    @property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape of its weights."""
        if self.kind == "conv":
            return {f"{self.name}.weight": (self.after, self.before, self.kernel, self.kernel), f"{self.name}.bias": (self.after,)}
        if self.kind == "deconv":
            return {f"{self.name}.weight": (self.before, self.after, self.kernel, self.kernel), f"{self.name}.bias": (self.after,)}
        if self.kind == "norm":
            return {f"{self.name}.weight": (self.after,), f"{self.name}.bias": (self.after,)}
        return {}


def build_ops(stages: str, *, padding: str, norm: str, output: str, channels: int = 3) -> tuple[Op, ...]:
    """Return the operations of a network, in order.

    Args:
        stages: In the notation above.
        padding: ``reflect``, reflection padding in every layer; or ``reflect-start``, once before the first, by as much as the unpadded
            blocks take away.
        norm: ``instance`` or ``none``.
        output: ``tanh`` or ``linear``.
        channels: Of the input.

    Raises:
        OptionError: For stages that cannot be read or do not end in 3 channels.

    Example:
        >>> [op.kind for op in build_ops("c3s1-8,c3s1-3", padding="reflect", norm="none", output="linear")]
        ['pad', 'conv', 'relu', 'pad', 'conv']
    """
    texts = [text.strip() for text in stages.split(",")]
    matches = [_STAGE.fullmatch(text) for text in texts]
    if len(texts) > MAX_STAGES or not all(matches):
        wrong = next((text for text, match in zip(texts, matches, strict=True) if not match), f"{len(texts)} of them")
        raise OptionError(one_line("stages: cannot be read", quoted(wrong), ACCEPTED, "c9s1-16,d32,R32,U2,c9s1-3"))
    build = _Builder(padding, norm, channels)
    for index, match in enumerate(matches):
        assert match is not None
        build.stage(index, match, last=index == len(matches) - 1)
    if build.channels != 3:
        raise OptionError(one_line("stages: do not end in a picture", quoted(texts[-1]), ACCEPTED, "c9s1-3 at the end"))
    start = [Op("pad", before=channels, after=channels, amount=build.cropped)] if build.cropped else []
    return (*start, *build.ops, *([Op("tanh", before=3, after=3)] if output == "tanh" else []))


class _Builder:
    def __init__(self, padding: str, norm: str, channels: int) -> None:
        self.mirrored, self.normalized, self.channels = padding == "reflect", norm == "instance", channels
        self.ops: list[Op] = []
        # Of the latest output, in input pixels; and pixels that blocks have taken from each side.
        self.stride, self.cropped = 1, 0

    def stage(self, index: int, match: re.Match[str], *, last: bool) -> None:
        given = {key: int(value) for key, value in match.groupdict().items() if value is not None}
        name, channels = str(index), given.get("c") or given.get("d") or given.get("r") or given.get("u") or self.channels
        if channels > MAX_CHANNELS:
            raise OptionError(one_line("stages: too many channels", f"{channels}", f"up to {MAX_CHANNELS}", "fewer"))
        if "times" in given:
            self.ops.append(Op("unpool", before=channels, after=channels, amount=given["times"]))
            self.stride //= given["times"]
            return
        if "r" in given:
            self._block(name, channels)
            return
        if "u" in given:
            self._add(Op("deconv", name, self.channels, channels, 3, 2))
            self.stride //= 2
        else:
            self._convolution(name, channels, given.get("kernel", 3), given.get("stride", 2 if "d" in given else 1))
        if not last:
            self._normalize(name)
            self._add(Op("relu", before=self.channels, after=self.channels))

    def _convolution(self, name: str, channels: int, kernel: int, stride: int) -> None:
        if self.mirrored:
            self._pad(kernel // 2)
        self._add(Op("conv", name, self.channels, channels, kernel, stride, 0 if self.mirrored else kernel // 2))
        self.stride *= stride

    def _block(self, name: str, channels: int) -> None:
        if channels != self.channels:
            raise OptionError(
                one_line("stages: a block cannot change the number of channels", f"R{channels}", f"R{self.channels}", ACCEPTED)
            )
        self._add(Op("keep", before=channels, after=channels))
        for part in ("a", "b"):
            if self.mirrored:
                self._pad(1)
            self._add(Op("conv", f"{name}.{part}", channels, channels, 3))
            self._normalize(f"{name}.{part}")
            if part == "a":
                self._add(Op("relu", before=channels, after=channels))
        self._add(Op("add", before=channels, after=channels, amount=0 if self.mirrored else 2))
        self.cropped += 0 if self.mirrored else 2 * self.stride

    def _normalize(self, name: str) -> None:
        if self.normalized:
            self._add(Op("norm", f"{name}.norm", self.channels, self.channels))

    def _pad(self, amount: int) -> None:
        if amount:
            self._add(Op("pad", before=self.channels, after=self.channels, amount=amount))

    def _add(self, op: Op) -> None:
        self.ops.append(op)
        self.channels = op.after


@dataclass(frozen=True)
class TileGeometry:
    """What tiles of an image need, in pixels.

    Attributes:
        margin: Pixels around a tile that its result depends on, rounded up to a multiple of the stride.
        stride: Of the coarsest layer: a tile begins where all layers have a position.
    """

    margin: int
    stride: int


def tile_geometry(ops: tuple[Op, ...]) -> TileGeometry:
    """Return the geometry of tiles for some operations; a padding at the start is the image's, not a tile's."""
    margin, stride, coarsest = 0, 1, 1
    for op in ops:
        if op.kind in ("conv", "deconv"):
            margin += (op.kernel // 2) * stride
        if op.kind == "pool":
            margin += stride
        stride = output_stride(op, stride)
        coarsest = max(coarsest, stride)
    return TileGeometry(-(-margin // coarsest) * coarsest, coarsest)


def output_stride(op: Op, stride: int) -> int:
    """Return the pixels between neighboring outputs of an operation whose inputs are ``stride`` pixels apart."""
    if op.kind in ("conv", "pool"):
        return stride * op.stride
    return stride // (op.stride if op.kind == "deconv" else op.amount) if op.kind in ("deconv", "unpool") else stride
