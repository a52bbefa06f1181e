"""Texts in two languages that are in no catalog."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.translation import Language, Translated


@dataclass(frozen=True)
class _Both(Translated):
    spanish: str = ""

    def _template(self, language: Language) -> str:
        return self.spanish if language == "es" else self.message


def both(english: str, spanish: str) -> Translated:
    """Return a text with its translation."""
    return _Both(english, spanish=spanish)
