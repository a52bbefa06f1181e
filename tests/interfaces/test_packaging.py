"""The core alone paints; what needs an extra says which; the wheel installs without extras and with all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.test_installation import PROJECT, extras_of_all, modules

ROOT = Path(__file__).parents[2]
# What is imported of the extras, but for what torch brings.
LIBRARIES = modules(each for name in (*extras_of_all(), "timm") for each in PROJECT["optional-dependencies"][name]) - {"fsspec", "pincel"}
CORE = """
import sys
from importlib.machinery import PathFinder

class Core(PathFinder):
    @classmethod
    def find_spec(cls, name, *where):
        return None if name in BLOCKED else super().find_spec(name, *where)

sys.meta_path[sys.meta_path.index(PathFinder)] = Core
from pincel.cli.start import run
for line in COMMANDS:
    assert run(line.split()) == 0, line
"""
COMMANDS = (
    "--help",
    "transfer --help",
    "study --help",
    "study grid --help",
    "studio --help",
    "train-style --help",
    "plan sample:harbour sample:impasto --size 64 --precision fp32",
    "transfer sample:harbour sample:impasto -o painted.tif --depth 16 --sheet sheet.jpg --size 32 --steps 1 --precision fp32 --quiet",
    "quick sample:harbour sample:impasto -o quick.jpg --size 32 --quiet",
    "weights list",
)
REFUSED = {
    "study convolution -o study": "studies",
    "studio --no-browser": "studio",
    "train sample:textures -o trained": "studies",
    "video film.mp4 out.mp4 --style sample:impasto": "video",
    "transfer sample:harbour sample:impasto -o more.png --backbone vgg16-torchvision": "weights",
}


def test_the_core_needs_no_extra(tmp_path: Path) -> None:
    assert {"cv2", "matplotlib", "fastapi", "httpx", "h5py", "google.protobuf", "ray"} <= LIBRARIES
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    refusals = f"\nfor line in {list(REFUSED)!r}:\n    assert run(line.split()) == 2, line\n"
    code = f"BLOCKED, COMMANDS = {LIBRARIES!r}, {COMMANDS!r}\n{CORE}{refusals}"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "painted.tif").is_file()
    lines = found.stderr.splitlines()
    assert [re.findall(r"try: .* -e '.*\[(\w+)\]'", line) for line in lines] == [[extra] for extra in REFUSED.values()]


@pytest.fixture(scope="module")
def uv() -> Callable[..., str]:
    """Return a function that runs uv, the copy of ``make`` or another, and returns what it prints."""
    program = next(filter(None, [shutil.which("uv", path=ROOT / ".tools" / "bin"), shutil.which("uv")]), None)
    if program is None:
        pytest.skip("there is no uv on this machine")
    environment = {"UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", ""), **os.environ}
    return lambda *arguments: checked(program, *map(str, arguments), env=environment)


def checked(*command: str | Path, **options: Any) -> str:
    """Run a program and return its output; fails with what it prints as errors."""
    done: subprocess.CompletedProcess[str] = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(900)
def test_the_wheel_paints_without_extras_and_installs_with_all(uv: Callable[..., str], tmp_path: Path) -> None:
    uv("build", "-q", "--out-dir", tmp_path / "dist", ROOT)
    assert len(list((tmp_path / "dist").glob("pincel-*.tar.gz"))) == 1
    (wheel,) = (tmp_path / "dist").glob("pincel-*.whl")
    python, pincel = tmp_path / "env" / "bin" / "python", tmp_path / "env" / "bin" / "pincel"
    install = ("pip", "install", "-q", "--python", python, "-c", ROOT / "constraints.txt")
    uv("venv", "-q", "--python", sys.executable, tmp_path / "env")
    uv(*install, wheel)
    quick = ("--size", "48", "--steps", "1", "--precision", "fp32", "--quiet")
    checked(pincel, "transfer", "sample:harbour", "sample:impasto", "-o", "out.png", *quick, cwd=tmp_path)
    assert (tmp_path / "out.png").is_file()
    refused = subprocess.run([pincel, "studio"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.stderr.endswith(f"pip install --python env/bin/python 'dist/{wheel.name}[studio]'\n")
    uv(*install, f"{wheel}[all]")
    assert "ok  weights" in checked(pincel, "doctor", cwd=tmp_path)
    found = f"from importlib.util import find_spec; print([name for name in {sorted(LIBRARIES - {'timm'})} if not find_spec(name)])"
    assert checked(python, "-c", found, cwd=tmp_path) == "[]\n"
