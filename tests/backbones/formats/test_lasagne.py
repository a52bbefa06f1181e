"""Networks of Theano and Lasagne: their pickles are those of Python 2, and none of them is obeyed."""

from __future__ import annotations

import argparse
import datetime
import io
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pincel.backbones.formats import open_weights
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, as_bgr, exact, lasagne_values, python2_pickle, weights_of

MEAN = np.array([103.939, 116.779, 123.68])


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["vgg", "vgg-fc", "alexnet"])
def test_what_python_2_wrote(name: str, tmp_path: Path) -> None:
    values = lasagne_values(TINY[name], as_bgr(weights_of(name)))
    path = written(tmp_path / "a.pkl", python2_pickle({"param values": values, "synset words": ["n1 tench", "n2 shark, ray"]}))
    held = open_weights(path)
    assert (held.format, held.channels, held.classes) == ("lasagne", "bgr", ("n1 tench", "n2 shark, ray"))
    assert [tuple(layer.weight.shape) for layer in held.layers] == [v.shape if v.ndim == 4 else v.T.shape for v in values[::2]]
    exact(read_weights(path, TINY[name]), weights_of(name))


@pytest.mark.filterwarnings("ignore:numpy.core")
def test_the_bytes_of_python_2_are_a_pickle_of_these_arrays() -> None:
    values = [np.arange(6, dtype=">f8").reshape(2, 3), np.arange(300, dtype="<f4")]
    found = pickle.loads(python2_pickle({"param values": values}), encoding="latin1")["param values"]
    assert all(np.array_equal(one, other) for one, other in zip(found, values, strict=True))


@pytest.mark.parametrize("protocol", range(6))
def test_what_python_3_writes(protocol: int, tmp_path: Path) -> None:
    values = lasagne_values(TINY["vgg-fc"], as_bgr(weights_of("vgg-fc")))
    # As NumPy may have them: columns first, the highest byte first, more digits than needed.
    values[2] = np.asfortranarray(values[2])
    values[4] = values[4].astype(">f4")
    values[6] = values[6].astype(np.float64)
    for value in ({"param values": values, "mean value": MEAN, "other": (1, None, np.float32(2))}, values, {"values": tuple(values)}):
        path = written(tmp_path / "a.pkl", pickle.dumps(value, protocol))
        assert open_weights(path).format == "lasagne"
        exact(read_weights(path, TINY["vgg-fc"]), weights_of("vgg-fc"))
    assert open_weights(written(tmp_path / "a.pkl", pickle.dumps({"param values": values, "mean value": MEAN}, protocol))).mean == (
        123.68000030517578,
        116.77899932861328,
        103.93900299072266,
    )


def test_what_python_2_wrote_as_text(tmp_path: Path) -> None:
    """cPickle.dump without a protocol, which was the usual one there: bytes are a text with escapes."""
    values = lasagne_values(TINY["vgg"], as_bgr(weights_of("vgg")))

    def array(value: Any) -> bytes:
        made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        kind = b"cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
        escaped = repr(value.tobytes())[1:].encode()
        shape = b"".join(b"I%d\n" % length for length in value.shape)
        return made + b"(I1\n(" + shape + b"t" + kind + b"I00\nS" + escaped + b"\ntb"

    path = written(tmp_path / "a.pkl", b"(dp1\nS'param values'\n(lp2\n" + b"".join(array(value) + b"a" for value in values) + b"s.")
    exact(read_weights(path, TINY["vgg"]), weights_of("vgg"))


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_lies_beside_the_parameters_is_left_alone(protocol: int, tmp_path: Path) -> None:
    values = lasagne_values(TINY["vgg"], as_bgr(weights_of("vgg")))
    beside = {"settings": argparse.Namespace(a=Path("b")), "when": datetime.date(2016, 5, 4), "sets": {1}, "numbers": np.arange(3)}
    path = written(tmp_path / "a.pkl", pickle.dumps({**beside, "param values": values, "log": [np.float32(1)]}, protocol))
    exact(read_weights(path, TINY["vgg"]), weights_of("vgg"))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_of_numpy(save: Any, tmp_path: Path) -> None:
    # arr_0.npy … arr_15.npy: 10 comes behind 2.
    save(tmp_path / "a.npz", *lasagne_values(TINY["alexnet"], as_bgr(weights_of("alexnet"))))
    exact(read_weights(tmp_path / "a.npz", TINY["alexnet"]), weights_of("alexnet"))


def test_another_mean_than_the_networks_is_told(tmp_path: Path) -> None:
    values = lasagne_values(TINY["vgg"], as_bgr(weights_of("vgg")))
    path = written(tmp_path / "a.pkl", pickle.dumps({"param values": values, "mean value": MEAN[::-1]}))
    with pytest.raises(WeightsError, match=r"^weights: the file subtracts the color 103\.94 116\.78 123\.68, and tiny-vgg another · "):
        read_weights(path, TINY["vgg"])


# --- Pickles that would run code --------------------------------------------------------------------------------------------------------


class Hostile:
    """Pickles to a call."""

    def __init__(self, call: Any, *given: Any) -> None:
        self._call = call, given

    def __reduce__(self) -> Any:
        return self._call


def hostile(mark: Path) -> dict[str, Any]:
    return {
        "a shell": Hostile(os.system, f"touch {mark}"),
        "a file": Hostile(open, str(mark), "w"),
        "code": Hostile(eval, f"open({str(mark)!r}, 'w')"),
        "an attribute": Hostile(getattr, "a text", "upper"),
        "numpy": Hostile(np.save, str(mark), np.ones(3)),
        "a buffer": Hostile(np.frombuffer, b"12345678"),
        "torch": Hostile(torch.ones, 3),
    }


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("what", list(hostile(Path())))
def test_code_is_refused_and_not_run(what: str, protocol: int, tmp_path: Path) -> None:
    mark = tmp_path / "run.npy"
    for value in ({"param values": [hostile(mark)[what]]}, [np.ones((1, 1, 1, 1)), hostile(mark)[what]]):
        path = written(tmp_path / "a.pkl", pickle.dumps(value, protocol))
        with pytest.raises(
            WeightsError, match=r"^weights: cannot be read as Theano/Lasagne, it asks for [\w.]+, and pincel runs no code of a"
        ):
            open_weights(path)
        assert not mark.exists()


