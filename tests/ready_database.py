"""Data of a PostgreSQL with every table, made once a run and copied: migrating takes seconds of processor time."""

import subprocess
from pathlib import Path

from filelock import FileLock

from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine


class ReadyDatabase:
    """The data of the run, in a folder that all its workers have in common; `tests/conftest.py` names it."""

    folder: Path | None = None

    def lay(self, home: Path) -> None:
        """Put a server's data, migrated to head, where the embedded server of a home or a sweep will look for them.

        Outside of a run of the tests nothing is laid: a sweep that is started as a module makes its own.
        """
        if self.folder is None:
            return
        with FileLock(self.folder.with_suffix(".lock")):
            if not self.folder.exists():
                making = self.folder.with_suffix(".making")
                with embedded_postgres(making) as url:
                    owner = make_engine(login_url(url, Login.OWNER))
                    upgrade_to_head(owner)
                    owner.dispose()
                making.rename(self.folder)
        (home / "postgres").mkdir(parents=True)
        subprocess.run(["cp", "-a", self.folder / "data", home / "postgres" / "data"], check=True)


READY_DATABASE = ReadyDatabase()
