"""The pictures that come with pincel, rendered by ``scripts/render_samples.py`` of the project.

``scene-*.jpg`` are to be painted, ``style-*.jpg`` to paint after. Wherever a picture is asked for, ``sample:NAME`` means one of them.
"""

from __future__ import annotations

from pathlib import Path

from pincel.errors import unknown_name

FOLDER = Path(__file__).parent
PREFIX = "sample:"
# What means all of a kind, and how their files begin.
KINDS = {f"{PREFIX}scenes": "scene-", f"{PREFIX}styles": "style-"}


def sample_names() -> dict[str, Path]:
    """Return name → file: ``harbour`` for ``scene-harbour.jpg``, scenes first."""
    return {path.stem.partition("-")[2]: path for path in sorted(FOLDER.glob("*-*.jpg"))}


def find_sample(text: str) -> Path:
    """Return the file that ``sample:NAME`` means.

    Raises:
        UnknownNameError: For a name that is not a sample, with the closest match.
    """
    name = text.removeprefix(PREFIX)
    names = sample_names()
    if name not in names:
        raise unknown_name("sample picture", name, names)
    return names[name]
