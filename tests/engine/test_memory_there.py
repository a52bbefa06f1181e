"""How much memory there is, and how it is written."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
import torch

from pincel.engine.memory import free_memory, parse_memory, used_memory
from pincel.errors import OptionError

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("text", "expected"), [("6G", 6 * 10**9), ("6GiB", 6 * 2**30), ("1.5gib", 3 * 2**29), ("512M", 512 * 10**6), ("1000000", 10**6)]
)
def test_memory_is_read(text: str, expected: int) -> None:
    assert parse_memory(text) == expected


@pytest.mark.parametrize("text", ["", "much", "-1G", "0", "6 cows"])
def test_memory_that_is_none(text: str) -> None:
    with pytest.raises(OptionError, match=r"Memory is given as 6G, 512M or 1\.5GiB, not '"):
        parse_memory(text)


def test_no_more_is_free_than_the_machine_has(tmp_path: Path) -> None:
    assert 0 < free_memory(CPU, tmp_path) <= psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "3000000", "memory.current": "1000000"}, 2_000_000),
        ({"memory.max": "1000", "memory.current": "1001"}, 0),
        ({"memory/memory.limit_in_bytes": "5000", "memory/memory.usage_in_bytes": "4000"}, 1000),
    ],
)
def test_a_container_may_have_less(files: dict[str, str], expected: int, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert free_memory(CPU, tmp_path) == expected


def test_a_container_without_a_limit(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert free_memory(CPU, tmp_path) > 2**20


def test_what_is_in_use_is_what_the_process_holds() -> None:
    # More would be a matter of the C library, which may have kept what others freed.
    assert used_memory(CPU) == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)
