"""Pickles: programs for a small machine that makes objects, and may call any function. Here is that machine without Python's functions.

It makes numbers, texts, lists, tuples and dicts. Whatever a pickle asks for by name comes from a table of what may be made of it; a name
that is not there stands for itself: nothing is imported, calling it gives another :class:`Foreign`, and what would be written to it is kept
as plain data beside its name. So what lies beside the numbers of a file, of whatever class, does not keep them from being read.

Python's own machine takes a table too, but it hashes whatever a pickle uses as a key or puts in a set; a tuple of a million levels ends the
process there, and one of sixty levels, each twice the one inside it, never ends. Here keys are numbers and short texts, and sets are
lists. Room is made only for bytes that are there, and for no more than :data:`MOST_STEPS` objects: what is given to a function counts at
each call, because a pickle names a long list again in two bytes, and a function of the table copies no text.
"""

from __future__ import annotations

import codecs
import pickletools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pickle import UnpicklingError
from typing import Any, BinaryIO, Protocol, runtime_checkable

# Instructions in one pickle. A network has some thousands, what its training noted of each step as many as steps.
MOST_STEPS = 4_000_000
# Characters of a key, and of the name of a class; axes of an array, as NumPy and PyTorch have it.
MOST_NAME, MOST_AXES = 1000, 64
# Modules, and functions of Python itself, that no file of numbers has any use for: one that calls them is not what it says it is.
CODE = frozenset({"os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "runpy", "importlib", "ctypes", "pty", "webbrowser"})
BUILT_IN = frozenset({"eval", "exec", "compile", "open", "input", "breakpoint", "__import__"})


@dataclass(slots=True, eq=False)
class Foreign:
    """Stands for a class or a function that is in no table, and for whatever it would make.

    Attributes:
        name: ``module.name``, as the pickle asks for it.
        state: What would be written to the attributes of an object.
        items: What would be put into it under keys, if it is a kind of dict.
    """

    name: str
    state: object = None
    items: dict[Any, Any] | None = None

    def build(self, state: object) -> None:
        """Keep what is written to it."""
        self.state = state


@runtime_checkable
class Buildable(Protocol):
    """An object of the machine that takes what a pickle writes to it."""

    def build(self, state: object) -> None:
        """Take it; raises ValueError if it makes no sense."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """What a function of a table returns to have another called in its stead, whose arguments count as those of any other."""

    made_by: object
    given: object


class Budget:
    """Counts parts of a file."""

    def __init__(self) -> None:
        self._spent = 0

    def charge(self, parts: int = 1) -> None:
        """Count so many more; raises UnpicklingError beyond :data:`MOST_STEPS`."""
        self._spent += parts
        if self._spent > MOST_STEPS:
            raise UnpicklingError(f"it has more than {MOST_STEPS} parts")


def read_pickle(stream: BinaryIO, table: Mapping[str, Any], elsewhere: Callable[[Any], object] | None = None) -> Any:
    """Read one pickle, up to its end.

    Args:
        stream: At its beginning. A ``read`` of more than there is must return what there is, at no cost.
        table: ``module.name`` → what it is given in its stead: a function to call, or a value. A function gets whatever the file
            gives it, of any type and depth: it hashes, compares, prints and recurses into nothing that it has not checked.
        elsewhere: Returns what is kept outside the pickle, by what the pickle says of it.

    Raises:
        UnpicklingError: If it makes no sense, is too long, or calls what runs code.
        ValueError: If it is not whole.
    """
    machine = _Machine(table, elsewhere)
    try:
        for name, argument in _instructions(stream):
            if name == "STOP":
                return machine.stack.pop()
            machine.budget.charge()
            if name in VALUES:
                machine.push(argument)
            else:
                ACTS[name](machine, argument)
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UnpicklingError("its parts do not fit together") from error
    raise UnpicklingError("it has no end")


def refused(asked: str) -> UnpicklingError:
    """Build the error for a pickle that needs a function or a class by name."""
    return UnpicklingError(f"it asks for {asked}, and pincel runs no code of a file")


def _instructions(stream: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Yield name and argument of each instruction, the last of which is STOP."""
    name = ""
    while name != "STOP":
        code = stream.read(1)
        known = OPCODES.get(code.decode("latin1"))
        if known is None:
            raise ValueError("it is no whole pickle")
        name = known.name
        if name == "STRING":
            # What was a text of bytes in Python 2 is one of as many characters; the library takes ASCII alone.
            quoted = pickletools.read_stringnl(stream, decode=False)
            yield name, codecs.escape_decode(quoted)[0].decode("latin1")
        else:
            yield name, known.arg.reader(stream) if known.arg else CONSTANTS.get(name)


class _Machine:
    def __init__(self, table: Mapping[str, Any], elsewhere: Callable[[Any], object] | None) -> None:
        self.stack: list[Any] = []
        self.budget = Budget()
        self._below: list[list[Any]] = []
        self._places: dict[int, Any] = {}
        self._table, self._elsewhere = table, elsewhere

    # --- The stack, its marks, and numbered places

    def push(self, value: object) -> None:
        self.stack.append(value)

    def mark(self, _: object) -> None:
        self._below.append(self.stack)
        self.stack = []

    def marked(self, _: object = None) -> list[Any]:
        """Take all down to the last mark."""
        found, self.stack = self.stack, self._below.pop()
        return found

    def put(self, place: int | None) -> None:
        self._places[len(self._places) if place is None else place] = self.stack[-1]

    def get(self, place: int) -> None:
        self.push(self._places[place])

    def take(self, count: int) -> list[Any]:
        """Take so many; raises IndexError if there are fewer."""
        return [self.stack.pop() for _ in range(count)][::-1]

    # --- Lists, tuples and dicts

    def push_dict(self, _: object) -> None:
        pairs, found = self.marked(), dict[Any, Any]()
        set_pairs(found, pairs)
        self.push(found)

    def extend(self, values: list[Any]) -> None:
        """Put values into the list on the stack; what is none of ours stays as it is."""
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(values)
        elif not isinstance(self.stack[-1], Foreign):
            raise TypeError

    def update(self, pairs: list[Any]) -> None:
        """Put pairs into the dict on the stack."""
        found = self.stack[-1]
        if isinstance(found, Foreign):
            found.items = {} if found.items is None else found.items
            found = found.items
        if not isinstance(found, dict):
            raise TypeError
        set_pairs(found, pairs)

    # --- What is asked for by name

    def push_named(self, module: str, name: str) -> None:
        if len(module) + len(name) > MOST_NAME:
            raise TypeError
        asked = f"{module}.{name}"
        self.push(self._table[asked] if asked in self._table else Foreign(asked))

    def push_found(self) -> None:
        module, name = self.take(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError
        self.push_named(module, name)

    def call(self, made_by: Any, given: Any) -> None:
        """Push what a function of the table makes, or what stands for it."""
        made: object = Call(made_by, given)
        while isinstance(made, Call):
            made = self._made(made.made_by, made.given)
        self.push(made)

    def _made(self, made_by: Any, given: object) -> object:
        if isinstance(made_by, Foreign):
            if _runs_code(made_by.name):
                raise refused(made_by.name)
            return Foreign(made_by.name)
        arguments = sequence(given)
        self.budget.charge(1 + len(arguments))
        self.budget.charge(sum(len(each) for each in arguments if isinstance(each, list | tuple | dict)))
        made: object = made_by(*arguments)
        return made

    def call_object(self) -> None:
        made_by, *given = self.marked()
        self.call(made_by, given)

    def call_named(self, argument: str) -> None:
        given = self.marked()
        self.push_named(*_apart(argument))
        self.call(self.stack.pop(), given)

    def build(self, _: object) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Buildable):
            self.stack[-1].build(state)

    def push_elsewhere(self, said: Any) -> None:
        if self._elsewhere is None:
            raise UnpicklingError("a part of it is elsewhere")
        self.push(self._elsewhere(said))


def set_pairs(found: dict[Any, Any], pairs: Sequence[Any]) -> None:
    """Put pairs, a key and its value in turn, into a dict, but for those whose key is neither text nor number of usual length."""
    if len(pairs) % 2:
        raise TypeError
    found.update((key, value) for key, value in zip(pairs[::2], pairs[1::2], strict=True) if is_key(key))


def is_key(key: object) -> bool:
    """Tell whether something may be hashed and compared with its like."""
    # Python looks at all digits of a number each time, and at all characters of a text that is equal to another.
    if isinstance(key, int):
        return key.bit_length() <= 64
    return len(key) <= MOST_NAME if isinstance(key, str | bytes) else isinstance(key, float | None)


def ordered_dict(pairs: object = ()) -> dict[Any, Any]:
    """Return what ``collections.OrderedDict`` makes of pairs; raises TypeError or ValueError if they are none."""
    found = dict[Any, Any]()
    for pair in sequence(pairs):
        key, value = sequence(pair, 2)
        set_pairs(found, (key, value))
    return found


def sequence(found: object, most: int | None = None) -> Sequence[Any]:
    """Return a list or a tuple as it is; raises TypeError for anything else, and for one of more than ``most``."""
    if not isinstance(found, list | tuple) or (most is not None and len(found) > most):
        raise TypeError
    return found


def whole(value: object) -> int:
    """Return a whole number of up to 63 bits as it is; raises ValueError for anything else."""
    if type(value) is not int or value.bit_length() > 63:
        raise ValueError("a size of it is no number")
    return value


def axes(lengths: object) -> tuple[int, ...]:
    """Return a shape, or strides; raises TypeError or ValueError if they are none."""
    return tuple(map(whole, sequence(lengths, MOST_AXES)))


def _apart(argument: str) -> tuple[str, str]:
    module, _, name = argument.partition(" ")
    return module, name


def _runs_code(asked: str) -> bool:
    module, _, name = asked.rpartition(".")
    return module.partition(".")[0] in CODE or (module in ("builtins", "__builtin__") and name in BUILT_IN)


OPCODES = {each.code: each for each in pickletools.opcodes}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
# Instructions whose argument is put on the stack.
VALUES = frozenset(CONSTANTS) | {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
    "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
}  # fmt: skip
# What all others do, given their argument.
ACTS: Mapping[str, Callable[[_Machine, Any], object]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda *_: None),
    "MARK": _Machine.mark,
    "POP_MARK": _Machine.marked,
    "POP": lambda machine, _: machine.stack.pop() if machine.stack else machine.marked(),
    "DUP": lambda machine, _: machine.push(machine.stack[-1]),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), lambda machine, _: machine.push([])),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    **dict.fromkeys(("LIST", "FROZENSET"), lambda machine, _: machine.push(machine.marked())),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.marked())),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.take(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.take(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.take(3))),
    "DICT": _Machine.push_dict,
    "APPEND": lambda machine, _: machine.extend(machine.take(1)),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, _: machine.extend(machine.marked())),
    "SETITEM": lambda machine, _: machine.update(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.marked()),
    "GLOBAL": lambda machine, argument: machine.push_named(*_apart(argument)),
    "STACK_GLOBAL": lambda machine, _: machine.push_found(),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), lambda machine, number: machine.push_named("extension", str(number))),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), lambda machine, _: machine.call(*machine.take(2))),
    "NEWOBJ_EX": lambda machine, _: machine.call(*machine.take(3)[:2]),
    "OBJ": lambda machine, _: machine.call_object(),
    "INST": _Machine.call_named,
    "BUILD": _Machine.build,
    "PERSID": _Machine.push_elsewhere,
    "BINPERSID": lambda machine, _: machine.push_elsewhere(machine.stack.pop()),
}
