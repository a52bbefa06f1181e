"""Make the pictures of docs/options.md, docs/gallery.md and docs/inversion.md again, by the commands that stand there.

Usage: python scripts/gallery.py [NAME …]

A picture is called as its command calls it; without names all are made. What the commands say of them, such as errors, is printed.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
PAGES = ("options", "gallery", "inversion")


def page_of(name: str) -> Path:
    """Return where a page is."""
    return ROOT / "docs" / f"{name}.md"


def pictures_of(name: str) -> Path:
    """Return where the pictures of a page are."""
    return ROOT / "docs" / "images" / name


def commands(page: str) -> dict[str, list[str]]:
    """Return picture → arguments of the command that makes it, in the order of a page."""
    lines = re.findall(r"^pincel (.*)$", page_of(page).read_text(encoding="utf-8"), re.MULTILINE)
    split = [shlex.split(line) for line in lines]
    return {arguments[arguments.index("-o") + 1]: arguments for arguments in split}


def draw_mask(path: Path) -> None:
    """Draw a mask whose upper part is white, with a soft edge."""
    rows = np.clip((0.62 - np.linspace(0, 1, 192)) / 0.06 + 0.5, 0, 1)
    Image.fromarray(np.repeat((255 * rows).astype(np.uint8)[:, None], 256, axis=1)).save(path)


def main() -> None:
    """Run the commands in a folder of their own, and keep the pictures."""
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        draw_mask(Path(folder) / "mask.png")
        for page in PAGES:
            pictures_of(page).mkdir(parents=True, exist_ok=True)
            for name, arguments in commands(page).items():
                if not wanted or name in wanted:
                    print("pincel", shlex.join(arguments), flush=True)
                    subprocess.run([sys.executable, "-m", "pincel", *arguments], cwd=folder, check=True, stderr=subprocess.DEVNULL)
                    (pictures_of(page) / name).write_bytes((Path(folder) / name).read_bytes())


if __name__ == "__main__":
    main()
