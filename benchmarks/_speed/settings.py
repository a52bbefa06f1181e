"""What to measure, checked before anything slow happens; and how far to go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from _speed.report import Attempt, Terms
from pincel.errors import OptionError, PictureMissingError, unknown_name
from pincel.recipes import RECIPES
from pincel.samples import PREFIX, find_sample

PEERS = ("pastiche", "none")
MISSING = "The package pastiche, to measure against, is not installed: pip install pastiche==1.6.0 (or --against none)."
# The recipe of single steps: the peer's objective at one size from beginning to end, so that a step is a step on both sides.
STEP_RECIPE = "pastiche"
# Numbers of steps that are tried until the picture is as good as the peer's.
STEP_COUNTS = (2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 64, 96, 128, 200)
# Steps a round of each program, where steps are timed; fewer if the peer shall make only a few in all.
STEPS_A_ROUND = 4
# The peer's memory grows faster with the size than ours; beyond this, few machines hold it.
LARGEST_OF_THE_PEER = 1024
SMALLEST = 32
# What of the content may be lost at most, where the total is as good.
CONTENT_TOLERANCE = 1.05


@dataclass(frozen=True)
class Settings:
    """What to measure.

    Attributes:
        content: File of the photograph.
        style: File of the painting.
        size: Long side of the picture.
        peer_steps: Steps of the peer that make the picture to be matched.
        against: The peer, or ``none``.
        recipe: How we make the picture. Single steps are always those of the recipe ``pastiche``.
        precision: Of our steps and runs.
        tiles: How the network of our steps and runs is cut.
        device: Where both work.
        rounds: How often each is measured, in turn.
        scales: Of our run; None for the recipe's own.
        steps: Steps of our run; None to find the smallest number whose picture is as good as the peer's.
        sizes: Long sides to show growth with; none to leave it out.
    """

    content: Path
    style: Path
    size: int = 256
    peer_steps: int = 100
    against: str = "pastiche"
    recipe: str = "pastiche-fast"
    precision: str = "auto"
    tiles: str = "whole"
    device: str = "auto"
    rounds: int = 3
    steps: int | None = None
    scales: str | None = None
    sizes: tuple[int, ...] = ()

    @property
    def steps_a_round(self) -> int:
        """Steps timed a round: the first step of all, a warm-up, and these in each round are the peer's first."""
        return max(1, min(STEPS_A_ROUND, (self.peer_steps - 1) // self.rounds))

    @property
    def timed_steps(self) -> int:
        """Steps of each where single steps are timed, the warm-up included."""
        return 1 + self.rounds * self.steps_a_round

    def check(self) -> None:
        """Check everything that can be checked without torch.

        Raises:
            UnknownNameError: For a peer or a recipe that does not exist, with the closest match.
            OptionError: For numbers that do not fit, or a peer that is not installed.
            PictureMissingError: For a picture that is not there.
        """
        if self.against not in PEERS:
            raise unknown_name("peer to measure against", self.against, PEERS)
        RECIPES.find(self.recipe).recipe.override(scales=self.scales)
        if self.peer_steps <= self.rounds:
            raise OptionError(
                f"--peer-steps must be above --rounds ({self.rounds}), a step a round and one to warm up; not {self.peer_steps}."
            )
        for size in (self.size, *self.sizes):
            if size < SMALLEST:
                raise OptionError(f"A size must be at least {SMALLEST} pixels, not {size}.")
        for path in (self.content, self.style):
            if not path.is_file():
                raise PictureMissingError(f"There is no picture {path}. Give a file, or sample:NAME ('pincel samples --list').")
        if self.against == "pastiche" and find_spec("pastiche") is None:
            raise OptionError(MISSING)


def picture_file(text: str) -> Path:
    """Return the file of a picture given as a path or as ``sample:NAME``; the peer takes nothing but files."""
    return find_sample(text) if text.startswith(PREFIX) else Path(text)


def parse_sizes(text: str) -> tuple[int, ...]:
    """Read ``256,512,1024``: sizes in ascending order, each once.

    Raises:
        OptionError: For anything but whole numbers.
    """
    try:
        return tuple(sorted({int(part) for part in text.split(",") if part.strip()}))
    except ValueError:
        raise OptionError(f"--sizes takes whole numbers, such as 256,512,1024, not '{text}'.") from None


def transfer_arguments(settings: Settings, steps: int) -> list[str]:
    """Return the command line of our run, without its output."""
    values = {"recipe": settings.recipe, "size": settings.size, "steps": steps, "precision": settings.precision}
    if settings.device != "auto":
        values["device"] = settings.device
    if settings.tiles != "whole":
        values["tiles"] = settings.tiles
    if settings.scales is not None:
        values["scales"] = settings.scales
    options = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    return ["transfer", str(settings.content), str(settings.style), *options, "--quiet"]


def as_good(ours: Terms, peer: Terms) -> bool:
    """Say whether a picture of ours is as good as the peer's by the peer's own objective: total and, all but, content."""
    return ours.total <= peer.total and ours.content <= CONTENT_TOLERANCE * peer.content


def search_steps(counts: Iterable[int], attempt: Callable[[int], Attempt], wanted: Terms) -> tuple[Attempt, ...]:
    """Try numbers of steps, fewest first, until a picture is as good as the one wanted.

    In order, and not by halving: a picture of more steps need not be better.

    Returns:
        Every attempt; the last is good enough, or none is.
    """
    tried: list[Attempt] = []
    for steps in counts:
        tried.append(attempt(steps))
        if as_good(tried[-1].file, wanted):
            break
    return tuple(tried)
