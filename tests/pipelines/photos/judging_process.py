"""A process that judges until it is ended; its leases are short, so that what a killed one held is taken soon."""

import sys
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from core.db.session import make_engine, make_session_factory, transaction
from core.settings import Settings
from core.storage import open_storage
from pipelines.photos.judging import jobs
from pipelines.photos.judging.judge import JudgingParts, judge_batch
from pipelines.photos.judging.verdicts import decide_due
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.pairs.compare import compare_due


def main() -> None:
    """Take the database's address and the home."""
    jobs.LEASE = timedelta(seconds=1.5)
    sessions = make_session_factory(make_engine(sys.argv[1]))
    settings = Settings(automart_home=Path(sys.argv[2]), storage_url=None)

    def transactions() -> AbstractContextManager[Session]:
        return transaction(sessions)

    parts = JudgingParts(
        transactions, open_storage(settings), settings.spool_dir, JudgingChild(settings.spool_dir / "none")
    )
    while True:
        taken = judge_batch(parts, 2).taken
        decide_due(transactions, 50, required=True)
        compared = compare_due(parts, 2)
        time.sleep(0 if taken + compared else 0.1)


if __name__ == "__main__":
    main()
