"""Content and style rebuilt from what single layers know: figure 1 of Gatys, Ecker, Bethge 2015, and of their paper of 2016."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from pincel.backbones.vgg import Pooling
from pincel.engine.result import Result
from pincel.errors import unknown_name
from pincel.images.io import LoadedImage, Source, load_picture, to_pil
from pincel.studies.declarations.reconstruct import ReconstructOptions
from pincel.studies.look import check_size, features, network, opened
from pincel.studies.measure import errors, pixel_error
from pincel.studies.paint import Job, early, paint_all
from pincel.studies.plots import curves, heat
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# Which layers the content is rebuilt from: the two papers differ.
SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"2015": STYLE_LAYERS, "cvpr2016": ("relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2")}
)
# Gray levels, on average, up to which a picture is called nearly the same as another.
ALIKE = 10.0

LAYER = _("layer")
STEP = _("step")


def study(content: Source, style: Source, options: ReconstructOptions, settings: Settings, watch: Watch) -> Report:
    """Rebuild a photograph from single layers, and a painting from its Gram matrices, both from white noise.

    Args:
        content: The photograph.
        style: The painting.
        options: Whose layers, ``2015`` or ``cvpr2016``; pooling as in the paper, or as the network was trained.
        settings: Network, size, seed, steps.
        watch: Told how far it is; ends early if asked to, with the pictures there are.

    Raises:
        UnknownNameError: For another figure.
        PincelError: For pictures or networks that cannot be used.
    """
    if options.figure not in SETS:
        raise unknown_name("set of layers", options.figure, tuple(SETS))
    spec = settings.spec
    content_layers, style_layers = (chosen_layers(spec, None, names) for names in (SETS[options.figure], STYLE_LAYERS))
    photograph, painting = opened(content, settings, "content"), opened(style, settings, "style")
    backbone = network(settings, options.pooling)
    for picture in (photograph, painting):
        check_size(backbone, picture, (*content_layers, *style_layers))
    jobs = [_content_job(photograph, layer, options.pooling) for layer in content_layers]
    jobs += [_style_job(painting, style_layers[: count + 1], options.pooling) for count in range(len(style_layers))]
    done = paint_all(jobs, settings, watch)
    rebuilt, restyled = done[: len(content_layers)], done[len(content_layers) :]
    of_photograph, of_painting = features(backbone, photograph, content_layers), features(backbone, painting, style_layers)
    content_errors = [errors(backbone, result.image, of_photograph, content_layers)[0] for result in rebuilt]
    style_errors = [errors(backbone, result.image, of_painting, style_layers)[1] for result in restyled]
    grays = [pixel_error(load_picture(result.image), photograph) for result in rebuilt]
    return Report(
        name="reconstruct",
        title=_("What layers remember: content and style, rebuilt"),
        lead=_(
            "A picture of white noise is changed, step by step, until one layer of the network answers to it as it does to the photograph: "
            "what comes back is what that layer knows. The same with the correlations of filters, and the painting."
        ),
        blocks=[
            *_content_blocks(photograph, rebuilt, content_layers, content_errors, grays),
            *_style_blocks(painting, restyled, style_layers, style_errors),
        ],
        numbers={
            "content": [
                {**each, "gray_levels": gray}
                for each, gray in zip(_numbers(rebuilt, content_layers, content_errors, "content"), grays, strict=True)
            ],
            "style": _numbers(restyled, style_layers, style_errors, "style"),
        },
        settings={
            **settings.as_json(),
            "set": options.figure,
            "pooling": options.pooling,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early(done, jobs, watch),
    )


def _content_job(picture: LoadedImage, layer: str, pooling: Pooling) -> Job:
    # Layers without weight must exist, too.
    values = {"content_layers": layer, "content_weight": 1.0, "style_layers": layer, "style_weight": 0.0}
    return Job(picture, picture, {**_raw(pooling), **values})


def _style_job(picture: LoadedImage, layers: Sequence[str], pooling: Pooling) -> Job:
    values = {"content_layers": layers[0], "content_weight": 0.0, "style_layers": ",".join(layers), "style_weight": 1.0}
    return Job(picture, picture, {**_raw(pooling), **values})


def _raw(pooling: Pooling) -> dict[str, Any]:
    # Methods of the paper: the reconstructions are of the original network, not of the rescaled one. Ours: the spectrum is moved instead of
    # the pixels, which comes nearer in as many steps.
    return {"activations": "raw", "pooling": pooling, "canvas": "fourier"}


def _content_blocks(
    picture: LoadedImage, done: Sequence[Result], layers: Sequence[str], found: Sequence[Sequence[float]], grays: Sequence[float]
) -> list[Block]:
    cells = [(_("the photograph"), to_pil(picture.pixels))]
    cells += [
        (untranslated("{layer}\nerror {error:.1%}").fill(layer=layer, error=own[row]), result.image)
        for row, (layer, own, result) in enumerate(zip(layers, found, done, strict=False))
    ]
    blocks: list[Block] = [
        Heading(_("Content")),
        Formula(
            "J_content(C, G) = 1/(4·n_H·n_W·n_C) · Σ (a_C − a_G)²",
            "Gatys, Ecker, Bethge 2015, eq. 1, with the factor of the deck; G starts as white noise, L-BFGS",
        ),
        Sheet("content", cells, 3, _("The photograph, rebuilt from one layer each.")),
    ]
    if done:
        blocks += [
            Paragraph(_content_finding(layers, grays)),
            _curve("content", done, layers, "content"),
            _matrix("content-errors", found, layers, [untranslated(layer) for layer in layers], _CONTENT_MATRIX),
            _table("content-table", done, layers, found, "content", grays),
        ]
    return blocks


def _style_blocks(picture: LoadedImage, done: Sequence[Result], layers: Sequence[str], found: Sequence[Sequence[float]]) -> list[Block]:
    names = _cumulative(layers)
    cells = [(_("the painting"), to_pil(picture.pixels))]
    cells += [
        (untranslated("{name}\nerror {error:.1%}").fill(name=name, error=_mean(own[: row + 1])), result.image)
        for row, (name, own, result) in enumerate(zip(names, found, done, strict=False))
    ]
    blocks: list[Block] = [
        Heading(_("Style")),
        Formula(
            "J_style(S, G) = Σ_l λ_l · 1/(4·n_C²·(n_H·n_W)²) · ΣΣ (Gram_S − Gram_G)²,  Gram = A·Aᵀ",
            "Gatys, Ecker, Bethge 2015, eq. 4 and 5; λ_l = 1 / number of layers",
        ),
        Sheet("style", cells, 3, _("The painting, rebuilt from the Gram matrices of more and more layers.")),
    ]
    if done:
        blocks += [
            Paragraph(_style_finding(layers, found)),
            _curve("style", done, names, "style"),
            _matrix("style-errors", found, layers, names, _STYLE_MATRIX),
            _table("style-table", done, names, found, "style"),
        ]
    return blocks


_CONTENT_MATRIX = _(
    "Rows: the layer a picture was rebuilt from. Columns: how far it is from the photograph in each layer, ‖F − P‖ / ‖P‖, as saved in "
    "8 bits."
)
_STYLE_MATRIX = _(
    "Rows: the layers whose Gram matrices a picture was rebuilt from. Columns: how far its Gram matrix is from the painting's, "
    "‖G − A‖ / ‖A‖."
)


def _content_finding(layers: Sequence[str], grays: Sequence[float]) -> Translated:
    """Say from which layers the picture came back."""
    good = [layer for layer, gray in zip(layers, grays, strict=False) if gray <= ALIKE]
    lost = [layer for layer, gray in zip(layers, grays, strict=False) if gray > ALIKE]
    told = {"good": ", ".join(good), "lost": ", ".join(lost), "limit": ALIKE}
    kept = (
        _("From {good} nearly the whole picture comes back: {limit:.0f} of 255 gray levels off or less, on average.").fill(**told)
        if good
        else _("From none of the layers does the whole picture come back.")
    )
    gone = (
        _("From {lost} it does not: what single pixels were is forgotten, while the layer itself is matched as the table says.").fill(
            **told
        )
        if lost
        else _("No layer tried here forgets the pixels.")
    )
    return untranslated("{kept} {gone}").fill(kept=kept, gone=gone)


def _style_finding(layers: Sequence[str], found: Sequence[Sequence[float]]) -> Translated:
    """Say what became of the deepest layer's style, with few layers and with all of them."""
    first, last = found[0][-1], found[-1][-1]
    said = _("From {one} alone the Gram matrix of {deep} is off by {first:.0%}; with {all} it is off by {last:.0%}.").fill(
        one=layers[0], deep=layers[-1], all=_cumulative(layers)[len(found) - 1], first=first, last=last
    )
    more = (
        _("Deeper layers bring larger pieces of the painting back; where they stand is not remembered.")
        if last < first
        else _("Deeper layers have not helped here: more steps may.")
    )
    return untranslated("{said} {more}").fill(said=said, more=more)


