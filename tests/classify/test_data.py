"""Data sets: where their pictures are, what is held out, and what cannot be used."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.classify import textures
from pincel.classify.data import find_data, without
from pincel.classify.index import DatasetSplits, ImageIndex, hold_out
from pincel.errors import OptionError, PictureError, PincelError
from tests.classify.tiny import write_set


def found(data: Path | str, seed: int = 0, share: float = 0.25) -> DatasetSplits:
    return find_data(str(data), share, seed)


def names(pictures: ImageIndex) -> set[str]:
    return set(pictures.names)


def test_a_folder_a_class_and_some_of_each_hold_out(tmp_path: Path) -> None:
    data = found(write_set(tmp_path / "set"))
    assert (data.kind, data.classes, list(data.parts), data.test_split) == ("folder", ("blue", "green", "red"), ["train", "val"], "val")
    train, val = data.parts["train"], data.parts["val"]
    assert Counter(train.labels) == {0: 6, 1: 6, 2: 6}
    assert Counter(val.labels) == {0: 2, 1: 2, 2: 2}
    assert not names(train) & names(val)
    assert all(data.classes[label] == name.split("/")[0] for name, label in zip(train.names, train.labels, strict=True))
    assert train.pixels(0).shape == (1, 3, 26, 30)


def test_what_is_held_out_depends_on_the_seed_and_on_names_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_set(tmp_path / "set")
    first = names(found(folder).parts["val"])
    assert first == names(found(folder).parts["val"])
    assert any(first != names(found(folder, seed).parts["val"]) for seed in (1, 2, 3))
    copied = shutil.copytree(folder, tmp_path / "elsewhere")
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda path, pattern: sorted(listed(path, pattern), reverse=True))
    assert names(found(copied).parts["val"]) == first


def test_the_order_of_a_list_does_not_matter(tmp_path: Path) -> None:
    train = found(write_set(tmp_path / "set")).parts["train"]
    mixed = train.subset([7, 2, 17, *(place for place in range(18) if place not in (7, 2, 17))])
    parts = [hold_out(pictures, 0.3, 5) for pictures in (train, mixed)]
    assert [names(each) for each in parts[0]] == [names(each) for each in parts[1]]
    assert [len(each) for each in parts[0]] == [12, 6]


def test_a_picture_more_moves_few_others(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", each=40)
    before = names(found(folder).parts["val"])
    shutil.copy(folder / "red" / "00.png", folder / "red" / "more.png")
    assert len(before ^ names(found(folder).parts["val"])) <= 2


def test_train_and_val_are_used_as_they_are(tmp_path: Path) -> None:
    write_set(tmp_path / "train", each=3)
    write_set(tmp_path / "val", each=2)
    data = found(tmp_path)
    assert {part: len(pictures) for part, pictures in data.parts.items()} == {"train": 9, "val": 6}
    assert all(name.startswith("val/") for name in data.parts["val"].names)
    write_set(tmp_path / "test", each=1)
    assert found(tmp_path).test_split == "test"
    shutil.move(tmp_path / "val", tmp_path / "validation")
    assert len(found(tmp_path).parts["val"]) == 6


def test_train_alone_holds_some_out(tmp_path: Path) -> None:
    write_set(tmp_path / "train")
    assert {part: len(pictures) for part, pictures in found(tmp_path).parts.items()} == {"train": 18, "val": 6}


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    data = found(write_set(tmp_path, each=2, classes=("bus", "train")))
    assert data.classes == ("bus", "train")


def test_folders_inside_classes_and_other_files(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", each=2)
    write_set(folder / "red" / "more", each=2, classes=("deep",))
    (folder / "red" / "notes.txt").write_text("no picture")
    (folder / ".cache").mkdir()
    data = found(folder)
    assert data.classes == ("blue", "green", "red")
    everything = names(data.parts["train"]) | names(data.parts["val"])
    assert "red/more/deep/00.png" in everything
    assert len(everything) == 8


def test_the_hash_knows_names_classes_and_bytes(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    before = found(folder).sha256
    assert found(shutil.copytree(folder, tmp_path / "copy")).sha256 == before
    assert found(folder, seed=3).sha256 != before
    with (folder / "red" / "00.png").open("ab") as stream:
        stream.write(b"0")
    assert found(folder).sha256 != before


def test_textures_are_a_set() -> None:
    data = found("sample:textures")
    assert data.classes == textures.CLASSES
    assert sum(len(pictures) for pictures in data.parts.values()) == textures.COUNT
    val = data.parts["val"]
    assert set(Counter(val.labels).values()) == {len(val) // 10}
    drawn, label = textures.render(val.keys[3])
    assert label == val.labels[3]
    assert np.array_equal((val.pixels(3)[0].permute(1, 2, 0) * 255).round().numpy(), drawn)


def test_classes_that_validation_lacks_are_told(tmp_path: Path) -> None:
    write_set(tmp_path / "train", each=1)
    write_set(tmp_path / "val", each=1, classes=("blue", "red"))
    assert found(tmp_path).notes == ("Class green has no pictures in val/.",)


def _nowhere(folder: Path) -> str:
    (folder / "pictures").mkdir()
    return str(folder / "pictres")


def _file(folder: Path) -> str:
    (folder / "a.png").write_bytes(b"")
    return str(folder / "a.png")


def _loose(folder: Path) -> str:
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    return str(folder)


def _one(folder: Path) -> str:
    return str(write_set(folder, classes=("red",)))


def _empty(folder: Path) -> str:
    (write_set(folder) / "white").mkdir()
    return str(folder)


def _single(folder: Path) -> str:
    write_set(folder)
    write_set(folder, each=1, classes=("white",))
    return str(folder)


def _stranger(folder: Path) -> str:
    write_set(folder / "train")
    write_set(folder / "val", classes=("blue", "green", "redd"))
    return str(folder)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_nowhere, "data: no such folder · given '{0}/pictres' · accepted: a folder with a folder of pictures for each class"),
        (_nowhere, "Did you mean 'pictures'?"),
        (_file, "data: is a file"),
        (str, "data: holds no pictures"),
        (_loose, "data: its pictures are in no class"),
        (_one, "data: there is but one class to tell apart · given '{0}' with 'red' · accepted: two classes or more"),
        (_empty, "data: a class is empty · given '{0}/white'"),
        (_single, "data: a class has too few pictures for one to be held out · given 'white' with 1 · accepted: 2 or more"),
        (_stranger, "data: val/ has a class that train/ lacks · given 'redd' · accepted: its classes: blue, green, red"),
        (_stranger, "Did you mean 'red'?"),
        (lambda _: "sample:texture", "data: no such sample · given 'sample:texture'"),
    ],
)
def test_sets_that_cannot_be_used(make: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(PincelError) as trouble:
        found(make(tmp_path))
    assert message.replace("{0}", str(tmp_path)) in str(trouble.value)
    assert "\n" not in str(trouble.value)
    assert " · try: " in str(trouble.value)


def test_damaged_pictures_are_left_out(tmp_path: Path) -> None:
    data = found(write_set(tmp_path))
    left = without(data, {"train": {0: "broken", 3: "broken"}})
    assert left.parts["train"].names == tuple(name for place, name in enumerate(data.parts["train"].names) if place not in (0, 3))
    assert left.parts["val"] == data.parts["val"]


def test_a_class_of_which_nothing_is_left(tmp_path: Path) -> None:
    data = found(write_set(tmp_path))
    with pytest.raises(PictureError, match="no picture of class 'blue' can be read"):
        without(data, {"train": dict.fromkeys(range(6), "data: it is broken")})


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(OptionError, match=r"is not installed .* try: .* pip install .*\[datasets\]'"):
        found(tmp_path)
