"""The report as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from _speed.report import Arithmetic, Machine, OurPicture, Pace, PeerPicture, Picture, Report, Steps, Terms
from _speed.settings import STEP_RECIPE
from _tables import grid

NONE = "–"
MEBI = 2**20
BOTH = ("", "pincel", "peer", "peer ÷ pincel")


def machine_line(machine: Machine) -> str:
    """Return where it was measured, on a line."""
    device = f"{machine.device} ({machine.device_name})" if machine.device_name else machine.device
    return (
        f"{machine.processor}, {machine.cores} cores · torch {machine.torch}, {machine.threads} threads · "
        f"device {device} · precision {machine.precision}"
    )


def tables(report: Report) -> Iterator[str]:
    """Yield a table with its title for each part that was measured."""
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


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    return "\n\n".join(filter(None, (title, grid(heads, rows), caption))) + "\n"


def _number(value: float | None, unit: str = "", digits: int = 4) -> str:
    return NONE if value is None else f"{value:.{digits}g}{unit}"


def _mebibytes(value: float | None) -> str:
    return NONE if value is None else f"{value / MEBI:,.0f} MiB"


def _times(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}×"


def steps_table(steps: Steps) -> str:
    """Return single steps, one column a program."""
    ours, peer = steps.ours, steps.peer
    rounds = [" ".join(_number(second, digits=3) for second in pace.time.seconds) if pace else NONE for pace in (ours, peer)]
    pixels = (steps.megapixel_steps_per_second, steps.peer_megapixel_steps_per_second)
    rows = [
        ("seconds a step", _number(ours.time.median), _number(peer.time.median if peer else None), _times(steps.ratio)),
        ("each round", *rounds, ""),
        ("Mpx-steps a second", *(_number(value) for value in pixels), ""),
    ]
    return _table(f"A step at {steps.size[0]}×{steps.size[1]} ({steps.megapixels:.3g} Mpx), recipe {STEP_RECIPE}, in turn", BOTH, rows)


def arithmetic_table(work: Arithmetic, precision: str) -> str:
    """Return operations a second."""
    parts = (
        ("whole step of pincel", work.flops_per_step, work.step_seconds, work.flops_per_second, f"{work.share:.0%}"),
        ("one convolution", work.convolution_flops, work.convolution.median, work.convolution_flops_per_second, "100%"),
    )
    rows = [(name, _number(flops / 1e9), _number(seconds), _number(rate / 1e9), share) for name, flops, seconds, rate, share in parts]
    caption = (
        f"{work.multiply_adds_per_pixel:,.0f} multiply-adds a pixel, forward and gradient; the convolution is torch's own, "
        "512 → 512 channels, 3×3, at 64², channels-last, likewise. Multiplications a method saves (Winograd) are counted all the same."
    )
    return _table(f"Arithmetic, {precision}", ("", "GFLOP", "seconds", "GFLOP/s", "share"), rows, caption)


def picture_table(picture: Picture) -> str:
    """Return the same picture by both: time, and the peer's objective of it."""
    peer, ours = picture.peer, picture.ours
    start = (ours.start_up.median if ours else None, peer.start_up if peer else None)
    rows = [
        ("steps", *(NONE if part is None else str(part.steps) for part in (ours, peer)), ""),
        ("seconds to start", *(_number(value) for value in start), ""),
        ("seconds of its steps", NONE, _number(peer.seconds if peer else None), ""),
        ("seconds, shell to file", _number(ours.whole.median if ours else None), NONE, ""),
        ("peer's steps ÷ all of ours", "", "", _times(picture.ratio)),
        ("with the peer's start", "", "", _times(picture.ratio_with_start_up)),
        *(_judgment(ours, peer) if peer else ()),
    ]
    recipe = f", recipe {ours.recipe}" if ours else ""
    return _table(f"The same picture, judged by the peer's objective{recipe}", BOTH, rows, _verdict(picture))


def _judgment(ours: OurPicture | None, peer: PeerPicture) -> Iterator[tuple[str, str, str, str]]:
    for name in ("total", "content", "style", "tv"):
        theirs, mine = getattr(peer.file, name), getattr(ours.file, name) if ours and ours.file else None
        label = f"file: {name}" + (" (counts nothing)" if name == "tv" else "")
        yield label, _number(mine), _number(theirs), _times(theirs / mine if mine else None)
    yield "in memory: total", NONE, _number(peer.canvas.total), ""


def _verdict(picture: Picture) -> str:
    peer, ours = picture.peer, picture.ours
    sentences = [f"Saving raises the peer's total {peer.saving_costs:.2f}×."] if peer else []
    if ours and ours.as_good is not None:
        sentences.append("Ours is as good." if ours.as_good else "Ours is NOT as good, so there is no ratio of times.")
    sentences.append("Both starts include a first evaluation." if peer else "The start includes a first evaluation.")
    return " ".join(sentences)


def search_table(ours: OurPicture, peer: PeerPicture | None) -> str:
    """Return the runs that were tried until one was as good."""
    rows = [(str(tried.steps), _number(tried.seconds), *_three(tried.file)) for tried in ours.tried]
    rows += [(f"peer {peer.steps}", "", *_three(peer.file))] if peer else []
    return _table("Steps of pincel until the picture is as good", ("steps", "seconds", "total", "content", "style"), rows)


def _three(terms: Terms) -> tuple[str, str, str]:
    return _number(terms.total), _number(terms.content), _number(terms.style)


def memory_table(steps: Steps, picture: Picture | None) -> str:
    """Return the most bytes in use, with and without what the loaded program takes."""
    paces = (steps.ours, steps.peer)
    rows = []
    for name, pick in (("program alone", "baseline"), (f"after {steps.steps} steps", "peak"), ("of which net", "net")):
        cells = (_mebibytes(getattr(pace.memory, pick) if pace else None) for pace in paces)
        rows.append((name, *cells, _times(steps.memory_ratio) if pick == "net" else ""))
    whole = (part.peak_memory if part else None for part in ((picture.ours, picture.peer) if picture else (None, None)))
    rows.append(("whole run", *(_mebibytes(value) for value in whole), ""))
    return _table(f"Most memory at {steps.size[0]}×{steps.size[1]}", BOTH, rows)


def growth_table(report: Report) -> str:
    """Return how time and memory grow; the JSON has the ratios to the first size."""
    caption = ""
    if report.smallest:
        (width, height), least = report.smallest.size, _mebibytes(report.smallest.ours.memory.net)
        caption = f"more/Mpx: net memory beyond the {least} that pincel takes for {width}×{height}, for each megapixel beyond that."
    rows = []
    for steps in report.growth:
        rows.append((f"{steps.size[0]}×{steps.size[1]}", "pincel", *_growth_cells(steps, steps.ours), _mebibytes(report.beyond(steps))))
        if steps.peer:
            rows.append(("", "peer", *_growth_cells(steps, steps.peer), ""))
    heads = ("size", "", "s/step", "s/Mpx", "peak", "net", "net/Mpx", "more/Mpx")
    return _table("How time and memory grow", heads, rows, caption)


def _growth_cells(steps: Steps, pace: Pace) -> tuple[str, ...]:
    seconds, memory = pace.time.median, pace.memory
    return (
        _number(seconds, digits=3),
        _number(seconds / steps.megapixels, digits=3),
        _mebibytes(memory.peak),
        _mebibytes(memory.net),
        _mebibytes(memory.net / steps.megapixels),
    )
