"""The fuzzer's own parts: what counts as a finding, and that each target reads its seeds."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fuzz.child import keep, load, problem
from fuzz.common import Target, in_header, inside_zip, some_of, zipped
from fuzz.run import TARGETS
from pincel.errors import WeightsError


def failing(error: BaseException) -> Callable[[bytes], object]:
    def run(data: bytes) -> object:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (WeightsError("weights: one line"), ""),
        (WeightsError("x" * 3000), "a message that is no line: "),
        (ZeroDivisionError("division"), "ZeroDivisionError: division"),
        (SystemExit(2), "SystemExit: 2"),
        (MemoryError(), "takes more than 1,024 bytes"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "takes more than 1,024 bytes"),
    ],
)
def test_what_is_a_finding(error: BaseException, found: str) -> None:
    assert problem(Target(failing(error), dict, memory=1024), b"").startswith(found)
    assert bool(problem(Target(failing(error), dict, memory=1024), b"")) == bool(found)


def test_an_error_made_of_one_about_memory_is_about_memory() -> None:
    outer = WeightsError("weights: it asks for more memory than there is")
    outer.__cause__ = MemoryError()
    assert problem(Target(failing(outer), dict), b"").startswith("takes more than 536,870,912 bytes")


def test_of_inputs_that_show_the_same_the_shortest_is_kept(tmp_path: Path) -> None:
    for data in (b"long", b"ab", b"abc"):
        keep(tmp_path, data, problem(Target(failing(ValueError(f"about {data!r}")), dict), data))
    keep(tmp_path, b"other", problem(Target(failing(KeyError("a")), dict), b"other"))
    assert sorted(path.read_bytes() for path in tmp_path.glob("*.input")) == [b"ab", b"other"]


def plain(part: bytes) -> bytes:
    return part + b"!"


def test_mutators_keep_what_is_around(tmp_path: Path) -> None:
    chance = random.Random(1)
    assert inside_zip(zipped({"a": b"1"}), plain, chance) == zipped({"a": b"1!"})
    assert in_header(b"\2" + bytes(7) + b"{}rest", plain, chance) == b"\3" + bytes(7) + b"{}!rest"
    for data in (b"", b"PK", b"no zip", zipped({}), bytes(8), b"\xff" * 20):
        assert some_of(inside_zip, in_header)(data, plain, chance) == data + b"!"


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_reads_its_seeds(name: str) -> None:
    target, chance = load(TARGETS[name]), random.Random(1)
    seeds = target.seeds()
    assert seeds
    # In a thread of its own: tests of pages in a browser, where they came before, leave an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        for data in seeds.values():
            assert 0 < len(data) <= target.longest
            assert pool.submit(problem, target, data).result() == ""
    mutate = target.mutate or (lambda data, plain, chance: plain(data))
    for data in (*seeds.values(), b"", b"\0" * 40):
        assert isinstance(mutate(data, plain, chance), bytes)
