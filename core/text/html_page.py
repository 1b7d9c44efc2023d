"""Write whole HTML pages that need no script: head, direction of the language, style, and the policy for it.

What stands in `body` is HTML already; whoever writes it escapes the values.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

DIRECTIONS: Final = {"en": "ltr", "ur": "rtl"}
"""The languages of pages, and which way each is read."""


def html_page(title: str, body: str, *, language: str = "en", style: str | None = None) -> str:
    """Write a page in one of `DIRECTIONS`; the title is plain text."""
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{'' if style is None else f'<style>{style}</style>'}"
    )
    return (
        f'<!doctype html><html lang="{language}" dir="{DIRECTIONS[language]}"><head>{head}</head>'
        f"<body>{body}</body></html>\n"
    )


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; heads and cells are HTML already."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def policy_of(style: str) -> str:
    """Return the content security policy of a page: its own style sheet and nothing else, in nobody's frame."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
