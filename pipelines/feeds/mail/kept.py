"""Delete the mails that were taken long ago: they hold what dealers wrote, and a folder must not grow for ever."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

_log = logging.getLogger(__name__)


def delete_old_mails(folder: Path, now: datetime, days: int) -> int:
    """Delete the mails that were moved to cur/ more than so many days ago, and return how many these were.

    The day of the move counts, not that of the mail, so that one which waited long is still kept for those who look
    after it. What cannot be deleted is logged, and tried again by the next run.
    """
    deleted = 0
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            if datetime.fromtimestamp(path.lstat().st_ctime, UTC) < now - timedelta(days=days):
                path.unlink()
                deleted += 1
        except FileNotFoundError:  # another process did it
            continue
        except OSError as error:
            _log.warning("a mail of cur/ was not deleted: %s", error.strerror)
    return deleted
