"""Name the exceptions of a database that does not answer, so that edges can say "try again" without its driver."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import RetryableError

DATABASE_OUTAGES: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeoutError)


class DatabaseUnavailableError(RetryableError):
    """The database does not answer, or gave up on a statement."""

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__("The database does not answer now; try again in a few seconds.")
