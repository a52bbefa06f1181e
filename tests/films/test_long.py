"""A long film takes no more memory than a short one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "benchmarks" / "films.py"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_memory_is_flat_over_a_thousand_frames(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, STUDY, "memory", tmp_path, "--frames", "1000"], capture_output=True, text=True, check=True
    ).stdout
    peaks = [float(found) for found in re.findall(r"frames: ([\d.]+) MiB", said)]
    assert len(peaks) == 3
    assert peaks[-1] < peaks[0] + 8
