"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from pincel.studio.limits import Limits

PICTURE = r"[0-9a-f]{16}"
RUN = r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}"
SAMPLE = r"sample:[a-z][a-z-]{0,30}"

PictureId: TypeAlias = Annotated[str, StringConstraints(pattern=f"^{PICTURE}$"), Field(examples=["0123456789abcdef"])]
RunId: TypeAlias = Annotated[str, StringConstraints(pattern=f"^{RUN}$"), Field(examples=["20260131-142501-3f9a"])]
Ref: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=f"^({PICTURE}|{SAMPLE})$"),
    Field(description="A picture: the id of an upload, or sample:NAME.", examples=["sample:harbour"]),
]
Values: TypeAlias = Annotated[dict[str, JsonValue], Field(max_length=100)]
State: TypeAlias = Literal["queued", "running", "done", "cancelled", "failed", "interrupted"]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]


class Model(BaseModel):
    """What all have in common: nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class Problem(Model):
    """What is wrong.

    Attributes:
        message: One line: what failed, what was given, what is accepted, what to try.
        field: The setting or field it is about, if it is about one.
    """

    message: str
    field: str | None = None


class Trouble(Model):
    """The body of every answer that is not a success."""

    error: Problem


class Bounds(Model):
    """What may be uploaded."""

    bytes: int
    pictures: int

    @classmethod
    def of(cls, limits: Limits) -> Bounds:
        """Take the part of the limits that a page needs."""
        return cls(bytes=limits.bytes, pictures=limits.pictures)


class About(Model):
    """This studio and its machine.

    Attributes:
        device: Where runs work; none until somebody has looked, which takes seconds after the first question.
        home_bytes: What the studio keeps on the disk.
        free_bytes: What is free on that disk.
    """

    version: str
    languages: list[str]
    limits: Bounds
    device: str | None
    home: str
    home_bytes: int
    free_bytes: int
    prune_rule: str


class Setting(Model):
    """One value of a recipe.

    Attributes:
        default: As the recipe ``pincel`` has it.
        suggestions: Some values, where others are accepted too.
        minimum: The least accepted; ``above`` says that it is not accepted itself.
    """

    name: str
    kind: Literal["number", "integer", "choice", "text", "layers", "file"]
    help: str
    default: JsonValue
    choices: list[str] | None = None
    suggestions: list[str] | None = None
    minimum: float | None = None
    above: bool = False
    maximum: float | None = None


class Group(Model):
    """Settings under one title."""

    title: str
    settings: list[Setting]


class Formula(Model):
    """A recipe with all its values, layers and the like written as the command line takes them."""

    name: str
    summary: str
    good_for: str
    values: dict[str, JsonValue]


class Form(Model):
    """Everything that can be chosen for a run."""

    groups: list[Group]
    recipes: list[Formula]
    default_recipe: str


class SampleView(Model):
    """A picture that comes with pincel; a run names it ``sample:NAME``."""

    name: str
    kind: Literal["style", "scene"]
    width: int
    height: int


class PictureView(Model):
    """A picture that was uploaded.

    Attributes:
        id: The beginning of its SHA-256.
        width: As it is seen: upright.
        notes: What was adjusted on opening it.
    """

    id: str
    name: str
    width: int
    height: int
    bytes: int
    notes: list[str]
    created: datetime


class StylePart(Model):
    """A painting, and how much of it."""

    picture: Ref
    weight: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 1.0


class Painting(Model):
    """What is asked of a run."""

    content: Ref
    styles: Annotated[list[StylePart], Field(min_length=1, max_length=12)]
    recipe: Annotated[str, Field(max_length=60)] = "pincel"
    settings: Values = {}
    content_mask: PictureId | None = None
    style_masks: Annotated[list[PictureId], Field(max_length=12)] = []


class StudyAsked(Model):
    """What is asked of a study."""

    study: Annotated[str, Field(max_length=60)]
    pictures: Annotated[list[Ref], Field(max_length=24)] = []
    options: Values = {}


class More(Model):
    """How much longer."""

    steps: Annotated[int, Field(ge=1, le=1_000_000)]


class Scale(Model):
    """Which size a run is at."""

    index: int
    count: int


class RunView(Model):
    """A run as the page knows it.

    Attributes:
        title: What a person would call it: ``harbour × impasto``.
        size: (width, height): of the canvas while it is painted, of the result afterwards.
        total: J at the last step told.
        terms: Its parts, unweighted.
        seconds: Since painting began, as the run counts them.
        message: What went wrong, or the last thing the run said.
        stopping: Whether it was asked to end and has not yet.
        has_checkpoint: Whether Resume goes on where it ended; otherwise it begins again.
        page: Address of a study's page, once there is one.
    """

    id: str
    kind: Literal["transfer", "study"]
    state: State
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    content: str | None = None
    styles: list[StylePart] = []
    content_mask: str | None = None
    style_masks: list[str] = []
    recipe: str | None = None
    settings: dict[str, JsonValue] = {}
    study: str | None = None
    pictures: list[str] = []
    title: str
    size: tuple[int, int] | None = None
    scale: Scale | None = None
    step: int | None = None
    steps: int | None = None
    total: Number | None = None
    terms: dict[str, Number] = {}
    seconds: Number | None = None
    seconds_left: Number | None = None
    message: str | None = None
    stopping: bool = False
    queue_position: int | None = None
    has_result: bool = False
    has_preview: bool = False
    has_checkpoint: bool = False
    page: str | None = None
    continued_from: str | None = None


class RunList(Model):
    """Runs, newest first; ``more`` says that there are older ones."""

    runs: list[RunView]
    more: bool


class Command(Model):
    """What remakes a picture, outside the studio."""

    cli: str
    python: str | None


class Role(Model):
    """What a picture is to a study.

    Attributes:
        many: Whether there may be several; only the last one of a study may.
        optional: Whether it may be left out.
    """

    name: str
    help: str
    many: bool = False
    optional: bool = False


class Takes(Model):
    """Which pictures a study takes, in order."""

    pictures: list[Role]


class StudyOption(Model):
    """A choice of a study; the names are those of the command line."""

    name: str
    kind: Literal["number", "integer", "choice", "text"]
    help: str
    default: JsonValue
    choices: list[str] | None = None
    minimum: float | None = None
    maximum: float | None = None


class StudyView(Model):
    """A study that can be started."""

    name: str
    summary: str
    takes: Takes
    options: list[StudyOption]


def plain(model: BaseModel) -> dict[str, Any]:
    """Return a model as JSON would have it."""
    return model.model_dump(mode="json")
