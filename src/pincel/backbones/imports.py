"""Networks carried over: a foreign file becomes one of our own, known by a name from then on; any network becomes a file for others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pincel.backbones import BACKBONES
from pincel.backbones.formats import open_weights
from pincel.backbones.formats.match_layers import NEAR, candidate_specs, match_layers, matching_network
from pincel.backbones.formats.weight_file import WeightFile
from pincel.backbones.hashes import file_digests, pin_digest, pin_path
from pincel.backbones.model_registry import SUFFIX, imported_names, imports_folder
from pincel.backbones.native import read_spec, write_network
from pincel.backbones.specs import UNDIVIDED, ModelSpec
from pincel.backbones.store import weights_path
from pincel.backbones.weights import load_weights
from pincel.errors import OptionError, OutputError, WeightsError
from pincel.files import check_output, one_line, quoted

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


@dataclass(frozen=True)
class Import:
    """What was found in a file, and what became of it.

    Attributes:
        spec: Of the network it now is; its ``path`` is its own file.
        format: How the file was written.
        layers: How many layers of it have weights.
        like: The backbone that it is laid out and fed like.
        why: How that is known.
        inside: Where in the file they were, if it holds more than one network's layers: ``model_ema``.
        beside: Where others are, that were left.
    """

    spec: ModelSpec
    format: str
    layers: int
    like: str
    why: str
    inside: str = ""
    beside: tuple[str, ...] = ()


def import_network(file: Path, name: str = "", *, like: str = "", channels: Literal["", "rgb", "bgr"] = "", force: bool = False) -> Import:
    """Read a file of weights of any format and keep it as a network of our own, in :func:`pincel.backbones.model_registry.imports_folder`.

    Args:
        file: Of Torch7, Theano/Lasagne, Caffe, MatConvNet, Keras, PyTorch or safetensors, told by what is in it.
        name: It is known by; that of the file if empty.
        like: The backbone whose layers it has and that is fed as it is. If empty: what its own spec says, if pincel wrote it; the
            backbone whose file it is, by its hash; else the one that its layers fit, if those of that format are all fed alike.
        channels: Which color its first convolution looks at first; what is usual in such files if empty.
        force: Replace a network that was imported under that name.

    Raises:
        OptionError: If the name is one that cannot be used.
        WeightsError: If the file cannot be read, or does not fit.
        OutputError: If it cannot be written.
    """
    name = name or re.sub(r"[^A-Za-z0-9._+-]+", "-", file.stem).strip("-._+")
    target = _target(name, force=force)
    held = open_weights(file)
    digests = file_digests(file)
    model, why = (BACKBONES[like], "as you say") if like else _find_template(held, file, digests)
    asked = replace(model, channels=channels) if channels else model
    taken = matching_network(held, asked, file)
    weights = match_layers(taken, asked, file)
    known = why in (OWN, KNOWN)
    spec = local_spec(
        asked,
        name=name,
        summary=f"{file.name}, imported: layers and preprocessing as {model.name}",
        source=model.source if known else f"{file.name}, SHA-256 {digests['SHA-256']}",
        licence=model.licence if known else "that of the file it was imported from",
        classes=taken.classes or asked.classes,
    )
    check_output(target, inputs=[file], what="network")
    pin_path(target).unlink(missing_ok=True)
    write_network(target, spec, weights)
    pin_digest(target, file_digests(target, ("SHA-256",))["SHA-256"])
    beside = tuple(each.inside for each in (held, *held.others) if each is not taken)
    return Import(read_spec(target), held.format, len(weights), model.name, why, taken.inside, beside)


def export_network(spec: ModelSpec, path: Path) -> None:
    """Write a network as safetensors, with its spec in the header: float32, red first, the same to the bit when it is read again.

    Args:
        spec: The network; its file is downloaded if it is not here.
        path: Ends in ``.safetensors``, since backbones are told from other names by that.

    Raises:
        OutputError: If it cannot be written.
        WeightsError: If the network has no file, or none that can be read.
    """
    if path.suffix != SUFFIX:
        raise OutputError(
            one_line("network: is written as safetensors", quoted(path), f"a name that ends in {SUFFIX}", quoted(path.with_suffix(SUFFIX)))
        )
    check_output(path, inputs=[Path(spec.path)] if spec.path else [], what="network")
    weights_path(spec)
    write_network(path, local_spec(spec), load_weights(spec))


def local_spec(spec: ModelSpec, **changes: Any) -> ModelSpec:
    """Return the spec of a network in a file of our own: without what is said of the file it was read from, which has other bytes."""
    without = {"package": "", "file": "", "url": "", "mirrors": (), "sha256": "", "sha1": "", "md5": "", "size": 0, "path": ""}
    return replace(spec, **{**without, "format": "safetensors", "channels": "", "classifier": (), **changes})


# How a model is known, as it is said to the user.
OWN, KNOWN, FITS = "the file says so itself", "it is that file, by its hash", "its layers fit, and files of this format are fed so"


def _target(name: str, *, force: bool) -> Path:
    """Return the file a network of that name is kept in, if it can be; what is a file's name or timm's stays one."""
    if not NAME.fullmatch(name) or name.endswith(SUFFIX):
        raise OptionError(one_line("name of the network: cannot be used", quoted(name), "letters, digits and . _ + -", "--as NAME"))
    if name in known_names():
        raise OptionError(
            one_line("name of the network: is that of one that pincel knows", quoted(name), "another name", f"--as my-{name}")
        )
    target = imports_folder() / f"{name}{SUFFIX}"
    if target.exists() and not force:
        failed = "name of the network: was imported before"
        raise OptionError(one_line(failed, quoted(name), "a new name", "--as NAME, or --force to replace it"))
    return target


def known_names() -> list[str]:
    """Return the names of networks that are not imported."""
    beside = set(imported_names())
    return [name for name in BACKBONES if name not in beside]


def _find_template(held: WeightFile, file: Path, digests: dict[str, str]) -> tuple[ModelSpec, str]:
    """Find the spec that a file is laid out and fed like, and say how it was found.

    Raises:
        WeightsError: If there is none, or several that are fed differently.
    """
    with suppress(WeightsError):
        return read_spec(file), OWN
    known = map(BACKBONES.__getitem__, known_names())
    same = [spec for spec in known if (found := spec.fingerprint)[1] and digests[found[0]].startswith(found[1].lower())]
    if same:
        # With its classifier, if one of those that read this file reads it: nothing is lost.
        return max(same, key=lambda spec: len(spec.layers)), KNOWN
    usual = next(filter(None, map(_candidates, (held, *held.others))), [])
    if len(usual) == 1:
        return usual[0], FITS
    shapes = f"{quoted(file)}, {len(held.layers)} layers, as {held.format}"
    if not usual:
        raise WeightsError(
            one_line("weights: no network that pincel knows has these layers", shapes, "VGG, AlexNet and SqueezeNet", "pincel backbones")
        )
    names = ", ".join(spec.name for spec in usual)
    failed = "weights: their shapes do not tell how the network is fed"
    raise WeightsError(one_line(failed, shapes, f"--like one of {names}", "--like with the one that it was made from"))


def _candidates(held: WeightFile) -> list[ModelSpec]:
    """Return the specs that a network may be, one of each that computes the same; those of files of its format, if there are any."""
    candidates = [spec for spec in candidate_specs(held) if _mean_matches(held, spec)]
    return _distinct([spec for spec in candidates if spec.format == held.format] or candidates)


def _mean_matches(held: WeightFile, spec: ModelSpec) -> bool:
    """Return whether a network may be fed as a file says, if it says anything: colors from 0 to 255 minus a mean."""
    if held.mean is None:
        return True
    return spec.std == UNDIVIDED and max(abs(one - other) for one, other in zip(held.mean, spec.mean, strict=True)) <= NEAR


def _distinct(specs: Iterable[ModelSpec]) -> list[ModelSpec]:
    """Return one of each kind of specs that compute the same of the same picture, given the same weights."""
    kinds = {(spec.network, spec.layers, spec.mean, spec.std, spec.response): spec for spec in reversed(list(specs))}
    return list(reversed(kinds.values()))
