"""Which filters go together: Gram matrices and correlations of one picture, their difference in two, their distances in many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor

from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.functional.gram import gram_matrix
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import Source, to_pil
from pincel.studies.declarations import CorrelationsOptions
from pincel.studies.features import features, load_input, load_network
from pincel.studies.gram_difference import style_difference
from pincel.studies.gram_plots import layer_correlations
from pincel.studies.gram_single import single_style
from pincel.studies.gram_unrolled import unrolled
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Heading, Paragraph, Report
from pincel.studies.settings import BLOCK_LAYERS, StudySettings, select_layers
from pincel.studies.style_map import StyleGrams, style_gallery
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Gram matrices of more paintings would fill the memory of a small machine, and no map shows them.
MOST = 256

_TITLE = _("Which filters go together")
_LEAD = _(
    "The deck defines style as the correlation between filters: not what is where, but what appears together. Here these matrices are "
    "looked at themselves, and compared."
)
_EARLY = _("The study was ended early: {done} of {count} pictures were looked at.")
_GRAM_TITLE = _("The Gram matrix, and correlation")
_GRAM = _(
    "A layer answers to a picture with n_C maps of n_H × n_W numbers. Unrolled, they are the rows of a matrix A. An entry of A·Aᵀ "
    "multiplies two maps position by position and adds up: it is large where both filters answer strongly in the same places. Where those "
    "places are is lost in the sum, and that is why it describes style and not content."
)
_GRAM_FORMULA = Formula("G = A·Aᵀ / (n_H·n_W)", _("the deck; Gatys, Ecker, Bethge 2015, eq. 3, divided by the number of positions"))
_RHO_FORMULA = Formula("ρ_ij = cov(A_i, A_j) / (σ_i·σ_j)", _("Pearson's correlation over positions"))
_DIFFERENCE = _(
    "Strictly, G is no correlation: it subtracts no mean and divides by no spread, so after a ReLU none of its entries is negative and "
    "strong filters stand out. ρ takes both away: +1 are filters that always rise together, −1 filters of which one falls as the other "
    "rises."
)


def study(sources: Sequence[Source], options: CorrelationsOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Show the Gram matrices of one picture, their differences for two, their distances for many.

    Raises:
        OptionError: For an empty folder, no picture or more than :data:`MOST`, or fewer than two channels.
        UnknownNameError: For a layer the network does not have.
        PictureError: For a picture that cannot be used.
    """
    if options.channels < 2:
        raise OptionError(one_line("correlations: too few channels for a matrix", f"--channels {options.channels}", "2 or more", "64"))
    chosen = select_layers(settings.spec, options.layers, BLOCK_LAYERS)
    pictures = _pictures(sources)
    paintings, maps = _looked_at(pictures, chosen, settings, progress)
    correlations = [{layer: layer_correlations(each) for layer, each in picture.items()} for picture in maps]
    numbers: dict[str, Any] = {"pictures": [painting.name for painting in paintings]}
    blocks: list[Block] = [Heading(_GRAM_TITLE), Paragraph(_GRAM), _GRAM_FORMULA, Paragraph(_DIFFERENCE), _RHO_FORMULA]
    if len(paintings) > 2:
        section, numbers["gallery"] = style_gallery(paintings, progress)
        blocks += section
    if len(paintings) > 1:
        section, numbers["difference"] = style_difference(
            (paintings[0], paintings[1]), (correlations[0], correlations[1]), options.channels
        )
        blocks += section
    if paintings:
        # The last layer has the fewest positions, so that single ones can be seen in a row of A.
        section, numbers["unrolled"] = unrolled(chosen[-1], correlations[0][chosen[-1]])
        blocks += section
        section, numbers["layers"] = single_style(paintings[0], correlations[0], options.channels)
        blocks += section
    notes = [_EARLY.fill(done=len(paintings), count=len(pictures))] if len(paintings) < len(pictures) else []
    return Report(
        "correlations", _TITLE, _LEAD, blocks, numbers, {**settings.as_json(), "layers": list(chosen), "channels": options.channels}, notes
    )


def _pictures(sources: Sequence[Source]) -> list[Source]:
    """Return pictures, and those in folders."""
    pictures: list[Source] = []
    for source in sources:
        if isinstance(source, str | PathLike) and Path(source).is_dir():
            inside = list_pictures(Path(source)).paths
            if not inside:
                accepted = f"a folder with pictures ({', '.join(sorted(SUFFIXES))})"
                raise OptionError(one_line("correlations: a folder without pictures", quoted(source), accepted, "another folder"))
            pictures += inside
        else:
            pictures.append(source)
    if not 1 <= len(pictures) <= MOST:
        raise OptionError(one_line("correlations: number of pictures", str(len(pictures)), f"1 to {MOST}", "a part of them"))
    return pictures


def _looked_at(
    sources: Sequence[Source], layers: Sequence[str], settings: StudySettings, progress: ProgressReporter
) -> tuple[list[StyleGrams], list[dict[str, Tensor]]]:
    """Return the pictures with their Gram matrices, and the feature maps of the first two, (C, H, W)."""
    backbone = load_network(settings)
    paintings: list[StyleGrams] = []
    maps: list[dict[str, Tensor]] = []
    named = _namer()
    for source in progress.track(Note(_("looking at pictures")), sources):
        picture = load_input(source, settings)
        responses = {layer: each.cpu() for layer, each in features(backbone, picture, layers).items()}
        grams = {layer: gram_matrix(each)[0] for layer, each in responses.items()}
        paintings.append(StyleGrams(named(picture.name), to_pil(picture.pixels), grams))
        if len(maps) < 2:
            maps.append({layer: each[0] for layer, each in responses.items()})
    return paintings, maps


def _namer() -> Callable[[str], str]:
    """Return what makes of the name of a file one that no other picture has."""
    taken: set[str] = set()

    def named(file: str) -> str:
        stem = Path(file).stem
        name = next(name for name in (stem, *(f"{stem} ({number})" for number in range(2, MOST + 2))) if name not in taken)
        taken.add(name)
        return name

    return named
