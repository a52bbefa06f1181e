"""What has been measured on this machine, kept in the user's cache folder: never trusted to be there, or to be ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from pincel.errors import OutputError
from pincel.files import write_text
from pincel.folders import cache_folder
from pincel.host import processor_name
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


def known_speeds(device: torch.device) -> dict[str, float]:
    """Return what was measured on a device with this version of torch and as many threads, by name."""
    return _read().get(machine_key(device), {})


def keep_speeds(device: torch.device, speeds: Mapping[str, float], notify: Callable[[str], None]) -> None:
    """Keep measurements for other runs, beside those of other names; ``notify`` is called if that cannot be done."""
    known = _read()
    known[machine_key(device)] = {**known.get(machine_key(device), {}), **speeds}
    try:
        cache().parent.mkdir(parents=True, exist_ok=True)
        write_text(cache(), json.dumps(known, indent=1) + "\n", what="speed measurement")
    except (OSError, OutputError) as error:
        notify(Note(_("The measurement could not be kept: {error}"), error=error))


def cache() -> Path:
    """Where measurements are kept."""
    return cache_folder() / "speed.json"


def _read() -> dict[str, dict[str, float]]:
    try:
        known = json.loads(cache().read_text(encoding="utf-8"))
        return {str(machine): {str(k): float(v) for k, v in speeds.items()} for machine, speeds in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        # Not there, or not ours: measured again.
        return {}


def machine_key(device: torch.device) -> str:
    """What speed depends on, beside what is measured."""
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else processor_name()
    return f"{where} | torch {torch.__version__} | {torch.get_num_threads()} threads"
