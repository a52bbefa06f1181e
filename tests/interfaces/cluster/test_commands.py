"""The commands with --cluster, on a real Ray."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("cv2")

from pincel.cluster.address import Cluster
from tests.cli.run import pincel
from tests.interfaces.cluster.test_scenes import filmed

SMALL = ("--size", "48", "--steps", "1", "--scales", "none", "--precision", "fp32", "--device", "cpu")


@pytest.fixture
def address(cluster: Cluster) -> str:
    """Return where the cluster is, as on the command line."""
    return str(cluster.ray.get_runtime_context().gcs_address)


def test_a_batch_in_a_store_is_painted_by_workers(
    address: str, photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"file://{photographs[0].parent}"
    line = ("batch", store, "--styles", "sample:impasto", "-o", f"file://{tmp_path}/out", "--cluster", address, "--workers", "1", *SMALL)
    done = pincel(capsys, *line, "--json")
    assert done.code == 0, done
    told = [json.loads(each) for each in done.out.splitlines()]
    names = {f"{path.stem}_impasto.png" for path in photographs}
    assert {each["name"]: each["state"] for each in told if each["event"] == "picture"} == dict.fromkeys(names, "done")
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == names
    again = pincel(capsys, *line)
    assert (again.code, "3 of 3 pictures are done" in again.err) == (0, True), again


def test_a_film_is_painted_by_workers(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filmed(tmp_path / "frames")
    line = ("video", tmp_path / "frames", tmp_path / "painted.gif", "--style", "sample:impasto", "--rate", "5")
    done = pincel(capsys, *line, "--cluster", address, "--workers", "1", *SMALL)
    assert done.code == 0, done
    with Image.open(tmp_path / "painted.gif") as film:
        assert (film.size, getattr(film, "n_frames", 1)) == ((48, 48), 5)
