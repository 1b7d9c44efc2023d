"""Take a stranger's mail apart in a process of its own with little memory and time.

Started by `pipelines.feeds.mail.reading`: whatever a mail does to the library's parser stays in this process.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.feeds.mail.message import BadMailError, read_mail


def made(folder: Path, arrived_at: str, now: str) -> dict[str, Any]:
    """Read `mail` in the folder, and write a file for each of its lists."""
    try:
        return _taken_apart(folder, datetime.fromisoformat(arrived_at), datetime.fromisoformat(now))
    except BadMailError as error:
        return {"damaged": [error.code, error.detail]}


def _taken_apart(folder: Path, arrived_at: datetime, now: datetime) -> dict[str, Any]:
    mail = read_mail((folder / "mail").read_bytes(), arrived_at, now)
    for number, each in enumerate(mail.lists):
        (folder / f"list{number}").write_bytes(each.data)
    refusal = None if mail.refusal is None else [mail.refusal.code, mail.refusal.detail]
    return {
        "recipients": mail.recipients,
        "sent_at": mail.sent_at.isoformat(),
        "names": [each.name for each in mail.lists],
        "refusal": refusal,
    }
