"""The mean activations of a network over a set of images, by which it is normalized; computed once and cached."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from pincel.backbones.hashes import cached_digest
from pincel.backbones.normalize import mean_activations, normalize
from pincel.backbones.store import ensure
from pincel.backbones.vgg import VGG
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError, OutputError, PincelError
from pincel.files import atomically, sha256_of
from pincel.folders import cache_folder
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import load_picture
from pincel.images.resize import resize, target_size
from pincel.samples import FOLDER
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Long side of a calibration image: the scale at which the network was trained and is mostly used.
SIDE = 512
Tell: TypeAlias = Callable[[str], None]
Progress: TypeAlias = Callable[[str, int, int], None]


def normalized_vgg(vgg: VGG, calibration: str, notify: Tell, progress: Progress) -> VGG:
    """Return the network rescaled so that every filter's mean activation over a set of pictures is 1; see :func:`calibration_means`."""
    return normalize(vgg, calibration_means(vgg, calibration, notify, progress))


def calibration_means(vgg: VGG, calibration: str, notify: Tell, progress: Progress) -> dict[str, Tensor]:
    """Return the mean activation of every filter over a set of pictures, convolution → (C,), by which a network is normalized.

    Args:
        vgg: As trained, on its device, with its pooling.
        calibration: ``samples`` for the pictures in the package, or a folder of pictures.
        notify: Called with notices, a sentence each.
        progress: Called with a text, the images done, and their total.

    Raises:
        OptionError: If the folder is not there or holds no pictures.
    """
    paths = calibration_pictures(calibration)
    key = _fingerprint(vgg, paths)
    cache = cache_folder() / f"normalized-{vgg.spec.name}-{vgg.pooling}-{key[:16]}.safetensors"
    means = _read(cache, vgg)
    if means is None:
        # With zero padding, as trained: borders are no property of the filters.
        means = mean_activations(replace(vgg, padding="zero"), _pictures(paths, _device(vgg), progress))
        _write(cache, means, notify)
    text = _("Network normalized to mean activation 1 over {count} pictures of '{calibration}' ({key}).")
    notify(Note(text, count=len(paths), calibration=calibration, key=key[:12]))
    return means


def calibration_pictures(calibration: str) -> list[Path]:
    """List the pictures of a calibration set in natural order; raises OptionError if there are none."""
    folder = FOLDER if calibration == "samples" else Path(calibration)
    if not folder.is_dir():
        raise OptionError(f"Calibration '{calibration}' is neither 'samples' nor a folder of pictures.")
    paths = list(list_pictures(folder).paths)
    if not paths:
        raise OptionError(f"The calibration folder {folder} holds no pictures ({', '.join(sorted(SUFFIXES))}).")
    return paths


def _pictures(paths: list[Path], device: str, progress: Progress) -> Iterator[Tensor]:
    what = Note(_("calibrating the network, once"))
    for done, path in enumerate(paths):
        progress(what, done, len(paths))
        yield _calibration_pixels(path).to(device)
    progress(what, len(paths), len(paths))


def _calibration_pixels(path: Path) -> Tensor:
    picture = load_picture(path, what="calibration", background=DEFAULT_BACKGROUND)
    size = target_size(picture.height, picture.width, SIDE, "long", "nearest")
    return resize(picture.pixels, size, "lanczos") * 255


def _device(vgg: VGG) -> str:
    return str(next(iter(vgg.weights.values()))[0].device)


def _fingerprint(vgg: VGG, paths: list[Path]) -> str:
    """Return a hash of everything the means depend on."""
    spec = vgg.spec
    weights = spec.sha256 if spec.package else cached_digest(ensure(spec), "SHA-256")
    parts = [weights, *map(str, (*spec.mean, *spec.std)), vgg.pooling, vgg.pool_rounding, str(SIDE), *(sha256_of(path) for path in paths)]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _read(cache: Path, vgg: VGG) -> dict[str, Tensor] | None:
    try:
        means = safetensors.torch.load_file(cache)
    except (OSError, SafetensorError):
        return None
    # A cache of other shapes is computed again.
    fits = set(means) == set(vgg.weights) and all(means[n].shape == vgg.weights[n][1].shape for n in means)
    return means if fits else None


def _write(cache: Path, means: dict[str, Tensor], notify: Tell) -> None:
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with atomically(cache) as path:
            # Not save_file, which hides the system's error in one of its own.
            path.write_bytes(safetensors.torch.save(means))
    except (OSError, OutputError) as error:
        reason = error if isinstance(error, PincelError) else error.strerror
        notify(Note(_("The measurement could not be cached: {reason}."), reason=reason))
