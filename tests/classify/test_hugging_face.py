"""Image data sets that the library of Hugging Face saved, written by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.classify.data import find_data
from pincel.classify.index import DatasetSplits
from pincel.errors import OptionError

datasets: Any = pytest.importorskip("datasets", reason="the optional library of Hugging Face")


def found(data: Path) -> DatasetSplits:
    return find_data(str(data), 0.25, 0)


def rows(count: int, classes: tuple[str, ...], *, label: bool = True) -> Any:
    rng = np.random.default_rng(3)
    pictures = [Image.fromarray(rng.integers(0, 256, (20, 24, 3)).astype(np.uint8)) for _ in range(count)]
    columns: dict[str, Any] = {"photograph": pictures, "kind": [place % len(classes) for place in range(count)]}
    features: dict[str, Any] = {"photograph": datasets.Image(), "kind": datasets.ClassLabel(names=list(classes))}
    if not label:
        del columns["kind"], features["kind"]
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


def test_a_set_that_hugging_face_saved(tmp_path: Path) -> None:
    train, val = rows(7, ("cup", "bowl")), rows(4, ("cup", "bowl"))
    datasets.DatasetDict({"train": train, "validation": val}).save_to_disk(str(tmp_path / "set"))
    data = found(tmp_path / "set")
    assert (data.kind, data.classes) == ("hugging face", ("cup", "bowl"))
    assert {part: len(pictures) for part, pictures in data.parts.items()} == {"train": 7, "val": 4}
    assert data.parts["train"].labels == (0, 1, 0, 1, 0, 1, 0)
    pixels = (data.parts["val"].pixels(2)[0].permute(1, 2, 0) * 255).round().numpy()
    assert np.array_equal(pixels, np.asarray(val[2]["photograph"]))


def test_one_without_parts_holds_some_out(tmp_path: Path) -> None:
    rows(8, ("cup", "bowl")).save_to_disk(str(tmp_path / "set"))
    assert {part: len(pictures) for part, pictures in found(tmp_path / "set").parts.items()} == {"train": 6, "val": 2}


def test_one_without_classes(tmp_path: Path) -> None:
    rows(8, ("cup", "bowl"), label=False).save_to_disk(str(tmp_path / "set"))
    with pytest.raises(OptionError, match=r"data: has no column of classes .* a column of type ClassLabel"):
        found(tmp_path / "set")


def test_one_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(OptionError, match="data: the set of Hugging Face cannot be read"):
        found(tmp_path)
