"""What was measured, as plain data; every median and ratio is computed here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Seconds of the same thing, once a round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.seconds)


@dataclass(frozen=True)
class Memory:
    """Bytes.

    Attributes:
        baseline: Most in use with the program loaded, before the weights and the first picture.
        peak: Most in use.
    """

    baseline: int
    peak: int

    @property
    def net(self) -> int:
        """What the work itself took."""
        return self.peak - self.baseline


@dataclass(frozen=True)
class Pace:
    """Steps of one program at one size."""

    time: Timing
    memory: Memory


@dataclass(frozen=True)
class Steps:
    """Single steps, ours and the peer's in turn, at one size.

    Attributes:
        size: Width, height.
        steps: Steps each has made, the first of them not timed. Both memories are after so many.
        ours: Ours.
        peer: The peer's.
    """

    size: tuple[int, int]
    steps: int
    ours: Pace
    peer: Pace | None = None

    @property
    def megapixels(self) -> float:
        """Of the picture."""
        return self.size[0] * self.size[1] / 1e6

    @property
    def megapixel_steps_per_second(self) -> float:
        """Ours."""
        return self.megapixels / self.ours.time.median

    @property
    def peer_megapixel_steps_per_second(self) -> float | None:
        """The peer's."""
        return self.megapixels / self.peer.time.median if self.peer else None

    @property
    def ratio(self) -> float | None:
        """How many of our steps fit into one of the peer's."""
        return self.peer.time.median / self.ours.time.median if self.peer else None

    @property
    def memory_ratio(self) -> float | None:
        """Net memory of the peer over ours; nothing where it is too little to be seen."""
        return _over(self.peer.memory.net, self.ours.memory.net) if self.peer else None


@dataclass(frozen=True)
class Arithmetic:
    """Operations a second in a whole step of ours, beside those of one convolution.

    Attributes:
        multiply_adds_per_pixel: Of the network, forward, as far as the recipe looks.
        pixels: Of the picture.
        step_seconds: A step of ours.
        convolution_flops: Operations of the convolution and its gradient.
        convolution: Their seconds.
    """

    multiply_adds_per_pixel: float
    pixels: int
    step_seconds: float
    convolution_flops: float
    convolution: Timing

    @property
    def flops_per_step(self) -> float:
        """Forward and gradient."""
        return flops_of(self.multiply_adds_per_pixel * self.pixels)

    @property
    def flops_per_second(self) -> float:
        """Sustained through a whole step, with everything a step does beside."""
        return self.flops_per_step / self.step_seconds

    @property
    def convolution_flops_per_second(self) -> float:
        """Of the convolution alone."""
        return self.convolution_flops / self.convolution.median

    @property
    def share(self) -> float:
        """The one over the other."""
        return self.flops_per_second / self.convolution_flops_per_second


@dataclass(frozen=True)
class Terms:
    """The peer's objective of a picture: its total, what content and style add to it, and the total variation, which counts nothing."""

    total: float
    content: float
    style: float
    tv: float


@dataclass(frozen=True)
class Attempt:
    """A whole run of ours: its steps, seconds, and what the judge says of its file."""

    steps: int
    seconds: float
    file: Terms


@dataclass(frozen=True)
class PeerPicture:
    """The picture to be matched.

    Attributes:
        steps: Steps it took.
        start_up: Seconds from the start of the process to before the first step.
        pace: Seconds a step, each round.
        file: The objective of the saved picture.
        canvas: The objective in memory, before it was saved.
        peak_memory: Bytes.
    """

    steps: int
    start_up: float
    pace: Timing
    file: Terms
    canvas: Terms
    peak_memory: int

    @property
    def seconds(self) -> float:
        """Seconds of the steps alone: starting, and saving the picture, come on top."""
        return self.pace.median * self.steps

    @property
    def saving_costs(self) -> float:
        """By what factor saving raises the objective."""
        return self.file.total / self.canvas.total


@dataclass(frozen=True)
class OurPicture:
    """The picture we make in its place.

    Attributes:
        recipe: How.
        steps: Steps at full size.
        whole: Seconds of the whole process, from the shell to the file.
        start_up: Of these, until the first evaluation is done.
        peak_memory: Bytes, from the record of the run.
        file: What the judge says of the file; None without a peer.
        as_good: Whether it is as good as the peer's; None without a peer.
        tried: The runs on the way to this number of steps.
    """

    recipe: str
    steps: int
    whole: Timing
    start_up: Timing
    peak_memory: int
    file: Terms | None = None
    as_good: bool | None = None
    tried: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class Picture:
    """The same picture, by both."""

    peer: PeerPicture | None = None
    ours: OurPicture | None = None

    @property
    def ratio(self) -> float | None:
        """Seconds of the peer's steps over those of our whole process; nothing unless our picture is as good."""
        return self.peer.seconds / self.ours.whole.median if self.peer and self.ours and self.ours.as_good else None

    @property
    def ratio_with_start_up(self) -> float | None:
        """The same with the peer's start, as one waits for it from a shell."""
        if not (self.peer and self.ours and self.ours.as_good):
            return None
        return (self.peer.start_up + self.peer.seconds) / self.ours.whole.median


@dataclass(frozen=True)
class Machine:
    """Where it was measured."""

    processor: str
    cores: int
    device: str
    device_name: str
    torch: str
    threads: int
    precision: str


@dataclass
class Report:
    """All of it; parts come one by one.

    Attributes:
        settings: What was asked for.
        growth: Steps at each of the sizes that were asked for.
        smallest: Steps at a picture so small that nearly all of its memory is what does not grow with it: weights, in both of their forms,
            and what libraries set up for themselves.
        complete: Whether everything was measured.
    """

    settings: Any
    pincel: str
    machine: Machine | None = None
    steps: Steps | None = None
    arithmetic: Arithmetic | None = None
    picture: Picture | None = None
    growth: list[Steps] = field(default_factory=list)
    smallest: Steps | None = None
    complete: bool = False

    @property
    def growth_ratios(self) -> list[dict[str, float | None]]:
        """For each size, pixels, seconds a step, net memory, and memory a pixel beyond what stands, of ours over those of the first."""
        first = self.growth[0] if self.growth else None
        return [
            {
                "pixels": steps.megapixels / first.megapixels,
                "seconds": steps.ours.time.median / first.ours.time.median,
                "memory": _over(steps.ours.memory.net, first.ours.memory.net),
                "memory_a_pixel": _over(self.beyond(steps) or 0.0, self.beyond(first) or 0.0),
            }
            for steps in self.growth
            if first
        ]

    def beyond(self, steps: Steps) -> float | None:
        """Return the bytes of ours that each megapixel of a picture takes beyond what the smallest picture takes."""
        if self.smallest is None or steps.megapixels <= self.smallest.megapixels:
            return None
        return (steps.ours.memory.net - self.smallest.ours.memory.net) / (steps.megapixels - self.smallest.megapixels)


def _over(above: float, below: float) -> float | None:
    return above / below if above > 0 and below > 0 else None


def flops_of(multiply_adds: float) -> float:
    """Return the operations of a forward pass of so many multiply-adds and of its gradient with respect to the input, which takes as many.

    Gram matrices, pooling and the optimizer are not counted: under one in a hundred.
    """
    return 2 * 2 * multiply_adds


def plain(value: Any) -> Any:
    """Return a report or a part of one as JSON-ready data: its fields and everything computed from them."""
    if is_dataclass(value):
        computed = [name for name, what in vars(type(value)).items() if isinstance(what, property)]
        return {name: plain(getattr(value, name)) for name in [*(f.name for f in fields(value)), *computed]}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
