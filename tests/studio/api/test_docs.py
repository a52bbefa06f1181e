"""The examples of docs/studio.md work as printed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pincel.studio.limits import Limits
from pincel.studio.records import ENDED
from tests.studio.api.conftest import file_of
from tests.studio.api.process import serving

DOCS = (Path(__file__).parents[3] / "docs" / "studio.md").read_text(encoding="utf-8")
ID = "20260131-142501-3f9a"


def commands() -> list[str]:
    """Return the calls of curl, each with its line breaks."""
    block = DOCS.partition("## For scripts")[2].partition("```sh\n")[2].partition("```")[0]
    calls = re.split(r"^(?=curl |#)", block, flags=re.M)
    return [call.strip() for call in calls if call.startswith("curl")]


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this machine")
def test_the_examples_work_as_printed(tmp_path: Path) -> None:
    for name in ("photo.jpg", "mask.png"):
        (tmp_path / name).write_bytes(file_of(kind="JPEG" if name.endswith("jpg") else "PNG"))
    found = commands()
    assert len(found) == 14
    with serving(tmp_path / "home") as server:
        key = server.begin(steps=5)
        server.ended(key)
        cut_short = server.begin(steps=50_000)
        server.until_step(cut_short, 2)
        for line in found:
            mine = cut_short if line.endswith(("/cancel", "/resume")) else key
            # A stream ends with its run; what is under way, or waits, ends when it is told to.
            call = line.replace("localhost:8765", f"localhost:{server.port}").replace(ID, mine).replace("curl ", "curl -f -S ", 1)
            done = subprocess.run(["bash", "-c", call], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            if line.endswith("/cancel"):
                assert server.ended(cut_short)["state"] in ENDED
        server.ask("POST", f"/api/runs/{cut_short}/cancel")
        assert len(list(tmp_path.glob(f"*-{key}.tif"))) == 1


def test_the_numbers_are_those_of_the_code() -> None:
    limits = Limits()
    assert f"newest {limits.runs} runs stay" in DOCS
    assert f"{limits.kept // 2**30} GiB; older ones go" in DOCS
    assert f"Of uploads {limits.pictures} are kept" in DOCS
    assert f"may have {limits.bytes // 10**6} MB (`--upload-size`)" in DOCS
