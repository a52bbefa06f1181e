"""The photographs of the study of inversions in one shape, and their codes."""

from __future__ import annotations

from collections.abc import Sequence

from pincel.engine.device import resolve_device
from pincel.errors import OptionError, PictureError
from pincel.files import one_line
from pincel.images.picture import LoadedImage
from pincel.inversion.losses import target_code
from pincel.inversion.pictures import fit_picture
from pincel.inversion.representation import WHITE, make_representation
from pincel.recipes.inversion import Inversion
from pincel.sources import open_picture
from pincel.studies.inversion_errors import CodeDistances, code_distances
from pincel.studies.photographs import photographs
from pincel.studies.settings import StudySettings
from pincel.translation import Translated
from pincel.translation import gettext_lazy as _

_CROPPED = _("The photographs have different shapes. So that their codes can be compared, the middle of each was cropped to a square.")
LEFT_OUT = _("Left out: {names}. {reason}")


def measure_codes(
    name: str, given: Sequence[tuple[int, int]], pictures: Sequence[LoadedImage], recipe: Inversion, settings: StudySettings
) -> tuple[tuple[int, ...], CodeDistances]:
    """Return the shape of the codes of all photographs, and their distances; ``given`` is their size as loaded."""
    device = resolve_device(settings.device)
    made = make_representation(name, pooling=recipe.pooling, device=device)
    for loaded, picture in zip(given, pictures, strict=True):
        made.check_size(loaded, (picture.height, picture.width), picture.name)
    all_codes = [target_code(made, WHITE * picture.pixels.to(device)).cpu() for picture in pictures]
    codes = code_distances(all_codes)
    if min(codes.lengths) == 0:
        silent = pictures[codes.lengths.index(0)].name
        raise OptionError(one_line(f"{name}: its code is zero all over", silent, "a photograph it answers to", "another layer"))
    return tuple(all_codes[0].shape[1:]), codes


def open_photographs(
    sources: Sequence[str], recipe: Inversion
) -> tuple[list[tuple[int, int]], list[LoadedImage], Inversion, list[Translated]]:
    """Open all photographs, in one shape; those that cannot be read are left out with a note, and copies without one.

    Returns:
        (height, width) of each as loaded, each in the size of the recipe, the recipe, notes.
    """
    loaded_files: dict[str, tuple[str, tuple[int, int], LoadedImage]] = {}
    notes: list[Translated] = []
    refused: list[PictureError] = []
    for file in photographs(sources):
        try:
            loaded = open_picture(file, "photograph")
        except PictureError as error:
            refused.append(error)
            notes.append(LEFT_OUT.fill(names=file, reason=str(error)))
            continue
        loaded_files.setdefault(loaded.sha256, (file, (loaded.height, loaded.width), fit_picture(recipe, loaded)))
    if not loaded_files:
        raise refused[0]
    given, pictures = [size for _, size, _ in loaded_files.values()], [picture for _, _, picture in loaded_files.values()]
    if len({(picture.height, picture.width) for picture in pictures}) > 1:
        recipe = recipe.override(fit="crop")
        pictures = [fit_picture(recipe, open_picture(file, "photograph")) for file, _, _ in loaded_files.values()]
        notes.append(_CROPPED)
    return given, pictures, recipe, notes
