"""The same descent without any regulariser: a code can be matched by what is no picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from torch import Tensor

from pincel.functional.color import luma
from pincel.functional.variation import beta_variation
from pincel.image.io import to_pil
from pincel.inversion.run import Preimage
from pincel.studies.inversion_plan import Plan
from pincel.studies.inversion_runs import Job, Section
from pincel.studies.look import WHITE
from pincel.studies.report import Block, Formula, Heading, Paragraph, Sheet, Table
from pincel.studies.words import Words, same

PLAIN = "plain"
# Total variation is that of squares, as in the paper.
BETA = 2.0

_HEADING = Words("Without regularisers", "Sin regularizadores")
_HOW = Words(
    "The recipe “plain” follows the code alone. Many noisy pictures have nearly the same code as the photograph, and the descent stops at "
    "the first it meets: compare the two pictures of each representation, their errors, and how rough they are beside the photograph.",
    "La receta «plain» sigue solo al código. Muchas imágenes ruidosas tienen casi el mismo código que la fotografía, y el descenso se "
    "queda en la primera que encuentra: compare las dos imágenes de cada representación, sus errores y lo rugosas que son frente a la "
    "fotografía.",
)
_FORMULA = Formula(
    "r = TV²(x) / TV²(x₀),  TV²(x) = Σ (x_{i,j+1} - x_{ij})² + (x_{i+1,j} - x_{ij})²",
    Words(
        "total variation of Mahendran, Vedaldi 2015, section 2, with β = 2, of the picture as shown, against that of the photograph; of "
        "HOG and SIFT, which see no colours, against the photograph in grey. The comparison is ours",
        "variación total de Mahendran, Vedaldi 2015, sección 2, con β = 2, de la imagen tal como se muestra, frente a la de la "
        "fotografía; con HOG y SIFT, que no ven colores, frente a la fotografía en gris. La comparación es nuestra",
    ),
)
_SHEET = Words(
    "Of each representation the recipe, and beside it no regulariser: relative error, roughness (photograph: ×1).",
    "De cada representación, la receta y, a su lado, sin regularizador: error relativo y rugosidad (fotografía: ×1).",
)
_TABLE = Words(
    "With the recipe, at its own λ_V, and without any regulariser: relative error in %, and roughness as a multiple of the photograph's.",
    "Con la receta, con su propio λ_V, y sin regularizador: error relativo en % y rugosidad como múltiplo de la de la fotografía.",
)


def baseline_jobs(plan: Plan) -> list[Job]:
    """List the runs: each representation with the recipe as it is, and without any regulariser."""
    return [job for name in plan.codes for job in _pair(plan, name)]


def _pair(plan: Plan, name: str) -> tuple[Job, Job]:
    return Job(name, plan.own(name)), Job(name, 0.0, recipe=PLAIN)


def baseline_section(plan: Plan, found: Mapping[Job, Preimage]) -> Section:
    """Measure and show them."""
    rows, cells = [], []
    for name in plan.codes:
        if not all(job in found for job in _pair(plan, name)):
            continue
        ours, plain = (found[job] for job in _pair(plan, name))
        rows.append(_measured(plan, name, ours, plain))
        for result, key, words in ((ours, "", same(plan.asked.recipe)), (plain, "plain_", same(PLAIN))):
            caption = same(f"{plan.short(name)} · {words.en}\n{rows[-1][f'{key}error']:.1%} · ×{rows[-1][f'{key}roughness']:.2g}")
            cells.append((caption, to_pil(result.pictures[:1])))
    if not rows:
        return Section([], [])
    columns = {
        "layer": Words("representation", "representación"),
        "error": Words("E, recipe", "E, receta"),
        "plain_error": Words("E, plain", "E, sin nada"),
        "roughness": Words("roughness, recipe", "rugosidad, receta"),
        "plain_roughness": Words("roughness, plain", "rugosidad, sin nada"),
    }
    shown = [{**row, "error": 100 * row["error"], "plain_error": 100 * row["plain_error"]} for row in rows]
    blocks: list[Block] = [
        Heading(_HEADING),
        Paragraph(_HOW),
        Sheet("baseline", cells, 4, _SHEET, height=128),
        _FORMULA,
        Paragraph(finding(rows)),
        Table("baseline", columns, shown, _TABLE),
    ]
    return Section(blocks, rows)


def _measured(plan: Plan, name: str, ours: Preimage, plain: Preimage) -> dict[str, Any]:
    photograph = ours.photograph
    if name not in plan.networks:
        photograph = luma(photograph).expand(-1, 3, -1, -1)
    return {
        "layer": plan.short(name),
        "representation": name,
        "lambda": plan.own(name),
        "error": ours.record["relative_error"],
        "plain_error": plain.record["relative_error"],
        "roughness": roughness(ours.pictures, photograph),
        "plain_roughness": roughness(plain.pictures, photograph),
    }


def roughness(picture: Tensor, photograph: Tensor) -> float:
    """Return the total variation of squares of a picture over that of a photograph; infinite beside a flat one.

    Args:
        picture: (1, 3, H, W) in [0, 1].
        photograph: Of the same shape.
    """
    rough, usual = (float(beta_variation(WHITE * each.double(), BETA)) for each in (picture, photograph))
    return rough / usual if usual > 0 else float("inf")


def finding(rows: Sequence[Mapping[str, Any]]) -> Words:
    """Say what is gained and lost without regularisers.

    Args:
        rows: With ``error``, ``plain_error``, ``roughness`` and ``plain_roughness``.
    """
    nearer = sum(row["plain_error"] < row["error"] for row in rows)
    rougher = [row for row in rows if row["plain_roughness"] > row["roughness"]]
    told = {
        "nearer": nearer,
        "rougher": len(rougher),
        "all": len(rows),
        "a": median(row["roughness"] for row in rows),
        "b": median(row["plain_roughness"] for row in rows),
    }
    numbers = Words(
        "Without regularisers the code comes nearer in {nearer} of {all} cases, and the picture is rougher in {rougher} of {all}: ×{b:.2g} "
        "beside the photograph (median), against ×{a:.2g} with the recipe.",
        "Sin regularizadores el código queda más cerca en {nearer} de {all} casos y la imagen es más rugosa en {rougher} de {all}: "
        "×{b:.2g} respecto a la fotografía (mediana), frente a ×{a:.2g} con la receta.",
    ).fill(**told)
    usual = 2 * len(rougher) > len(rows)
    kind = (usual, 2 * nearer > len(rows))
    return Words("{numbers} {verdict}", "{numbers} {verdict}").fill(numbers=numbers, verdict=_VERDICTS[kind])


_VERDICTS = {
    (True, True): Words(
        "So a better match is no better picture: what looks natural comes from the regularisers, and the code alone does not ask for it.",
        "Así pues, coincidir mejor no da mejor imagen: lo natural viene de los regularizadores, y el código por sí solo no lo pide.",
    ),
    (True, False): Words(
        "So leaving them out makes pictures rougher, and does not, more often than not, bring the code nearer: what looks natural comes "
        "from the regularisers.",
        "Así pues, prescindir de ellos da imágenes más rugosas y no acerca el código en más casos de los que lo aleja: lo natural viene "
        "de los regularizadores.",
    ),
    (False, True): Words(
        "So here regularisers cost accuracy and do not make pictures smoother.",
        "Así pues, aquí los regularizadores cuestan precisión y no alisan la imagen.",
    ),
    (False, False): Words(
        "So here regularisers make little difference to pictures of this kind.",
        "Así pues, aquí los regularizadores cambian poco en imágenes de este tipo.",
    ),
}
