"""``pincel backbones``."""

from __future__ import annotations

import click

from pincel.cli.texts import examples


@click.command(epilog=examples("pincel backbones", "pincel backbones vgg19"))
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the networks, or the layers of the network NAME.

    For each layer: channels (n_C), stride (input pixels between neighbouring outputs) and receptive field (width in input pixels of what
    one output sees). Any layer can be a content or a style layer.
    """
    from pincel.backbones import CARDS
    from pincel.cli.terminal import say

    if name is None:
        width = max(map(len, CARDS)) + 2
        for card in (CARDS[key] for key in CARDS):
            say(f"{card.name:<{width}}{card.summary}")
        return
    card = CARDS[name]
    say(f"{card.name}: {card.summary}")
    say(f"weights: {card.source}; {card.licence}; {card.origin}")
    if not card.filters:
        kind, digest = card.fingerprint
        say(f"{kind + ':':<9}{digest}")
    say()
    say(f"{'layer':<10}{'channels':>10}{'stride':>8}{'receptive field':>17}")
    for layer in card.layers:
        say(f"{layer.name:<10}{layer.channels:>10}{layer.stride:>8}{layer.receptive_field:>17}")
