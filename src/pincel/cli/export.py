"""``pincel export``."""

from __future__ import annotations

import click

from pincel.cli.help_format import Verb


@click.command(cls=Verb, examples=("pincel export impasto.safetensors -o impasto.onnx", "pincel export any.safetensors -o any.onnx"))
@click.argument("network")
@click.option("-o", "--output", required=True, metavar="FILE", help="File to write, NAME.onnx.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(network: str, output: str, *, quiet: bool) -> None:
    """Write a network that 'pincel train-style' made as ONNX, for other programs.

    The inputs of the ONNX file are 'content' and, of an any-style network, 'style' (pictures of any size, 1×3×height×width, RGB from 0 to
    1) and 'strength' (a number from 0 to 2); the output is 'painting'.
    """
    from pincel.api.quick import export
    from pincel.cli.terminal import echo

    export(network, output)
    if not quiet:
        echo(output)
