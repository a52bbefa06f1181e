"""Networks of Torch7."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pincel.backbones.formats import open_weights
from pincel.backbones.formats.torch7 import read
from pincel.backbones.formats.torch7_objects import Module, read_object
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, Torch, Torch7Writer, as_bgr, contained, exact, torch7_network, weights_of


def written(path: Path, value: Any, **how: bool) -> Path:
    path.write_bytes(Torch7Writer(**how).write(value))
    return path


# --- The objects ------------------------------------------------------------------------------------------------------------------------


def test_bytes_are_as_the_format_defines_them(tmp_path: Path) -> None:
    # {"a": 2.5, 1: true, "n": nil} by File.lua, number by number.
    text = struct.pack("<iii", 3, 1, 3) + struct.pack("<ii", 2, 1) + b"a" + struct.pack("<id", 1, 2.5)
    text += struct.pack("<id", 1, 1) + struct.pack("<ii", 5, 1) + struct.pack("<ii", 2, 1) + b"n" + struct.pack("<i", 0)
    (tmp_path / "a.t7").write_bytes(text)
    assert read_object(tmp_path / "a.t7") == {"a": 2.5, 1.0: True, "n": None}
    assert Torch7Writer().write({"a": 2.5, 1: True, "n": None}) == text
    (tmp_path / "b.t7").write_bytes(b"3\n1\n3\n2\n1\na\n1\n2.5\n1\n1\n5\n1\n2\n1\nn\n0\n")
    assert read_object(tmp_path / "b.t7") == {"a": 2.5, 1.0: True, "n": None}
    assert Torch7Writer(text=True).write({"a": 2.5, 1: True, "n": None}) == (tmp_path / "b.t7").read_bytes()


def test_a_tensor_is_a_window_on_its_storage(tmp_path: Path) -> None:
    # torch.FloatTensor(2, 2) at place 2 of four numbers, columns first.
    name, store = b"torch.FloatTensor", b"torch.FloatStorage"
    data = struct.pack("<iii", 4, 1, 3) + b"V 1" + struct.pack("<i", len(name)) + name
    data += struct.pack("<i2q2qq", 2, 2, 2, 1, 2, 2)
    data += struct.pack("<iii", 4, 2, 3) + b"V 1" + struct.pack("<i", len(store)) + store + struct.pack("<q5f", 5, 9, 1, 2, 3, 4)
    (tmp_path / "a.t7").write_bytes(data)
    assert read_object(tmp_path / "a.t7").tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("version", [False, True])
@pytest.mark.parametrize("double", [False, True])
def test_objects_that_share_are_read_once(text: bool, version: bool, double: bool, tmp_path: Path) -> None:
    numbers = torch.tensor([0.1, -2.0, 3e-30, 4.0, 5.0, float("inf")])
    numbers = numbers.double() / 3 if double else numbers
    shared = {"name": "ünïcode", "text": "two\nlines ", "nothing": ""}
    value = {1: numbers.view(2, 3).t(), 2: numbers[2:], 3: shared, 4: shared, 5: Torch("nn.Thing", {"inside": shared}), 6: torch.empty(0)}
    found = read_object(written(tmp_path / "a.t7", value, text=text, version=version, double=double))
    assert torch.equal(found[1.0], numbers.view(2, 3).t())
    assert torch.equal(found[2.0], numbers[2:])
    assert found[1.0].untyped_storage().data_ptr() == found[2.0].untyped_storage().data_ptr()
    assert found[3.0] == shared
    assert found[3.0] is found[4.0] is found[5.0].fields["inside"]
    assert isinstance(found[5.0], Module)
    assert found[6.0].numel() == 0


@pytest.mark.parametrize("kind", ["ByteTensor", "CharTensor", "ShortTensor", "IntTensor", "LongTensor", "HalfTensor", "CudaTensor"])
def test_numbers_of_other_kinds(kind: str, tmp_path: Path) -> None:
    code, name = {"B": "b", "C": "b", "S": "h", "I": "i", "L": "q", "H": "e"}[kind[0]], f"torch.{kind}"
    code = {"ByteTensor": "B", "CudaTensor": "f"}.get(kind, code)
    storage = name.replace("Tensor", "Storage")
    data = b"".join(
        struct.pack("<iii", 4, number, 3) + b"V 1" + struct.pack("<i", len(what)) + what.encode() + rest
        for number, what, rest in ((1, name, struct.pack("<iqqq", 1, 3, 1, 1)), (2, storage, struct.pack(f"<q3{code}", 3, 1, 2, 3)))
    )
    (tmp_path / "a.t7").write_bytes(data)
    assert read_object(tmp_path / "a.t7").tolist() == [1, 2, 3]


def test_another_reader_reads_the_same(tmp_path: Path) -> None:
    torchfile = pytest.importorskip("torchfile")
    path = written(tmp_path / "a.t7", torch7_network(TINY["vgg-fc"], weights_of("vgg-fc"), names=True))
    theirs, ours = torchfile.load(str(path)), read_object(path)

    def same(one: Any, other: Any) -> None:
        if isinstance(other, Module):
            assert one.torch_typename().decode() == other.kind
            same(one._obj, other.fields)
        elif isinstance(other, dict):
            # A table whose keys are 1, 2, 3 … is a list there.
            pairs = dict(enumerate(one, start=1)) if isinstance(one, list) else {said(key): value for key, value in one.items()}
            assert list(pairs) == list(other)
            for key, value in other.items():
                same(pairs[key], value)
        elif isinstance(other, Tensor):
            assert other.numel() == 0 or other.numpy().tolist() == one.tolist()
        else:
            assert said(one) == other

    same(theirs, ours)


def said(text: Any) -> Any:
    return text.decode() if isinstance(text, bytes) else text


# --- Networks ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, {"names": True}, {"matrices": True}, {"cudnn": True}], ids=str)
@pytest.mark.parametrize("form", [{}, {"text": True}, {"version": False}], ids=str)
@pytest.mark.parametrize("name", ["vgg", "vgg-fc", "alexnet"])
def test_networks_are_read_to_the_bit(name: str, how: dict[str, bool], form: dict[str, bool], tmp_path: Path) -> None:
    spec, weights = TINY[name], weights_of(name)
    path = written(tmp_path / "a.t7", torch7_network(spec, as_bgr(weights), **how), **form)
    exact(read_weights(path, spec), weights)
    held = read(path)
    assert (held.format, held.channels) == ("torch7", "bgr")
    assert held.layers[0].name == (spec.layers[0].name if how.get("names") else "1")


def test_modules_of_all_containers_come_in_order(tmp_path: Path) -> None:
    spec, weights = TINY["vgg"], as_bgr(weights_of("vgg"))
    one, two, three = (
        Torch("nn.SpatialConvolution", {"weight": w, "bias": b, "nOutputPlane": w.shape[0], "kH": 3, "kW": 3}) for w, b in weights.values()
    )
    inner = contained([contained([two], "nn.Parallel"), Torch("nn.ReLU"), three], "nn.ConcatTable")
    network = contained([Torch("nn.Identity"), one, inner])
    # As some programs save it, among other things.
    for value in (network, {"epoch": 3, "model": network}, {1: network, 2: "a name"}):
        exact(read_weights(written(tmp_path / "a.t7", value), spec), weights_of("vgg"))
    assert [layer.name for layer in read(written(tmp_path / "a.t7", network)).layers] == ["2", "3.1.1", "3.3"]


def test_keys_of_a_container_count_and_not_their_order_in_the_file(tmp_path: Path) -> None:
    network = torch7_network(TINY["vgg"], as_bgr(weights_of("vgg")))
    network.fields["modules"] = dict(reversed(network.fields["modules"].items()))
    exact(read_weights(written(tmp_path / "a.t7", network), TINY["vgg"]), weights_of("vgg"))


def test_filters_of_each_group_for_itself(tmp_path: Path) -> None:
    # Of cudnn in 2014: groups, out / groups, in / groups, rows, columns. And of towers: a convolution a group.
    spec, weights = TINY["alexnet"], as_bgr(weights_of("alexnet"))
    network = torch7_network(spec, weights)
    for module in network.fields["modules"].values():
        if module.fields.get("groups") == 2:
            module.fields["weight"] = module.fields["weight"].unflatten(0, (2, -1))
    exact(read_weights(written(tmp_path / "a.t7", network), spec), weights_of("alexnet"))
    modules = list(torch7_network(spec, weights).fields["modules"].values())
    for place, module in enumerate(modules):
        if module.fields.get("groups") == 2:
            half = module.fields["nOutputPlane"] // 2
            halves = [
                Torch(module.kind, {**module.fields, "nOutputPlane": half, "weight": weight, "bias": bias})
                for weight, bias in zip(module.fields["weight"].split(half), module.fields["bias"].split(half), strict=True)
            ]
            modules[place] = contained(halves, "nn.Parallel")
    exact(read_weights(written(tmp_path / "b.t7", contained(modules)), spec), weights_of("alexnet"))


def test_the_first_layer_of_adain_is_what_is_done_to_a_picture(tmp_path: Path) -> None:
    spec = TINY["vgg"]
    network = torch7_network(spec, as_bgr(weights_of("vgg")), names=True)
    turned = 255 * torch.eye(3).flip(1).view(3, 3, 1, 1)
    before = {"weight": turned, "bias": -torch.tensor([103.939, 116.779, 123.68]), "nOutputPlane": 3, "kH": 1, "kW": 1}
    layers = [Torch("nn.SpatialConvolution", before), Torch("nn.SpatialReflectionPadding"), *network.fields["modules"].values()]
    path = written(tmp_path / "a.t7", contained(layers))
    held = open_weights(path)
    assert held.mean == pytest.approx((123.68, 116.779, 103.939))
    assert held.channels == "bgr"
    exact(read_weights(path, spec), weights_of("vgg"))
    # One that keeps red first, and one that does something else.
    before["weight"], before["bias"] = 255 * torch.eye(3).view(3, 3, 1, 1), -torch.tensor(spec.mean)
    layers[2:] = torch7_network(spec, weights_of("vgg")).fields["modules"].values()
    exact(read_weights(written(tmp_path / "b.t7", contained(layers)), spec), weights_of("vgg"))
    before["weight"] = torch.eye(3).view(3, 3, 1, 1)
    with pytest.raises(WeightsError, match=r"of another network: .* 1 has shapes \(3, 3, 1, 1\) and \(3,\), conv1_1 needs"):
        read_weights(written(tmp_path / "c.t7", contained(layers)), spec)


# --- What is refused --------------------------------------------------------------------------------------------------------------------


def test_a_function_is_refused(tmp_path: Path) -> None:
    for kind in (6, 7, 8):
        data = struct.pack("<iiiii", 3, 1, 1, 2, 1) + b"f" + struct.pack("<ii", kind, 4) + b"\x1bLua"
        (tmp_path / "a.t7").write_bytes(data)
        with pytest.raises(
            WeightsError, match=r"^weights: cannot be read as Torch7, it holds a function, and pincel runs no code of a file · "
        ):
            open_weights(tmp_path / "a.t7")


def lies() -> dict[str, bytes]:
    name, store, start = b"torch.FloatTensor", b"torch.FloatStorage", struct.pack("<iii", 4, 1, 3) + b"V 1"
    tensor = start + struct.pack("<i", len(name)) + name
    stored = struct.pack("<iii", 4, 2, 3) + b"V 1" + struct.pack("<i", len(store)) + store
    return {
        "a storage": tensor + struct.pack("<iqqq", 1, 10**15, 1, 1) + stored + struct.pack("<q2f", 10**15, 1, 2),
        "a tensor": tensor + struct.pack("<iqqq", 1, 10**15, 1, 1) + stored + struct.pack("<q2f", 2, 1, 2),
        "a stride of nothing": tensor + struct.pack("<i2q2qq", 2, 10**7, 10**8, 0, 0, 1) + stored + struct.pack("<q2f", 2, 1, 2),
        "a stride back": tensor + struct.pack("<iqqq", 1, 2, -1, 2) + stored + struct.pack("<q2f", 2, 1, 2),
        "a place before": tensor + struct.pack("<iqqq", 1, 2, 1, -5) + stored + struct.pack("<q2f", 2, 1, 2),
        "axes": tensor + struct.pack("<i", 2**31 - 1),
        "a negative storage": tensor + struct.pack("<iqqq", 1, 1, 1, 1) + stored + struct.pack("<q", -4),
        "a table": struct.pack("<iii", 3, 1, 2**31 - 1),
        "a text": struct.pack("<iiiii", 3, 1, 1, 2, 2**31 - 1),
        "a text as text": b"3\n1\n1\n2\n2147483647\nab",
        "a storage as text": b"4\n1\n3\nV 1\n18\ntorch.FloatStorage\n1000000000000000\n1 2\n",
        "depth": b"".join(struct.pack("<iiiid", 3, number, 1, 1, 1) for number in range(1, 5000)),
        "a kind": struct.pack("<iiii", 3, 1, 1, 99),
    }


@pytest.mark.parametrize("lie", ["a tensor", "a stride of nothing", "a stride back", "a place before"])
def test_a_tensor_is_no_larger_than_its_storage(lie: str, tmp_path: Path) -> None:
    (tmp_path / "a.t7").write_bytes(lies()[lie])
    with pytest.raises(ValueError, match=r"^one of its tensors says it is \([0-9, ]+\) and has 2 numbers$"):
        read_object(tmp_path / "a.t7")


@pytest.mark.parametrize("lie", lies())
def test_sizes_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    (tmp_path / "a.t7").write_bytes(lies()[lie])
    with pytest.raises(WeightsError, match=r"^weights: cannot be read as Torch7, [^\n]+ · given '.*a\.t7' · accepted: [^\n]+$"):
        open_weights(tmp_path / "a.t7")


def test_networks_within_networks_end(tmp_path: Path) -> None:
    inner = contained([])
    inner.fields["modules"][1] = inner
    with pytest.raises(WeightsError, match="its module 1 is in it more than once"):
        open_weights(written(tmp_path / "a.t7", inner))
    twice = contained([Torch("nn.ReLU")])
    for _ in range(40):
        twice = contained([twice, twice])
    with pytest.raises(WeightsError, match="is in it more than once"):
        open_weights(written(tmp_path / "b.t7", twice))
    # The key of a table is before the names of all that is in it.
    named = {"a" * 600: {"b" * 600: {1: contained([])}}}
    with pytest.raises(WeightsError, match="as Torch7, it is nested too deep · "):
        open_weights(written(tmp_path / "c.t7", named))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (contained([Torch("nn.ReLU")]), "as Torch7, it holds no layer with weights"),
        ({"a": 1}, "as Torch7, it holds no layer with weights"),
        (torch.ones(3), "as Torch7, it holds no network"),
        (contained([Torch("nn.SpatialBatchNormalization", {"weight": torch.ones(3), "name": "bn"})]), "the layer bn is nn.SpatialBatch"),
        (contained([Torch("nn.SpatialConvolution", {"weight": torch.ones(3, 3)})]), "as Torch7, it lacks 'nOutputPlane'"),
    ],
)
def test_what_is_no_network_is_told(value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=message):
        open_weights(written(tmp_path / "a.t7", value))
