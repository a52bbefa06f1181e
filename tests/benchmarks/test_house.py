"""The figures of a small package are those counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from house import main, measure, read_modules

LARGE = "class Large:\n    a: int\n    b = 1\n\n    def __init__(self):\n" + "".join(f"        self.c{k} = {k}\n" for k in range(9))
FILES = {
    "__init__.py": "",
    "large.py": LARGE,
    "data.py": '''"""Values."""

from dataclasses import dataclass
from enum import Enum


class Base(Enum):
    """Names."""


class Names(Base):
    A, B, C, D, E, F, G, H, I, J, K, L = range(12)


@dataclass(frozen=True)
class Values:
'''
    + "".join(f"    v{k}: int\n" for k in range(11)),
    "run/__init__.py": "",
    "run/run.py": "class Run:\n    def __init__(self, a, b, c, d, *, e, f, g, h, **values):  # eight\n"
    "        # None is kept.\n\n        pass\n",
    "run/wide.py": "class Wide:\n    def __init__(self, a, b, c, d, *, e, f, g, h, i):\n        pass\n\n\nclass Run:\n    pass\n",
    "long.py": "def short():\n    '''One.\n\n    Two.\n    '''\n"
    + "    x = 1\n" * 39
    + "\n\nasync def long():\n"
    + "    x = 1\n" * 40
    + "\n\nclass Other:\n    def long(self):\n        pass\n",
    **{f"part/p{k}.py": "" for k in range(11)},
    "many.py": "from pincel.part import p0, p1, p2, p3, p4\nfrom pincel.large import Large\nimport os, pincel.data, pincel.many\n"
    "def f():\n    from pincel.part.p5 import a, b\n    from pincel.part import p6, p7, p8\n",
    "few.py": "from pincel.part import p0, p1, p2, p3, p4, p5, p6, p7, p8, p9\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout whose package is FILES."""
    for name, text in FILES.items():
        path = tmp_path / "src" / "pincel" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_what_exceeds_a_limit(checkout: Path) -> None:
    rows, listed = measure(read_modules(checkout / "src" / "pincel"))
    assert rows["modules"] == str(len(FILES))
    # Plain data may be large, and the eight parameters of Run are not more than eight.
    assert listed["Large classes"] == [
        "pincel.large.Large: 11 attributes, 0 parameters",
        "pincel.run.wide.Wide: 0 attributes, 9 parameters",
    ]
    # Nine of part, data and large; neither os nor itself.
    assert listed["Many imports"] == ["pincel.many: 11"]
    assert rows["most imports of a module"] == "pincel.many: 11"
    assert rows["modules that import at most 10 others"] == f"{1 - 1 / len(FILES):.1%}"
    assert listed["Repeated names"] == ["Run: 2 times"]
    assert listed["Long functions"] == ["pincel.long:47 long: 41 lines"]


def test_lines(checkout: Path) -> None:
    rows, _ = measure(read_modules(checkout / "src" / "pincel"))
    assert rows["lines of class Run"] == "5, 2"
    # Run: 5 lines, 3 of code; Wide: 7 lines, 5 of code.
    assert rows["`run`"] == "12, 8"
    assert rows["`(package)`"] == "0, 0"
    assert rows["`data`"] == "27, 18"
    assert rows["lines, of which code"].split(", ")[0] == str(sum(len(text.splitlines()) for text in FILES.values()))


def test_checkouts_are_columns(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(checkout), str(checkout)])
    out = capsys.readouterr().out
    assert "| lines of class Run | 5, 2 | 5, 2 |\n" in out
    assert out.count("\n  Run: 2 times\n") == 2
