"""Read a mail as far as a delivery needs it: to whom it was handed over, when it was sent, and its stock lists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import (
    CloseBoundaryNotFoundDefect,
    HeaderParseError,
    InvalidBase64CharactersDefect,
    InvalidBase64LengthDefect,
    InvalidBase64PaddingDefect,
    StartBoundaryNotFoundDefect,
)
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from core.errors import PermanentError
from core.text.automatic_mail import automatic_reason

AUTOMATIC: Final = "automatic_mail"
"""The code of bounces, replies and notices of machines: nobody is told of them, and they say nothing of deliveries."""
_SENDERS: Final = frozenset({"auto_generated", "precedence"})
"""The reasons for which a mail counts as automatic that programs give which send lists."""
_NOTICES: Final = ("list-id", "list-unsubscribe")
# Of servers that say it nowhere else, at the head of a subject.
_SUBJECTS = re.compile(
    r"\W*(auto(matic)?[ -]?(reply|response)|autoreply|out of (the )?office|abwesen|automatische antwort|undeliver"
    r"|mail delivery|returned mail|failure notice|delivery (status|failure|has failed)|(not )?read:|delivered:)",
    re.IGNORECASE,
)
_LISTS: Final = (".csv", ".tsv", ".xlsx", ".ods", ".xml", ".json", ".zip", ".gz")
_TYPES: Final = {
    "text/csv": ".csv", "text/xml": ".xml", "application/xml": ".xml", "application/json": ".json",
    "application/zip": ".zip", "application/x-zip-compressed": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}  # fmt: skip
_HANDED_OVER: Final = ("delivered-to", "x-original-to", "envelope-to")
"""Headers of our own mail server; it writes them at the top, so the first of each counts."""
_MOST_PARTS: Final = 200
_MOST_LINES: Final = 3_000_000
_MOST_SEPARATORS: Final = 5_000  # lines that begin with "--", as the lines between parts do
_MOST_CONTAINERS: Final = 100
_MOST_RECIPIENTS: Final = 500
_LONGEST_NAME: Final = 200
_FIRST_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CUT = (
    CloseBoundaryNotFoundDefect, StartBoundaryNotFoundDefect,
    InvalidBase64CharactersDefect, InvalidBase64LengthDefect, InvalidBase64PaddingDefect,
)  # fmt: skip


class BadMailError(PermanentError):
    """This mail makes no delivery. `code` names the reason; the sentence quotes nothing of the mail but file names."""

    code = "bad_mail"


@dataclass(frozen=True)
class Attachment:
    """A file of a mail: its name as the sender gave it, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class StockMail:
    """A mail: the addresses that it was handed over to, when it says that it was sent, and its lists."""

    recipients: tuple[str, ...] = field(repr=False)
    sent_at: datetime
    """As its Date says; where that says nothing, or a time to come, the time at which it arrived."""
    lists: tuple[Attachment, ...] = field(default=(), repr=False)
    refusal: BadMailError | None = None
    """The reason for which the lists are not taken: known before the dealer is, who is told of it."""

    def stock_lists(self) -> list[Attachment]:
        """Return the attached stock lists, in their order. The sender's address is not looked at: anyone can write it.

        Raises:
            BadMailError: `automatic_mail`, `marked_automatic`, `mail_damaged` or `no_list_attached`.
        """
        if self.refusal is not None:
            raise self.refusal
        return list(self.lists)


def read_mail(raw: bytes, arrived_at: datetime, now: datetime) -> StockMail:
    """Read the headers and parts of a mail.

    Raises:
        BadMailError: `mail_damaged`: it cannot be taken apart, or only with more memory and time than a mail is worth.
    """
    _refuse_bombs(raw)
    try:
        message = message_from_bytes(raw, policy=compat32)
        recipients, sent_at = _recipients(message), _sent_at(message, now) or arrived_at
        try:
            return StockMail(recipients, sent_at, _stock_lists(message))
        except BadMailError as error:
            return StockMail(recipients, sent_at, refusal=error)
    except (ValueError, LookupError, RecursionError) as error:
        raise BadMailError(f"The mail cannot be read ({type(error).__name__}).", code="mail_damaged") from error


