"""Requests → runs, each with a folder of its own: its pictures are in it, and stay when uploads are deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from pincel.errors import PincelError
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.schema import Recipe
from pincel.samples import PREFIX
from pincel.studio.checks import check_settings
from pincel.studio.commands import PAGE, RESULT, RunSpec, format_value
from pincel.studio.courses import BY_NAME, check_pages, pages_in
from pincel.studio.data_dir import DataDir, delete_tree, link, new_run_id
from pincel.studio.errors import ApiError
from pincel.studio.models import CourseRequest, RunView, StudyRequest, TransferRequest
from pincel.studio.pictures import Pictures
from pincel.studio.records import Record, now
from pincel.studio.studies import STUDIES, check_study

START = "inputs/start.png"


def transfer(request: TransferRequest, home: DataDir, pictures: Pictures) -> Record:
    """Make a run of style transfer; raises ApiError, PincelError or OSError before anything is on the disk."""
    recipe, settings = check_settings(request.recipe, request.settings)
    if len(request.style_masks) > len(request.styles):
        message = f"There are {len(request.style_masks)} style masks for {len(request.styles)} style pictures; give at most one for each."
        raise ApiError(422, message, "style_masks")
    if not any(style.weight > 0 for style in request.styles):
        raise ApiError(422, "All styles have the weight 0; give at least one of them more.", "styles")
    with _new_folder(home) as folder:
        inputs = _Inputs(folder, pictures)
        content = inputs.add(request.content, "content", "content")
        styles = [inputs.add(style.picture, f"style-{n}", "styles") for n, style in enumerate(request.styles, 1)]
        weights = [None if style.weight == 1 else style.weight for style in request.styles]
        options = [*([("recipe", request.recipe)] if request.recipe != "pincel" else []), *_options(settings)]
        if request.content_mask:
            options.append(("content_mask", inputs.add(request.content_mask, "content-mask", "content_mask")))
        for n, mask in enumerate(request.style_masks, 1):
            options.append(("style_mask", inputs.add(mask, f"style-mask-{n}", "style_masks")))
        names = [short_name(pictures.name_of(ref)) for ref in (request.content, *(style.picture for style in request.styles))]
        spec = RunSpec(
            verb=["transfer"],
            arguments=[(content, None), *zip(styles, weights, strict=True)],
            options=options,
            files=inputs.files,
            output=f"{names[0][:60]}-painted.png",
        )
        view = _view(folder, f"{names[0]} × {' + '.join(names[1:])}", **{**dict(request), "settings": settings})
        return Record(view=view, order=spec, needs=inputs.needs, plan=plan_of(recipe), background=recipe.background)


def continuation(before: Record, steps: int, home: DataDir) -> Record:
    """Make a run that starts with the result of another, with more steps at full size; raises ApiError or OSError."""
    source = home.run(before.key) / RESULT
    if before.view.kind != "transfer" or not source.is_file():
        raise ApiError(409, "There is no picture to go on from: the run has no result.")
    own = ("init", "scales", "steps")
    settings: dict[str, JsonValue] = {**{key: value for key, value in before.view.settings.items() if key not in own}, "steps": steps}
    recipe, _ = check_settings(before.view.recipe or "pincel", {**settings, "scales": "none"})
    with _new_folder(home) as folder:
        for path in before.order.files:
            if path != START:
                link(home.run(before.key) / path, folder / path)
        link(source, folder / START)
        options = [(key, value) for key, value in before.order.options if key not in own]
        options += [("init", START), ("scales", "none"), ("steps", str(steps))]
        files = {**before.order.files, START: f"{short_name(before.order.output)}-{before.key}.png"}
        spec = before.order.model_copy(update={"options": options, "files": files})
        same = {name: getattr(before.view, name) for name in ("content", "styles", "content_mask", "style_masks", "recipe")}
        view = _view(folder, before.view.title, settings=settings, continued_from=before.key, **same)
        return Record(view=view, order=spec, needs=before.needs, plan=plan_of(recipe), background=recipe.background)


def study(request: StudyRequest, home: DataDir, pictures: Pictures) -> Record:
    """Make a run of a study; raises as :func:`transfer` does."""
    options = check_study(request.study, request.pictures, request.options, [*RECIPES, *INVERSIONS])
    with _new_folder(home) as folder:
        inputs = _Inputs(folder, pictures)
        files = [inputs.add(ref, f"picture-{n}", "pictures") for n, ref in enumerate(request.pictures, 1)]
        pictured = {each.name for each in STUDIES[request.study].options if each.kind == "picture"}
        options = [(key, inputs.add(value, f"{key}-{n}", key) if key in pictured else value) for n, (key, value) in enumerate(options, 1)]
        names = [short_name(pictures.name_of(ref)) for ref in request.pictures]
        title = f"{request.study}{': ' if names else ''}{', '.join(names)}"
        view = _view(folder, title, "study", study=request.study, pictures=request.pictures, settings=request.options)
        spec = RunSpec(
            verb=["study", request.study],
            arguments=[(path, None) for path in files],
            options=options,
            files=inputs.files,
            output=request.study,
        )
        return Record(view=view, order=spec, needs=inputs.needs)


def course(request: CourseRequest, home: DataDir, pictures: Pictures, earlier: Sequence[Record] = ()) -> Record:
    """Make a run of a course; raises as :func:`transfer` does.

    Args:
        request: What is wanted.
        home: Where the run goes.
        pictures: Those it can be made from.
        earlier: Runs, newest first: of one made from the same, the pages are taken along, and the process keeps those it would make alike.
    """
    pages = check_pages(request.pages)
    chosen = [request.picture, request.painting]
    with _new_folder(home) as folder:
        inputs = _Inputs(folder, pictures)
        options = [(role, inputs.add(getattr(request, role), role, role)) for role in ("picture", "painting")]
        settings = {"lang": request.lang, **({"pages": ",".join(pages)} if pages else {})}
        names = [short_name(pictures.name_of(ref)) for ref in chosen]
        view = _view(folder, f"course: {' × '.join(names)}", "course", pictures=chosen, settings=settings)
        alike = (each for each in earlier if each.view.kind == "course" and _source(each.view) == _source(view))
        for before in islice(alike, 1):
            for name in set(pages_in(home.run(before.key) / PAGE)) & set(pages or BY_NAME):
                link(home.run(before.key) / PAGE / f"{name}.html", folder / PAGE / f"{name}.html")
        spec = RunSpec(verb=["course"], arguments=[], options=[*options, *settings.items()], files=inputs.files, output="course")
        return Record(view=view, order=spec, needs=inputs.needs)


def _source(view: RunView) -> tuple[list[str], JsonValue]:
    """Return what the pages of a course are made from."""
    return view.pictures, view.settings["lang"]


def short_name(name: str) -> str:
    """Return a name without suffix or ``sample:``.

    Example:
        >>> short_name("sample:harbour"), short_name("old.harbour.jpg")
        ('harbour', 'old.harbour')
    """
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else Path(name).stem or name


def plan_of(recipe: Recipe) -> list[tuple[float, float]]:
    """Return (fraction of the size, steps) of each scale of a recipe, coarse to fine."""
    return [*sorted((size, recipe.steps * multiple) for size, multiple in recipe.scale_fractions), (1.0, float(recipe.steps))]


def _view(folder: Path, title: str, kind: str = "transfer", **values: Any) -> RunView:
    return RunView.model_validate({"id": folder.name, "kind": kind, "state": "queued", "created": now(), "title": title[:200], **values})


class _Inputs:
    """Pictures of a new run: ``files`` maps their paths in its folder to what their owner calls them, ``needs`` lists uploads."""

    def __init__(self, folder: Path, pictures: Pictures) -> None:
        self._folder, self._pictures = folder, pictures
        self.files: dict[str, str] = {}
        self.needs: list[str] = []

    def add(self, ref: str, name: str, field: str) -> str:
        """Link a picture into the folder; return what the run's process calls it. Raises ApiError about the field."""
        try:
            source = self._pictures.file_of(ref)
            if ref.startswith(PREFIX):
                return ref
            path = f"inputs/{name}{source.suffix}"
            link(source, self._folder / path)
        except (ApiError, PincelError) as error:
            raise ApiError(422, str(error), field) from None
        self.files[path] = self._pictures.name_of(ref)
        self.needs.append(ref)
        return path


@contextmanager
def _new_folder(home: DataDir) -> Iterator[Path]:
    """Make the folder of a run under a new id, and remove it if the run cannot be made."""
    while True:
        folder = home.run(new_run_id(now()))
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        break
    try:
        yield folder
    except BaseException:
        delete_tree(folder)
        raise


def _options(settings: dict[str, JsonValue]) -> list[tuple[str, str]]:
    """Return settings as options of the command line."""
    options: list[tuple[str, str]] = []
    for key, value in settings.items():
        if key == "optimizer_options" and isinstance(value, dict):
            options += [("optimizer_option", f"{name}={format_value(each)}") for name, each in value.items()]
        elif isinstance(value, bool):
            options += [(key, "")] if value else []
        else:
            options.append((key, format_value(value)))
    return options
