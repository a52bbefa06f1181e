"""Recipes as TOML files, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincel.errors import RecipeError, UnknownNameError
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.cited import Cited, RecipeTable, read_comments
from pincel.recipes.schema import NAMES, Recipe
from pincel.recipes.toml import write_recipe

WEIGHTS = st.floats(0, 1e9, allow_nan=False)
LAYERS = st.dictionaries(st.sampled_from(["relu1_1", "conv2_1", "pool3", "relu4_2"]), WEIGHTS, min_size=1)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "size": st.integers(0, 10_000),
        "steps": st.integers(0, 10_000),
        "seed": st.integers(0, 2**62),
        "pooling": st.sampled_from(["avg", "max"]),
        "convention": st.sampled_from(["slides", "paper", "mean", "channels", "rooted"]),
        "good_for": st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
        "content_weight": WEIGHTS,
        "tv_weight": WEIGHTS,
        "style_layers": LAYERS,
        "optimizer": st.sampled_from(["adam", "gradient-descent"]),
        "learning_rate": st.floats(1e-6, 100),
        "init": st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1),
    },
)


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_recipe_survives_being_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / "copy.toml"
    path.write_text(write_recipe(RECIPES[name]), encoding="utf-8")
    assert RECIPES.read(path) == RECIPES[name]


@given(CHANGES, st.sampled_from(list(RECIPES)))
@settings(deadline=None, max_examples=60)
def test_any_recipe_survives_being_written(changes: dict[str, object], name: str) -> None:
    import tempfile

    recipe = RECIPES[name].recipe.override(**changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.toml"
        path.write_text(write_recipe(Cited(recipe)), encoding="utf-8")
        assert RECIPES.read(path).recipe == recipe


def test_what_is_written_names_the_source_of_each_value() -> None:
    text = write_recipe(RECIPES["gatys2016"])
    sources = RECIPES["gatys2016"].sources
    assert read_comments(text) == sources
    assert f"\n# {sources['steps']}\nsteps = 500\n" in text
    assert f"\n# {sources['content_layers']}\n[content_layers]\n" in text
    assert set(sources) == set(Recipe.model_fields) - set(NAMES)


def test_a_long_source_is_a_comment_of_several_lines(tmp_path: Path) -> None:
    source = " ".join(["a reason"] * 60)
    path = tmp_path / "mine.toml"
    path.write_text(write_recipe(Cited(RECIPES["slides"].recipe, {"size": source})), encoding="utf-8")
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 140
    assert RECIPES.read(path).sources["size"] == source


OTHER = Cited(RECIPES["slides"].recipe)
COMMENTS = """\
# About the file.
#
# All of it.

# not a value
base = "pincel"
summary = "one"  # two

# a reason,
# in two lines
steps = 3
size = 4
# of nothing

