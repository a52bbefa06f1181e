"""Checks when a training is resumed: its recipe and data must be as before; what it is computed on may differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pincel.engine.events import Notice
from pincel.errors import CheckpointError
from pincel.files import one_line

# Values of a recipe that may differ when a training is resumed: its length, and its name.
FREE = ("name", "summary", "steps", "epochs")


def check_resumed(now: Mapping[str, Any], before: Mapping[str, Any], *, data: Mapping[str, str]) -> None:
    """Check that a training is resumed with the recipe and the data that it began with.

    Args:
        now: ``recipe``, as plain data, and hashes of the data by name.
        before: Likewise, from the checkpoint.
        data: Name of a hash → what its data is called in messages.

    Raises:
        CheckpointError: If a value of the recipe, or the data, have changed.
    """
    for name, value in now["recipe"].items():
        if name not in FREE and value != before["recipe"].get(name):
            failed = f"checkpoint: the training began with another value of {name.replace('_', '-')}"
            raise CheckpointError(one_line(failed, str(value), str(before["recipe"].get(name)), "leave it out, or train from the start"))
    for name, called in data.items():
        if now[name] != before[name]:
            failed = f"checkpoint: the {called} are not those the training began with"
            raise CheckpointError(one_line(failed, _short(now[name]), _short(before[name]), "put them back, or train from the start"))


def environment_notices(now: Mapping[str, str], before: Mapping[str, str]) -> Iterator[Notice]:
    """Yield a notice if something that changes the last bits, such as the device, is not what it was before."""
    if changed := [f"{name} {before.get(name)} before, {value} now" for name, value in now.items() if before.get(name) != value]:
        yield Notice(f"The last bits may differ from an uninterrupted run: {'; '.join(changed)}.")


def _short(digest: object) -> str:
    digests = digest if isinstance(digest, list) else [digest]
    return f"SHA-256 {', '.join(str(each)[:12] for each in digests)}"
