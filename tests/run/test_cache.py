"""Many pictures one after the other: what is kept from run to run, where a run begins, and losses beyond a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pincel import Run
from pincel.engine.result import Result
from pincel.errors import OptionError, PictureMissingError
from pincel.losses.base import Loss, PixelLoss, Term
from pincel.recipes.schema import Recipe
from pincel.run.cache import Cache, IdentityKey, NoCache
from pincel.run.style_terms import style_losses
from tests.runs import SHALLOW, make_run

GIVEN: dict[str, Any] = {
    "size": 48,
    "steps": 2,
    "scales": "none",
    "precision": "fp32",
    "optimizer": "adam",
    "style_size": "same-rule",
    **SHALLOW,
}


def painted(run: Run) -> Result:
    list(run)
    return run.result


def test_a_cache_makes_a_thing_once_and_keeps_the_latest() -> None:
    cache, made = Cache(most=2), list[int]()

    def make(key: int) -> int:
        made.append(key)
        return key

    def ask(key: int) -> int:
        return cache.get_or_make("number", key, lambda: make(key))

    assert [ask(key) for key in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    # When 3 came, 2 was what nobody had asked for longest.
    assert made == [1, 2, 3, 2]
    assert cache.get_or_make("word", 1, lambda: "one") == "one"


def test_an_object_is_a_key_by_being_itself() -> None:
    one, other = [1], [1]
    assert IdentityKey(one) == IdentityKey(one)
    assert hash(IdentityKey(one)) == hash(IdentityKey(one))
    assert IdentityKey(one) != IdentityKey(other)
    assert IdentityKey(one) != one


def test_without_a_cache_everything_is_made_anew() -> None:
    first, second = (NoCache().get_or_make("list", 1, list[int]) for _ in range(2))
    assert first is not second


def test_a_run_with_a_cache_paints_the_same_and_measures_the_style_once(
    photographs: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[Recipe]()

    def counted(recipe: Recipe, *rest: Any) -> list[Loss]:
        seen.append(recipe)
        return style_losses(recipe, *rest)

    monkeypatch.setattr("pincel.run.objective.style_losses", counted)
    first, second, style = photographs[0], photographs[1], photographs[1]
    plain = [painted(make_run(content, style, **GIVEN)).pixels for content in (first, second)]
    assert len(seen) == 2
    seen.clear()
    cache = Cache()
    kept = [painted(make_run(content, style, cache=cache, **GIVEN)).pixels for content in (first, second, first)]
    for one, other in zip(kept, [*plain, plain[0]], strict=True):
        assert one is not None
        assert other is not None
        assert torch.equal(one, other)
    assert len(seen) == 1


def test_each_record_says_how_the_shared_network_was_normalized(
    photographs: tuple[Path, ...], calibration: Path, networks_loaded: list[str]
) -> None:
    cache = Cache()
    runs = [
        make_run(content, photographs[1], cache=cache, activations="normalized", calibration=str(calibration), **GIVEN)
        for content in photographs[:2]
    ]
    assert networks_loaded == ["vgg19"]
    for run in runs:
        assert [note for note in painted(run).record["notes"] if "mean activation 1" in note and str(calibration) in note]


def test_styles_in_the_colors_of_a_content_are_its_own(photographs: tuple[Path, ...]) -> None:
    cache, given = Cache(), {**GIVEN, "color": "content"}
    for content in photographs[:2]:
        plain, kept = painted(make_run(content, photographs[1], **given)), painted(make_run(content, photographs[1], cache=cache, **given))
        assert plain.image.tobytes() == kept.image.tobytes()


@pytest.mark.parametrize("other", [{"style_weight": 3.0}, {"style_terms": {"mean-std": 1.0}}, {"pooling": "max"}, {"activations": "raw"}])
def test_another_recipe_finds_nothing_of_the_first(photographs: tuple[Path, ...], other: dict[str, Any]) -> None:
    cache = Cache()
    painted(make_run(*photographs[:2], cache=cache, **GIVEN))
    changed = {**GIVEN, **other}
    plain, kept = painted(make_run(*photographs[:2], **changed)), painted(make_run(*photographs[:2], cache=cache, **changed))
    assert plain.image.tobytes() == kept.image.tobytes()


def test_a_run_begins_where_it_is_told_to(photographs: tuple[Path, ...]) -> None:
    gray = torch.full((1, 3, 30, 40), 0.25)
    run = make_run(*photographs[:2], init_image=gray, **{**GIVEN, "steps": 0, "init": "noise"})
    result = painted(run)
    assert result.pixels is not None
    assert result.pixels.mean() == pytest.approx(0.25, abs=1e-3)
    assert result.record["start"]["width"] == 40
    with pytest.raises(PictureMissingError, match=r"^init: no such file"):
        make_run(*photographs[:2], init_image="nowhere.png", **GIVEN)


@dataclass(frozen=True)
class Towards(PixelLoss):
    """Pulls toward one gray."""

    gray: float

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        yield Term("temporal", None, 1e6, 1.0, (pixels - self.gray).square().mean())


def test_losses_beyond_the_recipe_move_the_picture_and_are_in_its_record(photographs: tuple[Path, ...]) -> None:
    asked = list[tuple[int, int]]()

    def extra_losses(size: tuple[int, int]) -> list[Towards]:
        asked.append(size)
        # Darker than black, so that something is left to wish for.
        return [Towards(-200.0)]

    given = {**GIVEN, "steps": 8, "learning_rate": 30.0}
    plain, dark = painted(make_run(*photographs[:2], **given)), painted(make_run(*photographs[:2], extra_losses=extra_losses, **given))
    assert dark.pixels is not None
    assert plain.pixels is not None
    assert dark.pixels.mean() < 0.8 * plain.pixels.mean()
    assert dark.record["saved"]["terms"]["temporal"] > 0
    assert "temporal" not in plain.record["saved"]["terms"]
    assert asked == [(48, 48)]


def test_extra_losses_and_checkpoints_exclude_each_other(photographs: tuple[Path, ...], tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no losses beyond it"):
        make_run(*photographs[:2], extra_losses=lambda _: [Towards(0.0)], checkpoint=tmp_path / "kept", **GIVEN)
