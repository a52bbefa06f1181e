"""Make the figures of docs/studies.md again, by the commands that stand there.

Usage: python scripts/study_gallery.py [STUDY …]

A command writes a folder; of what is in it, the figures shown on the page are kept, as images/studies/FOLDER-FIGURE.jpg. What a study says
about its results is printed. Without names all are made: about a quarter of an hour on two cores.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "studies.md"
PICTURES = ROOT / "docs" / "images" / "studies"
# A figure is no wider on the page.
WIDEST = 1100


def commands() -> dict[str, list[str]]:
    """Return folder → arguments of the command that writes it, in the order of the page."""
    lines = re.findall(r"^pincel (study .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    split = [shlex.split(line) for line in lines]
    return {arguments[arguments.index("-o") + 1]: arguments for arguments in split}


def figures() -> list[tuple[str, str]]:
    """Return (folder, figure) of every picture on the page."""
    return re.findall(r"\]\(images/studies/([\w]+)-([\w-]+)\.jpg\)", PAGE.read_text(encoding="utf-8"))


def keep(source: Path, target: Path) -> None:
    """Write a figure as it is shown."""
    with Image.open(source, formats=["PNG", "JPEG"]) as image:
        picture = image.convert("RGB")
    if picture.width > WIDEST:
        picture = picture.resize((WIDEST, round(picture.height * WIDEST / picture.width)), Image.Resampling.LANCZOS)
    picture.save(target, quality=85, optimize=True)


def findings(page: Path) -> list[str]:
    """Return the paragraphs of a page."""
    return re.findall(r"<p>(.*?)</p>", page.read_text(encoding="utf-8"), re.DOTALL)


def main() -> None:
    """Run the commands in a folder of their own, and keep the figures."""
    wanted = sys.argv[1:]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A record to compare with, and photographs to choose patches from.
        for prepare in (["samples", "pictures"], ["transfer", "sample:harbour", "sample:impasto", "-o", "painted.png", "--size", "256"]):
            subprocess.run([sys.executable, "-m", "pincel", *prepare], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for out, arguments in commands().items():
            if wanted and arguments[1] not in wanted:
                continue
            print("pincel", shlex.join(arguments), flush=True)
            subprocess.run([sys.executable, "-m", "pincel", *arguments], cwd=folder, check=True)
            print(*findings(folder / out / "index.html"), sep="\n", flush=True)
            for _, figure in (each for each in figures() if each[0] == out):
                keep(folder / out / f"{figure}.png", PICTURES / f"{out}-{figure}.jpg")


if __name__ == "__main__":
    main()
