"""The same picture with its content taken from ever deeper layers: are those from high layers the finest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.image.io import Source, to_pil
from pincel.studies.look import check_size, features, network, opened
from pincel.studies.measure import errors
from pincel.studies.paint import Job, early, paint_all
from pincel.studies.plots import curves
from pincel.studies.report import Block, Formula, Paragraph, Plot, Report, Say, Sheet, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.studies.words import Words, same

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
BETA = 1e6


def study(content: Source, style: Source, *, layers: str | None, ratio: float, recipe: str, settings: Settings, watch: Watch) -> Report:
    """Paint once for each content layer, everything else the same.

    Args:
        content: The photograph.
        style: The painting.
        layers: Content layers, a picture each; ``relu1_1`` to ``relu5_1`` when left out.
        ratio: α/β, above 0.
        recipe: How each picture is painted. Its network should be normalised: else a layer of large numbers gets more weight.
        settings: Network, size, seed, steps.
        watch: Told how far it is; ends early if asked to, with the pictures there are.

    Raises:
        OptionError: For a ratio that is not above 0.
        UnknownNameError: For a layer the network does not have.
        PincelError: For pictures or networks that cannot be used.
    """
    if not 0 < ratio < float("inf"):
        raise OptionError(f"--ratio {ratio}: give a number above 0.")
    chosen, judging = chosen_layers(settings.card, layers, LAYERS), chosen_layers(settings.card, None, LAYERS)
    photograph, painting = opened(content, settings, "content"), opened(style, settings, "style")
    backbone = network(settings, "avg")
    for picture in (photograph, painting):
        check_size(backbone, picture, (*chosen, *judging))
    shared: dict[str, Any] = {"style_layers": ",".join(judging), "content_weight": BETA * ratio, "style_weight": BETA}
    if settings.card.filters:
        # Filters that were never trained have nothing to normalise.
        shared["activations"] = "raw"
    jobs = [Job(photograph, painting, {**shared, "content_layers": layer}) for layer in chosen]
    done = paint_all(jobs, settings, watch, recipe)
    of_content, of_style = features(backbone, photograph, {*chosen, *judging}), features(backbone, painting, judging)
    found = []
    for layer, result in zip(chosen, done, strict=False):
        content_errors, _ = errors(backbone, result.image, of_content, judging)
        own = errors(backbone, result.image, of_content, (layer,))[0][0]
        style_errors = errors(backbone, result.image, of_style, judging)[1]
        found.append({"layer": layer, "own": own, "style": fmean(style_errors), "content": dict(zip(judging, content_errors, strict=True))})
    return Report(
        name="depth",
        title=Words("Content from how deep a layer?", "¿Contenido de qué profundidad?"),
        lead=Words(
            "A claim of the first paper: the most appealing pictures are made where content is matched in high layers, because only "
            "things "
            "have to stay, not pixels. Here the content layer goes from the first to the deepest, and nothing else changes.",
            "Una afirmación del primer artículo: las imágenes más atractivas se obtienen cuando el contenido se compara en capas altas, "
            "porque solo deben quedar las cosas, no los píxeles. Aquí la capa de contenido va de la primera a la más profunda, y nada "
            "más cambia.",
        ),
        blocks=_blocks(done, found, judging, [photograph, painting]),
        numbers={"runs": found, "losses": [[each["total"] for each in result.losses] for result in done]},
        settings={
            **settings.as_json(),
            "recipe": recipe,
            "ratio": ratio,
            "layers": chosen,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early(done, jobs, watch),
    )


def _blocks(done: Sequence[Result], found: Sequence[Mapping[str, Any]], judging: Sequence[str], pictures: Sequence[Any]) -> list[Block]:
    cells = [(Words("content", "contenido"), to_pil(pictures[0].pixels)), (Words("style", "estilo"), to_pil(pictures[1].pixels))]
    cells += [(same(each["layer"]), result.image) for each, result in zip(found, done, strict=True)]
    blocks: list[Block] = [
        Formula(
            "J(G) = α·J_content^l(C, G) + β·J_style(S, G),  l = " + ", ".join(each["layer"] for each in found),
            "Gatys, Ecker, Bethge 2015, eq. 7; 2016, figure 5",
        ),
        Sheet(
            "pictures",
            cells,
            min(len(cells), 4),
            Words("By content layer, shallow to deep.", "Según la capa de contenido, de poca a mucha profundidad."),
        ),
    ]
    if not found:
        return blocks
    names = [each["layer"] for each in found]

    def trade(say: Say) -> Any:
        lines = {
            say(Words("style error, all layers", "error de estilo, todas las capas")): [each["style"] for each in found],
            say(Words("content error, {first}", "error de contenido, {first}").fill(first=judging[0])): [
                each["content"][judging[0]] for each in found
            ],
            say(Words("content error, {last}", "error de contenido, {last}").fill(last=judging[-1])): [
                each["content"][judging[-1]] for each in found
            ],
        }
        return curves(lines, names, (say(Words("content layer", "capa de contenido")), say(Words("relative error", "error relativo"))))

    columns = {
        "layer": Words("content layer", "capa de contenido"),
        "own": Words("content error there", "error de contenido en ella"),
        "style": Words("style error", "error de estilo"),
        **{name: Words("content, {name}", "contenido, {name}").fill(name=name) for name in judging},
    }
    rows = [{**each, **each["content"]} for each in found]
    return [
        *blocks,
        Paragraph(_finding(found, judging)),
        Plot(
            "trade",
            trade,
            Words(
                "What a deeper content layer costs, and what it leaves to the style.",
                "Lo que cuesta una capa de contenido más profunda, y lo que deja al estilo.",
            ),
        ),
        Table("layers", columns, rows, _TABLE, spoken=True),
    ]


_TABLE = Words(
    "As saved: content error ‖F − P‖ / ‖P‖ in the content layer of the run and in all of them, style error ‖G − A‖ / ‖A‖ on average.",
    "Tal como se guardó: error de contenido ‖F − P‖ / ‖P‖ en la capa de contenido de cada imagen y en todas, error de estilo ‖G − A‖ / "
    "‖A‖ en promedio.",
)


def _finding(found: Sequence[Mapping[str, Any]], judging: Sequence[str]) -> Words:
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
    numbers = Words(
        "From {a} to {b} the content error in {p}, where single pixels count, goes from {c:.0%} to {d:.0%}, and the style error from "
        "{e:.0%} to "
        "{f:.0%}; the style comes nearest with content from {best}.",
        "De {a} a {b}, el error de contenido en {p}, donde cuentan los píxeles sueltos, pasa del {c:.0%} al {d:.0%}, y el de estilo, "
        "del {e:.0%} al "
        "{f:.0%}; el estilo queda más cerca con contenido de {best}.",
    ).fill(**told)
    freer = last["content"][pixels] > first["content"][pixels] and last["style"] <= first["style"]
    verdict = (
        Words(
            "So a deep layer does leave the pixels free, and the style uses that: this much of the claim is measured. Which picture is "
            "the finest is for "
            "your eyes.",
            "Así pues, una capa profunda sí deja libres los píxeles, y el estilo lo aprovecha: esta parte de la afirmación está medida. "
            "Cuál es la "
            "imagen más bella lo dicen sus ojos.",
        )
        if freer
        else Words(
            "So on these pictures, with these steps, a deeper layer has not left more room to the style: the claim is not borne out here.",
            "Así pues, con estas imágenes y estos pasos, una capa más profunda no ha dejado más sitio al estilo: la afirmación no se "
            "confirma aquí.",
        )
    )
    return Words("{numbers} {verdict}", "{numbers} {verdict}").fill(numbers=numbers, verdict=verdict)
