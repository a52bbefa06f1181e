"""``pincel weights``: the files that networks are read from."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pincel.cli.completers import networks
from pincel.cli.lazy_group import OrderedGroup

if TYPE_CHECKING:
    from pincel.backbones.fetch import ByteProgress
    from pincel.backbones.specs import ModelSpec

MIB = 2**20


@click.group(
    cls=OrderedGroup,
    one="action",
    several="actions",
    examples=("pincel weights list", "pincel weights export vgg19 -o vgg19.safetensors"),
)
def command() -> None:
    """Download, check, import and export weights of networks.

    vgg19 comes with pincel. Other networks are downloaded when they are first used, once for all programs that use PyTorch, and used
    only if their hash is the one that their authors published. 'import' reads files of Torch7, Theano/Lasagne, Caffe, MatConvNet,
    Keras, PyTorch and safetensors; nothing that is in them is run.

    Downloads go where PyTorch keeps its own (TORCH_HOME), imports into the user's data folder (PINCEL_WEIGHTS); 'path' prints them.
    HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are used as usual. With PINCEL_OFFLINE=1 nothing is downloaded.
    """


@command.command(
    "list",
    short_help="List all networks: size, whether the file is here, hash, licence.",
    examples=("pincel weights list", "pincel weights list --json > weights.json"),
)
@click.option("--json", "as_json", is_flag=True, help="Print all properties of the networks as JSON.")
def list_weights(as_json: bool) -> None:
    """List all networks, imported ones too: size, whether the file is here, the hash by which it is checked, licence, and a summary.

    HERE is yes, no, the size of an interrupted download, or 'drawn' for random filters, which need no file. HASH is the published one;
    'first' means that none was published: the hash of the first download is stored, and the file must not change.
    """
    from pincel.backbones import BACKBONES
    from pincel.cli.terminal import echo
    from pincel.errors import WeightsError

    rows: list[dict[str, Any]] = []
    for name in BACKBONES:
        try:
            rows.append(_row(BACKBONES[name], name))
        except WeightsError as error:
            rows.append({"name": name, "here": "damaged", "summary": str(error)})
    if as_json:
        echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    width = max(len(row["name"]) for row in rows)
    echo(f"{'NAME':<{width}}  {'SIZE':>10}  {'HERE':<12}{'HASH':<12}LICENCE")
    for row in rows:
        size = f"{row['bytes'] / MIB:.1f} MiB" if row.get("bytes") else ""
        echo(f"{row['name']:<{width}}  {size:>10}  {row['here']:<12}{row.get('hash_kind', ''):<12}{row.get('licence', '')}")
        echo(f"    {row['summary']}")


def _row(spec: ModelSpec, name: str) -> dict[str, Any]:
    """Return properties of a network and its file."""
    from pincel.backbones.hashes import MIN_DIGITS, expected_checksum
    from pincel.backbones.partial_file import partial_file
    from pincel.backbones.store import has_file, is_cached, weights_path

    row: dict[str, Any] = {
        "name": name, "summary": spec.summary, "network": spec.network, "parameters": spec.parameters,
        "source": spec.source, "licence": spec.licence, "url": spec.url, "mirrors": list(spec.mirrors),
    }  # fmt: skip
    here = is_cached(spec)
    path = weights_path(spec) if here or spec.url else None
    part = partial_file(path).length() if path and spec.url and not here else 0
    row["here"] = "yes" if here else f"{part / MIB:.0f} MiB" if part else "no" if has_file(spec) else "drawn" if spec.filters else "nowhere"
    row["bytes"] = path.stat().st_size if path and here else spec.size
    if path:
        checksum = expected_checksum(spec, path)
        published = checksum.kind if len(checksum.digest) >= MIN_DIGITS else f"{checksum.kind}[:{len(checksum.digest)}]"
        row |= {"path": str(path), "hash": checksum.digest, "hash_kind": published if checksum.origin == "published" else "first"}
    return row


@command.command(
    short_help="Download networks, unless they are here.",
    examples=("pincel weights get vgg19-torchvision", "pincel weights get alexnet caffenet --quiet"),
)
@click.argument("names", nargs=-1, required=True, metavar="NAME…", shell_complete=networks)
@click.option("--quiet", is_flag=True, help="Print nothing but the paths of files, and errors.")
@click.pass_context
def get(ctx: click.Context, names: tuple[str, ...], quiet: bool) -> None:
    """Download the weights of networks, unless they are here; print where each file is.

    An interrupted download is resumed. Mirrors are tried in turn. A file gets its name only when it is complete and its hash is right;
    two processes that need the same file download it once. TLS is always on.

    Without a connection, the error names the address to download elsewhere and the path of the file; it is checked when it is first used.
    """
    from pincel.backbones import BACKBONES
    from pincel.backbones.hashes import expected_checksum, pin_path
    from pincel.backbones.partial_file import partial_file
    from pincel.backbones.store import ensure, weights_path
    from pincel.cli.terminal import echo

    specs = [BACKBONES[name] for name in names]
    for spec in specs:
        before = weights_path(spec)
        known = expected_checksum(spec, before).origin
        try:
            with _download_bar(spec.name, quiet=quiet) as progress:
                path = ensure(spec, progress)
        except KeyboardInterrupt:
            kept = f"{partial_file(before).length() / MIB:.1f} MiB of {spec.name} are kept"
            click.echo(f"pincel: interrupted; {kept}. Rerun the same command to finish.", err=True)
            ctx.exit(130)
        if known == "nobody" and not spec.path and not quiet:
            click.echo(f"no hash of {path.name} was published: its SHA-256 is stored in {pin_path(path)}, to detect changes", err=True)
        echo(str(path))


@contextmanager
def _download_bar(name: str, *, quiet: bool) -> Iterator[ByteProgress | None]:
    """Show a download on stderr: on a terminal as a bar, elsewhere as a line now and then."""
    if quiet or not sys.stderr.isatty():
        yield (lambda *_: None) if quiet else None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    left = (TransferSpeedColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(
        TextColumn("[bold]{task.description}"), BarColumn(), DownloadColumn(binary_units=True), *left, console=Console(stderr=True)
    ) as bar:
        task = bar.add_task(name, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


@command.command(
    short_help="Hash the files of networks again, and compare with the known hashes.",
    examples=("pincel weights verify", "pincel weights verify vgg19"),
)
@click.argument("names", nargs=-1, metavar="[NAME…]", shell_complete=networks)
@click.pass_context
def verify(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Read the files of networks and compare their hashes; of all that are here, if none is named.

    Exit code 0 if all match, 2 if one is damaged or missing. Otherwise a verified file is not hashed again while its length and times
    stay the same; this command always reads it, and detects damage of the disk.
    """
    from pincel.backbones import BACKBONES
    from pincel.backbones.store import verify as read_all
    from pincel.backbones.store import weights_path
    from pincel.cli.terminal import echo
    from pincel.errors import WeightsError

    says = {"published": "as published", "first": "as when it was first seen", "nobody": "nothing to compare with"}
    damaged = False
    for together in _by_file(names or tuple(BACKBONES), every=bool(names)):
        try:
            found, path = read_all(BACKBONES[together[0]]), weights_path(BACKBONES[together[0]])
        except WeightsError as error:
            damaged = True
            echo(f"BAD  {', '.join(together)}: {error}")
        else:
            echo(f"ok   {', '.join(together)}: {found.kind} {found.digest[:16]}…, {says[found.origin]}, {path}")
    ctx.exit(2 if damaged else 0)


