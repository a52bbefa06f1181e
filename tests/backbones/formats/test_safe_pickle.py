"""Pickles are read as data: nothing in them is run or imported, and none takes more than it has bytes for."""

from __future__ import annotations

import pickle
import struct
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import pytest

from pincel.backbones.formats import lasagne, safe_pickle, torch_file
from pincel.backbones.formats.safe_pickle import Call, Foreign, ordered_dict, read_pickle


def read(data: bytes, table: dict[str, Any] | None = None) -> Any:
    return read_pickle(BytesIO(data), table or {})


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_are_what_they_were(protocol: int) -> None:
    shared = ["a"]
    value = {
        "a": [1, -1, 255, 65536, 2**40, -(2**70), True, False, None], "b": (), "c": (1,), "d": (1, 2), "e": (1, 2, 3), "f": (1, 2, 3, 4),
        "text": "ñ\n\\", 3: 1.5, "shared": [shared, shared], "many": list(range(1500)), "long": "x" * 300,
    }  # fmt: skip
    found = read(pickle.dumps(value, protocol))
    assert found == value
    assert found["shared"][0] is found["shared"][1]


def test_sets_are_lists_and_bytes_are_bytes() -> None:
    value = (frozenset([1]), {2}, b"ab" * 200, b"a", bytearray(b"b"))
    assert read(pickle.dumps(value, 5)) == ([1], [2], b"ab" * 200, b"a", bytearray(b"b"))


def test_texts_of_python_2() -> None:
    # pickle.dumps("\xe9'\n") there, by its protocols 0 and 1.
    assert read(b'S"\\xe9\'\\n"\np0\n.') == "é'\n"
    assert read(b"U\x03\xe9'\nq\x00.") == "é'\n"


class Strange:
    """Of whatever class: with attributes, with items, made by a call."""

    def __init__(self) -> None:
        self.kept = [1]


class Table(dict[str, int]):
    """A dict that is called otherwise."""


def test_what_is_asked_for_by_name_stands_for_itself() -> None:
    found = read(pickle.dumps([Strange(), Table(a=1), Path("a"), Strange], 4))
    name = f"{__name__}.Strange"
    assert [each.name for each in found] == [
        name,
        f"{__name__}.Table",
        "pathlib.PosixPath" if sys.platform != "win32" else "pathlib.WindowsPath",
        name,
    ]
    assert found[0].state == {"kept": [1]}
    assert found[1].items == {"a": 1}


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imported_by_a_pickle.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    for data in (b"cimported_by_a_pickle\nname\n.", b"\x80\x04\x8c\x14imported_by_a_pickle\x8c\x04name\x93."):
        assert read(data).name == "imported_by_a_pickle.name"
    assert "imported_by_a_pickle" not in sys.modules


@pytest.mark.parametrize(
    "asked", ["os system", "posix system", "nt system", "subprocess Popen", "__builtin__ eval", "builtins exec", "builtins __import__"]
)
@pytest.mark.parametrize(
    "call", ["c{}\n{}\n(S'x'\ntR.", "(S'x'\ni{}\n{}\n.", "(c{}\n{}\nS'x'\no.", "\x80\2c{}\n{}\n)\x81.", "\x80\4c{}\n{}\n)}}\x92."]
)
def test_calls_that_run_code_are_refused(call: str, asked: str) -> None:
    module, name = asked.split()
    with pytest.raises(UnpicklingError, match=f"^it asks for {module}.{name}, and pincel runs no code of a file$"):
        read(call.format(module, name).encode("latin1"))


def executed(*_: object, **__: object) -> None:
    raise AssertionError("a function was called")


