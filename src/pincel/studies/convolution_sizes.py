"""How large the output of a convolution is: of this one, and of its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pincel.backbones.specs import ModelSpec
from pincel.images.io import LoadedImage as Opened
from pincel.studies.report import Block, Formula, Heading, Paragraph, Table
from pincel.studies.worked_example import WorkedConvolution, output_size
from pincel.translation import gettext_lazy as _
from pincel.translation import untranslated


def size_rows(work: WorkedConvolution, picture: Opened, layer: str, spec: ModelSpec) -> list[dict[str, Any]]:
    """Return sizes of input and output: of this convolution, of variants of it, of the first pooling, of the crop.

    Args:
        work: The convolution.
        picture: Its input.
        layer: Its name; empty for a kernel made by hand, after which there is no pooling.
        spec: Of the network.
    """
    height, width = picture.height, picture.width
    side = work.side
    cases = [
        (untranslated(layer or "kernel"), height, width, side, side // 2, 1),
        (_("without padding"), height, width, side, 0, 1),
        (_("with stride 2"), height, width, side, side // 2, 2),
        (_("the crop above"), work.crop, work.crop, side, 0, 1),
    ]
    pools = [each for each in spec.layers if each.kind == "pool"]
    if layer and pools:
        cases.append((untranslated(pools[0].name), height, width, 2, 0, 2))
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


def size_section(rows: Sequence[dict[str, Any]]) -> list[Block]:
    """Show the rows of :func:`size_rows`, and say whether the first keeps the size."""
    columns = {
        "case": _("what"),
        **{name: untranslated(name) for name in ("n_H", "n_W", "f", "p", "s")},
        "out_H": _("out, rows"),
        "out_W": _("out, columns"),
    }
    first = rows[0]
    kept = (first["n_H"], first["n_W"]) == (first["out_H"], first["out_W"])
    keeps = _("With a padding of (f − 1)/2 and a stride of 1, the output is as large as the input.")
    changes = _("Here the output is not as large as the input.")
    return [
        Heading(_("How large is the output?")),
        Formula("n_out = ⌊(n + 2p − f)/s⌋ + 1", _("Dumoulin, Visin 2016, relationship 6")),
        Table(
            "sizes",
            columns,
            rows,
            _("n: size of the input, f: side of the kernel, p: zeros on each side (padding), s: from one place to the next (stride)."),
        ),
        Paragraph(keeps if kept else changes),
    ]
