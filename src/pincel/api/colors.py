"""Give a picture the colors of another, and nothing else of it."""

from __future__ import annotations

from typing import Literal

from pincel.arguments import checked
from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.engine.result import Result
from pincel.functional.color import color_statistics, pool_statistics
from pincel.images.io import to_pil
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture, target_size
from pincel.run.color import MATCHERS
from pincel.sources import Source, Styles, expand_styles, image_metadata, open_picture
from pincel.version import __version__


@checked
def match_colors(
    content: Source,
    style: Styles,
    *,
    method: Literal["cholesky", "pca", "monge", "histogram"] = "monge",
    size: int = 0,
    background: str = DEFAULT_BACKGROUND,
    keep_metadata: bool = False,
) -> Result:
    """Give a picture the colors of another: its forms stay, and no network is asked.

    Example:
        >>> pincel.match_colors("photo.jpg", "painting.jpg").save("recolored.png")  # doctest: +SKIP

    Args:
        content: The picture whose colors change, as for :func:`pincel.transfer`.
        style: The picture whose colors it gets, or several with weights, likewise.
        method: By mean and covariance (``cholesky``, ``pca``, or ``monge``, which of all linear maps changes colors least), or channel by
            channel by ``histogram``.
        size: Long side of the result in pixels; 0 for that of the picture.
        background: Color behind transparent parts of a style.
        keep_metadata: Whether the result has the metadata of the picture.

    Returns:
        The picture and its record.

    Raises:
        PincelError: As for :func:`pincel.transfer`.

    Paper:
        Gatys, Bethge, Hertzmann, Shechtman: Preserving Color in Neural Artistic Style Transfer, 2016, section 3.1; Pitié, Kokaram: The
        linear Monge-Kantorovitch color mapping, 2007.
    """
    parse_color(background)
    picture = _in_size(content, size)
    opened = [(open_picture(source, "style", background), weight) for group in expand_styles(style) for source, weight in group]
    wanted = pool_statistics([(color_statistics(each.pixels), weight) for each, weight in opened])
    pixels = MATCHERS[method](picture.pixels, wanted).clamp(0, 1)
    record = {
        "pincel": __version__,
        "verb": "match-colors",
        "content": image_metadata(picture),
        "styles": [{**image_metadata(each), "weight": weight} for each, weight in opened],
        "method": method,
    }
    kept = picture.metadata if keep_metadata else None
    return Result(to_pil(pixels, picture.alpha), (), record, "done", pixels, picture.alpha, picture.dpi, kept, background)


def _in_size(source: Source, size: int) -> LoadedImage:
    """Open a picture with its long side of ``size`` pixels; of its own for 0."""
    picture = open_picture(source, "content", fit=lambda height, width: target_size(height, width, size))
    return resize_picture(picture, target_size(picture.height, picture.width, size, "long", "nearest"), "lanczos")
