"""Where a backbone is found by name: among those that are known, those that were imported, in a file, or in timm. Loads no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pincel.folders import data_folder
from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.backbones.specs import ModelSpec

SUFFIX = ".safetensors"
# Of a folder of pincel train.
NETWORK_FILE = "network.safetensors"
TIMM = "timm:"


class ModelRegistry(Registry["ModelSpec"]):
    """Specs by name: those of its table, and the following.

    - Those that ``pincel weights import`` keeps in :func:`imports_folder`, by the name they were given;
    - a file that pincel wrote (``mine.safetensors``), or a folder of ``pincel train`` (``RUN``);
    - ``timm:NAME``, any network of the library timm.
    """

    def __getitem__(self, name: str) -> ModelSpec:
        """Return the spec of a backbone.

        Raises:
            UnknownNameError: For what is none of these, with the closest match.
            WeightsError: For a file that is there and holds no network.
        """
        if name in self._entry_points:
            return super().__getitem__(name)
        if _is_timm(name):
            return cast("ModelSpec", import_module("pincel.backbones.timm").timm_spec(name))
        found = _network_file(name)
        return cast("ModelSpec", import_module("pincel.backbones.native").read_spec(found)) if found else super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        return name in self._entry_points or (isinstance(name, str) and (_is_timm(name) or _network_file(name) is not None))

    def __iter__(self) -> Iterator[str]:
        yield from super().__iter__()
        yield from imported_names()

    def check(self, name: str) -> str:
        """Return ``name`` if it is one, without importing anything."""
        return name if name in self else super().check(name)


def network_and_layer(spec: str) -> tuple[str, str]:
    """Split ``NETWORK:LAYER``; no layer if there is none.

    Example:
        >>> network_and_layer("vgg19:relu3_1"), network_and_layer("vgg19"), network_and_layer("timm:resnet18")
        (('vgg19', 'relu3_1'), ('vgg19', ''), ('timm:resnet18', ''))
        >>> network_and_layer("timm:resnet18:layer2")
        ('timm:resnet18', 'layer2')
    """
    if os.path.exists(spec):
        # A file or folder, whatever signs it has in its name, as C:\\nets\\mine.safetensors.
        return spec, ""
    own = TIMM if spec.startswith(TIMM) else ""
    network, sign, layer = spec.removeprefix(own).rpartition(":")
    return (own + network, layer) if sign else (spec, "")


def _is_timm(name: str) -> bool:
    """Tell whether a name is of the form ``timm:NAME``, whether or not timm has such a network."""
    return name.startswith(TIMM) and ":" not in name.removeprefix(TIMM)


def imports_folder() -> Path:
    """Return the folder that imported networks are kept in: ``PINCEL_WEIGHTS``, or the user's data folder."""
    return Path(os.environ.get("PINCEL_WEIGHTS") or data_folder() / "weights")


def imported_names() -> list[str]:
    """List the names of imported networks."""
    return sorted(path.stem for path in imports_folder().glob(f"*{SUFFIX}"))


def _network_file(name: str) -> Path | None:
    """Return the file a name stands for: itself, the network in a folder, or an import; none if there is none."""
    if not name or "\0" in name:
        return None
    given = Path(name)
    inside = given / NETWORK_FILE
    places = [given] if given.suffix == SUFFIX else [inside]
    if given.name == name:
        places.append(imports_folder() / f"{name}{SUFFIX}")
    return next((place for place in places if os.path.isfile(place)), None)
