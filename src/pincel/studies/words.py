"""A text in every language a report can be read in, side by side, so that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "es"]


@dataclass(frozen=True)
class Words:
    """The same text in English and Spanish.

    Example:
        >>> Words("{count} layers", "{count} capas").fill(count=5).said("es")
        '5 capas'
    """

    en: str
    es: str

    def said(self, language: Language) -> str:
        """Return the text in one language."""
        return self.es if language == "es" else self.en

    def fill(self, **values: object) -> Words:
        """Return the text with ``{name}`` replaced in both languages; a value that is itself :class:`Words` in its own."""
        return Words(*(getattr(self, to).format(**{k: _said(v, to) for k, v in values.items()}) for to in ("en", "es")))


def same(text: str) -> Words:
    """Return what is said alike in both languages: the name of a layer, a number, a formula."""
    return Words(text, text)


def _said(value: object, language: str) -> object:
    return getattr(value, language) if isinstance(value, Words) else value
