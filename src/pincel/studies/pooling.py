"""Average against maximum pooling on the same runs: does the gradient flow better, are the pictures finer?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, get_args

from pincel.backbones.vgg import VGG, Pooling
from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.images.io import LoadedImage, Source, to_pil
from pincel.studies.declarations.pooling import PoolingOptions
from pincel.studies.flow import Flow, gradient_flow
from pincel.studies.look import check_size, features, network, noise, opened, pixels_of
from pincel.studies.measure import errors
from pincel.studies.paint import Job, early, paint_all
from pincel.studies.plots import curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT = ("relu4_2",)
# What is pooled, and what the deepest content layer of the paper's figures answers.
POOLED = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_1")
NAMES = {"avg": _("average"), "max": _("maximum")}


def study(content: Source, style: Source, options: PoolingOptions, settings: Settings, watch: Watch) -> Report:
    """Paint the same picture with either pooling, from the same noise, and follow the gradient through either network.

    Args:
        content: The photograph.
        style: The painting.
        options: Seeds to start from: a difference smaller than that between seeds says nothing; how each picture is painted.
        settings: Network, size, first seed, steps.
        watch: Told how far it is; ends early if asked to, with the pictures there are.

    Raises:
        OptionError: For no repetition, or a network that does not pool.
        PincelError: For pictures or networks that cannot be used.
    """
    if options.repeats < 1:
        raise OptionError(f"--repeats {options.repeats}: give 1 or more.")
    spec = settings.spec
    if not any(layer.kind == "pool" for layer in spec.layers):
        raise OptionError(f"The network {spec.name} has no pooling to compare; give --backbone vgg19.")
    layers, judged = chosen_layers(spec, None, LAYERS), chosen_layers(spec, None, CONTENT)
    photograph, painting = opened(content, settings, "content"), opened(style, settings, "style")
    networks = {pooling: network(settings, pooling) for pooling in POOLINGS}
    for picture in (photograph, painting):
        check_size(networks["avg"], picture, (*layers, *judged))
    pooled = chosen_layers(spec, None, POOLED)
    flows = {pooling: _flows(networks[pooling], photograph, pooled, settings) for pooling in POOLINGS}
    jobs = [
        Job(photograph, painting, {"pooling": pooling, "seed": settings.seed + repeat})
        for repeat in range(options.repeats)
        for pooling in POOLINGS
    ]
    done = paint_all(jobs, settings, watch, options.recipe)
    runs = {pooling: done[index :: len(POOLINGS)] for index, pooling in enumerate(POOLINGS)}
    falls = {pooling: [_fall(result) for result in runs[pooling]] for pooling in POOLINGS}
    found = _judged(networks, runs, photograph, painting, (*judged, *layers))
    return Report(
        name="pooling",
        title=_("Average or maximum pooling?"),
        lead=_(
            "Gatys and colleagues replaced maximum pooling by average pooling: it improves the gradient flow, they say, and the pictures "
            "are slightly more appealing. Here both are put to the same work, from the same noise."
        ),
        blocks=[*_flow_blocks(flows), *_run_blocks(runs, falls, found, photograph, painting)],
        numbers={
            "flow": {pooling: [vars(flow) for flow in flows[pooling]] for pooling in POOLINGS},
            "fall": falls,
            "losses": {pooling: [[each["total"] for each in result.losses] for result in runs[pooling]] for pooling in POOLINGS},
            "judged": found,
        },
        settings={
            **settings.as_json(),
            "repeats": options.repeats,
            "recipe": options.recipe,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early(done, jobs, watch),
    )


def _flows(backbone: VGG, photograph: LoadedImage, layers: Sequence[str], settings: Settings) -> list[Flow]:
    """Follow the gradient of the deepest layer, where a run from noise begins."""
    wanted = features(backbone, photograph, layers[-1:])[layers[-1]]
    start = noise(pixels_of(photograph, backbone), settings)
    return gradient_flow(backbone, start, wanted, layers[-1], layers)


def _fall(result: Result) -> float:
    """Return what is left of J at the end, as a share of what it was for noise."""
    return float(result.losses[-1]["total"] / result.losses[0]["total"])


def _judged(
    networks: Mapping[Pooling, VGG],
    runs: Mapping[Pooling, Sequence[Result]],
    photograph: LoadedImage,
    painting: LoadedImage,
    layers: Sequence[str],
) -> list[dict[str, Any]]:
    """Let both networks look at the first picture of either: each may be partial to its own."""
    rows = []
    for judge, backbone in networks.items():
        of_content, of_style = features(backbone, photograph, layers), features(backbone, painting, layers)
        for painter in (pooling for pooling in POOLINGS if runs[pooling]):
            image = runs[painter][0].image
            content = errors(backbone, image, of_content, layers[:1])[0]
            style = errors(backbone, image, of_style, layers[1:])[1]
            rows.append({"painter": painter, "judge": judge, "content": content[0], "style": fmean(style)})
    return rows


def _flow_blocks(flows: Mapping[Pooling, Sequence[Flow]]) -> list[Block]:
    places = [flow.layer for flow in flows["avg"]]

    def draw(kind: str) -> Any:
        def drawn(translate: Translate) -> Any:
            lines = {translate(NAMES[pooling]): [getattr(flow, kind) for flow in flows[pooling]] for pooling in POOLINGS}
            return curves(lines, places, (translate(_("layer")), translate(_KINDS[kind])), logarithmic=kind == "norm")

        return drawn

    rows = [
        {"layer": layer, **{f"{kind}-{pooling}": getattr(flows[pooling][row], kind) for kind in _KINDS for pooling in POOLINGS}}
        for row, layer in enumerate(places)
    ]
    columns = {
        f"{kind}-{pooling}": untranslated("{kind}, {pooling}").fill(kind=_KINDS[kind], pooling=NAMES[pooling])
        for kind in _KINDS
        for pooling in POOLINGS
    }
    return [
        Heading(_("The gradient on its way to the picture")),
        Formula(
            "∂J/∂F^l,  J = 1/(4·n_H·n_W·n_C) · Σ (F − P)² at the deepest layer",
            "G is white noise, P the photograph's features; Gatys, Ecker, Bethge 2015, eq. 1 and 2",
        ),
        Paragraph(_flow_finding(flows)),
        Plot("flow-alive", draw("alive"), _("Share of positions that the gradient reaches.")),
        Plot("flow-spread", draw("spread"), _("How evenly the gradient is spread over a layer: (Σ|g|)² / (n·Σg²).")),
        Plot("flow-norm", draw("norm"), _("Size of the gradient: root of its mean square.")),
        Table("flow", {"layer": _("layer"), **columns}, rows, _("The gradient, layer by layer.")),
    ]


_KINDS = {"norm": _("size"), "alive": _("share not zero"), "spread": _("evenness")}


def _flow_finding(flows: Mapping[Pooling, Sequence[Flow]]) -> Translated:
    """Say what pooling does to the gradient, in the numbers of the layer that is pooled last before the picture, and in the picture."""
    even = {pooling: flows[pooling][0].spread for pooling in POOLINGS}
    passed = {pooling: flows[pooling][0].norm / (flows[pooling][-1].norm or 1.0) for pooling in POOLINGS}
    more, less = sorted(POOLINGS, key=even.__getitem__, reverse=True)
    first = flows["avg"][1].layer
    alive = _(
        "Of the positions of {layer} the gradient reaches {a:.0%} with average pooling and {b:.0%} with maximum pooling, which sends it "
        "to one of four."
    ).fill(layer=first, a=flows["avg"][1].alive, b=flows["max"][1].alive)
    spread = _(
        "In the picture it is spread more evenly with {more} pooling ({a:.2f} against {b:.2f}). From {deep} to the picture its size is "
        "multiplied by {c:.2g} with average and by {d:.2g} with maximum pooling."
    ).fill(more=NAMES[more], a=even[more], b=even[less], deep=flows["avg"][-1].layer, c=passed["avg"], d=passed["max"])
    return untranslated("{alive} {spread}").fill(alive=alive, spread=spread)


def _run_blocks(
    runs: Mapping[Pooling, Sequence[Result]],
    falls: Mapping[Pooling, Sequence[float]],
    found: Sequence[Mapping[str, Any]],
    photograph: LoadedImage,
    painting: LoadedImage,
) -> list[Block]:
    pictures = [(_("content"), to_pil(photograph.pixels)), (_("style"), to_pil(painting.pixels))]
    pictures += [(NAMES[pooling], runs[pooling][0].image) for pooling in POOLINGS if runs[pooling]]
    blocks: list[Block] = [
        Heading(_("The same picture, painted twice")),
        Sheet("pictures", pictures, len(pictures), _("From the same noise, with the same weights and steps.")),
    ]
    if not all(runs.values()):
        return blocks

    def draw(translate: Translate) -> Any:
        lines = {
            translate(NAMES[pooling]) + (f" ({number + 1})" if len(runs[pooling]) > 1 else ""): [
                each["total"] / result.losses[0]["total"] for each in result.losses
            ]
            for pooling in POOLINGS
            for number, result in enumerate(runs[pooling])
        }
        longest = max(len(line) for line in lines.values())
        return curves(lines, list(range(longest)), (translate(_("step")), "J / J(0)"), logarithmic=True, points=False)

    rows = [
        {"pooling": NAMES[pooling], "runs": len(falls[pooling]), "mean": fmean(falls[pooling]), "sd": _deviation(falls[pooling])}
        for pooling in POOLINGS
    ]
    columns = {"pooling": untranslated("pooling"), "runs": _("runs"), "mean": _("J / J(0) at the end"), "sd": _("standard deviation")}
    judged = {"painter": _("painted with"), "judge": _("seen by"), "content": _("content error"), "style": _("style error")}
    return [
        *blocks,
        Paragraph(_run_finding(falls)),
        Plot("losses", draw, _("The objective, as a share of what it was for noise.")),
        Table("falls", columns, rows, _("What is left of J after the last step."), spoken=True),
        Table(
            "judged",
            judged,
            [{**row, "painter": NAMES[row["painter"]], "judge": NAMES[row["judge"]]} for row in found],
            _JUDGED,
            spoken=True,
        ),
    ]


_JUDGED = _(
    "The two objectives are of two networks, so their J cannot be compared; here each network judges both pictures, as saved: ‖F − P‖ / "
    "‖P‖ at the content layer, ‖G − A‖ / ‖A‖ on average over the style layers."
)


def _deviation(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _run_finding(falls: Mapping[Pooling, Sequence[float]]) -> Translated:
    """Compare what is left of J, and say so only if the seeds agree."""
    better, worse = sorted(POOLINGS, key=lambda pooling: fmean(falls[pooling]))
    told = {"better": NAMES[better], "a": fmean(falls[better]), "b": fmean(falls[worse])}
    if max(falls[better]) < min(falls[worse]):
        sure = _("With {better} pooling J falls further: to {a:.2%} of its start, against {b:.2%}; so it is for every seed tried.")
        return sure.fill(**told)
    return _(
        "J falls to {a:.2%} of its start with {better} pooling and to {b:.2%} with the other, but the seeds do not agree: this is no "
        "difference."
    ).fill(**told)
