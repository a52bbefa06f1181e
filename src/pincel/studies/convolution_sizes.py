"""How large the output of a convolution is: of this one, and of its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pincel.backbones.cards import Card
from pincel.image.io import Picture as Opened
from pincel.studies.report import Block, Formula, Heading, Paragraph, Table
from pincel.studies.words import Words, same
from pincel.studies.worked import Worked, output_size


def size_rows(work: Worked, picture: Opened, layer: str, card: Card) -> list[dict[str, Any]]:
    """Return sizes of input and output: of this convolution, of variants of it, of the first pooling, of the crop.

    Args:
        work: The convolution.
        picture: Its input.
        layer: Its name; empty for a kernel made by hand, after which there is no pooling.
        card: Of the network.
    """
    height, width = picture.height, picture.width
    side = work.side
    cases = [
        (same(layer or "kernel"), height, width, side, side // 2, 1),
        (Words("without padding", "sin relleno"), height, width, side, 0, 1),
        (Words("with stride 2", "con paso 2"), height, width, side, side // 2, 2),
        (Words("the crop above", "el recorte de arriba"), work.crop, work.crop, side, 0, 1),
    ]
    pools = [each for each in card.layers if each.kind == "pool"]
    if layer and pools:
        cases.append((same(pools[0].name), height, width, 2, 0, 2))
    return [
        {
            "case": case,
            "n_H": rows,
            "n_W": columns,
            "f": f,
            "p": p,
            "s": s,
            "out_H": output_size(rows, f, p, s),
            "out_W": output_size(columns, f, p, s),
        }
        for case, rows, columns, f, p, s in cases
    ]


def sizes(rows: Sequence[dict[str, Any]]) -> list[Block]:
    """Show the rows of :func:`size_rows`, and say whether the first keeps the size."""
    columns = {
        "case": Words("what", "qué"),
        **{name: same(name) for name in ("n_H", "n_W", "f", "p", "s")},
        "out_H": Words("out, rows", "salida, filas"),
        "out_W": Words("out, columns", "salida, columnas"),
    }
    first = rows[0]
    kept = (first["n_H"], first["n_W"]) == (first["out_H"], first["out_W"])
    keeps = Words(
        "With a padding of (f − 1)/2 and a stride of 1, the output is as large as the input.",
        "Con relleno (f − 1)/2 y paso 1, la salida es tan grande como la entrada.",
    )
    changes = Words("Here the output is not as large as the input.", "Aquí la salida no es tan grande como la entrada.")
    return [
        Heading(Words("How large is the output?", "¿De qué tamaño es la salida?")),
        Formula("n_out = ⌊(n + 2p − f)/s⌋ + 1", "Dumoulin, Visin 2016, relationship 6"),
        Table(
            "sizes",
            columns,
            rows,
            Words(
                "n: size of the input, f: side of the kernel, p: zeros on each side (padding), s: from one place to the next (stride).",
                "n: tamaño de la entrada; f: lado del núcleo; p: ceros en cada lado (relleno); s: de un lugar al siguiente (paso).",
            ),
        ),
        Paragraph(keeps if kept else changes),
    ]
