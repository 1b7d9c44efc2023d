"""Read XML that breaks its own rules into a tree of elements.

The official sample of ADF itself has curly quotes around attributes and a declaration that no XML parser takes. So tags
are read here one by one: names in any case, attributes in any quotes, elements that are not closed, `&` that stands for
itself. Nothing is ever fetched or expanded: a document that declares entities is refused, and of all others only the
entities of XML and HTML and numbers of characters are known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import Final

from core.errors import InvalidInputError

MOST_ELEMENTS: Final = 20_000
MOST_DEPTH: Final = 40
_MOST_CODE = 0x10FFFF
_TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]*)")
_ATTRIBUTE = re.compile(
    r"""\s*([A-Za-z_][\w.:-]*)\s*(?:=\s*("[^"<]*"|'[^'<]*'|[“”„″][^“”„″"<]*[“”„″"]|[‘’][^‘’'<]*[‘’']|[^\s<>"'“”‘’/]*))?"""
)
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,30}));")
_QUOTES = "\"'“”„″‘’"
_SKIPPED = (("<!--", "-->"), ("<?", ">"), ("<!", ">"))


class EntitiesRefusedError(InvalidInputError):
    """A document declares entities, with which it could read files of the host or grow without bounds."""

    code = "adf_entities_refused"

    def __init__(self) -> None:
        super().__init__(
            "The document declares entities (<!ENTITY or <!DOCTYPE [...]), which no lead needs: leave them out."
        )


class TooManyElementsError(InvalidInputError):
    """A document is larger or deeper than any lead is."""

    code = "adf_too_many_elements"

    def __init__(self) -> None:
        super().__init__(f"A document has at most {MOST_ELEMENTS:,} elements, at most {MOST_DEPTH} inside each other.")


@dataclass
class Element:
    """An element with its attributes, its own text and the elements in it; names are in lower case."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text, without space around it."""
        return "".join(self.texts).strip()

    def all(self, name: str) -> list["Element"]:
        """Return the elements of a name directly in this one."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Element":
        """Return the first element of a name that has something in it; an empty one where there is none."""
        found = self.all(name)
        return next((each for each in found if each.text or each.children), found[0] if found else Element(name))

    def walk(self) -> Iterator["Element"]:
        """Give this element and all in it, in the order of the document."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def read_tree(text: str) -> Element:
    """Read a document into a nameless element that holds what stands at its top.

    Raises:
        EntitiesRefusedError, TooManyElementsError: as they say.
    """
    if declares_entities(text):
        raise EntitiesRefusedError
    top = Element("")
    open_elements, count, at = [top], 0, 0
    while at < len(text):
        opening = text.find("<", at)
        if opening < 0:
            open_elements[-1].texts.append(unescaped(text[at:]))
            break
        open_elements[-1].texts.append(unescaped(text[at:opening]))
        tag = _TAG.match(text, opening)
        if tag is None:
            at = _past_other(text, opening, open_elements[-1])
            continue
        attributes, at, empty = _past_tag(text, tag.end())
        if tag[1]:
            _close(open_elements, tag[2].lower())
            continue
        count += 1
        if count > MOST_ELEMENTS or len(open_elements) > MOST_DEPTH:
            raise TooManyElementsError
        element = Element(tag[2].lower(), attributes)
        open_elements[-1].children.append(element)
        if not empty:
            open_elements.append(element)
    return top


def declares_entities(text: str) -> bool:
    """Tell whether a document declares entities, or has a place for it."""
    lowered = text.lower()
    if "<!entity" in lowered:
        return True
    doctype = lowered.find("<!doctype")
    return doctype >= 0 and "[" in lowered[doctype : max(lowered.find(">", doctype), 0) or None]


def unescaped(text: str) -> str:
    """Put characters in place of their references; a reference to anything unknown stays as it is."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return html5.get(f"{found[3]};", found[0])
    code = int(found[1]) if found[1] else int(found[2], 16)
    forbidden = code > _MOST_CODE or 0xD800 <= code <= 0xDFFF or (code < 0x20 and code not in (9, 10, 13))
    return "" if forbidden or code in (0xFFFE, 0xFFFF) else chr(code).replace("\r", "\n")


def _past_tag(text: str, at: int) -> tuple[dict[str, str], int, bool]:
    """Read the rest of a tag: its attributes, where it ends, whether it closes itself."""
    attributes: dict[str, str] = {}
    while at < len(text):
        if text[at] == ">":
            return attributes, at + 1, text[at - 1] == "/"
        if text[at] == "<":  # the tag was not closed
            break
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            at += 1
            continue
        value = found[2] or ""
        bare = value[1:-1] if value[:1] and value[0] in _QUOTES else value
        attributes.setdefault(found[1].lower(), unescaped(bare).strip())
        at = found.end()
    return attributes, at, False


def _past_other(text: str, at: int, inside: Element) -> int:
    """Return where what is no tag ends: comments, instructions, CDATA sections, or a `<` that stands for itself."""
    if text.startswith("<![CDATA[", at):
        end = text.find("]]>", at)
        inside.texts.append(text[at + 9 : end if end >= 0 else len(text)])
        return end + 3 if end >= 0 else len(text)
    for start, stop in _SKIPPED:
        if text.startswith(start, at):
            end = text.find(stop, at + len(start))
            return end + len(stop) if end >= 0 else len(text)
    inside.texts.append("<")
    return at + 1


def _close(open_elements: list[Element], name: str) -> None:
    """Close the innermost open element of the name, and those in it that were left open; a stray end is passed over."""
    for depth in range(len(open_elements) - 1, 0, -1):
        if open_elements[depth].name == name:
            del open_elements[depth:]
            return
