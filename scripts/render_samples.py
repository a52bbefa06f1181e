"""Render the sample pictures that the package ships: scenes to paint, and paintings to take the style from.

Run ``python scripts/render_samples.py [OUT_DIR]``. It needs numpy and Pillow alone. Every random number comes
from a generator with a fixed seed, so two runs write the same bytes.
"""

from __future__ import annotations

import argparse
import importlib
import time
from pathlib import Path

from samples.canvas import encode_jpeg

PICTURES = (
    "scene-harbour",
    "scene-lake",
    "scene-still-life",
    "style-impasto",
    "style-glass",
    "style-woodcut",
    "style-watercolour",
    "style-pointillism",
    "style-cubist",
)
LIMIT = 150_000
"""Largest size of one file in bytes: the pictures travel inside the wheel."""


def main() -> None:
    """Render every picture, or those whose names contain the text given with ``--only``."""
    parser = argparse.ArgumentParser(description="Render the sample pictures.")
    default = Path(__file__).resolve().parent.parent / "src" / "pincel" / "samples"
    parser.add_argument("out_dir", nargs="?", type=Path, default=default, metavar="OUT_DIR")
    parser.add_argument("--only", default="", metavar="TEXT", help="render only pictures with TEXT in the name")
    options = parser.parse_args()
    options.out_dir.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        if options.only in name:
            render(name, options.out_dir)


def render(name: str, out_dir: Path) -> None:
    """Render one picture, write it as a JPEG and print its size."""
    started = time.perf_counter()
    picture = importlib.import_module("samples." + name.replace("-", "_")).render()
    data = encode_jpeg(picture, LIMIT)
    (out_dir / f"{name}.jpg").write_bytes(data)
    height, width = picture.shape[:2]
    seconds = time.perf_counter() - started
    print(f"{name}.jpg  {width}x{height}  {len(data) / 1000:.0f} KB  {seconds:.1f} s")


if __name__ == "__main__":
    main()
