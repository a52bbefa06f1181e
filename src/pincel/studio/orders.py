"""What was asked for → a run with a folder of its own: its pictures are in it, whatever becomes of the uploads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue

from pincel.errors import PincelError
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.schema import Recipe
from pincel.samples import PREFIX
from pincel.studio.checks import check_settings
from pincel.studio.commands import RESULT, Order, written
from pincel.studio.home import Home, discard, link, new_run_id
from pincel.studio.models import Painting, RunView, StudyAsked
from pincel.studio.pictures import Pictures
from pincel.studio.records import Record, now
from pincel.studio.refs import file_of, name_of, short_name
from pincel.studio.studies import check_study
from pincel.studio.troubles import ApiError


def painting(asked: Painting, home: Home, pictures: Pictures) -> Record:
    """Make a run of what was asked; raises ApiError or PincelError before anything is on the disk, OSError."""
    recipe, settings = check_settings(asked.recipe, asked.settings)
    if len(asked.style_masks) > len(asked.styles):
        message = f"There are {len(asked.style_masks)} style masks for {len(asked.styles)} style pictures; give at most one for each."
        raise ApiError(422, message, "style_masks")
    if not any(style.weight > 0 for style in asked.styles):
        raise ApiError(422, "All styles have the weight 0; give at least one of them more.", "styles")
    with _begun(home, pictures) as order:
        content = order.put(asked.content, "content", "content")
        styles = [order.put(style.picture, f"style-{n}", "styles") for n, style in enumerate(asked.styles, 1)]
        weights = [None if style.weight == 1 else style.weight for style in asked.styles]
        options = [("recipe", asked.recipe), *_options(settings)] if asked.recipe != "pincel" else _options(settings)
        if asked.content_mask:
            options.append(("content_mask", order.put(asked.content_mask, "content-mask", "content_mask")))
        for n, mask in enumerate(asked.style_masks, 1):
            options.append(("style_mask", order.put(mask, f"style-mask-{n}", "style_masks")))
        names = [short_name(name_of(ref, pictures)) for ref in (asked.content, *(style.picture for style in asked.styles))]
        title = f"{names[0]} × {' + '.join(names[1:])}"
        view = RunView(
            id=order.key,
            kind="transfer",
            state="queued",
            created=now(),
            content=asked.content,
            styles=asked.styles,
            content_mask=asked.content_mask,
            style_masks=asked.style_masks,
            recipe=asked.recipe,
            settings=settings,
            title=title[:200],
        )
        told = Order(
            verb=["transfer"],
            arguments=[(content, None), *zip(styles, weights, strict=True)],
            options=options,
            files=order.files,
            output=f"{names[0][:60]}-painted.png",
        )
        return Record(view=view, order=told, needs=order.needs, plan=plan_of(recipe), background=recipe.background)


def continued(before: Record, steps: int, home: Home) -> Record:
    """Make a run that goes on from the result of another, with more steps at full size; raises ApiError or OSError."""
    source = home.run(before.key) / RESULT
    if before.view.kind != "transfer" or not source.is_file():
        raise ApiError(409, "There is no picture to go on from: the run has no result.")
    own = ("init", "scales", "steps")
    settings: dict[str, JsonValue] = {**{key: value for key, value in before.view.settings.items() if key not in own}, "steps": steps}
    recipe, _ = check_settings(before.view.recipe or "pincel", {**settings, "scales": "none"})
    with _begun(home, None) as order:
        for path in before.order.files:
            if path != _START:
                link(home.run(before.key) / path, order.folder / path)
        link(source, order.folder / _START)
        options = [(key, value) for key, value in before.order.options if key not in own]
        options += [("init", _START), ("scales", "none"), ("steps", str(steps))]
        files = {**before.order.files, _START: f"{short_name(before.order.output)}-{before.key}.png"}
        told = before.order.model_copy(update={"options": options, "files": files})
        view = RunView(
            id=order.key,
            kind="transfer",
            state="queued",
            created=now(),
            settings=settings,
            continued_from=before.key,
            **{name: getattr(before.view, name) for name in ("content", "styles", "content_mask", "style_masks", "recipe", "title")},
        )
        return Record(view=view, order=told, needs=before.needs, plan=plan_of(recipe), background=recipe.background)


def study(asked: StudyAsked, home: Home, pictures: Pictures) -> Record:
    """Make a run of a study; raises as :func:`painting` does."""
    options = check_study(asked.study, asked.pictures, asked.options, [*RECIPES, *INVERSIONS])
    with _begun(home, pictures) as order:
        files = [order.put(ref, f"picture-{n}", "pictures") for n, ref in enumerate(asked.pictures, 1)]
        names = [short_name(name_of(ref, pictures)) for ref in asked.pictures]
        view = RunView(
            id=order.key,
            kind="study",
            state="queued",
            created=now(),
            study=asked.study,
            pictures=asked.pictures,
            settings=asked.options,
            title=f"{asked.study}{': ' if names else ''}{', '.join(names)}"[:200],
        )
        told = Order(
            verb=["study", asked.study],
            arguments=[(path, None) for path in files],
            options=options,
            files=order.files,
            output=asked.study,
        )
        return Record(view=view, order=told, needs=order.needs)


def plan_of(recipe: Recipe) -> list[tuple[float, float]]:
    """Return (share of the size, steps) of each scale of a recipe, coarse to fine."""
    return [*sorted((share, recipe.steps * multiple) for share, multiple in recipe.scale_fractions), (1.0, float(recipe.steps))]


_START = "inputs/start.png"


class _Folder:
    """The folder of a run that is being made."""

    def __init__(self, home: Home, pictures: Pictures | None) -> None:
        self.folder = _new_folder(home)
        self.key = self.folder.name
        self._pictures = pictures
        self.files: dict[str, str] = {}
        self.needs: list[str] = []

    def put(self, ref: str, name: str, field: str) -> str:
        """Give a picture its place in the folder; return how the run's process names it. Raises ApiError about the field."""
        if self._pictures is None:
            return ref
        try:
            source = file_of(ref, self._pictures)
            if ref.startswith(PREFIX):
                return ref
            path = f"inputs/{name}{source.suffix}"
            link(source, self.folder / path)
        except PincelError as error:
            raise ApiError(422, str(error), field) from None
        except ApiError as error:
            raise ApiError(422, error.message, field) from None
        self.files[path] = name_of(ref, self._pictures)
        self.needs.append(ref)
        return path


def _new_folder(home: Home) -> Path:
    """Make the folder of a run under an id nobody has."""
    while True:
        folder = home.run(new_run_id(now()))
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


@contextmanager
def _begun(home: Home, pictures: Pictures | None) -> Iterator[_Folder]:
    """Make the folder of a run, and remove it if the run cannot be made."""
    order = _Folder(home, pictures)
    try:
        yield order
    except BaseException:
        discard(order.folder)
        raise


def _options(settings: dict[str, JsonValue]) -> list[tuple[str, str]]:
    """Return settings as options of the command line."""
    options: list[tuple[str, str]] = []
    for key, value in settings.items():
        if key == "optimizer_options" and isinstance(value, dict):
            options += [("optimizer_option", f"{name}={written(each)}") for name, each in value.items()]
        elif isinstance(value, bool):
            options += [(key, "")] if value else []
        else:
            options.append((key, written(value)))
    return options