def test_what_a_pickle_writes_to_what_it_gets_is_gone_with_it(tmp_path: Path) -> None:
    # BUILD sets attributes of the function it was given for numpy.dtype, if it can.
    data = b"\x80\x02cnumpy\ndtype\n}U\x0c__defaults__U\x01x\x86s\x86b."
    for text in (data, b"\x80\x02cnumpy\ndtype\nN}U\x0c__defaults__U\x01x\x85s\x86b."):
        with pytest.raises(WeightsError):
            open_weights(written(tmp_path / "a.pkl", text))
    test_what_python_2_wrote("vgg", tmp_path)


def lies() -> dict[str, bytes]:
    array = python2_pickle({"param values": [np.ones((2, 3), np.float32)]})
    npz = io.BytesIO()
    np.savez(npz, np.ones((2, 3), np.float32))
    bomb = io.BytesIO()
    np.savez_compressed(bomb, np.zeros((1000, 1000), np.float32))
    return {
        "a place": b"\x80\x02]r" + struct.pack("<I", 2**32 - 1) + b".",
        "a place as text": b"(lp99999999999\n.",
        "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**50) + b"ab.",
        "a text": b"\x80\x02T" + struct.pack("<i", 2**31 - 1) + b"ab.",
        "a byte array": b"\x80\x05\x96" + struct.pack("<Q", 2**50) + b"ab.",
        "a frame": b"\x80\x04\x95" + struct.pack("<Q", 2**50) + b"].",
        "a shape": array.replace(b"(K\x02K\x03t", b"(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft"),
        "a negative shape": array.replace(b"(K\x02K\x03t", b"(J\xfe\xff\xff\xffJ\xfd\xff\xff\xfft"),
        "no numbers": pickle.dumps([np.array([[1, "a"]], dtype=object)], 2),
        "whole numbers": pickle.dumps([np.ones((2, 3), np.int64)], 2),
        "an empty array": b"\x80\x02](cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nJ\xff\xff\xff\x7f\x85U\x01b\x87Re.",
        "no list": b"\x80\x02}U\x0cparam valuesK\x01s.",
        "no parameters": b"\x80\x02].",
        "elsewhere": b"\x80\x02U\x01aQ.",
        "a shape of NumPy": npz.getvalue().replace(b"(2, 3), ", b"(2, 99999999), "),
        "a bomb": bomb.getvalue(),
    }


@pytest.mark.parametrize("lie", lies())
def test_sizes_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"^weights: cannot be read[^\n]+ · given '.*a\.pkl' · accepted: [^\n]+$"):
        open_weights(written(tmp_path / "a.pkl", lies()[lie]))


def test_an_array_many_times_in_a_list_is_there_once(tmp_path: Path) -> None:
    # A megabyte, named a hundred thousand times by two bytes each.
    big = np.ones((512, 512), np.float32)
    path = written(tmp_path / "a.pkl", pickle.dumps([big] * 100_000, 2))
    layers = open_weights(path).layers
    assert len({layer.weight.untyped_storage().data_ptr() for layer in layers}) == 1


def test_arrays_of_the_same_bytes_are_refused(tmp_path: Path) -> None:
    # A text of 4,000 numbers, which a hundred arrays say is theirs.
    values = pickle.dumps([np.ones((40, 100), np.float32)], 2)
    head = values.index(b"cnumpy")
    array = values[head : values.rindex(b"b") + 1]
    assert open_weights(written(tmp_path / "a.pkl", values)).layers[0].weight.shape == (100, 40)
    state = array.rindex(b"(K\x01")
    again = array[:state] + b"h\xf0b"
    many = b"\x80\x02](" + array[:-1] + b"q\xf0b" + again * 100 + b"e."
    with pytest.raises(WeightsError, match=r"as Theano/Lasagne, its arrays have more bytes than it · "):
        open_weights(written(tmp_path / "a.pkl", many))


def test_a_type_of_numbers_is_named_by_text(tmp_path: Path) -> None:
    # Python would spell out a tuple of two equal ones, each again of two, without end.
    doubled = b")" + b"2\x86" * 100
    for data in (b"cnumpy\ndtype\n(" + doubled + b"tR.", b"cnumpy\ndtype\n(S'f4'\ntR(N" + doubled + b"tb."):
        with pytest.raises(WeightsError, match=r"as Theano/Lasagne, its parts do not fit together · "):
            open_weights(written(tmp_path / "a.pkl", b"\x80\x02" + data))


def test_the_names_of_classes_are_no_longer_than_is_shown(tmp_path: Path) -> None:
    found: dict[str, Any] = {"param values": [np.ones((2, 3), np.float32)], "synset words": [" a " + " " * 10**6 + "b", "x" * 10**6]}
    classes = open_weights(written(tmp_path / "a.pkl", python2_pickle(found))).classes
    assert classes == ("a", "x" * 160 + "…")


def test_what_is_neither_convolution_nor_fully_connected(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pkl", pickle.dumps([np.ones((2, 3), np.float32), *[np.ones(3, np.float32)] * 4], 2))
    with pytest.raises(WeightsError, match=r"^weights: the layer parameter 2 is one whose first weight has 1 dimensions, which no network"):
        open_weights(path)
