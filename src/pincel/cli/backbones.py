"""``pincel backbones``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pincel.cli.completers import networks
from pincel.cli.help_format import Verb

if TYPE_CHECKING:
    from pincel.backbones.specs import LayerSpec, ModelSpec


@click.command(cls=Verb, examples=("pincel backbones", "pincel backbones vgg19"))
@click.argument("name", required=False, shell_complete=networks)
def command(name: str | None) -> None:
    """List the networks with the number of their parameters, or the layers of the network NAME.

    NAME is one of the list, an imported network, a folder of 'pincel train', or timm:NAME, any network of the library timm. For each layer
    it prints its kind, channels (n_C), stride (input pixels between neighboring outputs) and receptive field (width in input pixels that
    one output depends on). Any layer can be a content or a style layer.
    """
    from pincel.backbones import BACKBONES

    if name is None:
        _list([BACKBONES[key] for key in BACKBONES])
    else:
        _describe(BACKBONES[name])


def _list(specs: list[ModelSpec]) -> None:
    from pincel.cli.terminal import echo

    width = max(len(spec.name) for spec in specs)
    for spec in specs:
        echo(f"{spec.name:<{width}}{_count(spec.parameters):>9}  {spec.summary}")


def _describe(spec: ModelSpec) -> None:
    from pincel.cli.terminal import echo

    echo(f"{spec.name}: {spec.summary}")
    echo(f"weights: {spec.source}; {spec.licence}; {spec.origin}")
    kind, digest = spec.fingerprint
    if digest:
        echo(f"{kind + ':':<9}{digest}")
    echo(f"parameters: {spec.parameters:,}")
    if spec.crop:
        echo(f"classes: {len(spec.classes) or spec.layers[-1].channels}, of pictures of {spec.crop}×{spec.crop} pixels ('pincel classify')")
    echo()
    width = max(10, *(len(layer.name) + 2 for layer in spec.layers))
    echo(f"{'layer':<{width}}{'kind':<8}{'channels':>8}{'stride':>8}{'receptive field':>17}")
    for layer in spec.layers:
        echo(f"{layer.name:<{width}}{layer.kind:<8}{layer.channels:>8}{layer.stride:>8}{_field(layer):>17}")


def _count(number: int) -> str:
    """Round a number to what fits in a column."""
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.1f} k"


def _field(layer: LayerSpec) -> str:
    return "whole picture" if layer.whole else str(layer.receptive_field)
