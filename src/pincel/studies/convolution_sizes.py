"""How large the output of a convolution is: of this one, and of its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from pincel.backbones.specs import ModelSpec
from pincel.studies.report import Block, Formula, Heading, Paragraph, Table
from pincel.studies.worked_example import WorkedConvolution, output_size
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _


def size_rows(work: WorkedConvolution, filters: Tensor, layer: str, spec: ModelSpec) -> list[dict[str, Any]]:
    """Return sizes of input and output, by the formula and as torch computes them, of this convolution and of variants of it.

    Args:
        work: The convolution.
        filters: All filters of this size in the layer, (K, C, f, f).
        layer: Its name; empty for a kernel made by hand, after which there is no pooling.
        spec: Of the network, whose first pooling is the last case.
    """
    side = work.side
    border = side // 2
    planes = work.planes[:, border : work.planes.shape[1] - border, border : work.planes.shape[2] - border]
    cases: list[tuple[Translated, Tensor, int, int, int]] = [
        (untranslated(layer or "kernel"), planes, side, border, 1),
        (_("without padding"), planes, side, 0, 1),
        (_("with stride 2"), planes, side, border, 2),
        (_("with stride 3 and without padding"), planes, side, 0, 3),
        (_("the crop above"), work.cut, side, 0, 1),
    ]
    rows = [_size_row(*case, _convolved(case[1], filters, case[3:])) for case in cases]
    pools = [each for each in spec.layers if each.kind == "pool"]
    if layer and pools:
        maps = _convolved(planes, filters, (border, 1))
        kernel, step = pools[0].kernel, pools[0].step
        # At this place nothing is rounded up: see the networks that do, in `LayerSpec.up`.
        rows.append(_size_row(untranslated(pools[0].name), maps, kernel, 0, step, functional.max_pool2d(maps, kernel, step)))
    return rows


def _convolved(planes: Tensor, filters: Tensor, padding_and_stride: tuple[int, ...]) -> Tensor:
    padding, stride = padding_and_stride
    return functional.conv2d(planes[None].float(), filters.float(), padding=padding, stride=stride)[0]


def _size_row(case: Translated, planes: Tensor, side: int, padding: int, stride: int, computed: Tensor) -> dict[str, Any]:
    """Return a case: the size of its input, by the formula that of its output, and what torch ``computed``, (K, H, W)."""
    channels, height, width = planes.shape
    return {
        "case": case,
        "n_H": height,
        "n_W": width,
        "n_C": channels,
        "f": side,
        "p": padding,
        "s": stride,
        "out_H": output_size(height, side, padding, stride),
        "out_W": output_size(width, side, padding, stride),
        "out_C": len(computed),
        "computed": "×".join(str(computed.shape[axis]) for axis in (1, 2, 0)),
    }


def size_section(rows: Sequence[dict[str, Any]]) -> list[Block]:
    """Show the rows of :func:`size_rows`, say whether the first keeps the size, and whether torch agrees with the formula."""
    columns = {
        "case": _("what"),
        **{name: untranslated(name) for name in ("n_H", "n_W", "n_C", "f", "p", "s")},
        "out_H": _("out, rows"),
        "out_W": _("out, columns"),
        "out_C": _("out, channels"),
        "computed": _("by torch"),
    }
    first = rows[0]
    kept = (first["n_H"], first["n_W"]) == (first["out_H"], first["out_W"])
    keeps = _("With a padding of (f − 1)/2 and a stride of 1, the output is as large as the input.")
    changes = _("Here the output is not as large as the input.")
    right = all(row["computed"] == f"{row['out_H']}×{row['out_W']}×{row['out_C']}" for row in rows)
    checked = _("torch was asked to compute each case, and every output has the size of the formula.")
    wrong = _("torch was asked to compute each case, and not every output has the size of the formula.")
    return [
        Heading(_("How large is the output?")),
        Formula("n_out = ⌊(n + 2p − f)/s⌋ + 1", _("Dumoulin, Visin 2016, relationship 6")),
        Table(
            "sizes",
            columns,
            rows,
            _(
                "n: size of the input, f: side of the filter, p: zeros on each side (padding), s: from one place to the next (stride). The "
                "number of filters is n_C of the output, whatever that of the input; a pooling keeps it."
            ),
        ),
        Paragraph(untranslated("{kept} {checked}").fill(kept=keeps if kept else changes, checked=checked if right else wrong)),
    ]
