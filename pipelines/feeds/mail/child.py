"""Take a stranger's mail apart in a process of its own with little memory and time.

Started by `pipelines.feeds.mail.reading`: whatever a mail does to the library's parser stays in this process.
"""

import json
import os
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.feeds.mail.message import BadMailError, read_mail


def main() -> int:
    """Read `<folder>/mail` into `<folder>/made.json` and a file for each list; memory, seconds and bytes follow."""
    folder, (memory, seconds, written) = Path(sys.argv[2]), map(int, sys.argv[3:6])
    os.nice(5)  # the API goes first
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: written,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for name, most in limits.items():
        resource.setrlimit(name, (most, most))
    arrived_at, now = (datetime.fromisoformat(each) for each in sys.argv[6:8])
    try:
        made = _taken_apart(folder, arrived_at, now)
    except BadMailError as error:
        made = {"damaged": [error.code, error.detail]}
    (folder / "made.json").write_text(json.dumps(made))
    return 0


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
