"""The report as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.table import Table

from pincel.bench.plan import STEPPING
from pincel.bench.report import Arithmetic, Machine, OurPicture, Pace, PeerPicture, Picture, Report, Steps, Terms

NONE = "–"
MEBI = 2**20


def machine_line(machine: Machine) -> str:
    """Return where it was measured, on a line."""
    device = f"{machine.device} ({machine.device_name})" if machine.device_name else machine.device
    return (
        f"{machine.processor}, {machine.cores} cores · torch {machine.torch}, {machine.threads} threads · "
        f"device {device} · precision {machine.precision}"
    )


def tables(report: Report) -> Iterator[Table]:
    """Yield a table for each part that was measured."""
    if report.steps:
        yield steps_table(report.steps)
    if report.arithmetic and report.machine:
        yield arithmetic_table(report.arithmetic, report.machine.precision)
    if report.picture:
        yield picture_table(report.picture)
        if report.picture.ours and report.picture.ours.tried:
            yield search_table(report.picture.ours, report.picture.peer)
    if report.steps:
        yield memory_table(report.steps, report.picture)
    if report.growth:
        yield growth_table(report)


def _table(title: str, *columns: str, caption: str = "") -> Table:
    table = Table(title=title, caption=caption or None, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    return table


def _number(value: float | None, unit: str = "", digits: int = 4) -> str:
    return NONE if value is None else f"{value:.{digits}g}{unit}"


def _mebibytes(value: float | None) -> str:
    return NONE if value is None else f"{value / MEBI:,.0f} MiB"


def _times(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}×"


def steps_table(steps: Steps) -> Table:
    """Single steps, one column a program."""
    title = f"A step at {steps.size[0]}×{steps.size[1]} ({steps.megapixels:.3g} Mpx), recipe {STEPPING}, in turn"
    table = _table(title, "", "pincel", "peer", "peer ÷ pincel")
    peer = steps.peer
    table.add_row("seconds a step", _number(steps.ours.time.median), _number(peer.time.median if peer else None), _times(steps.ratio))
    rounds = [" ".join(_number(second, digits=3) for second in pace.time.seconds) if pace else NONE for pace in (steps.ours, peer)]
    table.add_row("  each round", *rounds, "")
    pixels = (steps.megapixel_steps_per_second, steps.peer_megapixel_steps_per_second)
    table.add_row("Mpx-steps a second", *(_number(value) for value in pixels), "")
    return table


def arithmetic_table(found: Arithmetic, precision: str) -> Table:
    """Operations a second."""
    table = _table(f"Arithmetic, {precision}", "", "GFLOP", "seconds", "GFLOP/s", "share")
    for name, flops, seconds, rate, share in (
        ("whole step of pincel", found.flops_per_step, found.step_seconds, found.flops_per_second, f"{found.share:.0%}"),
        ("one convolution", found.yardstick_flops, found.yardstick.median, found.yardstick_flops_per_second, "100%"),
    ):
        table.add_row(name, _number(flops / 1e9), _number(seconds), _number(rate / 1e9), share)
    table.caption = (
        f"{found.multiply_adds_per_pixel:,.0f} multiply-adds a pixel, forward and gradient; the convolution is torch's own, "
        "512 → 512 channels, 3×3, at 64², channels-last, likewise. Multiplications a method saves (Winograd) are counted all the same."
    )
    return table


def picture_table(picture: Picture) -> Table:
    """The same picture by both: time, and the peer's objective of it."""
    peer, ours = picture.peer, picture.ours
    recipe = f", recipe {ours.recipe}" if ours else ""
    table = _table(f"The same picture, judged by the peer's objective{recipe}", "", "pincel", "peer", "peer ÷ pincel")
    steps = (NONE if part is None else str(part.steps) for part in (ours, peer))
    table.add_row("steps", *steps, "")
    start = (ours.start_up.median if ours else None, peer.start_up if peer else None)
    table.add_row("seconds to start", *(_number(value) for value in start), "")
    table.add_row("seconds of its steps", NONE, _number(peer.seconds if peer else None), "")
    table.add_row("seconds, shell to file", _number(ours.whole.median if ours else None), NONE, "")
    table.add_row("peer's steps ÷ all of ours", "", "", _times(picture.ratio))
    table.add_row("  with the peer's start", "", "", _times(picture.ratio_with_start_up))
    if peer:
        for name, cells in _judgement(ours, peer):
            table.add_row(name, *cells)
    table.caption = _verdict(picture)
    return table


