"""Templates of messages, in English and Urdu (`templates.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

from core.errors import PermanentError
from core.text.html_page import DIRECTIONS
from pipelines.notifications.channels import Kind

LANGUAGES: Final = ("en", "ur")


class BadMessageError(PermanentError):
    """A message names a template, a language or values that do not exist; it is a defect of the caller."""

    code = "bad_message"


@dataclass(frozen=True)
class Text:
    """A template in one language; once filled in, also as a page of HTML."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Template:
    """A message: the values that it needs, how long it is of use, its text by language.

    `kind` is that for which people choose channels and quiet hours; without one it is sent at once, to everybody.
    """

    name: str
    values: frozenset[str]
    good_for: timedelta
    kind: Kind | None
    texts: Mapping[str, Text]

    def render(self, language: str, values: Mapping[str, str]) -> Text:
        """Fill in the values."""
        template = self.texts[language]
        # A subject is one line of a header: a line break in a value must not begin another header.
        subject = " ".join(template.subject.format_map(values).split())
        return Text(subject, template.text.format_map(values), _page(language, template.text, values))


def _page(language: str, text: str, values: Mapping[str, str]) -> str:
    """Return the text as HTML in the direction of its language.

    Values are isolated: an English name in an Urdu sentence, or the other way round, moves no word beside it.
    """
    isolated = {name: f"<bdi>{escape(value)}</bdi>" for name, value in values.items()}
    body = escape(text).format_map(isolated).replace("\n", "<br>\n")
    head = f'<html lang="{language}" dir="{DIRECTIONS[language]}"><head><meta charset="utf-8"></head>'
    return f"<!DOCTYPE html>\n{head}<body><p>{body}</p></body></html>\n"


@cache
def templates() -> Mapping[str, Template]:
    """Read the templates, by name."""
    stored = tomllib.loads(files(__package__).joinpath("templates.toml").read_text("utf-8"))
    return {
        name: Template(
            name,
            frozenset(entry["values"]),
            timedelta(seconds=entry["good_for_seconds"]),
            entry.get("kind"),
            {language: Text(**entry[language]) for language in LANGUAGES},
        )
        for name, entry in stored.items()
    }


def find_template(name: str, language: str, values: Mapping[str, str]) -> Template:
    """Return the template, if it can be filled in.

    Raises:
        BadMessageError: there is no such template or language, or a value is missing or too many.
    """
    template = templates().get(name)
    if template is None:
        raise BadMessageError(f"There is no template {name!r}; there are {', '.join(sorted(templates()))}.")
    if language not in template.texts:
        raise BadMessageError(f"There is no language {language!r}; there are {', '.join(LANGUAGES)}.")
    if set(values) != template.values:
        raise BadMessageError(f"The template {name!r} needs the values {', '.join(sorted(template.values))}, exactly.")
    return template
