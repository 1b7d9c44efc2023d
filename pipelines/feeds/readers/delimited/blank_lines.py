"""Shorten long runs of blank lines before lines are split, so that megabytes of them cost no more than other text.

A blank line holds nothing but separators and blanks; spreadsheets write a million of them below a list. A record spans
at most `MAX_RECORD_LINES` lines, so a longer run of blank lines can be inside no record, and a run that is one line
longer than that reads the same.
"""

import re

from pipelines.feeds.readers.encoding import Cut, Decoded

MAX_RECORD_LINES = 60
"""Lines that one record may span; more would be a quote that is never closed."""
BLANK = " \t\x1a"
"""Characters beside the delimiter that a blank line may hold; exporters of old end files with \\x1a (Ctrl-Z)."""

_KEPT = MAX_RECORD_LINES + 1
_SHORT_LINE = 32
"""If lines are longer than this on average, as those of cars are, blank lines are too few to matter."""
_LINE_END = re.compile("\r\n|\r|\n")


def shorten_blank_runs(decoded: Decoded, delimiter: str = "") -> Decoded:
    """Return the text with at most 61 blank lines in a row; its cuts say how much was left out where.

    Without a delimiter only lines of blanks are blank. The text must not have been shortened before.
    """
    text = decoded.text
    if (text.count("\n") + text.count("\r")) * _SHORT_LINE < len(text):
        return decoded
    pieces: list[str] = []
    cuts: list[Cut] = []
    done = length = 0
    for run in re.finditer(rf"[{re.escape(delimiter)}{BLANK}\r\n]{{{_KEPT + 1},}}", text):
        start, end = _whole_lines(text, run.start(), run.end())
        left_out = text[start:end]
        if left_out.count("\n") + left_out.count("\r") - left_out.count("\r\n") <= _KEPT:
            continue
        pieces += [text[done:start], "\n" * _KEPT]
        length += start - done + _KEPT
        size = len(left_out.encode(decoded.encoding)) - len(("\n" * _KEPT).encode(decoded.encoding))
        cuts.append(Cut(length, len(left_out) - _KEPT, size))
        done = end
    return Decoded("".join([*pieces, text[done:]]), decoded.encoding, decoded.mark, tuple(cuts)) if cuts else decoded


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """Narrow a run of blank characters to the whole lines in it."""
    if start:
        first = _LINE_END.search(text, start, end)
        start = end if first is None else first.end()
    return start, max(start, text.rfind("\n", start, end) + 1, text.rfind("\r", start, end) + 1)


def end_of_blank_lines(text: str) -> int:
    """Return where the first line begins that is not blank; blank lines at the beginning hold no header."""
    return max(text.rfind(end, 0, len(text) - len(text.lstrip(BLANK + "\r\n"))) for end in "\r\n") + 1
