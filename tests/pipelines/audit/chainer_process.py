"""A process that chains records until it is killed, for the test that kills it."""

import sys

from core.clock import utc_now
from core.db.session import make_engine, make_session_factory, transaction
from pipelines.audit.chain import extend_chain


def main(database_url: str) -> None:
    """Chain without a pause; a line on stdout says that it has begun."""
    factory = make_session_factory(make_engine(database_url))
    print("chaining", flush=True)
    while True:
        with transaction(factory) as session:
            extend_chain(session, utc_now())


if __name__ == "__main__":
    main(sys.argv[1])