HARMLESS = {
    "an attribute of an attribute": b"c__builtin__\ngetattr\n(c__builtin__\ngetattr\n(cos\nsystem\nS'__class__'\ntRS'mro'\ntR(tR.",
    "a stored tensor": b"ctorch.storage\n_load_from_bytes\n(S'\\x80'\ntR.",
    "another pickle": b"c_pickle\nloads\n(S'cos\\nsystem\\n(tR.'\ntR.",
    "a script": b"ctorch.jit\nload\n(S'a'\ntR.",
    "a codec": b"c_codecs\ndecode\n(S'a'\nS'rot13'\ntR.",
    "a state for a class": b"cargparse\nNamespace\n}S'__setstate__'\ncos\nsystem\nsbS'id'\nb.",
    "slots for a class": b"cargparse\nNamespace\nN}S'__reduce__'\ncos\nsystem\ns\x86b.",
    "an extension": b"\x80\x02\x82\x01.",
    "a call of what was made": b"cargparse\nNamespace\n(tR(S'a'\ntR.",
    "a key that cannot be hashed": b"}]K\x01s.",
    "a mapped function": b"c__builtin__\nmap\n(cos\nsystem\n(S'id'\nltR.",
}


@pytest.mark.parametrize("what", HARMLESS)
def test_whatever_is_called_nothing_is(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("os.system", "pickle.loads", "torch.storage._load_from_bytes", "torch.jit.load"):
        monkeypatch.setattr(place, executed)
    found = read(HARMLESS[what])
    assert isinstance(found, Foreign) or found == {}


def nested(levels: int) -> bytes:
    """Return a dict with a tuple of one tuple of one tuple, that many levels deep, as a key, and a set with it."""
    deep = b")" + b"\x85" * levels
    return b"\x80\x04}" + deep + b"K\x01s\x8f(" + deep + b"\x90\x86."


def doubled(levels: int) -> bytes:
    """Return a tuple of two equal ones, each again of two, as a key: two to the power of its levels to look at."""
    return b"\x80\x04})" + b"2\x86" * levels + b"K\x01s."


def test_depth_and_doubling_cost_nothing() -> None:
    found, (deep,) = read(nested(100_000))
    assert found == {}
    assert len(deep) == 1
    assert read(doubled(100)) == {}
    # A number of many digits, which Python would look at each time it is a key.
    assert read(b"\x80\x04}(\x8b" + struct.pack("<i", 2**20) + b"\1" * 2**20 + b"\x94N" + b"h\0N" * 50_000 + b"u.") == {}


def given(module: str, name: str, *what: bytes) -> bytes:
    """Return a call of a function by what some instructions make."""
    return f"c{module}\n{name}\n(".encode() + b"".join(what) + b"tR"


DEEP, DOUBLED = (read(b")" + level + b".") for level in (b"\x85" * 200_000, b"2\x86" * 100))
# Asks for one of them in a table.
STRANGE = b"cm\nstrange\n"


@pytest.mark.parametrize("strange", [0, 1], ids=["deep", "doubled"])
@pytest.mark.parametrize("table", [torch_file.TABLE, lasagne.TABLE], ids=["torch", "lasagne"])
def test_functions_of_a_table_look_into_nothing(table: dict[str, Any], strange: int) -> None:
    # By number, for pytest spells out what a test is given.
    table = table | {"m.strange": (DEEP, DOUBLED)[strange]}
    pairs = given("collections", "OrderedDict", b"](", STRANGE, b"K\x01\x86S'a'\nK\x02\x86e")
    assert read(b"\x80\x02" + pairs + b".", table) == {"a": 2}
    for module, name in (asked.rsplit(".", 1) for asked in table):
        for arguments in ((STRANGE,) * 5, (b"](" + STRANGE + STRANGE + b"e",) * 5, (b"N", STRANGE, STRANGE)):
            with suppress(UnpicklingError, ValueError):
                read(b"\x80\x02" + given(module, name, *arguments) + b"(N" + STRANGE * 4 + b"tb.", table)


@pytest.mark.parametrize("pairs", ["S'ab'\n", "](S'ab'\ne", "](K\x01K\x02K\x03\x87e", "](K\x01\x85e", "K\x01", "]K\x01a", "}"])
def test_pairs_are_lists_or_tuples_of_two(pairs: str) -> None:
    with pytest.raises((UnpicklingError, ValueError)):
        read(b"\x80\x02" + given("collections", "OrderedDict", pairs.encode("latin1")) + b".", {"collections.OrderedDict": ordered_dict})


def test_what_is_given_counts_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_STEPS", 1000)
    table = {"a.b": lambda *_: None, "a.direct": Call, "a.again": lambda call: Call(call[0], call[1])}
    numbers = b"".join(b"K" + bytes([number]) for number in range(100))
    for held in (b"](" + numbers + b"eq\x00", b"(" + numbers + b"tq\x00", b"}(" + numbers.replace(b"K", b"NK")[1:] + b"Nuq\x00"):
        for call in (b"ca\nb\nh\x00\x85R0", b"ca\ndirect\nca\nb\nh\x00\x85\x86R0"):
            assert read(b"\x80\x02" + held + call * 5 + b"N.", table) is None
            with pytest.raises(UnpicklingError, match=r"^it has more than 1000 parts$"):
                read(b"\x80\x02" + held + call * 9 + b"N.", table)
    with pytest.raises(UnpicklingError, match=r"^it has more than 1000 parts$"):
        read(b"\x80\x02(" + numbers + b"tq\x00" + b"ca\nb\nh\x00R0" * 9 + b"N.", table)
    with pytest.raises(UnpicklingError, match=r"^it has more than 1000 parts$"):
        # A function that calls itself by a list that holds itself.
        read(b"\x80\x02ca\nagain\n]q\x00(](ca\nagain\nh\x00eeR.", table)


def test_functions_that_call_themselves_without_end_are_refused() -> None:
    def deeper(*given: object) -> object:
        return deeper(*given)

    with pytest.raises(UnpicklingError, match=r"^its parts do not fit together$"):
        read(b"\x80\x02ca\nb\n)R.", {"a.b": deeper})


def test_long_names_are_no_keys_and_no_classes() -> None:
    long = b"X" + struct.pack("<I", 1001) + b"a" * 1001
    assert read(b"\x80\x02}" + long + b"K\x01s.") == {}
    assert read(b"\x80\x02}" + long.replace(struct.pack("<I", 1001), struct.pack("<I", 1000))[:-1] + b"K\x01s.") == {"a" * 1000: 1}
    with pytest.raises(UnpicklingError):
        read(b"\x80\x04" + long + long + b"\x93.")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x80", b"\xff", b"]", b".", b"a.", b"e.", b"(.", b"u.", b"h\x01.", b"]r" + struct.pack("<I", 2**32 - 1), b"R.",
        b"K\x01)R.", b"b.", b"}K\x01b", b"K\x01K\x01a.", b"]K\x01K\x01s.", b"}(K\x01u.", b"\x80\x04K\x01K\x01\x93.", b"\x97.", b"\x98.",
        b"Pa\n.", b"K\x01Q.", b"\x8e" + struct.pack("<Q", 2**50) + b"ab.", b"\x96" + struct.pack("<Q", 2**62) + b".",
        b"\x8b\xff\xff\xff\x7f.", b"I" + b"9" * 5000 + b"\n.", b"S'\\x9'\n.", b"V\\u12\n.", b"X\x02\0\0\0\xff\xff.", b"Fx\n.", b"ca\n",
        b"S'a\n.",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_so(data: bytes) -> None:
    with pytest.raises((UnpicklingError, ValueError)):
        read(data)


def test_more_parts_than_any_file_of_weights_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_STEPS", 100)
    assert len(read(b"](" + b"]" * 97 + b"e.")) == 97
    with pytest.raises(UnpicklingError, match=r"^it has more than 100 parts$"):
        read(b"](" + b"]" * 98 + b"e.")


def test_places_are_not_made_room_for() -> None:
    assert read(b"]r\xff\xff\xff\xff0j\xff\xff\xff\xff.") == []
