"""Texts in the language of the reader: English in the code, translations in the catalogs of ``locale/`` (gettext).

A module marks a message with ``_``, as Django does, and renders it when the language is known::

    from pincel.translation import gettext_lazy as _

    _("{count} layers").fill(count=5).text("es")

What a run says while it works is a :class:`Note`. ``make translations`` brings the catalogs up to date with the code; ``CONTRIBUTING.md``
says how.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, get_args

Language: TypeAlias = Literal["en", "es"]
DOMAIN = "pincel"
LOCALE = Path(__file__).with_name("locale")


@dataclass(frozen=True)
class Translated:
    """A message with its values, rendered in any language.

    Attributes:
        message: In English, as in the code and the catalogs; ``{name}`` stands for a value.
        values: name → value; one that is itself ``Translated`` is rendered in the same language. None: no placeholder is replaced.
        context: Tells apart messages that are alike in English.

    Example:
        >>> gettext_lazy("{a} to {b}").fill(a="relu1_1", b=gettext_lazy("mean")).text("es")
        'relu1_1 a media'
    """

    message: str
    values: Mapping[str, object] | None = None
    context: str = ""

    def fill(self, **values: object) -> Self:
        """Return the same message with values for its placeholders."""
        return replace(self, values=values)

    def text(self, language: Language) -> str:
        """Return the text in one language."""
        template = self._template(language)
        if self.values is None:
            return template
        return template.format(**{name: _rendered(value, language) for name, value in self.values.items()})

    def as_data(self) -> dict[str, Any]:
        """Return the message and its values as data for JSON; a value that is a message is such an object itself."""
        values = {name: value.as_data() if isinstance(value, Translated) else value for name, value in (self.values or {}).items()}
        return {"message": self.message, "values": values, **({"context": self.context} if self.context else {})}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Translated:
        """Return the message of which :meth:`as_data` made this; other keys are ignored."""
        values = {name: Translated.from_data(value) if isinstance(value, dict) else value for name, value in data["values"].items()}
        return Translated(data["message"], values or None, data.get("context", ""))

    def _template(self, language: Language) -> str:
        if not self.message:
            # To gettext, an empty message is the head of the catalog.
            return ""
        catalog = _catalog(language)
        return catalog.pgettext(self.context, self.message) if self.context else catalog.gettext(self.message)


class Untranslated(Translated):
    """A text that is the same in all languages, but for the values in it."""

    def _template(self, language: Language) -> str:
        return self.message


Translate: TypeAlias = Callable[[Translated], str]


class Note(str):
    """A sentence in English that the studio can also show in another language: what notices and progress are made of.

    A module that reports something in any language passes a note wherever a text is expected::

        notify(Note(_("Out of memory: continuing with {change}."), change=change))

    To everybody else a note is its English text: it is printed, compared and recorded as such. What is made of it by ``+``, ``join`` or an
    f-string is plain English; a note or a message that is a *value* of another note keeps its translation.

    Args:
        message: With placeholders for the values.
        **values: Numbers, texts, messages and notes; anything else becomes a text.

    Attributes:
        translated: The message with its values.

    Example:
        >>> note = Note(gettext_lazy("{a} to {b}"), a="relu1_1", b=gettext_lazy("mean"))
        >>> note, note.translated.text("es")
        ('relu1_1 to mean', 'relu1_1 a media')
    """

    translated: Translated

    def __new__(cls, message: Translated, /, **values: object) -> Self:
        """Render the English text."""
        translated = _portable(message.fill(**values) if values else message)
        note = super().__new__(cls, translated.text("en"))
        note.translated = translated
        return note

    def __reduce__(self) -> tuple[type[Note], tuple[Translated]]:
        """Copies, also in another process, keep the translation."""
        return Note, (self.translated,)


def translations(text: str) -> dict[str, str]:
    """Return language → text of a note, but for English; nothing for any other text."""
    if not isinstance(text, Note):
        return {}
    return {language: text.translated.text(language) for language in get_args(Language) if language != "en"}


def _portable(message: Translated) -> Translated:
    """Return a message whose values can be written as JSON and refer to nothing else."""
    return message if message.values is None else message.fill(**{name: _portable_value(value) for name, value in message.values.items()})


def _portable_value(value: object) -> object:
    if isinstance(value, Note):
        return value.translated
    if isinstance(value, Translated):
        return _portable(value)
    return value if isinstance(value, str | int | float) else str(value)


def gettext_lazy(message: str) -> Translated:
    """Return a message of the catalogs; modules import this as ``_``, by which messages are found in the code."""
    return Translated(message)


def pgettext_lazy(context: str, message: str) -> Translated:
    """Return a message of the catalogs whose translation depends on what it is about."""
    return Translated(message, context=context)


def untranslated(text: str) -> Translated:
    """Return a text that is the same in all languages: the name of a layer, a number, a formula."""
    return Untranslated(text)


def joined(separator: str, texts: Iterable[Translated]) -> Translated:
    """Return texts one after the other."""
    values = {f"text{number}": text for number, text in enumerate(texts)}
    return Untranslated(separator.join(f"{{{name}}}" for name in values), values)


def _rendered(value: object, language: Language) -> object:
    if isinstance(value, Translated):
        return value.text(language)
    return _SpacedNumber(value) if language == "es" and isinstance(value, int | float) else value


@dataclass(frozen=True)
class _SpacedNumber:
    """A number whose thousands are apart by narrow spaces, as in Spanish, where a comma may be that of decimals."""

    value: float

    def __format__(self, spec: str) -> str:
        return format(self.value, spec).replace(",", "\u202f")


@cache
def _catalog(language: Language) -> gettext.NullTranslations:
    # Messages are English already.
    return gettext.NullTranslations() if language == "en" else gettext.translation(DOMAIN, LOCALE, [language])
