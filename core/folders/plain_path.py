"""A second name for a folder: short, and without characters that a shell or a URL would read as something else.

PostgreSQL's `pg_ctl` hands its options to a shell, its socket's path may have 107 bytes, and its address is a URL, as
is that of Dagster's SQLite files. A home like `/home/Ali Khan's/100% cars` breaks them, so they are given a link to
the folder instead. Folders with plain names, which is nearly all, are used as they are.
"""

import os
import re
import stat
import tempfile
from hashlib import sha256
from pathlib import Path

from core.errors import RetryableError

_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_FALLBACK = Path("/var/tmp")  # noqa: S108  # a folder of our own in it, checked below
_LONGEST = 80  # bytes: what comes after the folder, such as /data/.s.PGSQL.5432.lock, must fit into 107


def plain_path(folder: Path) -> Path:
    """Return the absolute path of an existing folder if it is plain and short, else a link to it that is both.

    The link has the same name in every process of this user, so all of them join the same server.

    Raises:
        RetryableError: the folder of the links belongs to somebody else, who could exchange them.
    """
    path = folder.resolve()
    if _is_plain(path):
        return path
    link = _own_folder() / sha256(os.fsencode(path)).hexdigest()[:16]
    if not link.is_symlink() or link.readlink() != path:
        fresh = link.with_name(f"{link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(path)
        fresh.replace(link)  # in one step: another process may be doing the same
    return link


def _is_plain(path: Path) -> bool:
    return _PLAIN.fullmatch(str(path)) is not None and len(str(path)) <= _LONGEST


def _own_folder() -> Path:
    name = f"automart-{os.geteuid()}"
    temporary = Path(tempfile.gettempdir())
    folder = (temporary if _is_plain(temporary / name / ("x" * 16)) else _FALLBACK) / name
    folder.mkdir(mode=0o711, exist_ok=True)  # others may pass through: as root the server runs as another user
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise RetryableError(
            f"{str(folder)!a} can be changed by somebody else: remove it, or set TMPDIR to a folder of your own.",
            code="unsafe_folder",
        )
    return folder
