"""Open the stores that the settings name."""

import re
from collections.abc import Iterable

from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string

from core.db.session import SessionFactory
from core.declarations import RateLimit
from core.errors import InvalidInputError
from core.rate_limits.limiter import Limiter, Store, StoreWithSubstitute
from core.rate_limits.memory import ProcessStorage
from core.rate_limits.postgres import DatabaseStore
from core.settings import Settings

_SCHEMES = ("redis://", "rediss://", "valkey://", "valkeys://", "redis+unix://")
_ANSWER_SECONDS = 1.0
"""Redis answers within a millisecond; one that does not is taken for gone."""


class BadRedisUrlError(InvalidInputError):
    """REDIS_URL cannot be used."""

    code = "bad_redis_url"

    def __init__(self, reason: str) -> None:
        super().__init__(f"REDIS_URL cannot be used: {reason}.")


def open_limiter(settings: Settings, sessions: SessionFactory, rules: Iterable[RateLimit]) -> Limiter:
    """Open the limiter of a process.

    With REDIS_URL every rule is counted there; while it does not answer, and without it, shared rules are counted in
    PostgreSQL and the others in this process.

    Raises:
        BadRedisUrlError: it names no Redis or Valkey, or the client library is not installed.
    """
    in_database, in_process = DatabaseStore(sessions), Store(ProcessStorage())
    by_operation = {rule.operation: rule for rule in rules}
    storage = open_redis(settings)
    if storage is None:
        return Limiter(by_operation, in_database, in_process)
    redis = Store(storage)
    shared, own = StoreWithSubstitute(redis, in_database), StoreWithSubstitute(redis, in_process)
    return Limiter(by_operation, shared, own, may_wait=True)


def open_redis(settings: Settings) -> Storage | None:
    """Return the Redis or Valkey of the settings, not connected yet; None where none is named.

    Raises:
        BadRedisUrlError: it names no Redis or Valkey, or the client library is not installed.
    """
    if settings.redis_url is None:
        return None
    url = settings.redis_url.get_secret_value()
    if not url.startswith(_SCHEMES):
        raise BadRedisUrlError("it begins with redis://, rediss://, valkey:// or valkeys://")
    url = re.sub("^valkey(s?)://", r"redi\1s://", url)  # one protocol, one client
    timeouts = {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": _ANSWER_SECONDS}
    try:
        storage = storage_from_string(url, wrap_exceptions=True, **timeouts)
    except (ConfigurationError, ValueError) as error:
        raise BadRedisUrlError(f"{type(error).__name__}; is the package redis installed?") from None
    if not isinstance(storage, Storage):
        raise BadRedisUrlError("it names an asynchronous storage")
    return storage
