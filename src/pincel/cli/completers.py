"""Values that a shell completes: what begins like the text typed so far, found without torch.

Each function is a ``shell_complete`` of click: context, parameter and text → items.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completer: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]"
# Letters from which a word may be a sample: before, files are completed.
_ENOUGH = 3


def among(names: Callable[[], Iterable[str]]) -> Completer:
    """Complete one of some names, which are listed when they are needed."""

    def complete(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
        return _beginning(names(), text)

    return complete


def files(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Let the shell complete the path of a file."""
    return [_item(text, kind="file")]


def folders(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Let the shell complete the path of a folder."""
    return [_item(text, kind="dir")]


def pictures(ctx: click.Context, parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete ``sample:NAME``, or a file."""
    from pincel.samples import PREFIX, sample_names

    samples = (PREFIX + name for name in sample_names())
    return (_beginning(samples, text) if len(text) >= _ENOUGH else []) or files(ctx, parameter, text)


def recipes(ctx: click.Context, parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete the name of a recipe, or a file."""
    return _beginning(_recipes(), text) or files(ctx, parameter, text)


def layers(ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete the last of several layers of the network that is given before, or that of the recipe."""
    from pincel.backbones import BACKBONES
    from pincel.errors import PincelError
    from pincel.recipes import RECIPES

    try:
        network = ctx.params.get("backbone") or RECIPES.find(ctx.params.get("recipe") or "pincel").recipe.backbone
        names = [layer.name for layer in BACKBONES[network].layers]
    except PincelError:
        return []
    return _last_of_several(names, text)


def style_terms(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete the last of several style terms."""
    from pincel.losses import STYLE_TERMS

    return _last_of_several(STYLE_TERMS, text)


def content_terms(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete the last of several content terms."""
    from pincel.losses import CONTENT_TERMS

    return _last_of_several(CONTENT_TERMS, text)


def starts(ctx: click.Context, parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete a start, or a file."""
    known = ("content", "noise", "style", "blend", "feedforward")
    return (_beginning(known, text) if text else []) or files(ctx, parameter, text)


def representations(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete a descriptor, or ``NETWORK:LAYER``."""
    from pincel.backbones import BACKBONES

    network, colon, _ = text.partition(":")
    if colon and network in BACKBONES:
        return _beginning((f"{network}:{layer.name}" for layer in BACKBONES[network].layers), text)
    return _beginning(("hog", "hogb", "dsift", *(f"{name}:" for name in BACKBONES)), text)


def varied(_ctx: click.Context, _parameter: click.Parameter, text: str) -> list[CompletionItem[str]]:
    """Complete the option of ``--rows OPTION=VALUE,…``."""
    from pincel.recipes.schema import NAMES, Recipe

    names = (name.replace("_", "-") for name in Recipe.model_fields if name not in (*NAMES, "optimizer_options"))
    return _beginning((f"{name}=" for name in ("recipe", *names)), text)


def _networks() -> Iterable[str]:
    from pincel.backbones import BACKBONES

    return BACKBONES


def _optimizers() -> Iterable[str]:
    from pincel.optim import OPTIMIZERS

    return OPTIMIZERS


def _recipes() -> Iterable[str]:
    from pincel.recipes import RECIPES

    return RECIPES


def _inversions() -> Iterable[str]:
    from pincel.recipes import INVERSIONS

    return INVERSIONS


networks = among(_networks)
optimizers = among(_optimizers)
inversions = among(_inversions)
all_recipes = among(lambda: [*_recipes(), *_inversions()])
devices = among(lambda: ("auto", "cpu", "cuda", "mps"))
precisions = among(lambda: ("auto", "fp32", "tf32", "bf16"))


def _item(text: str, kind: str = "plain") -> CompletionItem[str]:
    """Return an item of click, which is imported only when a shell asks."""
    from click.shell_completion import CompletionItem

    return CompletionItem(text, type=kind)


def _beginning(names: Iterable[str], text: str) -> list[CompletionItem[str]]:
    return [_item(name) for name in names if name.startswith(text)]


def _last_of_several(names: Iterable[str], text: str) -> list[CompletionItem[str]]:
    """Complete the last of names with commas between, some of them with ``=weight``; names given before are not offered again."""
    before, comma, last = text.rpartition(",")
    given = {part.partition("=")[0] for part in before.split(",")}
    return [_item(before + comma + name) for name in names if name.startswith(last) and name not in given]


BY_NAME = {
    **dict.fromkeys(("content", "style", "first", "second", "image", "picture", "pictures", "contents", "styles"), pictures),
    **dict.fromkeys(("content_layers", "style_layers", "layers", "layer"), layers),
    **dict.fromkeys(("rows", "columns"), varied),
    "backbone": networks,
    "calibration": folders,
    "content_terms": content_terms,
    "device": devices,
    "init": starts,
    "like": networks,
    "optimizer": optimizers,
    "precision": precisions,
    "recipe": recipes,
    "representation": representations,
    "style_terms": style_terms,
}
BY_PLACEHOLDER = {
    **dict.fromkeys(("FILE", "OUT", "IN", "NET", "NETWORK"), files),
    **dict.fromkeys(("DIR", "FOLDER", "RUN", "DATA"), folders),
    **dict.fromkeys(("IMAGE", "PICTURE", "PHOTOGRAPH", "PHOTO", "PAINTING", "CONTENT", "STYLE"), pictures),
}


class CompletedText(click.types.StringParamType):
    """A text whose values a shell can complete."""

    def __init__(self, completer: Completer) -> None:
        self._completer = completer

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Return the values that begin so."""
        return self._completer(ctx, param, incomplete)


def complete_values(parameter: click.Parameter) -> None:
    """Let a parameter that takes any text complete the values that go with its name, or with its placeholder in the help."""
    placeholder = re.search(r"[A-Z]+", (parameter.metavar or parameter.name or "").upper())
    completer = BY_NAME.get(parameter.name or "") or BY_PLACEHOLDER.get(placeholder[0] if placeholder else "")
    if completer and parameter.type is click.STRING:
        parameter.type = CompletedText(completer)
