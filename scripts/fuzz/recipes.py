"""Target: recipes and records of runs, the files of text that people send each other."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from fuzz.common import MIB, Plain, Target, as_file, some_of
from pincel.errors import PincelError
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.inversion import Inversion
from pincel.recipes.schema import Recipe
from pincel.recipes.toml import write_recipe
from pincel.studies.records import read_record

NAMES = sorted({*Recipe.model_fields, *Inversion.model_fields, "base"})
# Of every kind that TOML has, and beyond what any value of a recipe may be.
VALUES = (
    *("nan", "-inf", "1e308", "-0.0", "0", "-1", "9223372036854775808", "true", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z"),
    *('""', '"none"', '"pincel"', '"gatys2016"', '"relu1_1=1e999"', '"relu1_1,relu1_1"', '"1/4=4,1/4=2"', '"1/0=2"', '"0,5"', '"\\u0000"'),
    *(
        "[]",
        "[[]]",
        "[nan, 1]",
        '["a", "b"]',
        "{}",
        "{ relu1_1 = nan }",
        '{ "1/2" = -3 }',
        "{ a = { b = [1] } }",
        '"\\n"',
        '"adam"',
        '"lbfgs"',
    ),
)


def assigned(data: bytes, _plain: Plain, chance: random.Random) -> bytes:
    """Give one value of a recipe, or of a job, another value."""
    name, value = chance.choice(NAMES), chance.choice(VALUES)
    lines = [line for line in data.splitlines() if not line.startswith(f"{name} =".encode())]
    lines.insert(chance.randint(0, len(lines)), f"{name} = {value}".encode())
    return b"\n".join(lines)


def read(data: bytes) -> None:
    """Read bytes as a recipe of either kind; one that is read can be written, and read again to the same."""
    with as_file(data, "mine.toml") as path:
        refusals = []
        try:
            cited = RECIPES.read(path)
        except PincelError as error:
            refusals.append(error)
        else:
            text = write_recipe(cited)
            path.write_text(text, encoding="utf-8")
            # As text, for NaN is not what it is.
            if str(RECIPES.read(path).recipe) != str(cited.recipe):
                raise ValueError(f"another recipe is read than was written: {text}")
            path.write_bytes(data)
        try:
            INVERSIONS.find(str(path))
        except PincelError as error:
            refusals.append(error)
        if refusals:
            # The longest: each is to be one line.
            raise max(refusals, key=lambda error: str(error).count("\n"))


def read_json(data: bytes) -> None:
    """Read bytes as the record of a run."""
    with as_file(data, "run.json") as path:
        read_record(path)


def seeds() -> Mapping[str, bytes]:
    """Return recipes whole and short."""
    whole = {name: write_recipe(RECIPES[name]).encode() for name in ("pincel", "gatys2016", "slides-fast")}
    rebuilt = {name: write_recipe(INVERSIONS[name]).encode() for name in list(INVERSIONS)[:2]}
    short = {
        "short": b'base = "gatys2016"\nsteps = 12\nstyle_layers = "relu1_1,relu2_1=0.5"\nscales = "1/4=4,1/2=2"\n',
        "tables": b'base = "pincel"\noptimizer = "adam"\n[style_layers]\nrelu1_1 = 1\n[optimizer_options]\nbeta = 0.9\n',
        "marked": '\ufeffbase = "pincel"\r\nlearning_rate = nan\r\nstyle_mask = ["a.png"]\r\ninit = "x.png"\r\n'.encode(),
    }
    return {**whole, **rebuilt, **short}


def records() -> Mapping[str, bytes]:
    """Return the record of a run."""
    picture = {"name": "a.png", "sha256": "0" * 64, "width": 64, "height": 48}
    record = {
        "pincel": "1",
        "recipe": RECIPES["pincel"].recipe.model_dump(),
        "content": picture,
        "styles": [{**picture, "weight": 1.0}],
        "losses": [{"step": 0, "total": 1.0, "content": 0.5}],
        "size": [64, 48],
        "saved": {"total": 1.0, "terms": {}, "weighted": {}},
    }
    return {"record": json.dumps(record).encode()}


RECIPE_FILES = Target(read, seeds, some_of(assigned), memory=256 * MIB, longest=16 * 1024)
RECORDS = Target(read_json, records, memory=256 * MIB, longest=16 * 1024)
