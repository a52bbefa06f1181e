"""Target: checkpoints of runs and of both kinds of training, sealed as pincel seals them."""

from __future__ import annotations

import hashlib
import json
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from fuzz.common import Plain, Target, as_file, in_header, some_of
from pincel.classify.state import ClassifierState
from pincel.classify.state import read_state as read_training
from pincel.classify.state import write_state as write_training
from pincel.engine.checkpoint import SEAL_BYTES, read_checkpoint, write_checkpoint
from pincel.engine.loop import Best
from pincel.errors import PincelError
from pincel.optim.adam import Adam
from pincel.optim.lbfgs import CurvaturePair, LBFGSState
from pincel.training.state import StyleState
from pincel.training.state import read_state as read_style
from pincel.training.state import write_state as write_style

# What a node of the document may be instead.
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 2**70, "", "0", "1", [], {}, {"tensor": ["0", [-1], [0]]}, {"tensor": ["0", [2**40], [0]]}, {"tuple": []},
    {"float": "nan"}, {"float": "x"}, {"dict": {}}, {"bytes": "0"}, {"Best": {}}, {"eval": []},
)  # fmt: skip


def sealed(data: bytes) -> bytes:
    """Return data whose last bytes are the SHA-256 of all before."""
    return data[:-SEAL_BYTES] + hashlib.sha256(data[:-SEAL_BYTES]).digest()


def resealed(data: bytes, plain: Plain, chance: random.Random) -> bytes:
    """Change a header, and seal the file anew."""
    return sealed(in_header(data, plain, chance))


def in_document(data: bytes, plain: Plain, chance: random.Random) -> bytes:
    """Put something else in the place of a part of the document, and seal the file anew."""
    length = int.from_bytes(data[:8], "little")
    try:
        table = json.loads(data[8 : 8 + length])
        document = json.loads(table["__metadata__"]["document"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return plain(data)
    table["__metadata__"]["document"] = json.dumps(changed(document, chance))
    header = json.dumps(table).encode()
    return sealed(struct.pack("<Q", len(header)) + header + data[8 + length :])


def changed(node: Any, chance: random.Random) -> Any:
    """Return plain data of which one part is another."""
    if not isinstance(node, dict | list) or not node or chance.random() < 0.15:
        return chance.choice(ODD)
    key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
    if chance.random() < 0.15:
        return {each: value for each, value in node.items() if each != key} if isinstance(node, dict) else node[1:]
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[key] = changed(node[key], chance)
    return copy


def written(write: Callable[[Path], object]) -> bytes:
    """Return the bytes of a file that a function writes."""
    with as_file(b"", "checkpoint.safetensors") as path:
        write(path)
        return path.read_bytes()


def seeds() -> dict[str, bytes]:
    """Return a checkpoint of a run, of a network that learns classes, and of one that learns to paint."""
    numbers = torch.arange(6.0)
    pair = CurvaturePair(numbers, numbers, torch.ones(1))
    run = {
        "losses": b"[1, 2]", "half": (0.1,), "first": float("inf"), "step": 7,
        "best": Best(3, 1.0, numbers.view(1, 1, 2, 3)), "lbfgs": LBFGSState((pair,)),
    }  # fmt: skip
    weights = {"conv1": (torch.ones(2, 3, 1, 1), torch.ones(2))}
    styles = StyleState(numbers, Adam().init(numbers), history=[[1, 2.0, {"style": 1.0}]])
    return {
        "run": written(lambda path: write_checkpoint(path, run)),
        "training": written(lambda path: write_training(path, ClassifierState.first(weights, 0.01), {"recipe": {"a": 1}, "data": "0a"})),
        "styles": written(lambda path: write_style(path, styles, {"recipe": {"a": 1}, "data": "0a", "styles": ["0b"]})),
    }


def read(data: bytes) -> None:
    """Read a checkpoint as each of the three."""
    with as_file(data, "checkpoint.safetensors") as path:
        for other in (read_training, read_style):
            with suppress(PincelError):
                other(path, torch.device("cpu"))
        read_checkpoint(path).values()


CHECKPOINTS = Target(read, seeds, some_of(resealed, in_document, in_document))
