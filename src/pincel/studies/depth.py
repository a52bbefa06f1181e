"""The same picture with its content taken from ever deeper layers: are those from high layers the finest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.images.io import Source, to_pil
from pincel.studies.declarations.depth import DepthOptions
from pincel.studies.look import check_size, features, network, opened
from pincel.studies.measure import errors
from pincel.studies.paint import Job, early, paint_all
from pincel.studies.plots import curves
from pincel.studies.report import Block, Formula, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
BETA = 1e6


def study(content: Source, style: Source, options: DepthOptions, settings: Settings, watch: Watch) -> Report:
    """Paint once for each content layer, everything else the same.

    Args:
        content: The photograph.
        style: The painting.
        options: Content layers, a picture each; α/β; a recipe, whose network should be normalized: else a layer of large numbers gets
            more weight.
        settings: Network, size, seed, steps.
        watch: Told how far it is; ends early if asked to, with the pictures there are.

    Raises:
        OptionError: For a ratio that is not above 0.
        UnknownNameError: For a layer the network does not have.
        PincelError: For pictures or networks that cannot be used.
    """
    if not 0 < options.ratio < float("inf"):
        raise OptionError(f"--ratio {options.ratio}: give a number above 0.")
    chosen, judging = chosen_layers(settings.spec, options.layers, LAYERS), chosen_layers(settings.spec, None, LAYERS)
    photograph, painting = opened(content, settings, "content"), opened(style, settings, "style")
    backbone = network(settings, "avg")
    for picture in (photograph, painting):
        check_size(backbone, picture, (*chosen, *judging))
    shared: dict[str, Any] = {"style_layers": ",".join(judging), "content_weight": BETA * options.ratio, "style_weight": BETA}
    if settings.spec.filters:
        # Filters that were never trained have nothing to normalize.
        shared["activations"] = "raw"
    jobs = [Job(photograph, painting, {**shared, "content_layers": layer}) for layer in chosen]
    done = paint_all(jobs, settings, watch, options.recipe)
    of_content, of_style = features(backbone, photograph, {*chosen, *judging}), features(backbone, painting, judging)
    found = []
    for layer, result in zip(chosen, done, strict=False):
        content_errors = errors(backbone, result.image, of_content, judging)[0]
        own = errors(backbone, result.image, of_content, (layer,))[0][0]
        style_errors = errors(backbone, result.image, of_style, judging)[1]
        found.append({"layer": layer, "own": own, "style": fmean(style_errors), "content": dict(zip(judging, content_errors, strict=True))})
    return Report(
        name="depth",
        title=_("Content from how deep a layer?"),
        lead=_(
            "A claim of the first paper: the most appealing pictures are made where content is matched in high layers, because only things "
            "have to stay, not pixels. Here the content layer goes from the first to the deepest, and nothing else changes."
        ),
        blocks=_blocks(done, found, judging, [photograph, painting]),
        numbers={"runs": found, "losses": [[each["total"] for each in result.losses] for result in done]},
        settings={
            **settings.as_json(),
            "recipe": options.recipe,
            "ratio": options.ratio,
            "layers": chosen,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early(done, jobs, watch),
    )


def _blocks(done: Sequence[Result], found: Sequence[Mapping[str, Any]], judging: Sequence[str], pictures: Sequence[Any]) -> list[Block]:
    cells = [(_("content"), to_pil(pictures[0].pixels)), (_("style"), to_pil(pictures[1].pixels))]
    cells += [(untranslated(each["layer"]), result.image) for each, result in zip(found, done, strict=True)]
    blocks: list[Block] = [
        Formula(
            "J(G) = α·J_content^l(C, G) + β·J_style(S, G),  l = " + ", ".join(each["layer"] for each in found),
            "Gatys, Ecker, Bethge 2015, eq. 7; 2016, figure 5",
        ),
        Sheet("pictures", cells, min(len(cells), 4), _("By content layer, shallow to deep.")),
    ]
    if not found:
        return blocks
    names = [each["layer"] for each in found]

    def trade(translate: Translate) -> Any:
        lines = {
            translate(_("style error, all layers")): [each["style"] for each in found],
            translate(_("content error, {first}").fill(first=judging[0])): [each["content"][judging[0]] for each in found],
            translate(_("content error, {last}").fill(last=judging[-1])): [each["content"][judging[-1]] for each in found],
        }
        return curves(lines, names, (translate(_("content layer")), translate(_("relative error"))))

    columns = {
        "layer": _("content layer"),
        "own": _("content error there"),
        "style": _("style error"),
        **{name: _("content, {name}").fill(name=name) for name in judging},
    }
    rows = [{**each, **each["content"]} for each in found]
    return [
        *blocks,
        Paragraph(_finding(found, judging)),
        Plot("trade", trade, _("What a deeper content layer costs, and what it leaves to the style.")),
        Table("layers", columns, rows, _TABLE, spoken=True),
    ]


_TABLE = _(
    "As saved: content error ‖F − P‖ / ‖P‖ in the content layer of the run and in all of them, style error ‖G − A‖ / ‖A‖ on average."
)


def _finding(found: Sequence[Mapping[str, Any]], judging: Sequence[str]) -> Translated:
    """Say what went up and what went down from the first picture to the last; which is finest is for the reader's eyes."""
    first, last = found[0], found[-1]
    pixels = judging[0]
    best = min(found, key=lambda each: float(each["style"]))["layer"]
    told = {
        "a": first["layer"],
        "b": last["layer"],
        "p": pixels,
        "c": first["content"][pixels],
        "d": last["content"][pixels],
        "e": first["style"],
        "f": last["style"],
        "best": best,
    }
    numbers = _(
        "From {a} to {b} the content error in {p}, where single pixels count, goes from {c:.0%} to {d:.0%}, and the style error from "
        "{e:.0%} to {f:.0%}; the style comes nearest with content from {best}."
    ).fill(**told)
    freer = last["content"][pixels] > first["content"][pixels] and last["style"] <= first["style"]
    verdict = (
        _(
            "So a deep layer does leave the pixels free, and the style uses that: this much of the claim is measured. Which picture is the "
            "finest is for your eyes."
        )
        if freer
        else _(
            "So on these pictures, with these steps, a deeper layer has not left more room to the style: the claim is not borne out here."
        )
    )
    return untranslated("{numbers} {verdict}").fill(numbers=numbers, verdict=verdict)
