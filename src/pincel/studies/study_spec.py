"""How a study is declared: what it takes, its options, its help. The command line and the studio are made from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class OptionSpec:
    """An option of a study.

    Attributes:
        name: On the command line, without dashes, and in the studio.
        field: Of the model that declares it.
        type: ``int``, ``float``, ``str`` or ``bool``; of each value, where there may be several.
        help: A sentence.
        default: Its value when it is left out; None for that of ``shown``.
        metavar: What a value is called in the help of the command line.
        shown: The default in the help; empty for none.
        minimum: The least number that the studio accepts.
        choices: The texts that are accepted; all, if there are none.
        many: Whether it can be repeated.
        picture: Whether its value is a picture: on the command line a file or ``sample:NAME``, in the studio one of its pictures.
        local: Whether its value may name a file or a device of this machine; the studio has no such options.
    """

    name: str
    field: str
    type: type
    help: str
    default: Any
    metavar: str | None
    shown: str
    minimum: float | None
    choices: tuple[str, ...]
    many: bool
    picture: bool
    local: bool


def option(  # noqa: PLR0913 - each is a part of a declaration
    text: str,
    default: Any = None,
    *,
    metavar: str | None = None,
    shown: str | None = None,
    name: str | None = None,
    minimum: float | None = None,
    picture: bool = False,
    local: bool = False,
) -> Any:
    """Declare a field of a model to be an option; see :class:`OptionSpec`.

    Args:
        text: Its help.
        default: ``...`` if each study has its own.
        metavar: What a value is called in the help.
        shown: The default in the help, unless it is the value itself.
        name: Unless it is that of the field.
        minimum: The least number that the studio accepts.
        picture: Whether its value is a picture.
        local: Whether its value may name a file or a device of this machine.
    """
    declared = {"help": text, "metavar": metavar, "shown": shown, "name": name, "minimum": minimum, "picture": picture, "local": local}
    return field(default=MISSING if default is ... else default, metadata=declared)


def options_of(model: type, **defaults: Any) -> list[OptionSpec]:
    """Return the options that a model declares, in order; ``defaults`` are those of a study."""
    hints = get_type_hints(model)
    return [_option_of(each, hints[each.name], defaults.get(each.name, each.default)) for each in fields(model) if each.metadata]


def _option_of(declared: Field[Any], hint: Any, default: Any) -> OptionSpec:
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    first = next(each for each in (get_args(hint) or (hint,)) if each is not NoneType)
    metadata = declared.metadata
    return OptionSpec(
        name=metadata["name"] or declared.name.replace("_", "-"),
        field=declared.name,
        type=str if choices else first,
        help=metadata["help"],
        default=default,
        metavar=metadata["metavar"],
        shown=_shown(default) if metadata["shown"] is None else metadata["shown"],
        minimum=metadata["minimum"],
        choices=choices,
        many=get_origin(hint) is tuple,
        picture=metadata["picture"],
        local=metadata["local"],
    )


def _shown(default: Any) -> str:
    if default is None or default is False or default == ():
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


@dataclass(frozen=True)
class InputSpec:
    """A picture that a study takes.

    Attributes:
        name: Of the argument.
        help: A sentence.
        many: Whether there may be several; only the last one of a study may.
        default: Its value when it is left out, with blanks between several; None if it may not be.
        metavar: What it is called in the help of the command line, unless that is its name.
    """

    name: str
    help: str
    many: bool = False
    default: str | None = None
    metavar: str | None = None

    def all_of(self, given: Sequence[Any]) -> tuple[Any, ...]:
        """Return the pictures of an input of several: those given, or else its own."""
        return tuple(given) or tuple((self.default or "").split())


@dataclass(frozen=True)
class StudySpec:
    """A study: the function ``study`` of its module, called with its inputs, its options, settings and progress.

    Attributes:
        summary: One line for lists of studies.
        help: What it does, for its own help.
        inputs: Which pictures it takes, in order.
        options: The model of its own options.
        size: Default long side of its pictures.
        steps: Default number of steps; None for a study without an optimizer.
        examples: Command lines.
        network: Whether it has a network to choose.
        together: What all inputs are called in the help of the command line where they are handed over as one list.
    """

    summary: str
    help: str
    inputs: tuple[InputSpec, ...]
    options: type
    size: int
    examples: tuple[str, str]
    steps: int | None = None
    network: bool = True
    together: str | None = None
