"""Requests and responses of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from pincel.studio.limits import Limits
from pincel.translation import Language, translations

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
Kind: TypeAlias = Literal["transfer", "study", "course"]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]


class Model(BaseModel):
    """Accepts no fields but its own."""

    model_config = ConfigDict(extra="forbid")


class Message(Model):
    """What a run says, or why it ended.

    Attributes:
        text: In English.
        translations: Language → text, where there is a translation.
    """

    text: str
    translations: dict[str, str] = {}

    @classmethod
    def of(cls, text: str) -> Self:
        """Return a text with its translations, if it is a note."""
        return cls(text=text, translations=translations(text))


class ErrorDetail(Model):
    """An error.

    Attributes:
        message: One line: what failed, what was given, what is accepted, what to try.
        field: The setting or field that is wrong, if it is one.
    """

    message: str
    field: str | None = None


class ErrorBody(Model):
    """Body of every response that is not a success."""

    error: ErrorDetail


class UploadLimits(Model):
    """Limits of uploads."""

    bytes: int
    pictures: int

    @classmethod
    def of(cls, limits: Limits) -> UploadLimits:
        """Return the limits that the page needs."""
        return cls(bytes=limits.bytes, pictures=limits.pictures)


class About(Model):
    """This studio and its machine.

    Attributes:
        device: Device of runs; null until seconds after the first request.
        home_bytes: Bytes of all files of the studio.
        free_bytes: Bytes that are free on that disk.
    """

    version: str
    languages: list[str]
    limits: UploadLimits
    device: str | None
    home: str
    home_bytes: int
    free_bytes: int
    prune_rule: str


class Setting(Model):
    """One value of a recipe.

    Attributes:
        default: Value of the recipe ``pincel``.
        suggestions: Some values, where others are accepted too.
        minimum: Least accepted value; with ``above``, the value must be greater.
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


class RecipeView(Model):
    """A recipe with all its values, lists and pairs as the command line takes them."""

    name: str
    summary: str
    good_for: str
    values: dict[str, JsonValue]


class Form(Model):
    """All settings of a run."""

    groups: list[Group]
    recipes: list[RecipeView]
    default_recipe: str


class SampleView(Model):
    """A picture that comes with pincel; a run names it ``sample:NAME``."""

    name: str
    kind: Literal["style", "scene"]
    width: int
    height: int


class PictureView(Model):
    """An uploaded picture.

    Attributes:
        id: First 16 digits of its SHA-256.
        width: Width in pixels, upright.
        notes: What was adjusted when it was opened.
    """

    id: str
    name: str
    width: int
    height: int
    bytes: int
    notes: list[Message]
    created: datetime


class StylePart(Model):
    """A style picture and its weight."""

    picture: Ref
    weight: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 1.0


class PreviewRequest(Model):
    """A preview to be painted."""

    content: Ref
    styles: Annotated[list[StylePart], Field(min_length=1, max_length=12)]


class TransferRequest(Model):
    """Request for a run of style transfer."""

    content: Ref
    styles: Annotated[list[StylePart], Field(min_length=1, max_length=12)]
    recipe: Annotated[str, Field(max_length=60)] = "pincel"
    settings: Values = {}
    content_mask: PictureId | None = None
    style_masks: Annotated[list[PictureId], Field(max_length=12)] = []


class StudyRequest(Model):
    """Request for a study."""

    study: Annotated[str, Field(max_length=60)]
    pictures: Annotated[list[Ref], Field(max_length=100)] = []
    options: Values = {}


class CourseRequest(Model):
    """Request for a course.

    Attributes:
        pages: Names of those to make; all if there are none.
    """

    picture: Ref = "sample:harbour"
    painting: Ref = "sample:impasto"
    lang: Language = "en"
    pages: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)] = []


class ContinueRequest(Model):
    """Request for more steps."""

    steps: Annotated[int, Field(ge=1, le=1_000_000)]


class ScaleView(Model):
    """Scale that a run works at, 1 to ``count``, coarse to fine."""

    index: int
    count: int


class RunView(Model):
    """A run.

    Attributes:
        title: Name for people, such as ``harbour × impasto``.
        size: (width, height) of the canvas during the run, of the result afterwards.
        total: Objective J at the last step.
        terms: Unweighted terms of J.
        seconds: Seconds since the first step.
        message: An error, or the last notice.
        stopping: Whether it was cancelled and has not ended yet.
        has_checkpoint: Whether Resume goes on where it ended; otherwise it starts again.
        page: Address of a study's page, once there is one; of the pages of a course, which are named below it with ``.html``.
        pages: Names of the pages of a course that are there, in its order.
    """

    id: str
    kind: Kind
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
    scale: ScaleView | None = None
    step: int | None = None
    steps: int | None = None
    total: Number | None = None
    terms: dict[str, Number] = {}
    seconds: Number | None = None
    seconds_left: Number | None = None
    message: Message | None = None
    stopping: bool = False
    queue_position: int | None = None
    has_result: bool = False
    has_preview: bool = False
    has_checkpoint: bool = False
    page: str | None = None
    pages: list[str] = []
    continued_from: str | None = None


class RunList(Model):
    """Runs, newest first, and whether there are ``more``."""

    runs: list[RunView]
    more: bool


class Command(Model):
    """How to remake a picture outside the studio: as a command, and as Python."""

    cli: str
    python: str | None


class InputSlot(Model):
    """A picture that a study takes.

    Attributes:
        many: Whether several may be given; only the last one.
        optional: Whether it may be left out.
    """

    name: str
    help: str
    many: bool = False
    optional: bool = False


class StudyInputs(Model):
    """Pictures that a study takes, in order."""

    pictures: list[InputSlot]


class StudyOption(Model):
    """An option of a study, named as on the command line.

    Attributes:
        kind: Of its value; that of a picture is an id or ``sample:NAME``.
        many: Whether its value is a list.
    """

    name: str
    kind: Literal["number", "integer", "choice", "text", "picture"]
    help: str
    default: JsonValue
    choices: list[str] | None = None
    minimum: float | None = None
    maximum: float | None = None
    many: bool = False


class StudyView(Model):
    """A study that can be started."""

    name: str
    summary: str
    takes: StudyInputs
    options: list[StudyOption]


class CoursePageView(Model):
    """A page of the course.

    Attributes:
        part: The lecture, or the papers behind it.
        minutes: To teach it.
    """

    name: str
    part: Literal["lecture", "readings"]
    title: str
    minutes: int


def plain(model: BaseModel) -> dict[str, Any]:
    """Return a model as data for JSON."""
    return model.model_dump(mode="json")
