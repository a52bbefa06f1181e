"""The commands and the Python of tutorials and how-to pages work as printed, in small sizes."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel.films.synthetic import Pan
from tests.cli.run import pincel
from tests.films.make_films import moving, write_film

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for folder in ("tutorials", "howto", "teaching") for page in (DOCS / folder).glob("*.md"))
# The size, and the number of steps, are for the reader's patience, not ours.
PAINTS = ("transfer", "texture", "grid", "blend", "batch", "video")
SMALL = ["--size", "64", "--steps", "1", "--scales", "none"]
Capture = pytest.CaptureFixture[str]


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a page in some language: those of ``sh`` are to be run, others may need what is not here."""
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [text for its, text in found if its == language]


def commands(page: Path) -> list[list[str]]:
    return [shlex.split(line) for block in blocks(page, "sh") for line in block.splitlines()]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> Path:
    """Go into a folder with all files that the pages name."""
    monkeypatch.chdir(tmp_path)
    pictures = [Image.open(path).convert("RGB") for path in photographs]
    for folder in ("photos", "paintings", "photographs"):
        (tmp_path / folder).mkdir()
    for number, name in enumerate(("photo", "painting", "starry", "scream", "bricks")):
        pictures[number % 3].save(f"{name}.jpg")
    for name in ("photos/harbour", "photos/lake", "paintings/a", "paintings/b", "photographs/a", "photographs/b"):
        pictures[len(name) % 3].save(f"{name}.jpg")
    mask = Image.new("L", (96, 64))
    mask.paste(255, (0, 0, 96, 32))
    for name in ("sky-mask", "regions", "starry-regions", "scream-regions"):
        mask.save(f"{name}.png")
    shutil.copy("photo.jpg", "painted.png")
    for name in ("beginning", "holiday"):
        write_film(tmp_path / f"{name}.mp4", moving(2))
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    monkeypatch.setattr("pincel.films.synthetic.SAMPLES", {"pan": lambda: [Pan(noise, None, 64, 48, 2, 2.0, 0.0, 0.0)]})
    return tmp_path


def write_blocks(page: Path) -> None:
    """Write the files that a page prints: a table of jobs and a recipe."""
    for text in blocks(page, ""):
        if text.startswith("content,style"):
            Path("jobs.csv").write_text(re.sub(r",(512|1024),", ",64,", text), encoding="utf-8")
    for text in blocks(page, "toml"):
        Path("mine.toml").write_text(text, encoding="utf-8")


def quicker(verb: str, arguments: list[str], calibration: Path) -> list[str]:
    """Return further arguments that make a command quick."""
    if verb in PAINTS:
        return [*SMALL, *([] if verb == "video" else ["--calibration", str(calibration)])]
    if verb == "study" and arguments[0] != "compare":
        return ["--size", "48", *(["--steps", "1"] if arguments[0] == "reconstruct" else [])]
    return []


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem)
def test_commands_work_as_printed(page: Path, files: Path, capsys: Capture, calibration: Path) -> None:
    write_blocks(page)
    if page.parent.name == "teaching":
        assert pincel(capsys, "transfer", "photo.jpg", "painting.jpg", "-o", "painted.png", *SMALL).code == 0
    for name, verb, *arguments in commands(page):
        assert name == "pincel"
        if verb != "resume":  # of a run that was cut short: tests/cli/test_resume.py
            answer = pincel(capsys, verb, *arguments, *quicker(verb, arguments, calibration))
            assert answer.code == 0, (verb, arguments, answer.err)


def test_the_python_works(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(Image.Image, "show", lambda self: shown.append(self.size))
    for page in (DOCS / "howto" / "python.md", DOCS / "tutorials" / "large-print.md"):
        code = "\n".join(blocks(page, "python")).replace("size=256, steps=40", "size=32, steps=1")
        exec(compile(code.replace('"gatys2016")', '"gatys2016", size=32, steps=2)'), page.name, "exec"), {})
    assert len(shown) == 1
    with Image.open("photo-300.jpg") as printed:
        assert printed.info["dpi"] == (300, 300)
