"""The page of the study of a whole network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from PIL import ImageOps

from pincel.backbones.alexnet_specs import ALEXNET2012
from pincel.backbones.specs import LayerSpec
from pincel.images.io import LoadedImage as Opened
from pincel.images.io import to_pil
from pincel.studies.layer_costs import LayerCost, cost_totals
from pincel.studies.layer_figures import Volume, cost_bars, volumes_figure
from pincel.studies.page import group_digits
from pincel.studies.plots import CurvePanel, curve_panels
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Report, Table
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

TITLE = _("A whole network, layer by layer")
LEAD = _(
    "All of {name}, from the picture to the answer, drawn to scale, and {beside} beside it. How large is each layer, how many parameters "
    "has it, and where is the work done?"
)
KIND_WORDS = {"input": _("input"), "conv": _("convolution"), "pool": _("pooling"), "fc": _("dense layer")}
BILLION = 1e9


@dataclass(frozen=True)
class NetworkContent:
    """A network of the page.

    Attributes:
        name: As the user says it.
        layers: All of them.
        side: Of its input, in pixels.
        costs: Of its layers at that size.
    """

    name: str
    layers: tuple[LayerSpec, ...]
    side: int
    costs: Sequence[LayerCost]

    @property
    def towers(self) -> int:
        """Parts that its channels are divided into."""
        return max(each.layer.groups for each in self.costs)

    @property
    def dense(self) -> list[LayerCost]:
        """Its fully connected layers."""
        return [each for each in self.costs if each.dense]

    @property
    def weighted(self) -> list[LayerCost]:
        """Layers with parameters."""
        return [each for each in self.costs if each.parameters]

    @property
    def volumes(self) -> list[Volume]:
        """The network as boxes: input and last layer in one, what lies between in towers."""
        boxes = [
            Volume(
                f"{each.layer.name}, softmax" if each.dense and each is self.costs[-1] else each.layer.name,
                (each.height, each.width, each.layer.channels),
                each.layer.kind,
                1 if each is self.costs[-1] else self.towers,
                each.layer.kind != "pool" and each.layer.groups == 1,
            )
            for each in self.costs
        ]
        return [Volume("input", (self.side, self.side, 3), "input"), *boxes]


@dataclass(frozen=True)
class PictureContent:
    """The reader's picture in the network that style transfer uses.

    Attributes:
        picture: It.
        layers: Of the network.
        costs: Of its layers at the size of the picture.
    """

    picture: Opened
    layers: tuple[LayerSpec, ...]
    costs: Sequence[LayerCost]


def page(whole: NetworkContent, beside: NetworkContent, own: PictureContent, settings: Mapping[str, Any]) -> Report:
    """Put together the report of a network, of another one beside it, and of the reader's picture."""
    return Report(
        name="network",
        title=TITLE,
        lead=LEAD.fill(name=whole.name, beside=beside.name),
        blocks=[*_shapes(whole, beside, own), *_costs(whole, beside), *_other(beside, own), *_first_part(whole, own)],
        numbers={
            "networks": [
                {"name": each.name, "side": each.side, **cost_totals(each.costs), "layers": _rows(each)} for each in (whole, beside)
            ],
            "picture": {"size": [own.picture.height, own.picture.width], **cost_totals(own.costs)},
        },
        settings=settings,
    )


def _shapes(whole: NetworkContent, beside: NetworkContent, own: PictureContent) -> list[Block]:
    return [
        Heading(_("From the picture to the answer")),
        Paragraph(
            _(
                "A layer is a box of numbers: n_H rows, n_W columns, and n_C channels, one for each filter. Strides and poolings make n_H "
                "and n_W smaller, and deeper layers have more filters. At the end there are no rows and columns any more: each number of a "
                "dense layer sees all numbers of the layer before."
            )
        ),
        Plot("volumes", lambda translate: _volumes_plot(whole, own, translate), VOLUMES.fill(name=whole.name)),
        Paragraph(_shrinking(whole)),
        Plot("sizes", lambda translate: _sizes_plot(whole, beside, translate), SIZES),
    ]


VOLUMES = _(
    "{name} to scale: n_H upwards and n_W into the page in one unit, n_C to the right in another. Each size is n_H×n_W×n_C. ReLU changes "
    "no size and is not drawn."
)
SIZES = _("Rows n_H (columns n_W are as many) and channels n_C, layer by layer, in powers of ten upwards.")


def _volumes_plot(network: NetworkContent, own: PictureContent, translate: Translate) -> Figure:
    face = ImageOps.fit(to_pil(own.picture.pixels), (network.side, network.side))
    first, *others = network.volumes
    boxes = [Volume(translate(KIND_WORDS["input"]), first.size, first.kind), *others]
    return volumes_figure(boxes, {kind: translate(word) for kind, word in KIND_WORDS.items()}, face)


