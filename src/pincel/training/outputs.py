"""What a training of a feed-forward network leaves on the disk: the network and its record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from pincel.backbones import BACKBONES
from pincel.feedforward.file import save_stylizer
from pincel.feedforward.network import Network
from pincel.feedforward.spec import NetworkSpec
from pincel.files import write_text
from pincel.sources import image_metadata
from pincel.training.data import StyleData
from pincel.training.inputs import SUFFIX, objective_recipe
from pincel.training.schema import StyleTrainingRecipe
from pincel.training.state import StyleState
from pincel.version import __version__


@dataclass(frozen=True)
class StyleOutputs:
    """The files of a training.

    Attributes:
        network: The file of the network.
    """

    network: Path

    @property
    def checkpoint(self) -> Path:
        """Where training is resumed from, beside the network."""
        return self.network.with_name(f"{self.network.stem}.checkpoint{SUFFIX}")

    @property
    def record(self) -> Path:
        """The record, beside the network."""
        return self.network.with_suffix(".json")

    def write(self, network: Network, record: Mapping[str, Any]) -> None:
        """Write the network, in half precision, and its record; raises OutputError."""
        save_stylizer(self.network, network)
        write_text(self.record, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", what="record")


def make_spec(recipe: StyleTrainingRecipe, data: StyleData, name: str) -> NetworkSpec:
    """Return the spec of a network before it is trained."""
    backbone = BACKBONES[objective_recipe(recipe).backbone]
    any_style = recipe.kind == "any-style"
    return NetworkSpec(
        kind=recipe.kind,
        name=name,
        stages=recipe.stages,
        padding=recipe.padding,
        norm=recipe.norm,
        output=recipe.output,
        encoder=backbone.name if any_style else "",
        encoder_hash="-".join(backbone.fingerprint) if any_style else "",
        layer=recipe.layer,
        transform=recipe.transform,
        styles=tuple({**image_metadata(style), "weight": weight} for style, weight in data.styles),
        recipe=recipe.model_dump(mode="json"),
        pincel=__version__,
    )


def with_outcome(network: Network, state: StyleState, data: StyleData, reason: str) -> Network:
    """Return a network whose spec says how its training ended."""
    latest = state.history[-max(1, len(state.history) // 20) :]
    outcome = {
        "steps": state.step,
        "crops": state.step * int(network.spec.recipe["batch"]),
        "seconds": round(state.seconds, 1),
        "stopped": reason,
        **({"J": median(row[1] for row in latest)} if latest else {}),
        "pictures": {"count": data.crops.count, "sha256": data.crops.digest},
    }
    return replace(network, spec=replace(network.spec, trained=outcome))


def make_record(network: Network, pretrained: Mapping[str, str] | None, machine: Mapping[str, str], state: StyleState) -> dict[str, Any]:
    """Return what is recorded of a training, as plain data."""
    return {
        "pincel": __version__,
        "verb": "train-style",
        "kind": network.spec.kind,
        "parameters": network.parameters,
        **network.spec.trained,
        "styles": list(network.spec.styles),
        **({"before": dict(pretrained)} if pretrained else {}),
        "recipe": dict(network.spec.recipe),
        "machine": dict(machine),
        "history": state.history,
    }
