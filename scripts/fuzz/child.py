"""The process that reads hostile input: fuzzes a target until its time is over, or reads one input again.

``run.py`` starts it: alone it prints nothing worth reading.
"""

from __future__ import annotations

import hashlib
import importlib
import mmap
import os
import random
import resource
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[1:3]]

from fuzz.common import Target  # noqa: E402 - found by the line before

# How the process ends where one input was a finding; other ends with an error are crashes.
FOUND = 77
# In the file that the parent reads: executions, length of the input under way, the input.
COUNT, LENGTH, INPUT = slice(0, 8), slice(8, 16), 16


def load(place: str) -> Target:
    """Return the target named ``module:NAME``."""
    module, _, name = place.partition(":")
    found: Target = getattr(importlib.import_module(module), name)
    return found


def prepare(target: Target) -> None:
    """Make a warning an error, and leave the process what memory it has and what the target may take.

    The seeds are read first: whatever is loaded late is loaded then.
    """
    for seed in target.seeds().values():
        problem(target, seed)
    # Lines on a terminal that nobody asked for.
    warnings.simplefilter("error")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + target.memory,) * 2)


def problem(target: Target, data: bytes) -> str:
    """Read an input; return what is wrong with how that went, with the traceback, or nothing."""
    from pincel.errors import PincelError  # noqa: PLC0415 - what is fuzzed is imported while it is instrumented

    try:
        target.run(data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if _wants_memory(error):
            return f"takes more than {target.memory:,} bytes\n{_told(error)}"
        if not isinstance(error, PincelError):
            return f"{type(error).__name__}: {error}\n{_told(error)}"
        if "\n" in str(error) or len(str(error)) > 2000:
            return f"a message that is no line: {str(error)!r}\n{_told(error)}"
    return ""


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _wants_memory(error: BaseException | None) -> bool:
    """Tell whether an exception, or one that it was made of, is about memory."""
    while error is not None:
        said = str(error).lower()
        if "on disk image buffer" in said:
            # HDF5 asks for as much as a file says, and gives it back unused where the file is shorter.
            return False
        if isinstance(error, MemoryError) or "can't allocate memory" in said or "bad_alloc" in said or "memory allocation failed" in said:
            return True
        error = error.__cause__ or error.__context__
    return False


def keep(folder: Path, data: bytes, found: str) -> None:
    """Write a finding, unless a shorter input has shown the same one."""
    # The same place in the code is the same finding, whatever the input says.
    lines = [line.strip() for line in found.splitlines()]
    places = [line for line in lines if line.startswith("File ") and "pincel" in line]
    kind = "|".join([lines[0].partition(":")[0], *places[-2:]])
    name = hashlib.sha256(kind.encode()).hexdigest()[:12]
    path = folder / f"{name}.input"
    if not path.exists() or path.stat().st_size > len(data):
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(found, "utf-8", "replace")


class Fuzzed:
    """Each input that the fuzzer tries."""

    def __init__(self, target: Target, shared: mmap.mmap, findings: Path) -> None:
        self._target, self._shared, self._findings, self._count = target, shared, findings, int.from_bytes(shared[COUNT], "little")

    def __call__(self, data: bytes) -> None:
        """Try one."""
        self._count += 1
        # Should the process crash, its parent finds the input there.
        self._shared[COUNT], self._shared[LENGTH] = self._count.to_bytes(8, "little"), len(data).to_bytes(8, "little")
        self._shared[INPUT : INPUT + len(data)] = data
        found = problem(self._target, data)
        if found:
            keep(self._findings, data, found)
        if found.startswith("takes more"):
            # What it took may be lost to the process: another one begins afresh.
            os._exit(FOUND)


def fuzz(place: str, folder: Path, seconds: int, seed: int) -> None:
    """Fuzz a target; its corpus and its findings are folders in ``folder``."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pincel"]):
        target = load(place)
        prepare(target)
    with (folder / "shared").open("r+b") as stream:
        shared = mmap.mmap(stream.fileno(), 0)
    options = {
        "max_total_time": seconds, "seed": seed, "timeout": target.seconds, "max_len": target.longest,
        "rss_limit_mb": 0, "malloc_limit_mb": 0, "print_final_stats": 1,
    }  # fmt: skip
    arguments = [*(f"-{name}={value}" for name, value in options.items()), f"-artifact_prefix={folder}/ended-", str(folder / "corpus")]
    given: dict[str, Any] = {}
    mutate = target.mutate
    if mutate is not None:

        def custom(data: bytes, longest: int, number: int) -> bytes:
            def plain(part: bytes) -> bytes:
                return bytes(atheris.Mutate(part, max(1, len(part) + 64)))

            changed = mutate(bytes(data), plain, random.Random(number))  # noqa: S311 - chance, not secrecy
            return changed if 0 < len(changed) <= longest else plain(bytes(data))[:longest]

        given["custom_mutator"] = custom
    atheris.Setup([place, *arguments], Fuzzed(target, shared, folder / "findings"), **given)
    atheris.Fuzz()


def again(place: str, path: Path) -> int:
    """Read one input in this fresh process; print what is wrong, and return :data:`FOUND`, or 0."""
    target = load(place)
    prepare(target)
    found = problem(target, path.read_bytes())
    print(found)
    return FOUND if found else 0


def main() -> None:
    """Fuzz, or read again."""
    verb, place, path, *numbers = sys.argv[1:]
    if verb == "fuzz":
        fuzz(place, Path(path), *map(int, numbers))
    else:
        sys.exit(again(place, Path(path)))


if __name__ == "__main__":
    main()