def _shrinking(network: NetworkContent) -> Translated:
    last = next((each for each in reversed(network.costs) if not each.dense), network.costs[0])
    filled = {"side": network.side, "last": last.layer.name, "size": last.size, "more": last.layer.channels / 3}
    filled["shorter"] = network.side / last.height
    text = _(
        "From the input, {side}×{side}×3, to {last}, {size}: each side is {shorter:.0f} times shorter, and there are {more:.0f} times as "
        "many channels."
    )
    if not network.dense:
        return text.fill(**filled)
    classes = network.dense[-1].layer.channels
    answers = _("Then {count} dense layers follow, and softmax makes probabilities of {classes} classes out of the last numbers.")
    return untranslated("{found} {answers}").fill(
        found=text.fill(**filled), answers=answers.fill(count=len(network.dense), classes=classes)
    )


def _sizes_plot(whole: NetworkContent, beside: NetworkContent, translate: Translate) -> Figure:
    panels = []
    for network in (whole, beside):
        lines = {"n_H": [float(network.side), *(float(each.height) for each in network.costs)]}
        lines["n_C"] = [3.0, *(float(each.layer.channels) for each in network.costs)]
        names = [translate(KIND_WORDS["input"]), *(each.layer.name for each in network.costs)]
        panels.append(CurvePanel(lines, names, (network.name, translate(_("how many"))), logarithmic=True, points=True))
    figure = curve_panels(panels, size=(11.0, 3.8))
    for axes in figure.axes:
        axes.tick_params(axis="x", rotation=90)
    return figure


def _costs(whole: NetworkContent, beside: NetworkContent) -> list[Block]:
    bars = [_("share of the parameters"), _("share of the work")]
    return [
        Heading(_("Parameters and work, by formula")),
        Paragraph(
            _(
                "A filter has a weight for each number it sees, f·f·n_C of them, and a bias. It is used at every place: the work grows "
                "with n_H·n_W, the number of parameters does not. A dense layer is a convolution whose filters are as large as their "
                "input and have only one place."
            )
        ),
        Formula(
            _("parameters = (f·f·n_C + 1)·n_C′,   multiply-adds = f·f·n_C·n_C′·n_H′·n_W′"),
            _("f: side of the filter, n_C: channels it sees; with a prime: of the output. Simonyan, Zisserman 2014, table 2"),
        ),
        *_dense_formulas(whole),
        Plot("shares", lambda translate: _shares_plot((whole, beside), [translate(each) for each in bars]), SHARES),
        Paragraph(_where(whole)),
        _totals((whole, beside)),
        _table("layers", whole),
    ]


SHARES = _("Which layers have the parameters, and which do the work: shares of each network, in percent.")


def _dense_formulas(network: NetworkContent) -> list[Block]:
    if not network.dense:
        return []
    lines: list[Block] = [
        Formula(
            f"{each.layer.name}: ({each.kernel.replace('×', '·')} + 1)·{each.layer.channels} = {group_digits(each.parameters)}",
            _("parameters of a dense layer"),
        )
        for each in network.dense
    ]
    return [*lines, Formula("p_k = e^(z_k) / Σ_j e^(z_j)", _("softmax: the last numbers z become probabilities, which add up to 1"))]


def _shares_plot(networks: Sequence[NetworkContent], labels: Sequence[str]) -> Figure:
    panels = {}
    for network in networks:
        totals = cost_totals(network.costs)
        panels[network.name] = [
            (each.layer.name, (100 * each.parameters / totals["parameters"], 100 * each.work / totals["work"])) for each in network.weighted
        ]
    return cost_bars(panels, labels, "%")


def _where(network: NetworkContent) -> Translated:
    """Return which part of a network has the parameters, and which does the work."""
    totals = cost_totals(network.costs)
    largest = max(network.costs, key=lambda each: each.parameters)
    filled = {
        "name": network.name,
        "parameters": group_digits(totals["parameters"]),
        "largest": largest.layer.name,
        "most": largest.parameters / totals["parameters"],
        "hardest": max(each.work for each in network.costs) / totals["work"],
        "share": totals["dense_parameters_share"],
        "work": totals["dense_work_share"],
    }
    if not network.dense:
        text = _("{name} has {parameters} parameters, {most:.0%} of them in {largest}; no layer does more than {hardest:.0%} of the work.")
        return text.fill(**filled)
    text = _(
        "{name} has {parameters} parameters. The dense layers hold {share:.1%} of them, {largest} alone {most:.1%}, and do {work:.1%} of "
        "the work. The convolutions do the rest, none of them more than {hardest:.1%}."
    )
    return text.fill(**filled)


def _totals(networks: Sequence[NetworkContent]) -> Table:
    columns = {
        "name": _("network"),
        "input": _("input"),
        "parameters": _("parameters"),
        "dense_parameters": _("of these dense"),
        "work": _("multiply-adds"),
        "dense_work": _("of these dense"),
        "values": _("numbers"),
    }
    rows = [{"name": each.name, "input": f"{each.side}×{each.side}×3", **cost_totals(each.costs)} for each in networks]
    return Table("totals", columns, rows, TOTALS, print_to_terminal=True)


TOTALS = _("Both networks, for one picture. Numbers: of all layers together, without ReLU.")


