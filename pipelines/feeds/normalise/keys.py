"""Clean stock numbers that a spreadsheet rewrote, and refuse those whose digits it destroyed.

`1001.0`, `="1001"`, `'1001` and `۱۰۰۱` all name the car that was `1001` before. `4.89E+11`, `#REF!` or `12-Mar` may
stand for any of several cars, so such a key is refused rather than guessed.
"""

import re
import unicodedata

import polars as pl

_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9_/ -]*$"
_SUSPECT = r"^(?:nan|NaN|NaT)$|^\d+[Ee]-\d|^\d{1,2}-[A-Z][a-z]{2}|^[A-Z][a-z]{2}-\d|^\d{17,}$|^\d{4}-\d\d-\d\d "
_SUMMED = r"(?:(?:grand|sub|net|overall)[ -]?)?totals?(?:[ :=-].*)?|(?:sum|count|average)(?:[ :=]+[\d.,]+|:)?"
_SUMMED += r"|page \d+(?: of \d+)?"
_SUSPECT += rf"|(?i)^(?:{_SUMMED})$"
_FORMULA = re.compile(r'=\s*"+([^"]*)"*|=\s*([0-9]+(?:\.0+)?)|"([^"]*)"')
_WHOLE_AS_FLOAT = re.compile(r"([+-]?\d+)(?:[.,]0{1,2}|\.)|([+-]?\d{5,})\.0+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}")
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DESTROYED = re.compile(
    r"[+-]?\d(?:[.,]\d+)\s?[Ee][+-]?\d{1,3}"  # 4.89E+11: only the first digits are left
    r"|[+-]?\d[Ee][+-]\d{2,3}"
    r"|#+|#N/?A|#NV|#[^\s\d][^\s]*[!?]"  # a column that was too narrow, or an error of a formula
    rf"|\d{{1,2}}-{_MONTH}(?:-\d{{2,4}})?|{_MONTH}-\d{{2,4}}"  # 3-12 became 12-Mar
    r"|\d{4}-\d\d-\d\d[ T]00:00(?::00(?:\.0+)?)?"
    r"|(?:nan|NaN|NaT|<NA>)(?:\.0)?"  # an empty cell of a data frame
    r"|\d{15}0{2,}"  # Excel keeps 15 digits and writes zeros for the rest
    r"|=(?:[A-Z]{1,3}\d+|\d+[-+*/]|[A-Z]+\()\S*|Err:\d+"  # formulas without a value, errors of LibreOffice
    rf"|(?i:{_SUMMED})"  # a line below the table
)
_QUOTES = "'’‘`´"
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f\u3000\u2009\u200a", " "))


def clean_key(text: str) -> str | None:
    """Return the stock number as its sender means it, or None where its characters are lost.

    Only the form is changed: two texts become one key where they write the same number or the same letters.
    """
    key = text if text.isascii() else "".join(map(_latin, text))
    key = key.translate(_SPACES).strip()
    if key and key[0] in _QUOTES and (key[1:2].isalnum() or key[1:2] in ("#", "=", *_QUOTES)):
        key = key.strip(_QUOTES).strip()
    if (formula := _FORMULA.fullmatch(key)) is not None:
        key = next(part for part in formula.groups() if part is not None).strip()
    if _DESTROYED.fullmatch(key):
        return None
    if (number := _WHOLE_AS_FLOAT.fullmatch(key)) is not None:
        return number[1] or number[2]
    return key.replace(",", "") if _THOUSANDS.fullmatch(key) else key


def _latin(char: str) -> str:
    """Return the ASCII form of a full-width character, and the Latin digit of a digit in any script."""
    if char.isascii():
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else char


def clean_keys(keys: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the cleaned keys, null where a key cannot be used, and which ones that are.

    Most keys are letters and digits, which two regular expressions find out; only the others are looked at one by one.
    """
    odd = (~keys.str.contains(_PLAIN) | keys.str.contains(_SUSPECT)).fill_null(value=False)
    places = odd.arg_true()
    if places.is_empty():
        return keys, odd
    cleaned = [clean_key(key) for key in keys.gather(places)]
    lost = places.filter(pl.Series([key is None for key in cleaned], dtype=pl.Boolean))
    bad = pl.repeat(False, keys.len(), eager=True)
    return keys.scatter(places, cleaned), bad.scatter(lost, values=True) if len(lost) else bad
