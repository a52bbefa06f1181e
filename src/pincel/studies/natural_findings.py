"""Sentences on regularized pictures and those that are not, chosen by the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from statistics import fmean, median

from pincel.studies.natural_results import NaturalImage
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

# Of naturalness and of fine detail: smaller differences are none.
SLIGHT = 0.01


def caricature_finding(kept: Sequence[NaturalImage]) -> Translated:
    """Return a text that says in which layers more is seen than in the photograph, and where most."""
    batches = [each for each in kept if each.after > 1]
    most, least = max(kept, key=lambda each: each.after), min(kept, key=lambda each: each.after)
    values = {"most": most.layer, "top": most.after, "least": least.layer, "low": least.after, "n": len(batches), "all": len(kept)}
    if not batches:
        text = _(
            "In no layer does the picture say more of what it saw than the photograph: here the regularizers weigh more than the "
            "objective, or there were too few steps ({most} keeps {top:.2f} of 1)."
        )
    elif len(kept) == 1:
        text = _("The caricature says {top:.3g} times as much of what {most} saw as the photograph does.")
    elif len(batches) == len(kept):
        text = _(
            "In every layer the caricature says more of what was seen than the photograph: least in {least}, {low:.3g} times as much, and "
            "most in {most}, {top:.3g} times."
        )
    else:
        text = _(
            "In {n} of {all} layers the caricature says more of what was seen than the photograph, most in {most}, {top:.3g} times as "
            "much; in {least} it keeps {low:.2f} of 1, for there the regularizers smooth away more than the objective adds."
        )
    return text.fill(**values)


def maximum_finding(kept: Sequence[NaturalImage], photographs: int) -> Translated:
    """Return a text that says how many pictures excite their channel more than any photograph does."""
    times = [each.times for each in kept if each.times is not None]
    if not times:
        return _("No photograph excites any of these channels, so there is nothing to compare with.")
    above = sum(value > 1 for value in times)
    values = {"above": above, "all": len(times), "photographs": photographs, "median": median(times)}
    if above == len(times):
        text = _(
            "Every picture excites its channel more than all {photographs} photographs do anywhere: {median:.3g} times as much in the "
            "median."
        )
    elif above:
        text = _(
            "{above} of {all} pictures excite their channel more than all {photographs} photographs do anywhere; in the median they reach "
            "{median:.3g} times as much."
        )
    else:
        text = _(
            "No picture excites its channel more than the photographs do: in the median they reach {median:.2f} times as much. More "
            "--steps take them further."
        )
    return text.fill(**values)


def natural_finding(
    caricatures: Sequence[NaturalImage], maximized: Sequence[NaturalImage], common: float, fine: Sequence[float]
) -> Translated:
    """Return a text that says what the regularizers do to gradients and to fine detail, picture by picture, and what they cost."""
    pairs = _pairs([*caricatures, *maximized])
    if not pairs:
        kept = fmean(each.naturalness for each in caricatures)
        return _("The caricatures have {kept:.0%} of their gradients in common with the photograph.").fill(kept=kept)
    with_, without = (fmean(pair[place].naturalness for pair in pairs) for place in (0, 1))
    grain, freed = (fmean(pair[place].fineness for pair in pairs) for place in (0, 1))
    values = {
        "with_": with_,
        "without": without,
        "grain": grain,
        "freed": freed,
        "photos": fmean(fine),
        "pairs": len(pairs),
        "cost": _cost(sum(free.after > kept.after for kept, free in pairs), len(pairs)),
        "common": _between(common),
        "gradients": _gradients(with_ - without),
        "detail": _detail(grain, freed),
    }
    return _(
        "Of {pairs} pairs of pictures, those that are regularized have {with_:.0%} of their gradients in common with photographs, and "
        "those that are not {without:.0%}{common}: {gradients} Of their variance, {grain:.1%} and {freed:.1%} is fine detail "
        "({photos:.1%} in the photographs): {detail} {cost}"
    ).fill(**values)


def _pairs(drawn: Sequence[NaturalImage]) -> list[tuple[NaturalImage, NaturalImage]]:
    """Return (regularized, free) for each that was optimized both ways."""
    kept = {(each.layer, each.channel): each for each in drawn if not each.free}
    return [(kept[each.layer, each.channel], each) for each in drawn if each.free]


def _between(common: float) -> Translated:
    # There is none if only one photograph was opened.
    known = _(" (photographs have {common:.0%} with one another)")
    return untranslated("") if isnan(common) else known.fill(common=common)


def _gradients(more: float) -> Translated:
    if more > SLIGHT:
        return _("the regularizers keep gradients natural.")
    if more < -SLIGHT:
        return _("by this measure, the regularizers do not make them more natural here.")
    return _("by this measure, that is hardly a difference.")


def _detail(grain: float, freed: float) -> Translated:
    if freed > grain + SLIGHT:
        return _("the regularizers take out the grain.")
    if grain > freed + SLIGHT:
        return _("here the regularizers leave more grain, not less.")
    return _("neither way has more grain.")


def _cost(further: int, pairs: int) -> Translated:
    if not further:
        text = _("In none of them does the one that is not regularized reach further.")
    else:
        text = _("In {further} of {pairs} the one that is not regularized reaches further: that is what staying natural costs.")
    return text.fill(further=further, pairs=pairs)


def notes(
    silent: Mapping[str, Sequence[int]], left_out: Sequence[str], early: tuple[int, int] | None, dark: Sequence[str]
) -> tuple[Translated, ...]:
    """Return a text that says what was left out, and that the study was ended early.

    Args:
        silent: layer → channels that are 0 for all photographs.
        left_out: Layers that need larger pictures.
        early: (runs begun, all runs), if the study was ended early.
        dark: Layers that are 0 for the photograph.
    """
    texts = []
    if early:
        text = _("The study was ended early: {done} of {all} runs were begun, the last one unfinished.")
        texts.append(text.fill(done=early[0], all=early[1]))
    if left_out:
        text = _("Left out, since pictures are too small for them: {names}.")
        texts.append(text.fill(names=", ".join(left_out)))
    if dark:
        text = _("Nothing in the photograph excites {names}: no caricature.")
        texts.append(text.fill(names=", ".join(dark)))
    for layer, channels in silent.items():
        if channels:
            text = _(
                "No photograph excites channel {names} of {layer}; its answer is measured in what the other channels get, and compared "
                "with nothing."
            )
            texts.append(text.fill(names=", ".join(map(str, channels)), layer=layer))
    return tuple(texts)
