"""What a network paints in one go, beside optimization: J at the start and after 10, 30 and 100 steps, from each start; seconds a picture.

::

    python benchmarks/feedforward.py --any any.safetensors --one impasto.safetensors --one-style sample:impasto -o study

Writes ``study.json``, and a sheet of pictures for each pair: photograph, style, what each network paints, and what becomes of each start.
Of several networks for any style, the first is compared with the others, too: J after one go, over that of the first, over all pairs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from pincel.engine.events import Step
from pincel.engine.memory import retain_heap
from pincel.feedforward.file import load_stylizer
from pincel.feedforward.network import Network
from pincel.feedforward.stylize import stylize
from pincel.images.io import save_picture, to_pil
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture, target_size
from pincel.images.sheet import contact_sheet
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.sources import open_picture

STEPS = (0, 1, 3, 10, 30, 100, 300)
SIDES = (256, 512)


def brought(source: str, side: int) -> LoadedImage:
    """Open a picture with a long side."""
    picture = open_picture(source, "content")
    return resize_picture(picture, target_size(picture.height, picture.width, side, "long", "nearest"), "lanczos")


def seconds(network: Network, side: int, style: LoadedImage) -> float:
    """Time a picture of so many pixels, the least of three."""
    content, styles = brought("sample:harbour", side), [(style, 1.0)] if network.encoder else []
    found = []
    for _ in range(3):
        began = time.perf_counter()
        stylize(network, content, styles)
        found.append(time.perf_counter() - began)
    return min(found)


def descent(content: str, style: str, init: str, options: argparse.Namespace) -> tuple[dict[int, float], dict[int, torch.Tensor]]:
    """Paint from a start; return J and the picture at some steps."""
    machine = Machine.resolve("cpu", options.precision)
    run = Run(content, style, machine=machine, init=init, size=options.size, steps=options.steps, scales="none")
    totals, pictures = {}, {}
    for event in run:
        if isinstance(event, Step) and event.step in STEPS:
            totals[event.step] = event.total
            pictures[event.step] = event.preview().cpu()
    return totals, pictures


def starts(options: argparse.Namespace, style: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each start, and what ``init`` says for it."""
    yield "content", "content"
    for path in options.any:
        yield Path(path).stem, f"feedforward={path}"
    if options.one and style == options.one_style:
        yield "one-style", f"feedforward={options.one}"


def pair(content: str, style: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one pair, and draw its sheet."""
    cells = [("content", to_pil(brought(content, options.size).pixels)), ("style", to_pil(brought(style, options.size).pixels))]
    rows: dict[str, Any] = {}
    for name, init in starts(options, style):
        totals, pictures = descent(content, style, init, options)
        rows[name] = totals
        print(f"{content} {style} {name}: " + ", ".join(f"{step}: {total:.4g}" for step, total in totals.items()), flush=True)
        shown = [step for step in (0, 10, 30, 100) if step in pictures and not (name == "content" and step == 0)]
        cells += [(f"{name}, {step} steps", to_pil(pictures[step])) for step in shown]
    named = "-".join(Path(each.removeprefix("sample:")).stem for each in (content, style))
    save_picture(contact_sheet(cells), Path(f"{options.output}-{named}.png"))
    return {"content": content, "style": style, "J": rows}


def main() -> None:
    """Measure everything that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--any", nargs="+", default=[], metavar="NET", help="any-style networks, each of a name of its own")
    parser.add_argument("--one", help="a one-style network")
    parser.add_argument("--one-style", default="sample:impasto", help="its style")
    parser.add_argument("--contents", nargs="+", default=["sample:harbour"])
    parser.add_argument("--styles", nargs="+", default=["sample:impasto", "sample:glass"])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("-o", "--output", default="feedforward-study")
    options = parser.parse_args()
    retain_heap()
    style = brought(options.styles[0], 512)
    networks = {Path(each).stem: load_stylizer(each) for each in options.any}
    if options.one:
        networks["one-style"] = load_stylizer(options.one)
    timed = {name: {side: seconds(network, side, style) for side in SIDES} for name, network in networks.items()}
    for name, found in timed.items():
        print(f"{name}: " + ", ".join(f"{side} px {value:.2f} s" for side, value in found.items()), flush=True)
    pairs = [pair(content, style, options) for content in options.contents for style in options.styles]
    first, *others = [Path(each).stem for each in options.any] or [""]
    for name in others:
        shares = [found["J"][name][0] / found["J"][first][0] for found in pairs]
        print(f"J of {name} over that of {first}: median {statistics.median(shares):.3f}, {min(shares):.3f} to {max(shares):.3f}")
    told = {"threads": torch.get_num_threads(), "size": options.size, "seconds": timed, "pairs": pairs}
    Path(f"{options.output}.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
