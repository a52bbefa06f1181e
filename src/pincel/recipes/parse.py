"""Values of a recipe as people write them: layers and terms with weights, scales, lists of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from pincel.errors import OptionError

NONE: Mapping[str, float] = {}


def scale_fraction(text: str) -> float:
    """Read a share of the full size, ``1/4`` or ``0.25``; raises ValueError unless it is between 0 and 1, 1 included."""
    try:
        share = float(Fraction(text.strip()))
    except (ValueError, ZeroDivisionError, OverflowError):
        share = math.nan
    if not 0 < share <= 1:
        raise ValueError(f"a coarse scale must be a share of the size between 0 and 1, such as 1/4, not '{text}'")
    return share


def parse_scales(text: str) -> dict[str, float]:
    """Read ``1/4=4,1/2=2``, or ``none``.

    Raises:
        OptionError: For a scale without a multiple, a multiple that is no number, or a scale given twice.
    """
    if text.strip() in ("", "none"):
        return {}
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    steps: dict[str, float] = {}
    for share, _, multiple in pairs:
        try:
            steps[share.strip()] = float(multiple)
        except ValueError:
            raise OptionError(f"Each coarse scale is a share of the size and a multiple of --steps, as 1/4=4, not '{text}'.") from None
    if len(steps) < len(pairs):
        raise OptionError(f"A coarse scale of '{text}' is given twice.")
    return steps


def parse_terms(given: str | Mapping[str, float] | list[str], what: str = "style_terms") -> dict[str, float]:
    """Read ``gram=1,mean-std=10``; names without a weight have 1. Raises OptionError as :func:`parse_layers` does."""
    if isinstance(given, str) and "=" in given:
        given = ",".join(part if "=" in part else f"{part}=1" for part in given.split(",") if part.strip())
    terms = parse_layers(given, what)
    return dict.fromkeys(terms, 1.0) if not isinstance(given, Mapping) and "=" not in str(given) else terms


def parse_numbers(text: str, what: str) -> list[float]:
    """Read ``1,0.5``.

    Raises:
        OptionError: For anything that is no number.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise OptionError(f"--{what.replace('_', '-')} takes numbers, as 1 or 1,0.5, not '{text}'.") from None


def parse_layers(
    given: str | Mapping[str, float] | list[str] | tuple[str, ...], what: str, *, usual: Mapping[str, float] = NONE
) -> dict[str, float]:
    """Read layer weights: ``relu1_1=0.2,relu2_1=0.8``, ``relu1_1,relu2_1``, a list of names, or a mapping.

    Either all names have a weight or none. Those without have the ``usual`` ones, see :func:`usual_weights`.

    Raises:
        OptionError: For a weight that is no number, negative, infinite or NaN, for no layers, or a layer named twice.
    """
    what = what.replace("_", " ").rstrip("s")
    if not isinstance(given, str | Mapping) and not (isinstance(given, list | tuple) and all(isinstance(each, str) for each in given)):
        raise OptionError(f"Names of {what}s cannot be {given!r}; write them as relu1_1,relu2_1, or with weights as relu1_1=0.5.")
    if isinstance(given, Mapping):
        pairs: list[tuple[str, str | None]] = [(str(name), str(weight)) for name, weight in given.items()]
    else:
        parts = given.split(",") if isinstance(given, str) else given
        split = [part.partition("=") for part in (p.strip() for p in parts) if part]
        pairs = [(name.strip(), weight.strip() if sign else None) for name, sign, weight in split]
    names = [name for name, _ in pairs]
    if not names:
        raise OptionError(f"No {what} given; name at least one, such as relu4_2.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise OptionError(f"{what.capitalize()} '{twice}' is given twice; add its weights up yourself.")
    if all(weight is None for _, weight in pairs):
        return usual_weights(names, usual)
    return {name: _weight(what, name, weight) for name, weight in pairs}


def usual_weights(names: Sequence[str], usual: Mapping[str, float]) -> dict[str, float]:
    """Return weights for layers that were given without: each as in a recipe, with as many times as much as there are fewer of them.

    So α and β keep their meaning, whether a recipe's λ are all the same (their sum stays) or follow how large features of each layer are.

    Args:
        names: The layers given.
        usual: Those of the recipe. One that is not among them has the weight of another of its block (relu3_1 for relu3_4), or the mean.
            Where it has none, or all are zero, layers share 1 equally.
    """
    counting = {name: weight for name, weight in usual.items() if weight > 0}
    if not counting:
        return dict.fromkeys(names, 1 / len(names))
    blocks = {_block(name): weight for name, weight in counting.items()}
    mean = sum(counting.values()) / len(counting)
    return {name: counting.get(name, blocks.get(_block(name), mean)) * len(counting) / len(names) for name in names}


def _block(layer: str) -> str:
    """Return the first number in the name of a layer."""
    found = re.search(r"\d+", layer)
    return found.group() if found else layer


def _weight(what: str, name: str, text: str | None) -> float:
    try:
        weight = float(text or "")
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        shown = text or "nothing"
        raise OptionError(f"The weight of {what} '{name}' must be a number of 0 or more, not '{shown}' (write {name}=0.2).")
    return weight
