"""Two pictures, one over the other, and every term layer by layer; or a run and what its record says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pincel.errors import OptionError, PictureSizeError
from pincel.files import one_line
from pincel.formulas.closeness import mean_difference, relative_error, signal_to_noise
from pincel.formulas.content import feature_distance
from pincel.formulas.conventions import CONVENTIONS
from pincel.formulas.gram import gram_distance, gram_matrix
from pincel.image.io import Picture, Source, to_pil
from pincel.image.resize import resize_picture, target_size
from pincel.run import resolve_recipe
from pincel.sources import open_picture
from pincel.studies import plots
from pincel.studies.gram_view import coloured
from pincel.studies.judged import compared_terms, saved_terms, way_of
from pincel.studies.look import WHITE, features, network, opened
from pincel.studies.records import Record, found_again, read_record
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Say, Sheet, Slider, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.studies.words import Words, same
from pincel.verbs import evaluate

# Those of style, and the content layer of Gatys et al. 2016.
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")
# Pixels by which rounding may change the shape of a result.
SLACK = 2
# Decibels from which on two pictures are hard to tell apart.
ALIKE = 40.0

_TITLE = Words("{first} and {second}, compared", "{first} y {second}, comparadas")
_LEAD = Words(
    "How far apart are two pictures? It depends on who looks: the pixels, or a layer of the network; and on whether it looks for what is "
    "where (content) or for what appears together (style).",
    "¿Cuánto distan dos imágenes? Depende de quién mire: los píxeles, o una capa de la red; y de si busca qué hay en cada sitio "
    "(contenido) o qué aparece junto (estilo).",
)
_RUN_TITLE = Words("{picture}: a run and its record", "{picture}: una ejecución y su registro")
_RUN_LEAD = Words(
    "A run of pincel writes beside its picture a record of what was asked for, what it began with and every loss on the way. Here the two "
    "are read together.",
    "Cada ejecución de pincel escribe junto a su imagen un registro de lo que se pidió, con qué empezó y cada pérdida por el camino. Aquí "
    "se leen los dos juntos.",
)
_OVER_TITLE = Words("One over the other", "Una sobre otra")
_OVER = Words("Pull the edge: A is left of it, B right of it.", "Mueve el borde: A queda a su izquierda; B, a su derecha.")
_PIXELS = Words(
    "The pixels differ by {mean:.3g} of 255 grey levels on average; the peak signal-to-noise ratio is {psnr:.1f} dB. {seen}",
    "Los píxeles difieren en {mean:.3g} de 255 niveles de gris de media; la relación señal-ruido de pico es de {psnr:.1f} dB. {seen}",
)
_SEEN = Words("That is plain to see.", "Se ve a simple vista.")
_UNSEEN = Words("That is hard to see.", "Cuesta verlo.")
_IDENTICAL = Words(
    "The two are the same, pixel for pixel: every distance is 0.", "Las dos son iguales, píxel a píxel: todas las distancias son 0."
)
_PSNR = Formula("PSNR = 10·log₁₀(255² / mean (A − B)²)", "in decibels; 30 to 40 dB is usual for a good JPEG")
_WHERE = Words(
    "Where they differ: by pixels, and by what each layer answers (root of the squared difference over all channels). Dark: not at all; "
    "bright: most. Each has a scale of its own.",
    "Dónde difieren: en píxeles, y en lo que responde cada capa (raíz de la diferencia cuadrática de todos los canales). Oscuro: nada; "
    "claro: lo máximo. Cada una tiene su propia escala.",
)
_DISTANCE_TITLE = Words("By what the network sees", "Según lo que ve la red")
_DISTANCES = Words(
    "F are the answers of a layer, G = A·Aᵀ/(n_H·n_W) their Gram matrix. Both distances have units that change from layer to layer; the "
    "relative errors have none, and can be compared.",
    "F son las respuestas de una capa, G = A·Aᵀ/(n_H·n_W) su matriz de Gram. Las unidades de ambas distancias cambian de capa en capa; los "
    "errores relativos no tienen unidad y se pueden comparar.",
)
_CONTENT_FORMULA = Formula("d = mean (F_A − F_B)²", "content; the deck's J_content = d/4")
_STYLE_FORMULA = Formula(
    "J_style^[l] = 1/(4·n_C²·(n_H·n_W)²) · ΣΣ (A·Aᵀ − A′·A′ᵀ)² = ¼ · mean (G_A − G_B)²", "the deck; Gatys et al. 2015, eq. 4"
)
_RELATIVE_FORMULA = Formula("‖F_A − F_B‖ / ‖F_A‖,   ‖G_A − G_B‖ / ‖G_A‖", "relative errors; 1 is as large as A itself")
_RELATIVE = Words("How far B is from A, layer by layer.", "Cuánto dista B de A, capa a capa.")
_FOUND = Words(
    "In content they differ most in {content_far} ({content_most:.2f} of its size) and least in {content_near} ({content_least:.2f}); in "
    "style most in {style_far} ({style_most:.2f}) and least in {style_near} ({style_least:.2f}). {sense}",
    "En contenido difieren más en {content_far} ({content_most:.2f} de su tamaño) y menos en {content_near} ({content_least:.2f}); en "
    "estilo, más en {style_far} ({style_most:.2f}) y menos en {style_near} ({style_least:.2f}). {sense}",
)
_STYLE_KEPT = Words(
    "In every layer style differs less than content: they share more of what appears together than of what is where.",
    "En todas las capas el estilo difiere menos que el contenido: comparten más qué aparece junto que qué hay en cada sitio.",
)
_CONTENT_KEPT = Words(
    "In every layer content differs less than style: they share more of what is where than of what appears together.",
    "En todas las capas el contenido difiere menos que el estilo: comparten más qué hay en cada sitio que qué aparece junto.",
)
_SILENT = Words(
    "Where a layer answers at all to A, it answers alike to B; elsewhere there is nothing to be relative to.",
    "Donde una capa responde algo a A, responde igual a B; en las demás no hay con qué comparar.",
)
_MIXED = Words(
    "Style differs less than content in {layers}; elsewhere it is the other way round.",
    "El estilo difiere menos que el contenido en {layers}; en las demás es al revés.",
)
_CONTENT, _STYLE = Words("content", "contenido"), Words("style", "estilo")
_ERROR, _LAYER = Words("relative error", "error relativo"), Words("layer", "capa")
_COLUMNS = {
    "layer": _LAYER,
    "content": Words("content d", "contenido d"),
    "style": same("J_style"),
    "content_error": Words("content, relative", "contenido, relativo"),
    "style_error": Words("style, relative", "estilo, relativo"),
}
_TABLE = Words("The distance of A and B in each layer.", "La distancia entre A y B en cada capa.")
_PIXEL = Words("pixels\nmean {mean:.3g} of 255", "píxeles\nmedia {mean:.3g} de 255")
_RESIZED = Words(
    "B was brought from {was} to the size of A, {now} pixels.{stretched}", "B se llevó de {was} al tamaño de A, {now} píxeles.{stretched}"
)
_STRETCHED = Words(" It was stretched: the two have not the same shape.", " Se deformó: las dos no tienen la misma forma.")
_EARLY = Words(
    "The study was ended early: the terms of J were not measured.",
    "El estudio se terminó antes de tiempo: no se midieron los términos de J.",
)


@dataclass(frozen=True)
class Aim:
    """What pictures are judged by.

    Attributes:
        content: The photograph.
        styles: Paintings with their weights.
        recipe: Name or file; ``pincel`` when left out.
    """

    content: Source | None = None
    styles: Sequence[tuple[Source, float]] = ()
    recipe: str | None = None


@dataclass(frozen=True)
class Two:
    """Two pictures of one size.

    Attributes:
        first: A.
        second: B.
        labels: What they are.
    """

    first: Picture
    second: Picture
    labels: tuple[Words, Words]


def study(
    pictures: Sequence[Source],
    settings: Settings,
    watch: Watch,
    *,
    layers: str | None = None,
    aim: Aim | None = None,
    record: str | PathLike[str] | None = None,
) -> Report:
    """Compare two pictures, or the result of a run with its photograph.

    Args:
        pictures: Two; with a record, the one it is of.
        settings: Network, device, and the size the pictures are looked at in.
        watch: Told how far it is; may ask for the end, and J is then not measured.
        layers: Comma-separated; those of style and relu4_2 when left out.
        aim: Photograph, paintings and recipe of the objective both are judged by. With a record, where its photograph and paintings are
            now, if not beside it; it says itself what the recipe is.
        record: Written beside a picture by ``pincel transfer``.

    Raises:
        OptionError: If these do not go together, or the record is none.
        UnknownNameError: For a layer or a recipe there is not.
        PictureError: For a picture that cannot be used, or is not the one a run began with.
    """
    aim = aim or Aim()
    _check(pictures, aim, record)
    chosen = chosen_layers(settings.card, layers, LAYERS)
    if record is not None:
        return _run(pictures[0], read_record(record), chosen, aim, settings, watch)
    return _pair(pictures, chosen, aim, settings, watch)


def _check(pictures: Sequence[Source], aim: Aim, record: str | PathLike[str] | None) -> None:
    """Raise OptionError unless what was given goes together."""
    wanted = 2 if record is None else 1
    if len(pictures) != wanted:
        accepted = "two pictures, or one with --record"
        raise OptionError(one_line("compare: number of pictures", str(len(pictures)), accepted, "compare A.png B.png"))
    if record is not None and aim.recipe is not None:
        raise OptionError(
            one_line("compare: the record says which recipe it was", f"--recipe {aim.recipe}", "--record without it", "leave it out")
        )
    if record is None and (aim.content is None) != (not aim.styles):
        given = "--style alone" if aim.content is None else "--content alone"
        raise OptionError(one_line("compare: J needs a photograph and a style", given, "--content and --style, or neither", "give both"))
    if record is None and aim.content is None and aim.recipe is not None:
        given = f"--recipe {aim.recipe} alone"
        raise OptionError(
            one_line("compare: a recipe says how to judge, but not by what", given, "--content, --style and --recipe", "give both")
        )


# Two pictures


def _pair(pictures: Sequence[Source], layers: Sequence[str], aim: Aim, settings: Settings, watch: Watch) -> Report:
    two, notes = _two(pictures, aim, settings)
    names = [picture.name for picture in (two.first, two.second)]
    blocks, numbers = _distances(two, layers, settings, watch)
    own: dict[str, Any] = {"layers": list(layers), "pictures": names}
    if aim.content is not None:
        recipe = resolve_recipe(aim.recipe or "pincel", {"size": settings.size, "size_of": "long"})
        own["recipe"] = recipe.name
        sides = (two.first, two.second)
        judged = [
            evaluate(side, aim.content, list(aim.styles), recipe=recipe, device=settings.device)
            for side in watch.over("judging pictures", sides)
        ]
        if len(judged) == len(sides):
            found, numbers["terms"] = compared_terms(judged[0], judged[1], recipe)
            blocks += found
        else:
            notes.append(_EARLY)
    title = _TITLE.fill(first=names[0], second=names[1])
    return Report("compare", title, _LEAD, blocks, numbers, {**settings.as_json(), **own}, notes)


def _two(pictures: Sequence[Source], aim: Aim, settings: Settings) -> tuple[Two, list[Words]]:
    """Open two pictures in one size: that of the first, or the one a run from the photograph would have."""
    given = [open_picture(source, what) for source, what in zip(pictures, ("picture A", "picture B"), strict=True)]
    notes: list[Words] = []
    if aim.content is None:
        first = opened(given[0], settings, "picture A")
    else:
        first = _as_result(given[0], open_picture(aim.content, "content"), aim, settings)
    size = (first.height, first.width)
    second = given[1] if (given[1].height, given[1].width) == size else resize_picture(given[1], size, "lanczos")
    if (given[0].height, given[0].width) != (given[1].height, given[1].width):
        was, now = f"{given[1].width}×{given[1].height}", f"{size[1]}×{size[0]}"
        shape = target_size(given[1].height, given[1].width, max(size))
        stretched = _STRETCHED if max(abs(a - b) for a, b in zip(shape, size, strict=True)) > SLACK else same("")
        notes.append(_RESIZED.fill(was=was, now=now, stretched=stretched))
    labels = (same(f"A: {first.name}"), same(f"B: {second.name}"))
    return Two(first, second, labels), notes


def _as_result(picture: Picture, content: Picture, aim: Aim, settings: Settings) -> Picture:
    """Bring a picture to the size that a run from a photograph has; raises PictureSizeError if it has another shape."""
    rounding = resolve_recipe(aim.recipe or "pincel", {}).rounding
    shape = target_size(content.height, content.width, max(picture.height, picture.width), "long", rounding)
    if max(abs(shape[0] - picture.height), abs(shape[1] - picture.width)) > SLACK:
        given = f"{picture.width}×{picture.height}, and {content.name} is {content.width}×{content.height}"
        failed = "compare: A has not the shape of the photograph, so it cannot be judged as made from it"
        raise PictureSizeError(one_line(failed, given, "a picture made from the content", "without --content and --style"))
    size = target_size(content.height, content.width, settings.size, "long", rounding)
    return picture if (picture.height, picture.width) == size else resize_picture(picture, size, "lanczos")


def _distances(two: Two, layers: Sequence[str], settings: Settings, watch: Watch) -> tuple[list[Block], dict[str, Any]]:
    """Measure how far two pictures are apart, by pixels and by layers."""
    watch.part("looking at pictures", 0, 2)
    backbone = network(settings)
    seen = [{name: each.cpu().double() for name, each in features(backbone, side, layers).items()} for side in (two.first, two.second)]
    watch.part("looking at pictures", 2, 2)
    rows = [_layer_figures(name, each, seen[1][name]) for name, each in seen[0].items()]
    pixels = _pixel_figures(two)

    def curves(say: Say) -> Figure:
        lines = {say(words): [_known(row[key]) for row in rows] for words, key in ((_CONTENT, "content_error"), (_STYLE, "style_error"))}
        return plots.curves(lines, [row["layer"] for row in rows], (say(_LAYER), say(_ERROR)))

    images = tuple(to_pil(side.pixels) for side in (two.first, two.second))
    blocks: list[Block] = [
        Heading(_OVER_TITLE),
        Slider(images[0], images[1], two.labels, _OVER),
        Paragraph(_pixels_found(pixels)),
        _PSNR,
        Sheet("differences", _differences(two, seen, rows, pixels), min(4, 1 + len(rows)), _WHERE, height=200),
        Heading(_DISTANCE_TITLE),
        Paragraph(_DISTANCES),
        _CONTENT_FORMULA,
        _STYLE_FORMULA,
        _RELATIVE_FORMULA,
        Plot("distances", curves, _RELATIVE),
        Paragraph(_layers_found(rows)),
        Table("distances", _COLUMNS, rows, _TABLE),
    ]
    return blocks, {"size": [two.first.width, two.first.height], "pixels": pixels, "layers": rows}


def _layer_figures(name: str, first: Tensor, second: Tensor) -> dict[str, Any]:
    grams = gram_matrix(first), gram_matrix(second)
    return {
        "layer": name,
        "content": float(feature_distance(first, second)),
        "style": CONVENTIONS["slides"].style(first.shape[1]) * float(gram_distance(*grams)),
        "content_error": relative_error(first, second),
        "style_error": relative_error(*grams),
    }


def _pixel_figures(two: Two) -> dict[str, float]:
    first, second = (WHITE * side.pixels.double() for side in (two.first, two.second))
    return {
        "mean": mean_difference(first, second),
        "psnr": signal_to_noise(first, second, WHITE),
        "most": float((first - second).abs().max()),
    }


def _differences(
    two: Two, seen: Sequence[Mapping[str, Tensor]], rows: Sequence[Mapping[str, Any]], pixels: Mapping[str, float]
) -> list[tuple[Words, Image.Image]]:
    """Return where the two differ: in pixels, and in each layer."""
    size = (two.first.width, two.first.height)
    maps = [(two.first.pixels - two.second.pixels).abs().mean(1)[0]]
    maps += [(seen[0][row["layer"]] - seen[1][row["layer"]]).square().sum(1).sqrt()[0] for row in rows]
    captions = [_PIXEL.fill(mean=pixels["mean"]), *(same(f"{row['layer']}\nd = {row['content']:.3g}") for row in rows)]
    # From no difference at all, even where there is one everywhere.
    return [(caption, coloured(each, size, (0.0, float(each.max())))) for caption, each in zip(captions, maps, strict=True)]


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _pixels_found(pixels: Mapping[str, float]) -> Words:
    if pixels["mean"] == 0:
        return _IDENTICAL
    return _PIXELS.fill(mean=pixels["mean"], psnr=pixels["psnr"], seen=_UNSEEN if pixels["psnr"] >= ALIKE else _SEEN)


def _layers_found(rows: Sequence[Mapping[str, Any]]) -> Words:
    """Say in which layers two pictures are near, and whether in content or in style."""
    known = [row for row in rows if row["content_error"] is not None and row["style_error"] is not None]
    if not any(row["content_error"] or row["style_error"] for row in known):
        return _IDENTICAL if not any(row["content"] for row in rows) else _SILENT
    ends: dict[str, Any] = {}
    for what in ("content", "style"):
        errors = sorted((float(row[f"{what}_error"]), row["layer"]) for row in known)
        for name, value, (error, layer) in (("far", "most", errors[-1]), ("near", "least", errors[0])):
            ends |= {f"{what}_{name}": layer, f"{what}_{value}": error}
    nearer = [row["layer"] for row in known if row["style_error"] < row["content_error"]]
    sense = _STYLE_KEPT if len(nearer) == len(known) else _MIXED.fill(layers=", ".join(nearer)) if nearer else _CONTENT_KEPT
    return _FOUND.fill(**ends, sense=sense)


# A run and its record


def _run(source: Source, record: Record, layers: Sequence[str], aim: Aim, settings: Settings, watch: Watch) -> Report:
    painted = open_picture(source, "picture")
    if (painted.width, painted.height) != record.size:
        given = f"{painted.name} of {painted.width}×{painted.height} pixels"
        accepted = f"one of {record.size[0]}×{record.size[1]}, as in {record.path.name}"
        raise PictureSizeError(one_line("record: is of another picture", given, accepted, "the record written with this picture"))
    content, styles = _inputs(source, record, aim)
    # Enlarged, a small picture would be nothing but less sharp than its photograph.
    shown = opened(painted, replace(settings, size=min(settings.size, max(record.size))))
    before = resize_picture(content, (shown.height, shown.width), "lanczos")
    two = Two(before, shown, (same(f"A: {content.name}"), same(f"B: {painted.name}")))
    blocks, numbers = _distances(two, layers, settings, watch)
    found, numbers["losses"] = way_of(record)
    blocks += found
    judged = [
        evaluate(painted, content, styles, recipe=record.recipe, device=settings.device) for _ in watch.over("judging the picture", [0])
    ]
    for now in judged:
        found, numbers["terms"] = saved_terms(record, now)
        blocks += found
    own = {"layers": list(layers), "record": str(record.path), "recipe": record.recipe.model_dump()}
    notes = [] if judged else [_EARLY]
    return Report("compare", _RUN_TITLE.fill(picture=painted.name), _RUN_LEAD, blocks, numbers, {**settings.as_json(), **own}, notes)


def _inputs(source: Source, record: Record, aim: Aim) -> tuple[Picture, list[tuple[Picture, float]]]:
    """Find the pictures a run began with: those given, samples, or files of the same name beside record or picture, or here."""
    places = [record.path, *([Path(source)] if isinstance(source, str | PathLike) else [])]
    folders = [*(place.parent for place in places), Path()]
    contents = [] if aim.content is None else [open_picture(aim.content, "content")]
    paintings = [open_picture(style, "style") for style, _ in aim.styles]
    content = found_again(record.content, contents, folders, "content")
    return content, [(found_again(style, paintings, folders, "style"), float(style["weight"])) for style in record.styles]