def _rows(network: NetworkContent) -> list[dict[str, Any]]:
    totals = cost_totals(network.costs)
    return [
        {
            "layer": each.layer.name,
            "filter": each.kernel,
            "n_H": each.height,
            "n_W": each.width,
            "n_C": each.layer.channels,
            "values": each.values,
            "parameters": each.parameters,
            "parameters_percent": 100 * each.parameters / totals["parameters"],
            "work": each.work,
            "work_percent": 100 * each.work / totals["work"],
        }
        for each in network.costs
    ]


def _table(name: str, network: NetworkContent, *, collapsed: bool = False) -> Table:
    columns = {
        "layer": _("layer"),
        "filter": _("filter"),
        "n_H": untranslated("n_H"),
        "n_W": untranslated("n_W"),
        "n_C": untranslated("n_C"),
        "values": _("numbers"),
        "parameters": _("parameters"),
        "parameters_percent": _("share, %"),
        "work": _("multiply-adds"),
        "work_percent": _("share, %"),
    }
    caption = _("Every layer of {name}. Filter: f×f×n_C, of a pooling its window; shares are of the whole network.")
    return Table(name, columns, _rows(network), caption.fill(name=network.name), collapsed=collapsed)


def _other(beside: NetworkContent, own: PictureContent) -> list[Block]:
    blocks: list[Block] = [
        Heading(_("{beside} beside it").fill(beside=beside.name)),
        Plot("beside", lambda translate: _volumes_plot(beside, own, translate), BESIDE.fill(name=beside.name)),
        Paragraph(_where(beside)),
    ]
    if beside.towers > 1:
        blocks.append(Paragraph(_towers(beside)))
    if beside.layers == ALEXNET2012.layers:
        blocks.append(Paragraph(PAPER))
    return [*blocks, _table("beside-layers", beside, collapsed=True)]


BESIDE = _("{name}, with n_C to another scale than n_H and n_W, as above. Where there are two towers, sizes are those of one of them.")
# Krizhevsky, Sutskever and Hinton 2012, figure 2: 253,440 - 186,624 - 64,896 - 64,896 - 43,264 - 4096 - 4096 - 1000.
PAPER = _(
    "Its paper speaks of pictures of 224×224 and of 253,440 numbers in the first layer. But with filters of 11×11 and a stride of 4, 227 "
    "is what gives the 55×55 places of its figure 2: (227 − 11)/4 + 1 = 55. The numbers of all other layers are those of the figure."
)


def _towers(network: NetworkContent) -> Translated:
    """Return what the towers of a network see, and what they save."""
    apart = [each for each in network.costs if each.layer.groups > 1]
    crossed = [each for each in network.costs[1:-1] if each.layer.groups == 1 and each.parameters]
    text = _(
        "It has {count} towers, because it was too large for one GPU of 2012 with 3 GB. Each tower has its share of the filters. In "
        "{apart} they see only maps of their own tower; in {crossed} they see all maps: there the lines cross. If all filters saw "
        "everything, there would be {parameters} parameters and {work} multiply-adds more."
    )
    return text.fill(
        count=network.towers,
        apart=", ".join(each.layer.name for each in apart),
        crossed=", ".join(each.layer.name for each in crossed),
        parameters=group_digits(sum(each.layer.products * (each.layer.groups - 1) for each in apart)),
        work=group_digits(sum(each.work * (each.layer.groups - 1) for each in apart)),
    )


def _first_part(whole: NetworkContent, own: PictureContent) -> list[Block]:
    """Show what style transfer uses of a network, at the size of the reader's picture."""
    if own.layers == whole.layers:
        return []
    last = next(each for each in reversed(own.costs) if each.values)
    totals, all_of_it = cost_totals(own.costs), cost_totals(whole.costs)
    text = _(
        "Style transfer needs the maps, not the answer, and leaves the dense layers out: {kept} of {parameters} parameters remain "
        "({share:.1%}). That also frees the size: the filters of {dense} fit into {size} only, those of a convolution into any picture. Of "
        "this one, {width}×{height} pixels, {last} makes {own}; a pass takes {work:.1f}·10⁹ multiply-adds. With {side}×{side} pixels it "
        "takes {before:.1f}·10⁹: the work grows with the pixels, the parameters stay."
    )
    dense = whole.dense[0]
    filled = text.fill(
        kept=group_digits(totals["parameters"]),
        parameters=group_digits(all_of_it["parameters"]),
        share=totals["parameters"] / all_of_it["parameters"],
        dense=dense.layer.name,
        size=f"{dense.layer.kernel}×{dense.layer.kernel}×{dense.depth}",
        width=own.picture.width,
        height=own.picture.height,
        last=last.layer.name,
        own=last.size,
        work=totals["work"] / BILLION,
        side=whole.side,
        before=(all_of_it["work"] - all_of_it["dense_work"]) / BILLION,
    )
    return [
        Heading(_("Style transfer takes the first part")),
        Picture("picture", to_pil(own.picture.pixels), _("The picture.")),
        Paragraph(filled),
    ]
