"""Take personal data and secrets out of log lines: phone numbers, CNICs, e-mail addresses, passwords, tokens."""

import re
from typing import Final

Masks = tuple[tuple[re.Pattern[str], str], ...]
# A pattern begins where a run of its characters begins, and gives none back (`++`): time grows with the length alone.
_SECRETS: Final = (
    # postgresql://user:password@host, also in tracebacks of drivers
    (
        re.compile(r"(?P<scheme>(?<![a-z0-9+.-])[a-z0-9+.-]++://[^\s:/@]*+):[^\s@/]++@", re.IGNORECASE),
        r"\g<scheme>:[secret]@",
    ),
    (re.compile(r"\b(?P<kind>Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\g<kind> [secret]"),
    (
        re.compile(
            r"(?P<name>\b(?:password|passwd|secret|token|api[_-]?key|authorization|otp|X-Amz-Signature|sig)\b"
            r"[\"']?\s*[=:]\s*[\"']?)(?!\[secret\])(?!(?:Bearer|Basic|Token)\s)[^\s\"'&,;}\]]{3,}",
            re.IGNORECASE,
        ),
        r"\g<name>[secret]",
    ),
)
_CONTACTS: Final = (
    (re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+"), "[email]"),
    (re.compile(r"(?<![\w-])\d{5}[ -]?\d{7}[ -]?\d(?![\w-])"), "[cnic]"),
    # Pakistani mobile numbers as people write them: 0300 1234567, +92-300-1234567, 0092 300 1234567, (0300) 123 4567
    (
        re.compile(r"(?<![\w.])\(?(?:\+92|0092|92|0)[\s().-]{0,2}3\d{2}[\s().-]{0,2}\d{3}[\s.-]?\d{4}(?![\w.]*\d)"),
        "[phone]",
    ),
    (re.compile(r"(?<![\w.])\+\d{1,3}[\s-]?\d(?:[\s-]?\d){6,12}(?!\d)"), "[phone]"),  # any international number
)
_URDU_DIGITS: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


def redact(text: str) -> str:
    """Return the text with personal data and secrets replaced by a mask that names their kind.

    Digits of Urdu and Arabic are read like others. Prices, ids, times and UUIDs stay as they are.
    """
    return _masked(text, (*_SECRETS, *_CONTACTS))


def mask_contacts(text: str) -> str:
    """Return the text with phone numbers, CNICs and e-mail addresses masked, for free text that is kept or shown."""
    return _masked(text, _CONTACTS)


def _masked(text: str, masks: Masks) -> str:
    readable = text.translate(_URDU_DIGITS)
    masked = readable
    for pattern, mask in masks:
        masked = pattern.sub(mask, masked)
    return text if masked == readable else masked
