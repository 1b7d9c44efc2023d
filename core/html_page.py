"""Write whole HTML pages that need no script: head, direction of the language, style, and the policy for it.

What stands in `body` is HTML already; whoever writes it escapes the values.
"""

import base64
import hashlib
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


def policy_of(style: str) -> str:
    """Return the content security policy of a page: its own style sheet and nothing else, in nobody's frame."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
