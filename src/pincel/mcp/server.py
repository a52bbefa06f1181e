"""The server and its tools. What a tool takes is described by its annotations, from which clients are told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import PIL.Image
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, JsonValue

from pincel.api.colors import match_colors
from pincel.api.painting import plan, transfer
from pincel.api.quick import stylize
from pincel.engine.result import Result, record_path
from pincel.errors import OptionError
from pincel.files import default_stem, one_line
from pincel.mcp.folders import AllowedFolders
from pincel.mcp.jobs import Jobs, Show
from pincel.recipes import INVERSIONS, RECIPES
from pincel.samples import PREFIX, sample_names
from pincel.studies.declarations import STUDIES
from pincel.studies.public import study
from pincel.studies.report import Picture, Report, Sheet
from pincel.studies.settings import common_options
from pincel.studies.study_spec import options_of
from pincel.studio.checks import check_settings
from pincel.studio.studies import check_study
from pincel.translation import Language
from pincel.version import __version__

INSTRUCTIONS = """\
Paints photographs in the style of paintings, on this machine. Pictures are files in the folders that list_pictures names, or samples, as
sample:harbour. For a result in a second use stylize; for a fine one transfer, which takes about a minute at 512 pixels: plan says how long.
Results are new files; no file is ever replaced."""
# Long side of the picture that comes with an answer, in pixels.
THUMBNAIL = 256
# More names are too many for a conversation.
LISTED = 200

Photograph = Annotated[str, Field(description="The photograph: a file in an allowed folder, or sample:NAME.")]
Paintings = Annotated[list[str], Field(min_length=1, description="The painting whose style it gets, or several that are mixed; likewise.")]
Weights = Annotated[list[float] | None, Field(description="Weight of each painting; equal when left out.")]
Size = Annotated[int, Field(ge=16, le=8192, description="Long side of the result in pixels.")]
Output = Annotated[str | None, Field(description="Name of the new picture, such as painted.png; chosen when left out.")]
Values = dict[str, JsonValue]


class Tools:
    """The tools of the server.

    Args:
        folders: What may be read and written.
        device: To compute on.
    """

    def __init__(self, folders: AllowedFolders, device: str = "auto") -> None:
        self._folders, self._device, self._jobs = folders, device, Jobs()

    async def transfer(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        context: Context,
        *,
        photograph: Photograph,
        paintings: Paintings,
        weights: Weights = None,
        size: Size = 512,
        strength: Annotated[float, Field(ge=0, description="0.3 keeps the photograph, 1 is balanced, 3 is more painting.")] = 1.0,
        strokes: Annotated[float, Field(gt=0, description="Width of strokes: 0.5 finer, 2 broader.")] = 1.0,
        color: Annotated[
            Literal["style", "content", "luminance", "match", "hues"],
            Field(description="Colors: of the painting (style, match, hues) or of the photograph (content, luminance)."),
        ] = "style",
        recipe: Annotated[str, Field(description="One that describe_recipes lists.")] = "pincel",
        values: Annotated[Values | None, Field(description="Other values of the recipe, such as steps, seed, style_layers.")] = None,
        output: Output = None,
    ) -> CallToolResult:
        """Paint a photograph in the style of a painting, finely: about a minute at 512 pixels. Answers with the path of the picture."""

        def work(show: Show) -> CallToolResult:
            content, styles = self._folders.picture(photograph), self._styles(paintings, weights)
            chosen: Values = {"size": size, "strength": strength, "strokes": strokes, "color": color}
            _recipe, settled = check_settings(recipe, {**chosen, **(values or {})})
            target = self._folders.new_picture(output, default_stem(photograph, *paintings))
            return self._saved(transfer(content, styles, recipe=recipe, device=self._device, on_event=show, **cast("Any", settled)), target)

        return await self._jobs.run(context, work)

    async def stylize(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        context: Context,
        *,
        photograph: Photograph,
        paintings: Paintings,
        weights: Weights = None,
        size: Size = 512,
        strength: Annotated[float, Field(ge=0, le=2, description="0 the photograph, 1 the painting, 2 more of it.")] = 1.0,
        color: Annotated[
            Literal["style", "content", "luminance"],
            Field(description="Colors: of the painting (style) or of the photograph (content, luminance)."),
        ] = "style",
        output: Output = None,
    ) -> CallToolResult:
        """Paint a photograph in the style of a painting in about a second: colors and grain, not strokes; transfer paints better."""

        def work(show: Show) -> CallToolResult:
            content, styles = self._folders.picture(photograph), self._styles(paintings, weights)
            target = self._folders.new_picture(output, default_stem(photograph, *paintings))
            result = stylize(content, styles, size=size, strength=strength, color=color, device=self._device, on_event=show)
            return self._saved(result, target)

        return await self._jobs.run(context, work)

    async def match_colors(
        self,
        context: Context,
        *,
        picture: Annotated[str, Field(description="The picture whose colors change: a file in an allowed folder, or sample:NAME.")],
        colors_of: Annotated[str, Field(description="The picture whose colors it gets; likewise.")],
        method: Annotated[
            Literal["monge", "pca", "cholesky", "histogram"],
            Field(description="monge changes colors least; histogram matches each channel by itself."),
        ] = "monge",
        output: Output = None,
    ) -> CallToolResult:
        """Give a picture the colors of another, and nothing else of it."""

        def work(_: Show) -> CallToolResult:
            content, style = self._folders.picture(picture), self._folders.picture(colors_of)
            target = self._folders.new_picture(output, default_stem(picture, colors_of))
            return self._saved(match_colors(content, style, method=method), target)

        return await self._jobs.run(context, work)

    async def plan(
        self,
        context: Context,
        *,
        photograph: Photograph,
        paintings: Paintings,
        size: Size = 512,
        recipe: Annotated[str, Field(description="One that describe_recipes lists.")] = "pincel",
        values: Annotated[Values | None, Field(description="Values of the recipe, as for transfer.")] = None,
    ) -> dict[str, Any]:
        """Say what transfer would take: memory in bytes, and seconds where the speed of this machine is known. Paints nothing."""

        def work(_: Show) -> dict[str, Any]:
            content, styles = self._folders.picture(photograph), self._styles(paintings, None)
            _recipe, settled = check_settings(recipe, {"size": size, **(values or {})})
            found = plan(content, styles, recipe=recipe, device=self._device, **cast("Any", settled)).as_json()
            return {name: value for name, value in found.items() if name != "recipe"}

        return await self._jobs.run(context, work)

    async def study(
        self,
        context: Context,
        *,
        name: Annotated[str, Field(description=f"One of {', '.join(STUDIES)}.")],
        pictures: Annotated[list[str], Field(description="As many as the study takes, most often one photograph.")],
        options: Annotated[Values | None, Field(description="Of the study: size, layers, steps …; an error lists those there are.")] = None,
        language: Annotated[Language, Field(description="Of the page.")] = "en",
        output: Annotated[str | None, Field(description="Name of the new folder; chosen when left out.")] = None,
    ) -> CallToolResult:
        """Show what a vision network sees in pictures: writes a folder with figures, numbers and a page. Answers with its path."""

        def work(show: Show) -> CallToolResult:
            sources = [self._folders.picture(each) for each in pictures]
            given = _study_options(name, pictures, options or {}, self._folders.picture)
            folder = self._folders.new_folder(output, default_stem(name, *pictures))
            report = study(name, *sources, on_event=show, device=self._device, **given)
            page = report.save(folder, language=language)
            values = {"page": self._folders.name_of(page), "title": report.title.text(language)}
            return _answer(values, _first_picture(report))

        return await self._jobs.run(context, work)

    async def list_pictures(
        self,
        context: Context,
        *,
        folder: Annotated[str | None, Field(description="A folder to list, with those in it; all that are allowed when left out.")] = None,
    ) -> dict[str, Any]:
        """List the folders that may be read and written, the pictures in them, and the samples that come with pincel."""

        def work(_: Show) -> dict[str, Any]:
            pictures = self._folders.pictures(folder)
            found = {"folders": list(map(str, self._folders.folders)), "pictures": pictures[:LISTED], "not_listed": len(pictures[LISTED:])}
            return {**found, "samples": [f"{PREFIX}{name}" for name in sample_names()]}

        return await self._jobs.run(context, work)

    async def describe_recipes(self) -> dict[str, Any]:
        """List the recipes of transfer: what each is, and what it is good for."""
        recipes = {name: RECIPES[name].recipe for name in RECIPES}
        return {name: {"summary": each.summary, "good_for": each.good_for} for name, each in recipes.items()}

    def _styles(self, paintings: list[str], weights: list[float] | None) -> list[tuple[str, float]]:
        if weights is not None and len(weights) != len(paintings):
            raise OptionError(one_line("not a weight for each painting", f"{len(weights)}", f"{len(paintings)}", "leave weights out"))
        return list(zip(map(self._folders.picture, paintings), weights or [1.0] * len(paintings), strict=True))

    def _saved(self, result: Result, target: Path) -> CallToolResult:
        path = result.save(target)
        size = {"width": result.image.width, "height": result.image.height}
        values = {
            "path": self._folders.name_of(path),
            **size,
            "stopped": result.stopped,
            "record": self._folders.name_of(record_path(path)),
        }
        return _answer(values, result.image)


def make_server(folders: AllowedFolders, device: str = "auto") -> MCPServer:
    """Return a server with these tools, which :meth:`MCPServer.run` starts."""
    server: MCPServer = MCPServer("pincel", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")
    tools = Tools(folders, device)
    writing = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
    reading = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    makers: tuple[Any, ...] = (tools.transfer, tools.stylize, tools.match_colors, tools.study)
    tellers: tuple[Any, ...] = (tools.plan, tools.list_pictures, tools.describe_recipes)
    for tool in makers:
        server.add_tool(tool, annotations=writing)
    for tool in tellers:
        server.add_tool(tool, annotations=reading)
    return server


def _study_options(name: str, pictures: list[str], options: Mapping[str, JsonValue], allowed: Callable[[str], str]) -> dict[str, Any]:
    """Return options of a study as its function takes them; raises ApiError for what is not accepted, files among it.

    Pictures among them are samples: of any other ``allowed`` returns the path, or raises OptionError.
    """
    given = check_study(name, pictures, options, [*RECIPES, *INVERSIONS])
    declared = {each.name: each for each in (*options_of(STUDIES[name].options), *common_options(STUDIES[name]))}
    values: dict[str, Any] = {}
    for spec, text in ((declared[key], text) for key, text in given):
        value = allowed(text) if spec.picture else spec.type(text)
        values[spec.field] = [*values.get(spec.field, []), value] if spec.many else value
    return values


def _answer(values: Mapping[str, Any], picture: PIL.Image.Image | None) -> CallToolResult:
    """Return values, as text too for clients that read nothing else, and a small picture."""
    shown = [] if picture is None else [Image(data=_jpeg(picture), format="jpeg").to_image_content()]
    text = TextContent(type="text", text=json.dumps(values, ensure_ascii=False))
    return CallToolResult(content=[text, *shown], structured_content=dict(values))


def _jpeg(picture: PIL.Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return file.getvalue()


def _first_picture(report: Report) -> PIL.Image.Image | None:
    """Return the first picture of a report, if it has one."""
    for block in report.blocks:
        if isinstance(block, Picture):
            return block.image
        if isinstance(block, Sheet):
            return block.cells[-1][1]
    return None
