"""Studies are those of the command line, in its words; they are started, followed and read."""

from __future__ import annotations

from typing import Any

import click
import pytest

from pincel.cli.studies.declared import study_command
from pincel.cli.study import STUDIES as KNOWN
from pincel.studies.declarations import STUDIES as DECLARED
from pincel.studies.settings import common_options
from pincel.studies.study_spec import options_of
from pincel.studio.commands import RunSpec, argv
from pincel.studio.studies import STUDIES, check_study
from tests.studio.api.conftest import Visitor
from tests.studio.test_page_words import PARTS, words

# It trains networks for an hour, on a folder of classes.
ELSEWHERE = {"ablations"}
# Options that name files or devices of this machine, which nobody who opens the page may name.
OF_THE_MACHINE = {
    ("augmentation", "training"): "a folder in which 'pincel train' works",
    ("compare", "record"): "a file beside a picture; the studio's own runs show theirs",
    ("patches", "recursive"): "folders, where the studio has pictures",
}


def test_every_study_can_be_started_here_with_all_it_takes() -> None:
    assert set(STUDIES) == set(DECLARED) == set(KNOWN) - ELSEWHERE
    absent = set()
    for name, spec in DECLARED.items():
        assert STUDIES[name].summary == spec.summary
        roles = [(role.name, role.many, role.optional) for role in STUDIES[name].takes.pictures]
        assert roles == [(each.name, each.many, each.default is not None) for each in spec.inputs]
        here = {option.name for option in STUDIES[name].options}
        absent |= {(name, each.name) for each in (*options_of(spec.options), *common_options(spec)) if each.name not in here}
    # A studio works on one device.
    assert {each for each in absent if each[1] != "device"} == set(OF_THE_MACHINE)


@pytest.mark.parametrize("language", ["en", "es"])
def test_studies_their_pictures_and_their_options_have_names_in_both_languages(language: str) -> None:
    names = dict(pair for part in PARTS for pair in words(language, part).items())
    for study in STUDIES.values():
        assert f"studies.name.{study.name}" in names
        assert {f"studies.role.{role.name}" for role in study.takes.pictures} <= set(names), study.name
        nameless = {option.name for option in study.options if f"studies.option.{option.name}" not in names}
        assert {f"setting.{name}" for name in nameless} <= set(names), study.name


def test_a_study_without_a_network_offers_none() -> None:
    without = {name for name, spec in DECLARED.items() if not spec.network}
    assert without == {"problem", "total-variation", "augmentation"}
    for name, study in STUDIES.items():
        assert ("backbone" in {option.name for option in study.options}) == (name not in without)
        assert ("--backbone" in study_command(name).get_help(click.Context(study_command(name)))) == (name not in without)


def test_studies_are_in_the_language_of_their_reader(visitor: Visitor) -> None:
    listed = [visitor.client.get("/api/studies", params={"lang": each}).json() for each in ("en", "es")]
    assert listed[0] == [view.model_dump(mode="json") for view in STUDIES.values()]
    english, spanish = (
        [text for view in views for text in (view["summary"], *(each["help"] for each in (*view["takes"]["pictures"], *view["options"])))]
        for views in listed
    )
    same = {text for text, other in zip(english, spanish, strict=True) if text == other or not other}
    assert same == set()


@pytest.mark.parametrize("name", sorted(STUDIES))
def test_it_has_the_options_and_words_of_the_command_line(name: str) -> None:
    command = study_command(name)
    theirs = {option.opts[0].removeprefix("--"): option for option in command.params if isinstance(option, click.Option)}
    for option in STUDIES[name].options:
        other = theirs[option.name]
        said = (other.help or "").rsplit(" [", 1)[0]
        assert option.help.rstrip(".,") == said.rstrip(".,"), option.name
        assert option.default in (other.default, None, []), option.name
        if isinstance(other.type, click.Choice):
            assert option.choices == list(other.type.choices)
        else:
            assert {"integer": "integer", "number": "float", "text": "text", "picture": "text"}[option.kind].startswith(
                other.type.name.removesuffix(" range")
            )
    arguments = [argument for argument in command.params if isinstance(argument, click.Argument)]
    roles = STUDIES[name].takes.pictures
    assert bool(roles) == bool(arguments)
    if len(arguments) == len(roles) > 0:
        assert [role.many for role in roles] == [argument.nargs == -1 for argument in arguments]
        assert [role.optional for role in roles] == [not argument.required for argument in arguments]


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"study": "reconstrukt", "pictures": []}, "study", "Did you mean 'reconstruct'?"),
        ({"study": "reconstruct", "pictures": ["sample:lake"]}, "pictures", "takes content, style, not 1 pictures"),
        ({"study": "maximize", "pictures": ["sample:lake"]}, "pictures", "takes none, not 1 pictures"),
        ({"study": "correlations", "pictures": []}, "pictures", "takes pictures …, not 0 pictures"),
        ({"study": "activations", "pictures": ["sample:lac"]}, "pictures", "Unknown sample picture 'lac'"),
        ({"study": "activations", "pictures": ["sample:lake"], "options": {"chanels": 4}}, "chanels", "Did you mean 'channels'?"),
        ({"study": "activations", "pictures": ["sample:lake"], "options": {"size": "big"}}, "size", "it should be integer of 1 or more"),
        ({"study": "activations", "pictures": ["sample:lake"], "options": {"size": 0}}, "size", "it should be integer of 1 or more"),
        ({"study": "activations", "pictures": ["sample:lake"], "options": {"lang": "fr"}}, "lang", "one of en, es"),
        ({"study": "activations", "pictures": ["sample:lake"], "options": {"layers": "../x"}}, "layers", "should be text"),
        ({"study": "depth", "pictures": ["sample:lake", "sample:glass"], "options": {"recipe": "mine.toml"}}, "recipe", "Unknown recipe"),
        ({"study": "activations", "pictures": ["/etc/passwd"]}, "pictures.0", "should match pattern"),
    ],
)
def test_what_cannot_be_asked_for(asked: dict[str, Any], field: str, message: str, visitor: Visitor) -> None:
    answer = visitor.client.post("/api/studies", json=asked)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["field"], message in error["message"]) == (field, True), error
    assert list((visitor.home / "runs").iterdir()) == []


