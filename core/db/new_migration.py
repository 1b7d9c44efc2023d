"""Write a migration from the difference between the declared tables and the migrated ones.

Usage: python -m core.db.new_migration "leads"

The file gets a name by date and time, so that two branches do not take the same number. Read what was written:
triggers, data, and what takes long on a large table are yours to add; types are copied into the migration, never
imported.
"""

import sys
import tempfile
from pathlib import Path

from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head, write_migration
from core.db.session import make_engine


def main() -> None:
    """Compare on an empty embedded database."""
    if len(sys.argv) != 2:
        sys.exit('Say in a few words what changes: python -m core.db.new_migration "leads"')
    with (
        tempfile.TemporaryDirectory(prefix="automart-migration-", ignore_cleanup_errors=True) as name,
        embedded_postgres(Path(name) / "postgres") as url,
    ):
        engine = make_engine(url)
        upgrade_to_head(engine)
        path = write_migration(engine, sys.argv[1], utc_now())
        engine.dispose()
    print(path)


if __name__ == "__main__":
    main()
