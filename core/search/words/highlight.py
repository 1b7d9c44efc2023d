"""Mark the words of a listing's texts that match the search, in <em>: they show why it was found.

Rows come from PostgreSQL, so texts are marked there and not by an engine: both engines show the same marks, and what is
marked is what the listing says now.
"""

from core.search.words.folding import spans
from core.search.words.fuzzy_match import Matcher

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def marked(text: str, matcher: Matcher) -> str | None:
    """Return the text as HTML: escaped, with the matching words in <em>; None where no word of it matches.

    >>> marked("Corolla <GLi> 2018", Matcher("corola 2018"))
    '<em>Corolla</em> &lt;GLi&gt; <em>2018</em>'
    """
    parts: list[str] = []
    end = 0
    for start, stop, found in spans(text):
        if any(matcher.matches(word) for word in found):
            parts += [text[end:start].translate(_ESCAPES), "<em>", text[start:stop].translate(_ESCAPES), "</em>"]
            end = stop
    if not parts:
        return None
    return "".join([*parts, text[end:].translate(_ESCAPES)])