def test_the_command_line_understands_what_it_is_told() -> None:
    options = check_study("inversion", ["a", "b"], {"lang": "es", "lambdas": "0.5,5", "repeats": 2, "recipe": None}, ["plain"])
    assert options == [("lang", "es"), ("lambdas", "0.5,5"), ("repeats", "2")]
    order = RunSpec(
        verb=["study", "inversion"], arguments=[("sample:lake", None), ("inputs/picture-2.png", None)], options=options, output="x"
    )
    words = argv(order)
    assert words[:2] == ["study", "inversion"]
    command = study_command("inversion")
    found = command.make_context("inversion", words[2:]).params
    assert found["photograph"] == ("sample:lake", "inputs/picture-2.png")
    assert (found["lang"], found["lambdas"], found["repeats"], found["output"]) == ("es", "0.5,5", 2, "page")


def test_a_study_is_made_and_its_page_read(visitor: Visitor) -> None:
    picture = visitor.picture()
    asked = {"study": "correlations", "pictures": [picture, "sample:glass"], "options": {"lang": "es", "size": 96}}
    answer = visitor.client.post("/api/studies", json=asked)
    assert answer.status_code == 201
    view = visitor.ended(answer.json()["id"])
    assert (view["state"], view["kind"], view["study"], view["title"]) == ("done", "study", "correlations", "correlations: photo, glass")
    assert (view["step"], view["steps"]) == (3, 10)
    assert view["page"] == f"/api/runs/{view['id']}/page/"
    page = visitor.client.get(view["page"])
    assert page.status_code == 200
    assert "correlations inputs/picture-1.png sample:glass --lang=es --size=96 --json --quiet -o page" in page.text
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert visitor.client.get(f"{view['page']}numbers.json").json() == {}
    for name in ("secret.txt", "none.png", "..%2frun.json", "%2e%2e", "../run.json"):
        assert visitor.client.get(f"{view['page']}{name}").status_code in (404, 422), name
    command = visitor.client.get(f"/api/runs/{view['id']}/command").json()
    assert command == {"cli": "pincel study correlations photo.png sample:glass -o correlations --lang es --size 96", "python": None}
    listed = visitor.client.get("/api/studies").json()
    assert [study["name"] for study in listed] == list(STUDIES)


def test_pictures_are_options_too(visitor: Visitor) -> None:
    mine = visitor.picture()
    options = {"other-content": mine, "other-style": "sample:woodcut"}
    asked = {"study": "separability", "pictures": ["sample:lake", "sample:glass"], "options": options}
    view = visitor.ended(visitor.client.post("/api/studies", json=asked).json()["id"])
    command = visitor.client.get(f"/api/runs/{view['id']}/command").json()["cli"]
    assert command.endswith("-o separability --other-content photo.png --other-style sample:woodcut")
    assert "--other-content=inputs/other-content-1.png" in visitor.client.get(view["page"]).text
    judged = {"content": "sample:lake", "style": [mine, "sample:glass"]}
    asked = {"study": "compare", "pictures": ["sample:lake", "sample:glass"], "options": judged}
    view = visitor.ended(visitor.client.post("/api/studies", json=asked).json()["id"])
    assert visitor.client.get(f"/api/runs/{view['id']}/command").json()["cli"].endswith("--style photo.png --style sample:glass")


@pytest.mark.parametrize(
    ("study", "options", "message"),
    [
        ("separability", {"other-content": "photo.png"}, "the id of a picture"),
        ("separability", {"other-content": ["sample:lake"]}, "the id of a picture"),
        ("separability", {"other-content": "sample:lak"}, "lake"),
        ("compare", {"style": ["sample:lake", 3]}, "the id of a picture"),
        ("filters", {"backbone": "vgg18"}, "vgg19"),
        ("network", {"beside": "alexnet.pth"}, "alexnet"),
    ],
)
def test_pictures_and_networks_are_those_that_are_here(visitor: Visitor, study: str, options: dict[str, Any], message: str) -> None:
    pictures = ["sample:lake"] * len(STUDIES[study].takes.pictures)
    answer = visitor.client.post("/api/studies", json={"study": study, "pictures": pictures, "options": options})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, next(iter(options)))
    assert message in answer.json()["error"]["message"]
