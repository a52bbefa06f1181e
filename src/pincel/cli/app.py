"""The verbs. The file of a verb is imported when it is called: ``pincel --help`` loads neither torch nor pydantic."""

from __future__ import annotations

import os
import shlex

import click

from pincel.cli.lazy_group import LazyGroup
from pincel.samples import PREFIX
from pincel.version import __version__

VERBS = {
    "transfer": "Paint a photograph in the style of a painting.",
    "texture": "Synthesize a texture like a picture, of any size, also tileable.",
    "grid": "Compare values of one or two options, on one sheet.",
    "blend": "Paint with one style, with another, and with mixtures of both.",
    "batch": "Paint many pictures; the same command again paints the missing ones.",
    "video": "Paint a film without flicker, with its sound.",
    "plan": "Print the memory, time and tiles of a run without starting it.",
    "resume": "Continue a run that was interrupted.",
    "studio": "Paint in the browser, on a local web page; nothing is uploaded.",
    "invert": "Reconstruct a picture from its features in a network, HOG or SIFT.",
    "classify": "Print what a picture shows, with probabilities.",
    "train": "Train an AlexNet on your pictures, as in its paper.",
    "train-style": "Train a fast network for one style or any style.",
    "quick": "Stylize in about a second with a trained network (lower quality).",
    "export": "Export a network of train-style as ONNX, for other programs.",
    "evaluate": "Print every term of the objective for a finished picture.",
    "study": "See what a network sees: figures, numbers and a page that explains them.",
    "mcp": "Let an assistant paint: a server of the Model Context Protocol.",
    "course": "Make the whole lecture from your own picture: pages with figures and exercises.",
    "recipes": "List recipes, or print one as TOML with the source of each value.",
    "backbones": "List networks, or the layers of one.",
    "weights": "Download, check, import and export weights of networks.",
    "samples": "Write the sample pictures into a folder.",
    "doctor": "Check devices, memory and weights of this machine.",
    "completion": "Print a script with which a shell completes commands and values.",
}


class Verbs(LazyGroup):
    """The verbs; pictures in the place of one are answered with the command that paints them."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb and its arguments; fails for an unknown one."""
        if args[0] not in VERBS and (args[0].startswith(PREFIX) or os.path.isfile(args[0])):
            # One word may be short of a painting.
            command = shlex.join(["pincel", "transfer", *args, *(["painting.jpg"] if len(args) == 1 else [])])
            ctx.fail(f"There is no verb '{args[0]}': it is a picture. Did you mean: {command}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Verbs,
    lines=VERBS,
    package="pincel.cli",
    one="verb",
    several="verbs",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    examples=(
        "pincel transfer photo.jpg painting.jpg",
        "pincel transfer sample:harbour sample:impasto --size 256 --steps 60",
    ),
)
@click.version_option(__version__, prog_name="pincel")
def app() -> None:
    """Paint a photograph in the style of a painting, and show what a vision network sees.

    'pincel VERB --help' explains each verb.
    """