def _cumulative(layers: Sequence[str]) -> list[Translated]:
    return [untranslated(layers[0]), *(_("{a} to {b}").fill(a=layers[0], b=layer) for layer in layers[1:])]


def _curve(name: str, done: Sequence[Result], names: Sequence[str | Translated], group: str) -> Plot:
    """Plot the loss of each run against its start, so that layers of different magnitude share an axis."""

    def draw(translate: Translate) -> Any:
        lines = {translate(_row_name(each)): _course(result, group) for each, result in zip(names, done, strict=False)}
        longest = max(len(line) for line in lines.values())
        return curves(lines, list(range(longest)), (translate(STEP), f"J_{group} / J_{group}(0)"), logarithmic=True, points=False)

    return Plot(f"{name}-curve", draw, _("The objective, as a share of what it was for white noise."))


def _matrix(name: str, found: Sequence[Sequence[float]], layers: Sequence[str], rows: Sequence[Translated], caption: Translated) -> Plot:
    values = np.array(found)
    return Plot(
        name,
        lambda translate: heat(values, names=([translate(row) for row in rows[: len(values)]], layers), numbers=True, size=(6.5, 4.5)),
        caption,
    )


def _table(
    name: str,
    done: Sequence[Result],
    names: Sequence[str | Translated],
    found: Sequence[Sequence[float]],
    group: str,
    grays: Sequence[float] = (),
) -> Table:
    rows = [
        {"layer": _row_name(each), "steps": result.record["steps"], "loss": result.losses[-1][group], "error": own}
        for each, result, own in zip(names, done, _own(found, group), strict=False)
    ]
    columns = {"layer": _("from"), "steps": _("steps"), "loss": untranslated(f"J_{group}"), "error": _("relative error there")}
    if grays:
        columns["gray_levels"] = _("gray levels off")
        rows = [{**row, "gray_levels": gray} for row, gray in zip(rows, grays, strict=True)]
    return Table(name, columns, rows, _("After the last step."), spoken=True)


def _own(found: Sequence[Sequence[float]], group: str) -> list[float]:
    """Return the error of each picture in what it was rebuilt from: one layer, or all up to it."""
    return [row[index] if group == "content" else _mean(row[: index + 1]) for index, row in enumerate(found)]


def _numbers(done: Sequence[Result], layers: Sequence[str], found: Sequence[Sequence[float]], group: str) -> list[dict[str, Any]]:
    return [
        {
            "layers": [layer] if group == "content" else list(layers[: index + 1]),
            "losses": [each[group] for each in result.losses],
            "errors": dict(zip(layers, row, strict=True)),
        }
        for index, (layer, result, row) in enumerate(zip(layers, done, found, strict=False))
    ]


def _course(result: Result, group: str) -> list[float]:
    """Return a term step by step, as a share of its first value."""
    first = result.losses[0][group] or 1.0
    return [each[group] / first for each in result.losses]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _row_name(name: str | Translated) -> Translated:
    return untranslated(name) if isinstance(name, str) else name
