"""Render the sample pictures that the package ships: scenes to paint, and paintings to take the style from.

Run ``python scripts/render_samples.py [OUT_DIR]``. It needs numpy and Pillow alone. Every random number comes
from a generator with a fixed seed, so two runs write the same bytes.
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from samples.canvas import encode_jpeg

PICTURES = (
    "scene-harbour",
    "scene-lake",
    "scene-lighthouse",
    "scene-still-life",
    "style-impasto",
    "style-glass",
    "style-woodcut",
    "style-watercolor",
    "style-pointillism",
    "style-cubist",
)
LIMIT = 150_000
"""Largest size of one file in bytes: the pictures travel inside the wheel."""


def main() -> None:
    """Render every picture, or only those that the command line names."""
    parser = argparse.ArgumentParser(description="Render the sample pictures.")
    default = Path(__file__).resolve().parent.parent / "src" / "pincel" / "samples"
    parser.add_argument("out_dir", nargs="?", type=Path, default=default, metavar="OUT_DIR")
    parser.add_argument("--only", default="", metavar="TEXT", help="render only pictures with TEXT in the name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="pictures rendered at a time")
    options = parser.parse_args()
    options.out_dir.mkdir(parents=True, exist_ok=True)
    names = [name for name in PICTURES if options.only in name]
    # Each picture is independent, so they are spread over the processors; the bytes do not depend on that.
    with ProcessPoolExecutor(max_workers=min(len(names), options.jobs)) as pool:
        for line in pool.map(render, names, [options.out_dir] * len(names)):
            print(line, flush=True)


def render(name: str, out_dir: Path) -> str:
    """Render one picture, write it as a JPEG and return a line about it."""
    started = time.perf_counter()
    picture = importlib.import_module("samples." + name.replace("-", "_")).render()
    data = encode_jpeg(picture, LIMIT)
    (out_dir / f"{name}.jpg").write_bytes(data)
    height, width = picture.shape[:2]
    seconds = time.perf_counter() - started
    return f"{name}.jpg  {width}x{height}  {len(data) / 1000:.0f} KB  {seconds:.1f} s"


if __name__ == "__main__":
    main()