def _by_file(names: tuple[str, ...], *, every: bool) -> list[list[str]]:
    """Group names by file; ``every`` also includes those whose file is not here."""
    from pincel.backbones import BACKBONES
    from pincel.backbones.store import is_cached, weights_path
    from pincel.errors import WeightsError

    files: dict[str, list[str]] = {}
    for name in names:
        try:
            if every or is_cached(BACKBONES[name]):
                files.setdefault(str(weights_path(BACKBONES[name])), []).append(name)
        except WeightsError:
            files[name] = [name]
    return list(files.values())


@command.command(short_help="Print the path of the file of a network.", examples=("pincel weights path", "pincel weights path vgg19"))
@click.argument("name", required=False, shell_complete=networks)
def path(name: str | None) -> None:
    """Print the path of the file of the network NAME, also of one not downloaded yet; without NAME, the folders.

    A file that was downloaded by hand can be put there.
    """
    from pincel.backbones import BACKBONES
    from pincel.backbones.model_registry import imports_folder
    from pincel.backbones.store import download_folder, weights_path
    from pincel.cli.terminal import echo

    if name is not None:
        echo(str(weights_path(BACKBONES[name])))
        return
    echo(f"downloads  {download_folder()}")
    echo(f"imports    {imports_folder()}")


@command.command(
    "import",
    short_help="Import a file of any format as a network with a name.",
    examples=(
        "pincel weights import VGG_ILSVRC_19_layers.caffemodel --as oxford",
        "pincel weights import mine.pth --like vgg19-torchvision",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "name", default="", metavar="NAME", help="Name of the network. [the name of the file]")
@click.option("--like", default="", metavar="BACKBONE", help="Network with the same layers and preprocessing. [found by hash or layers]")
@click.option("--channels", type=click.Choice(["rgb", "bgr"]), help="Order of colors in the first convolution. [as usual in such files]")
@click.option("--force", is_flag=True, help="Replace a network that was imported under that name.")
def import_file(file: Path, name: str, like: str, channels: Literal["rgb", "bgr"] | None, force: bool) -> None:
    """Import FILE, of any format, as the network NAME: afterwards '--backbone NAME' works wherever a network is needed.

    The format is found by content, not by name: Torch7, Theano/Lasagne, Caffe, MatConvNet, Keras, PyTorch, safetensors. Nothing in the
    file is run; the original is not changed, and not needed any more. Of a checkpoint of training the weights are taken, wherever they
    are; of several networks the one that fits, averaged weights first.

    A file does not describe the preprocessing of its network. It is found by the hash of a known file; else by the layers, if all
    networks with such layers and files have the same; else --like gives it: mean color, division and order of layers.
    """
    from pincel.backbones.imports import import_network
    from pincel.cli.terminal import echo

    done = import_network(file, name, like=like, channels=channels or "", force=force)
    spec = done.spec
    echo(f"{file}: {done.format}, {done.layers} layers with weights, {spec.parameters:,} parameters")
    if done.inside or done.beside:
        taken, *left = (f"'{place}'" if place else "no name" for place in (done.inside, *done.beside))
        echo(f"taken: the weights under {taken}" + (f", not those under {', '.join(left)}" if left else ""))
    echo(f"like {done.like}: {done.why}")
    echo(f"kept as {spec.path}")
    echo(f"use it with --backbone {spec.name}")


@command.command(
    short_help="Write a network as safetensors.",
    examples=("pincel weights export vgg19 -o vgg19.safetensors", "pincel weights export alexnet -o alexnet.safetensors"),
)
@click.argument("name", shell_complete=networks)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT", help="File to write: .safetensors.")
def export(name: str, output: Path) -> None:
    """Write the network NAME as safetensors, which any program reads, with its properties as JSON in the header.

    conv1_1.weight and so on, float32, (out, in, rows, columns), red first; fully connected layers are convolutions as large as their
    input. Read again, here or on another machine ('--backbone OUT', 'pincel weights import OUT'), it is the same to the last bit.
    """
    from pincel.backbones import BACKBONES
    from pincel.backbones.imports import export_network
    from pincel.cli.terminal import echo

    export_network(BACKBONES[name], output)
    echo(str(output))
