"""How the package is built, in figures: large classes, imports, repeated names, long functions, lines of each room.

Usage:
    python benchmarks/house.py [CHECKOUT …]

Prints a table with a column for each checkout, this one when none is given, and then what exceeds a limit. Python is parsed, never run.
A room is a folder or file directly in the package. Lines are physical, of Python only; those of code are neither
empty, comment nor docstring.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

ATTRIBUTES, PARAMETERS, IMPORTS, FUNCTION_LINES = 10, 8, 10, 40
"""The largest numbers of a class, its constructor, a module and a function that are accepted."""
PLAIN_DATA = {"BaseModel", "Enum", "Flag", "IntEnum", "IntFlag", "NamedTuple", "StrEnum", "TypedDict"}
"""Classes with such an ancestor, and dataclasses, hold values and may have any number of them."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Module:
    """A file of Python: dotted name, syntax tree, number of lines, and which of them are code."""

    name: str
    tree: ast.Module
    lines: int
    code: frozenset[int]

    @property
    def room(self) -> str:
        """Folder or file directly in the package; the package itself for its own ``__init__``."""
        return [*self.name.split("."), "(package)"][1]

    def all(self, kind: type[Node]) -> list[Node]:
        """Return all nodes of a kind, at any depth."""
        return [node for node in ast.walk(self.tree) if isinstance(node, kind)]


def read_modules(package: Path) -> list[Module]:
    """Parse all modules of a package."""
    modules = []
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree, lines = ast.parse(text), text.splitlines()
        written = {number for number, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")}
        docstrings = {line for node in ast.walk(tree) for line in docstring_lines(node)}
        parts = takewhile(lambda part: part != "__init__", path.relative_to(package.parent).with_suffix("").parts)
        modules.append(Module(".".join(parts), tree, len(lines), frozenset(written - docstrings)))
    return modules


def docstring_lines(node: ast.AST) -> range:
    """Return the numbers of the lines of its docstring."""
    if not isinstance(node, ast.Module | ast.ClassDef | Function) or ast.get_docstring(node, clean=False) is None:
        return range(0)
    return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def length(node: ast.ClassDef | Function) -> int:
    """Return the lines of a class or function from its name on."""
    return (node.end_lineno or 0) - node.lineno + 1


def name_of(node: ast.expr) -> str:
    """Return the last name of an expression: C for C, a.C, C[int] and C(…)."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def plain_data(classes: list[ast.ClassDef]) -> set[ast.ClassDef]:
    """Return those that hold values."""
    names, size = set(PLAIN_DATA), 0
    while len(names) > size:
        size = len(names)
        names |= {node.name for node in classes if names & {name_of(base) for base in node.bases}}
    return {node for node in classes if node.name in names or "dataclass" in {name_of(each) for each in node.decorator_list}}


def attributes(node: ast.ClassDef) -> set[str]:
    """Return the names declared in the body of a class or assigned to self in its methods."""
    found = {name_of(target) for each in node.body if isinstance(each, ast.Assign) for target in each.targets}
    found |= {name_of(each.target) for each in node.body if isinstance(each, ast.AnnAssign)}
    for method in (each for each in node.body if isinstance(each, Function) and each.args.args):
        own = method.args.args[0].arg
        stored = (each for each in ast.walk(method) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store))
        found |= {each.attr for each in stored if isinstance(each.value, ast.Name) and each.value.id == own}
    return {name for name in found if name and not name.startswith("__")}


def parameters(node: ast.ClassDef) -> int:
    """Return how many parameters its own constructor has, without self, ``*args`` and ``**kwargs``."""
    made = [each.args for each in node.body if isinstance(each, Function) and each.name == "__init__"]
    return len([*made[0].posonlyargs, *made[0].args, *made[0].kwonlyargs]) - 1 if made else 0


def imports(module: Module, names: set[str]) -> set[str]:
    """Return which of some modules another one imports, anywhere in it."""
    found = {alias.name for node in module.all(ast.Import) for alias in node.names}
    for node in module.all(ast.ImportFrom):
        targets = (f"{node.module}.{alias.name}" for alias in node.names)
        found |= {target if target in names else node.module or "" for target in targets}
    return (found & names) - {module.name}


def lines_of(modules: list[Module]) -> str:
    """Return lines, and how many of them are code."""
    return f"{sum(module.lines for module in modules)}, {sum(len(module.code) for module in modules)}"


def measure(modules: list[Module]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the rows of the table, and by title what exceeds a limit."""
    classes = {node: f"{module.name}.{node.name}" for module in modules for node in module.all(ast.ClassDef)}
    plain, sizes = plain_data(list(classes)), {node: (len(attributes(node)), parameters(node)) for node in classes}
    large = [node for node, (has, takes) in sizes.items() if node not in plain and (has > ATTRIBUTES or takes > PARAMETERS)]
    imported = Counter({module.name: len(imports(module, {each.name for each in modules})) for module in modules})
    many = {name: count for name, count in imported.most_common() if count > IMPORTS}
    repeated = {name: times for name, times in Counter(node.name for node in classes).most_common() if times > 1}
    functions = [(module, node) for module in modules for node in ast.walk(module.tree) if isinstance(node, Function)]
    lengths = Counter({f"{module.name}:{node.lineno} {node.name}": length(node) - len(docstring_lines(node)) for module, node in functions})
    long = {name: lines for name, lines in lengths.most_common() if lines > FUNCTION_LINES}
    rows = {
        "modules": f"{len(modules)}",
        f"classes, not plain data, of more than {ATTRIBUTES} attributes or {PARAMETERS} parameters": f"{len(large)}",
        f"modules that import at most {IMPORTS} others": f"{1 - len(many) / len(modules):.1%}",
        "most imports of a module": "{}: {}".format(*imported.most_common(1)[0]),
        "class names used more than once": f"{len(repeated)}",
        "lines of class Run": ", ".join(f"{length(node)}" for node in classes if node.name == "Run") or "-",
        f"functions of more than {FUNCTION_LINES} lines without docstring": f"{len(long)}",
        "lines, of which code": lines_of(modules),
    }
    rows |= {f"`{room}`": lines_of([each for each in modules if each.room == room]) for room in sorted({each.room for each in modules})}
    return rows, {
        "Large classes": [f"{classes[node]}: {sizes[node][0]} attributes, {sizes[node][1]} parameters" for node in large],
        "Many imports": [f"{name}: {count}" for name, count in many.items()],
        "Repeated names": [f"{name}: {times} times" for name, times in repeated.items()],
        "Long functions": [f"{name}: {lines} lines" for name, lines in long.items()],
    }


def main(arguments: list[str]) -> None:
    """Print the table, and what exceeds a limit."""
    checkouts = arguments or [str(Path(__file__).parents[1])]
    measured = [measure(read_modules(Path(checkout) / "src" / "pincel")) for checkout in checkouts]
    print(f"| | {' | '.join(checkouts)} |", "|---" * len(checkouts) + "|---|", sep="\n")
    for label in dict.fromkeys(label for rows, _ in measured for label in rows):
        print(f"| {label} | {' | '.join(rows.get(label, '-') for rows, _ in measured)} |")
    for checkout, (_, listed) in zip(checkouts, measured, strict=True):
        for title, lines in listed.items():
            print(f"\n{title}, {checkout}:", *lines or ["none"], sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
