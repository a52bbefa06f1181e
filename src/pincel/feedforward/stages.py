"""A network as data: the notation of its paper, and the operations it stands for.

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
    There ``U2`` is followed by a normalization and a ReLU too; here by neither, for it has nothing to normalize. With ``reflect``, ``d64``
    is mirrored at the border like all others; there it sees zeros.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pincel.errors import OptionError
from pincel.files import one_line, quoted

Kind: TypeAlias = Literal["pad", "conv", "deconv", "unpool", "pool", "norm", "adapt", "relu", "keep", "add", "tanh", "scale"]
PADDINGS = ("reflect", "reflect-start")
NORMS = ("instance", "none")
OUTPUTS = ("tanh", "linear")
# What needs to know the whole picture.
GLOBAL = ("norm", "adapt")
ACCEPTED = "stages as c9s1-32, d64, R128, u64, U2, separated by commas, the last one to 3 channels"
_STAGE = re.compile(r"c(?P<kernel>[13579])s(?P<stride>[12])-(?P<c>\d{1,5})|d(?P<d>\d{1,5})|R(?P<r>\d{1,5})|u(?P<u>\d{1,5})|U(?P<times>2)")
# Channels and blocks that a file may ask for: it is read before it is trusted.
MOST_CHANNELS, MOST_STAGES = 4096, 64


@dataclass(frozen=True)
class Op:
    """One operation.

    Attributes:
        kind: Which.
        name: What its weights are called.
        before: Channels it takes.
        after: Channels it gives.
        kernel: Side of its filters.
        stride: Positions between two of its answers.
        amount: Of a padding, the positions on each side; of a convolution, the zeros; of ``add``, what is cut off each side of what was
            kept; of ``unpool``, the factor.
    """

    kind: Kind
    name: str = ""
    before: int = 0
    after: int = 0
    kernel: int = 1
    stride: int = 1
    amount: int = 0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weights by name."""
        if self.kind == "conv":
            return {f"{self.name}.weight": (self.after, self.before, self.kernel, self.kernel), f"{self.name}.bias": (self.after,)}
        if self.kind == "deconv":
            return {f"{self.name}.weight": (self.before, self.after, self.kernel, self.kernel), f"{self.name}.bias": (self.after,)}
        if self.kind == "norm":
            return {f"{self.name}.weight": (self.after,), f"{self.name}.bias": (self.after,)}
        return {}


def operations(stages: str, *, padding: str, norm: str, output: str, channels: int = 3) -> tuple[Op, ...]:
    """Return what a network does, in order.

    Args:
        stages: In the notation above.
        padding: ``reflect``, the picture mirrored at the border in every layer; or ``reflect-start``, once before the first, by as much as
            the blocks, which see no border, take away.
        norm: ``instance`` or ``none``.
        output: ``tanh`` or ``linear``.
        channels: What it takes.

    Raises:
        OptionError: For stages that cannot be read or do not end in 3 channels.

    Example:
        >>> [op.kind for op in operations("c3s1-8,c3s1-3", padding="reflect", norm="none", output="linear")]
        ['pad', 'conv', 'relu', 'pad', 'conv']
    """
    texts = [text.strip() for text in stages.split(",")]
    found = [_STAGE.fullmatch(text) for text in texts]
    if len(texts) > MOST_STAGES or not all(found):
        wrong = next((text for text, match in zip(texts, found, strict=True) if not match), f"{len(texts)} of them")
        raise OptionError(one_line("stages: cannot be read", quoted(wrong), ACCEPTED, "c9s1-16,d32,R32,U2,c9s1-3"))
    build = _Builder(padding, norm, channels)
    for index, match in enumerate(found):
        assert match is not None
        build.stage(index, match, last=index == len(found) - 1)
    if build.channels != 3:
        raise OptionError(one_line("stages: do not end in a picture", quoted(texts[-1]), ACCEPTED, "c9s1-3 at the end"))
    start = [Op("pad", before=channels, after=channels, amount=build.shaved)] if build.shaved else []
    return (*start, *build.ops, *([Op("tanh", before=3, after=3)] if output == "tanh" else []))


class _Builder:
    def __init__(self, padding: str, norm: str, channels: int) -> None:
        self.mirrored, self.normalized, self.channels = padding == "reflect", norm == "instance", channels
        self.ops: list[Op] = []
        self.jump, self.shaved = 1, 0

    def stage(self, index: int, match: re.Match[str], *, last: bool) -> None:
        given = {key: int(value) for key, value in match.groupdict().items() if value is not None}
        name, channels = str(index), given.get("c") or given.get("d") or given.get("r") or given.get("u") or self.channels
        if channels > MOST_CHANNELS:
            raise OptionError(one_line("stages: too many channels", f"{channels}", f"up to {MOST_CHANNELS}", "fewer"))
        if "times" in given:
            self.ops.append(Op("unpool", before=channels, after=channels, amount=given["times"]))
            self.jump //= given["times"]
            return
        if "r" in given:
            self._block(name, channels)
            return
        if "u" in given:
            self._add(Op("deconv", name, self.channels, channels, 3, 2))
            self.jump //= 2
        else:
            self._convolution(name, channels, given.get("kernel", 3), given.get("stride", 2 if "d" in given else 1))
        if not last:
            self._settled(name)

    def _convolution(self, name: str, channels: int, kernel: int, stride: int) -> None:
        if self.mirrored:
            self._pad(kernel // 2)
        self._add(Op("conv", name, self.channels, channels, kernel, stride, 0 if self.mirrored else kernel // 2))
        self.jump *= stride

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
        self.shaved += 0 if self.mirrored else 2 * self.jump

    def _settled(self, name: str) -> None:
        self._normalize(name)
        self._add(Op("relu", before=self.channels, after=self.channels))

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
class Reach:
    """How far operations see.

    Attributes:
        margin: Pixels on each side of a part beyond which nothing is seen of it: its border is felt no farther in.
        jump: Pixels between two positions at the coarsest.
    """

    margin: int
    jump: int


def reach(ops: tuple[Op, ...]) -> Reach:
    """Say how far operations see, from their first to their last position; a padding at the start is the picture's."""
    margin, jump, coarsest = 0, 1, 1
    for op in ops:
        if op.kind in ("conv", "deconv"):
            margin += (op.kernel // 2) * jump
        if op.kind == "pool":
            margin += jump
        jump = stepped(op, jump)
        coarsest = max(coarsest, jump)
    # A part begins where all layers have a position.
    return Reach(-(-margin // coarsest) * coarsest, coarsest)


def stepped(op: Op, jump: int) -> int:
    """Return the pixels between two positions after an operation, if before it they were ``jump`` apart."""
    if op.kind in ("conv", "pool"):
        return jump * op.stride
    return jump // (op.stride if op.kind == "deconv" else op.amount) if op.kind in ("deconv", "unpool") else jump