seed = 5
#the table
[style_layers]
# a weight
relu1_1 = 1
# another
[ "style_terms" ]
gram = 1
# phases
[[schedule]]
steps = 6
# later phases
[[schedule]]
steps = 7
"""


def test_the_comment_directly_above_a_value_is_its_source() -> None:
    reasons = {"steps": "a reason, in two lines", "style_layers": "the table", "style_terms": "another", "schedule": "phases"}
    assert read_comments(COMMENTS) == {"base": "not a value", **reasons}


@pytest.mark.parametrize("line", ['"steps"=3', "'steps' = 3", "  steps = 3", "steps.a = 3", "[steps]", "[steps.a]", "[[steps]]"])
def test_a_key_in_any_way_of_writing(line: str) -> None:
    assert read_comments(f"# why\n{line}\n") == {"steps": "why"}


@pytest.mark.parametrize(
    "text", ["# why\n\nsteps = 3", "steps = 3 # why", "steps = 3\n# why", "[a]\n# why\nsteps = 3", "# why\n[1, 2],", ""]
)
def test_a_comment_that_is_not_directly_above_a_value_is_no_source(text: str) -> None:
    assert read_comments(text) == {}


def test_a_file_gives_the_sources_of_its_own_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('# Mine.\n\nbase = "gatys2016"\n\n# enough\nsteps = 12\nseed = 3\n')
    cited = RECIPES.read(path)
    assert cited.sources == {**RECIPES["gatys2016"].sources, "steps": "enough", "seed": str(path)}


def test_files_are_read_only_when_a_recipe_is_asked_for(tmp_path: Path) -> None:
    table = RecipeTable("recipe", Recipe, tmp_path / "nowhere", ["mine"])
    assert ("mine" in table, list(table), table.check("mine")) == (True, ["mine"], "mine")
    with pytest.raises(RecipeError, match="cannot be read"):
        table["mine"]
    assert RECIPES["slides"] is RECIPES["slides"]


def test_a_recipe_can_be_added(tmp_path: Path) -> None:
    table = RecipeTable("recipe", Recipe, RECIPES.folder, ["slides"])
    (tmp_path / "mine.toml").write_text('base = "slides"\nsteps = 3\n')
    table.add("mine", str(tmp_path / "mine.toml"))
    table.add("other", f"{__name__}:OTHER")
    assert list(table) == ["slides", "mine", "other"]
    assert table["mine"].recipe.steps == 3
    assert table["other"] is OTHER


def test_a_file_may_start_from_a_recipe_and_change_a_little(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "gatys2016"\nsteps = 12\nstyle_layers = "relu1_1,relu2_1"\n')
    recipe = RECIPES.find(str(path)).recipe
    assert recipe.steps == 12
    usual = RECIPES["gatys2016"].recipe.style_layers
    assert recipe.style_layers == pytest.approx({layer: usual[layer] * 5 / 2 for layer in ("relu1_1", "relu2_1")})
    assert recipe.style_weight == 1e3
    assert recipe.name == "mine"


def test_what_a_recipe_is_good_for_is_its_own(tmp_path: Path) -> None:
    assert f'good_for = "{RECIPES["slides"].recipe.good_for}"' in write_recipe(RECIPES["slides"])
    path = tmp_path / "mine.toml"
    path.write_text('base = "slides"\n')
    assert RECIPES.find(str(path)).recipe.good_for == ""
    path.write_text('base = "slides"\ngood_for = "a wall"\n')
    assert RECIPES.find(str(path)).recipe.good_for == "a wall"


def test_a_file_that_changes_the_optimizer_gets_its_own_rate(tmp_path: Path) -> None:
    path = tmp_path / "adam.toml"
    path.write_text('base = "pincel"\noptimizer = "adam"\n')
    assert RECIPES.find(str(path)).recipe.learning_rate is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = ", "is not TOML"),
        ('base = "pincel"\nstepz = 3', "Unknown recipe value 'stepz'. Did you mean 'steps'"),
        ('base = "pincel"\nsteps = "many"', "steps: cannot be that · given 'many'"),
        ("steps = 3", "has no 'size'.*base"),
        ('base = "pincel"\n[style_layers]\nrelu1_1 = -1', r"bad\.toml: The weight of style layer 'relu1_1' must be a number"),
    ],
)
def test_files_that_are_no_recipe(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises((RecipeError, ValueError), match=message):
        RECIPES.find(str(path))


def test_an_unknown_recipe() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown recipe 'gatis2016'.*Did you mean 'gatys2016'"):
        RECIPES.find("gatis2016")


def test_a_recipe_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"recipe: cannot be read, no such file or directory · given '.*none.toml'"):
        RECIPES.find(str(tmp_path / "none.toml"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_recipe_as_editors_and_shells_write_it(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes('base = "pincel" # β\r\nsteps = 12\r\n'.encode(encoding))
    assert RECIPES.read(path).recipe.steps == 12


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('base = "pincel" # β'.encode("cp1253"), r"is no text in UTF-8 \(line 1\)"),
        ('base = "pincel"\n'.encode("utf-16-le"), "it has a zero byte"),
        (b"steps = " + b"[" * 5000, "nested too deeply"),
        (b"steps = " + b"9" * 5000, "is not TOML"),
        (b'base = ["pincel"]', "Unknown recipe"),
        (b'base = "pincel"\nstyle_layers = [1, 2]', r"Names of style layers cannot be \[1, 2\]|Unknown recipe of inversion"),
    ],
)
def test_bytes_that_are_no_recipe(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(data)
    for read in (RECIPES.find, INVERSIONS.find):
        with pytest.raises((RecipeError, UnknownNameError), match=message) as error:
            read(str(path))
        assert "\n" not in str(error.value)


def test_an_unknown_base(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('base = "slide"\n')
    with pytest.raises(UnknownNameError, match="Did you mean 'slides'"):
        RECIPES.find(str(path))