def _judgement(ours: OurPicture | None, peer: PeerPicture) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for name in ("total", "content", "style", "tv"):
        theirs, mine = getattr(peer.file, name), getattr(ours.file, name) if ours and ours.file else None
        label = f"file: {name}" + (" (counts nothing)" if name == "tv" else "")
        yield label, (_number(mine), _number(theirs), _times(theirs / mine if mine else None))
    yield "in memory: total", (NONE, _number(peer.canvas.total), "")


def _verdict(picture: Picture) -> str:
    peer, ours = picture.peer, picture.ours
    said = [f"Saving raises the peer's total {peer.saving_costs:.2f}×."] if peer else []
    if ours and ours.as_good is not None:
        said.append("Ours is as good." if ours.as_good else "Ours is NOT as good, so there is no ratio of times.")
    said.append("Both starts include a first evaluation." if peer else "The start includes a first evaluation.")
    return " ".join(said)


def search_table(ours: OurPicture, peer: PeerPicture | None) -> Table:
    """The runs that were tried until one was as good."""
    table = _table("Steps of pincel until the picture is as good", "steps", "seconds", "total", "content", "style")
    for tried in ours.tried:
        table.add_row(str(tried.steps), _number(tried.seconds), *_three(tried.file))
    if peer:
        table.add_row(f"peer {peer.steps}", "", *_three(peer.file))
    return table


def _three(terms: Terms) -> tuple[str, str, str]:
    return _number(terms.total), _number(terms.content), _number(terms.style)


def memory_table(steps: Steps, picture: Picture | None) -> Table:
    """Most bytes in use, with and without what the loaded program takes."""
    table = _table(f"Most memory at {steps.size[0]}×{steps.size[1]}", "", "pincel", "peer", "peer ÷ pincel")
    paces = (steps.ours, steps.peer)
    for name, pick in (("program alone", "baseline"), (f"after {steps.steps} steps", "peak"), ("  of which net", "net")):
        cells = (_mebibytes(getattr(pace.memory, pick) if pace else None) for pace in paces)
        table.add_row(name, *cells, _times(steps.memory_ratio) if pick == "net" else "")
    whole = (part.peak_memory if part else None for part in ((picture.ours, picture.peer) if picture else (None, None)))
    table.add_row("whole run", *(_mebibytes(value) for value in whole), "")
    return table


def growth_table(report: Report) -> Table:
    """How time and memory grow; the JSON has the ratios to the first size."""
    caption = ""
    if report.smallest:
        (width, height), stands = report.smallest.size, _mebibytes(report.smallest.ours.memory.net)
        caption = f"more/Mpx: net memory beyond the {stands} that pincel takes for {width}×{height}, for each megapixel beyond that."
    table = _table("How time and memory grow", "size", "", "s/step", "s/Mpx", "peak", "net", "net/Mpx", "more/Mpx", caption=caption)
    for found in report.growth:
        table.add_row(f"{found.size[0]}×{found.size[1]}", "pincel", *_growth_cells(found, found.ours), _mebibytes(report.beyond(found)))
        if found.peer:
            table.add_row("", "peer", *_growth_cells(found, found.peer), "")
    return table


def _growth_cells(found: Steps, pace: Pace) -> tuple[str, ...]:
    seconds, memory = pace.time.median, pace.memory
    return (
        _number(seconds, digits=3),
        _number(seconds / found.megapixels, digits=3),
        _mebibytes(memory.peak),
        _mebibytes(memory.net),
        _mebibytes(memory.net / found.megapixels),
    )