def _stock_lists(message: Message) -> tuple[Attachment, ...]:
    reason = automatic_reason(message)
    if reason is not None and reason not in _SENDERS:
        raise _automatic(reason)
    names, found = [], []
    for part in _parts(message):
        name = _name(part)
        if name is None:
            continue
        names.append(name)
        if name.lower().endswith(_LISTS):
            found.append(Attachment(name, _content(part, name)))
    if any(isinstance(each, _CUT) for part in message.walk() for each in part.defects):
        raise BadMailError("The mail was cut short or damaged on its way: send it again.", code="mail_damaged")
    if found and reason is not None:
        raise BadMailError(
            f"The mail has a list, but calls itself automatic ({reason}): have the program that sends it leave out"
            " Auto-Submitted and Precedence.",
            code="marked_automatic",
        )
    if not found and (reason := reason or _notice(message)) is not None:
        raise _automatic(reason)
    if not found:
        raise BadMailError(_nothing_in(names), code="no_list_attached")
    return tuple(found)


def _automatic(reason: str) -> BadMailError:
    return BadMailError(
        f"The mail calls itself automatic ({reason}): bounces, replies and notices deliver nothing.", code=AUTOMATIC
    )


def _notice(message: Message) -> str | None:
    """Return why a mail without a list is a notice or the reply of a machine, though its headers do not say so."""
    if any(message[name] is not None for name in _NOTICES):
        return "mailing_list"
    return "subject" if _SUBJECTS.match(_decoded(str(message["subject"] or ""))) else None


def _refuse_bombs(raw: bytes) -> None:
    """Refuse a mail of which the parser would make gigabytes of small pieces; anybody may write to our domain."""
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    parts = raw.count(b"\n--") + raw.count(b"\r--")
    lower = raw.lower()
    containers = lower.count(b"multipart/") + lower.count(b"message/")
    if lines > _MOST_LINES or parts > _MOST_SEPARATORS or containers > _MOST_CONTAINERS:
        raise BadMailError("The mail has more lines or parts than any stock list needs.", code="mail_damaged")


def _recipients(message: Message) -> tuple[str, ...]:
    """List the addresses: as our mail server was told them, then those that the sender wrote in To and Cc."""
    first = [str(message[name]) for name in _HANDED_OVER if message[name] is not None]
    written = [str(each) for name in ("to", "cc") for each in message.get_all(name, [])]
    # One by one: some versions of the library give up on all headers where one of them is malformed.
    found = (address for header in (*first, *written) for _, address in getaddresses([header]) if _can_be_ours(address))
    return tuple(islice(dict.fromkeys(found), _MOST_RECIPIENTS))


def _can_be_ours(address: str) -> bool:
    """Tell whether an address may be one that we gave out; the database takes no text with a NUL."""
    return "@" in address and address.isascii() and address.isprintable()


def _sent_at(message: Message, now: datetime) -> datetime | None:
    try:
        sent = parsedate_to_datetime(str(message["date"]))
    except (ValueError, TypeError, OverflowError):
        return None
    sent = sent if sent.tzinfo is not None else sent.replace(tzinfo=UTC)
    return sent if _FIRST_DAY <= sent <= now else None


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts that hold something, but none of a mail inside the mail: it was sent to somebody else."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting[:0] = [each for each in inner if isinstance(each, Message)]
        elif part.get_content_maintype() != "message":
            yield part
    raise BadMailError(f"The mail has more than {_MOST_PARTS} parts.", code="mail_damaged")


def _name(part: Message) -> str | None:
    """Return the name of an attached file, made of its type where it has none; None for the text of the mail."""
    try:
        given = part.get_filename()
    except (LookupError, ValueError) as error:
        raise BadMailError("The name of an attached file cannot be read.", code="mail_damaged") from error
    if not given:
        ending = _TYPES.get(part.get_content_type())
        return None if ending is None else f"stock{ending}"
    bare = PurePosixPath(_decoded(given).replace("\\", "/")).name
    plain = "".join(each for each in bare if each.isprintable()).strip()
    return plain[-_LONGEST_NAME:] or None


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except (LookupError, ValueError, HeaderParseError):
        return header


def _content(part: Message, name: str) -> bytes:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise BadMailError(f"The file {name} cannot be taken out of the mail.", code="mail_damaged")
    return content


def _nothing_in(names: list[str]) -> str:
    if any(name.lower() == "winmail.dat" for name in names):
        return "The mail has a winmail.dat, Outlook's own form: have it sent as HTML or plain text."
    has = f"only {', '.join(names[:5])}" if names else "no file at all"
    return f"The mail has no stock list attached ({', '.join(each[1:] for each in _LISTS)}), but {has}."
