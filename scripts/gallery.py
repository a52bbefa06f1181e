"""Make the pictures of docs/options.md again, by the commands that stand there.

Usage: python scripts/gallery.py [NAME …]

A picture is called as its command calls it; without names all are made.
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
PAGE = ROOT / "docs" / "options.md"
PICTURES = ROOT / "docs" / "images" / "options"


def commands() -> dict[str, list[str]]:
    """Return picture → arguments of the command that makes it, in the order of the page."""
    lines = re.findall(r"^pincel (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    split = [shlex.split(line) for line in lines]
    return {arguments[arguments.index("-o") + 1]: arguments for arguments in split}


def draw_mask(path: Path) -> None:
    """Draw a mask whose upper part is white, with a soft edge."""
    rows = np.clip((0.62 - np.linspace(0, 1, 192)) / 0.06 + 0.5, 0, 1)
    Image.fromarray(np.repeat((255 * rows).astype(np.uint8)[:, None], 256, axis=1)).save(path)


def main() -> None:
    """Run the commands in a folder of their own, and keep the pictures."""
    wanted = sys.argv[1:]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        draw_mask(Path(folder) / "mask.png")
        for name, arguments in commands().items():
            if not wanted or name in wanted:
                print("pincel", shlex.join(arguments), flush=True)
                subprocess.run([sys.executable, "-m", "pincel", *arguments, "--quiet"], cwd=folder, check=True)
                (PICTURES / name).write_bytes((Path(folder) / name).read_bytes())


if __name__ == "__main__":
    main()
