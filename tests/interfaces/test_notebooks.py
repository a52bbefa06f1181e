"""The notebooks run from the first cell to the last, in a kernel of their own, at small sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_notebooks import ENGLISH, SPANISH

# What stands in the notebooks, and what is executed: another recipe, of one size and Gram matrices, takes a tenth of the time.
SMALL = {"SIZE = 256": "SIZE = 96", "STEPS = 60": "STEPS = 2", 'RECIPE = \\"pincel\\"': 'RECIPE = \\"slides\\"'}


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [ENGLISH, SPANISH])
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    text = path.read_text(encoding="utf-8")
    for written, small in SMALL.items():
        assert text.count(written) == 1
        text = text.replace(written, small)
    notebook = nbformat.reads(text, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = [set(output.get("data", ())) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("image/png" in each for each in kinds) >= 6
    assert any("text/html" in each for each in kinds)
    assert (tmp_path / "painted.json").exists()
    assert (tmp_path / "activations" / "index.html").exists()
