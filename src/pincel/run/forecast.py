"""What a run would take, found without loading its network or starting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from os import PathLike
from typing import Any

from pincel.progress import duration
from pincel.recipes.schema import Recipe
from pincel.run.check import prepare_recipe
from pincel.run.inputs import load_inputs, start_file
from pincel.run.machine import Machine
from pincel.run.plan import Plan, gibibytes, make_plan
from pincel.sources import Source, Styles


@dataclass(frozen=True)
class Forecast:
    """What a run would take.

    Attributes:
        plan: Scales, tiles, memory and work.
        machine: Where it would run.
        notes: What the recipe and the plan changed, a sentence each.
    """

    plan: Plan
    machine: Machine
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the result."""
        return self.plan.size[1], self.plan.size[0]

    @property
    def memory(self) -> int:
        """Bytes at the peak, in all."""
        return round(self.plan.memory)

    @property
    def seconds(self) -> float | None:
        """How long it would take; None where the speed of this machine is not known."""
        return self.machine.seconds_for(self.plan.work)

    @property
    def scales(self) -> list[dict[str, Any]]:
        """Of each scale, coarse to fine: ``size`` as [width, height], ``steps``, ``tiles``, ``memory`` in bytes, ``seconds`` or None."""
        return [
            {
                "size": [cost.scale.size[1], cost.scale.size[0]],
                "steps": cost.scale.steps,
                "tiles": str(cost.layout),
                "memory": round(cost.memory),
                "seconds": self.machine.seconds_for(cost.total),
            }
            for cost in self.plan.costs
        ]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "size": list(self.size),
            "device": str(self.machine.device),
            "precision": str(self.machine.precision),
            "memory": self.memory,
            "seconds": self.seconds,
            "scales": self.scales,
            "recipe": self.plan.recipe.model_dump(),
            "notes": list(self.plan.notes),
        }

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each scale, for people: size, steps, tiles, memory, time."""
        return [
            (
                "×".join(map(str, each["size"])),
                str(each["steps"]),
                each["tiles"],
                gibibytes(each["memory"]),
                str(duration(each["seconds"])),
            )
            for each in self.scales
        ]

    def _repr_html_(self) -> str:
        rows = [COLUMNS, *self.rows()]
        cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


COLUMNS = ("size", "steps", "tiles", "memory", "time")
"""Titles of :meth:`Forecast.rows`."""


def forecast(content: Source, style: Styles, recipe: str | PathLike[str] | Recipe, machine: Machine, values: Mapping[str, Any]) -> Forecast:
    """Plan a run; arguments and errors as of :class:`pincel.run.run.Run`."""
    settled, notes = prepare_recipe(recipe, values)
    inputs = load_inputs(settled, content, style, start_file(settled), machine.memory)
    plan = make_plan(inputs.recipe, inputs.preprocessed, machine)
    return Forecast(plan, machine, (*notes, *plan.notes))
