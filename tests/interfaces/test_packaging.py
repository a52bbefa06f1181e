"""The core alone paints; what needs an extra says which; the wheel installs without extras and with all."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.test_installation import PROJECT, extras_of_all, modules

# What is imported of the extras, but for what torch brings.
LIBRARIES = modules(each for name in (*extras_of_all(), "timm") for each in PROJECT["optional-dependencies"][name]) - {"fsspec"}
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
