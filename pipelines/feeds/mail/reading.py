"""Read a mail in a child process with limits of memory and time: anybody may write to our domain."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.processes.limited_child import ChildLimits, child_answer
from pipelines.feeds.mail.message import AUTOMATIC, Attachment, BadMailError, StockMail

MEMORY_BYTES: Final = 1_500_000_000
"""Address space of the child: a mail of 63 MB with one list takes 0.55 GB of memory."""
CPU_SECONDS: Final = 60
_TOP_BYTES: Final = 1 << 18
"""The headers of a mail; mail servers take less."""
_WALL_SECONDS: Final = 180.0  # on a machine that is busy with other things


def read_in_child(raw: bytes, arrived_at: datetime, now: datetime) -> StockMail:
    """Read the headers and lists of a mail.

    Raises:
        BadMailError: `mail_damaged`: it cannot be taken apart, or only with more memory and time than a mail is worth.
    """
    with TemporaryDirectory(prefix="mail-") as name:
        folder = Path(name)
        (folder / "mail").write_bytes(raw)
        limits = ChildLimits(MEMORY_BYTES, CPU_SECONDS, len(raw) + (1 << 20), _WALL_SECONDS)
        times = (arrived_at.isoformat(), now.isoformat())
        made = child_answer("pipelines.feeds.mail.child", folder, limits, *times)
        if made is None:
            raise BadMailError("The mail takes more memory or time than any stock list does.", code="mail_damaged")
        if (damaged := made.get("damaged")) is not None:
            raise _refusal(*damaged)
        lists = tuple(
            Attachment(each, (folder / f"list{number}").read_bytes()) for number, each in enumerate(made["names"])
        )
    refusal = None if made["refusal"] is None else _refusal(*made["refusal"])
    return StockMail(tuple(made["recipients"]), datetime.fromisoformat(made["sent_at"]), lists, refusal)


def read_top(path: Path, refusal: BadMailError, arrived_at: datetime, now: datetime) -> StockMail:
    """Read the headers of a mail that cannot be read as a whole, to tell its dealer of the refusal.

    Raises:
        BadMailError: the refusal itself, where the headers cannot be read either.
    """
    with path.open("rb") as file:
        top = file.read(_TOP_BYTES)
    head, separator, _ = top.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not separator:
        raise refusal
    try:
        mail = read_in_child(head + separator, arrived_at, now)
    except BadMailError:
        raise refusal from None
    is_automatic = mail.refusal is not None and mail.refusal.code == AUTOMATIC
    return replace(mail, lists=(), refusal=mail.refusal if is_automatic else refusal)


def _refusal(code: str, sentence: str) -> BadMailError:
    return BadMailError(sentence, code=code)
