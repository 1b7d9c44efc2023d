"""Find the lead in a mail: its ADF document, in whichever part it stands, or else what the sender wrote."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr
from html import unescape

from core.text.automatic_mail import automatic_reason
from pipelines.leads.adf.decoding import clean, decoded

_HEADER = re.compile(rb"\s*(?:From [^\n]*\n)?[!-9;-~]{1,76}:[ \t\r\n]")
_DOCUMENT = re.compile(r"<\s*(?:adf|prospect)\b", re.IGNORECASE)
_ESCAPED = re.compile(r"&lt;\s*(?:adf|prospect)\b", re.IGNORECASE)
_DOCUMENT_TYPES = ("application/", "text/")
_MOST_PARTS = 200
_DROPPED = re.compile(r"<(style|script|head)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Mail:
    """A mail as far as a lead needs it. `document` is the text of its ADF document, None where it has none."""

    text: str = field(repr=False)
    document: str | None = field(default=None, repr=False)
    message_id: str | None = None
    sender: str | None = field(default=None, repr=False)
    sender_name: str | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)
    automatic: str | None = None


def looks_like_mail(raw: bytes) -> bool:
    """Tell whether bytes begin with the headers of a mail, and not with a document or a text."""
    return _HEADER.match(raw[:2_000]) is not None


def read_mail(raw: bytes) -> Mail:
    """Read a mail: quoted-printable, base64, many parts, mails inside mails; broken ones as far as they go."""
    mail = message_from_bytes(raw, policy=compat32)
    texts = list(_texts(mail))
    plain = next((text for kind, text in texts if kind == "text/plain" and text.strip()), None)
    html = next((text for kind, text in texts if kind == "text/html" and text.strip()), "")
    name, address = parseaddr(_header(mail, "from") or "")
    return Mail(
        text=(plain if plain is not None else _without_tags(html)).strip(),
        document=next((found for _, text in texts if (found := _document(text)) is not None), None),
        message_id=_header(mail, "message-id"),
        sender=address or None,
        sender_name=name or None,
        subject=_header(mail, "subject"),
        automatic=automatic_reason(mail),
    )


def _texts(mail: Message) -> Iterator[tuple[str, str]]:
    for count, part in enumerate(mail.walk()):
        if count >= _MOST_PARTS:
            return
        kind = part.get_content_type()
        if part.is_multipart() or not kind.startswith(_DOCUMENT_TYPES):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield kind, decoded(content, _charset(part))


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):
        return None


def _document(text: str) -> str | None:
    if _DOCUMENT.search(text):
        return text
    return unescape(_without_tags(text, keep_entities=True)) if _ESCAPED.search(text) else None


def _without_tags(html: str, *, keep_entities: bool = False) -> str:
    bare = _TAGS.sub("", _BREAKS.sub("\n", _DROPPED.sub("", html)))
    return bare if keep_entities else unescape(bare)


def _header(mail: Message, name: str) -> str | None:
    value = mail[name]
    if value is None:
        return None
    try:
        text = str(make_header(decode_header(value)))
    except (LookupError, ValueError):  # an encoding that nobody knows, or bytes that are not in it
        text = str(value)
    return clean(" ".join(text.split()))[:998] or None
