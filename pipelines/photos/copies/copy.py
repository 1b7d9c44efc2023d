"""Copy the photos that feeds name: each address once, each content once, and no server asked too often.

Every address is decided in a transaction of its own, so a run that is killed goes on where it was.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from core.db.session import transaction
from core.egress.addresses import EgressRules, shown_url
from core.egress.errors import AddressNotAllowedError, EgressError, RedirectNotAllowedError
from core.egress.http import trusted
from core.egress.installation import installation_rules
from core.errors import AutomartError, RetryableError
from core.platform import Platform
from core.settings import Settings
from pipelines.photos.contents import ContentStore, finish_content
from pipelines.photos.copies.download import DownloadLimits, RemotePhotoError, Validators, download
from pipelines.photos.copies.link import link_copies
from pipelines.photos.copies.repository import AddressRepository, DueAddress, pause_after

AT_ONCE, AT_ONCE_A_HOST = 6, 2
HOST_PAUSE_SECONDS = 0.2
"""Between two photos of one connection to a host: at most 10 photos a second from any server."""
_FAILURES_OF_A_HOST = 3
_HOST_AWAY = timedelta(hours=1)
_BATCH = 300
_log = logging.getLogger(__name__)


@dataclass
class CopyReport:
    """Counts of a run: copied + unchanged + failed + postponed = addresses that were due."""

    noted: int = 0
    copied: int = 0
    unchanged: int = 0
    failed: int = 0
    postponed: int = 0
    linked: int = 0
    codes: dict[str, int] = field(default_factory=dict)


def copy_rules(settings: Settings) -> EgressRules:
    """Make the rules for photos: public addresses, plain HTTP too, since a photo is no secret and is not believed."""
    return replace(installation_rules(settings), schemes=("https", "http"), ca_file=settings.feed_pull_ca_file)


def copy_feed_photos(platform: Platform, clock: Callable[[], datetime], budget_seconds: float) -> CopyReport:
    """Note new addresses, read those that are due, and show the copies; ends after the budget, or when all is done."""
    return _Copier(platform, clock, time.monotonic() + budget_seconds).run()


class _Copier:
    def __init__(self, platform: Platform, clock: Callable[[], datetime], deadline: float) -> None:
        settings = platform.settings
        self._sessions, self._clock, self._deadline = platform.sessions, clock, deadline
        self._contents = ContentStore(platform.sessions, platform.storage, settings.spool_dir)
        rules = copy_rules(settings)
        self._limits = DownloadLimits(rules, trusted(rules), settings.photos_max_mb * 1_000_000)
        self._plates = "pending" if settings.photos_plate_step == "required" else "waived"
        self._most = settings.photos_per_listing
        self._failures: dict[str, int] = defaultdict(int)
        self.report = CopyReport()

    def run(self) -> CopyReport:
        with transaction(self._sessions) as session:
            self.report.noted = AddressRepository(session).note_new(self._clock())
        while time.monotonic() < self._deadline:
            with transaction(self._sessions) as session:
                due = AddressRepository(session).due(self._clock(), _BATCH)
            if not due:
                break
            asyncio.run(self._batch(due))
            self._postpone()
            self.report.linked += link_copies(self._sessions, self._plates, self._most)
        self.report.linked += link_copies(self._sessions, self._plates, self._most)
        return self.report

    async def _batch(self, due: list[DueAddress]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)
        hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_A_HOST))

        async def in_turn(address: DueAddress) -> None:
            host = _host(address.url)
            async with hosts[host], turns:
                if await self._one(address, host):
                    await asyncio.sleep(HOST_PAUSE_SECONDS)

        await asyncio.gather(*(in_turn(address) for address in due))

    async def _one(self, address: DueAddress, host: str) -> bool:
        """Read and decide one address; tell whether its server was asked."""
        if self._failures[host] >= _FAILURES_OF_A_HOST:
            return False  # `_postpone` leaves it for later
        try:
            found = await download(address.url, address.validators, self._limits)
            await asyncio.to_thread(self._keep, address, found.data, found.validators)
            self._failures[host] = 0
        except AutomartError as error:
            pause = _pause(error, address.attempts)
            self._failures[host] += pause is not None and isinstance(error, EgressError)
            await asyncio.to_thread(self._fail, address, error.code, pause)
        except Exception as error:  # noqa: BLE001  # one server must not stop the others; without the traceback, which quotes addresses
            _log.error("copying %s: %s", shown_url(address.url), type(error).__name__)
            await asyncio.to_thread(self._fail, address, "copy_failed", pause_after(address.attempts))
        return True

    def _keep(self, address: DueAddress, data: bytes | None, validators: Validators) -> None:
        now = self._clock()
        prepared = None if data is None else self._contents.prepare(data, now)
        with transaction(self._sessions) as session:
            content = None if prepared is None else finish_content(session, prepared, now)
            AddressRepository(session).copied(address.id, None if content is None else content.id, validators, now)
        self.report.copied += data is not None
        self.report.unchanged += data is None

    def _fail(self, address: DueAddress, code: str, pause: timedelta | None) -> None:
        with transaction(self._sessions) as session:
            AddressRepository(session).failed(address, code, self._clock(), pause)
        self.report.failed += 1
        self.report.codes[code] = self.report.codes.get(code, 0) + 1

    def _postpone(self) -> None:
        """Leave everything that is due of servers that are away for an hour."""
        away = [host for host, failures in self._failures.items() if failures >= _FAILURES_OF_A_HOST]
        if away:
            now = self._clock()
            with transaction(self._sessions) as session:
                self.report.postponed += AddressRepository(session).postpone_hosts(away, now, now + _HOST_AWAY)


def _pause(error: AutomartError, attempts: int) -> timedelta | None:
    """Return how long to wait before the address is read again; None where that cannot help."""
    if isinstance(error, RemotePhotoError):
        if not error.temporary:
            return None
        return max(pause_after(attempts), timedelta(seconds=min(error.after_seconds or 0, 86_400)))
    if isinstance(error, AddressNotAllowedError | RedirectNotAllowedError):
        return None
    return pause_after(attempts) if isinstance(error, EgressError | RetryableError) else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
