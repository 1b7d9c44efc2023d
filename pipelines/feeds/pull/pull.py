"""Read all sources once: each fails alone, and each registered file is committed with its validators."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedSource, Org
from core.egress.addresses import EgressRules, shown_url
from core.errors import AutomartError
from core.identity.orgs import get_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import register_unless_resent
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.deliveries.upload import mapping_of
from pipelines.feeds.pull.credentials import Credential, load_credentials
from pipelines.feeds.pull.errors import PullError
from pipelines.feeds.pull.fetch import Request, fetch
from pipelines.feeds.pull.repository import FeedSourceRepository
from pipelines.feeds.pull.rules import pull_rules
from pipelines.feeds.pull.validators import Fetched, Validators
from pipelines.feeds.readers.limits import limits_of

AT_ONCE = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PulledSource:
    """The result of one address: `new` (a file waits for its import), `unchanged` or `failed`."""

    dealer: str
    url: str  # without its query
    status: str
    file_id: UUID | None = None
    message: str | None = None  # why it failed
    code: str | None = None  # the kind of failure


@dataclass(frozen=True)
class PullReport:
    """The results of all sources: new + unchanged + failed = sources."""

    sources: list[PulledSource] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Count the sources by status."""
        return {
            status: sum(each.status == status for each in self.sources) for status in ("new", "unchanged", "failed")
        }

    def rows(self) -> list[dict[str, Any]]:
        """List the results as rows of a table."""
        return [asdict(each) | {"file_id": each.file_id and str(each.file_id)} for each in self.sources]


def pull_sources(
    sessions: SessionFactory, storage: Storage, settings: Settings, now: datetime, *, dealer: str | None = None
) -> PullReport:
    """Read every source (or one dealer's) once and register what is new. A few are read at the same time.

    No connection to the database is held while a server is read, and no server gets longer than
    `feed_pull_seconds` in all, however slowly it sends.
    """
    with transaction(sessions) as session:
        org_id = None if dealer is None else get_org(session, dealer).id
        sources = FeedSourceRepository(session).on_servers(org_id)
    puller = _Puller(sessions, storage, settings, now, pull_rules(settings), load_credentials(settings))
    return PullReport(asyncio.run(puller.all(sources)))


@dataclass(frozen=True)
class _Puller:
    sessions: SessionFactory
    storage: Storage
    settings: Settings
    now: datetime
    rules: EgressRules
    credentials: dict[str, Credential]

    async def all(self, sources: list[tuple[FeedSource, Org]]) -> list[PulledSource]:
        turns = asyncio.Semaphore(AT_ONCE)
        # A thread for each turn: an FTP server may keep its own waiting, and the others must not wait for it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE))

        async def in_turn(source: FeedSource, org: Org) -> PulledSource:
            async with turns:
                return await self.one(source, org)

        return list(await asyncio.gather(*(in_turn(source, org) for source, org in sources)))

    async def one(self, source: FeedSource, org: Org) -> PulledSource:
        try:
            with HashingUpload(self.settings.spool_dir, limits_of(self.settings).file_bytes) as upload:
                async with asyncio.timeout(self.settings.feed_pull_seconds):
                    fetched = await fetch(self._request(source), upload, self.rules)
                file_id = await asyncio.to_thread(self._keep, source.id, upload, fetched)
        except AutomartError as error:
            code, why = error.code, error.detail
        except TimeoutError:
            code, why = (
                "too_slow",
                f"The server did not give the whole file within {self.settings.feed_pull_seconds:g} seconds.",
            )
        except Exception as error:  # noqa: BLE001  # a bug of ours or of a library that one server triggers must not stop the others
            # Without the traceback: network libraries quote addresses, and an address can hold a secret.
            _log.error("pulling %s: %s", shown_url(source.url), type(error).__name__)
            code, why = "pull_failed", f"The file could not be read ({type(error).__name__})."
        else:
            return PulledSource(org.code, shown_url(source.url), "new" if file_id else "unchanged", file_id)
        await asyncio.to_thread(self._note_failure, source.id, code, why)
        return PulledSource(org.code, shown_url(source.url), "failed", message=why, code=code)

    def _request(self, source: FeedSource) -> Request:
        credential = None
        if source.credential is not None:
            credential = self.credentials.get(source.credential)
            if credential is None:
                raise PullError(f"FEED_PULL_CREDENTIALS has no entry {source.credential!r}.", code="unknown_credential")
        return Request(source.url, Validators(source.etag, source.last_modified), credential, source.host_key)

    def _keep(self, source_id: UUID, upload: HashingUpload, fetched: Fetched) -> UUID | None:
        """Register the file with its validators in one transaction, and return its id if it is new."""
        with transaction(self.sessions) as session:
            source = FeedSourceRepository(session).get(source_id)
            source.checked_at, source.failures, source.last_error = self.now, 0, None
            source.last_code = None
            if not fetched.changed:
                return None
            if not upload.size:
                raise PullError("The server gave an empty file.", code="empty_file")
            org = session.get_one(Org, source.org_id)
            mapping = mapping_of(org, source.mapping, self.storage)
            delivery = Delivery(org, _name(source.url), upload, mapping)
            registered = register_unless_resent(session, self.storage, delivery, self.now)
            source.etag, source.last_modified = fetched.validators.etag, fetched.validators.last_modified
            source.digest, source.file_id = upload.digest, registered.file.id
            return None if registered.resent else registered.file.id

    def _note_failure(self, source_id: UUID, code: str, why: str) -> None:
        with transaction(self.sessions) as session:
            source = session.get(FeedSource, source_id)
            if source is not None:  # its dealer may have removed it meanwhile
                source.checked_at, source.last_error, source.failures = self.now, why, source.failures + 1
                source.last_code = code


def _name(url: str) -> str:
    """Take the file's name from the end of its address, if that can be one."""
    name = PurePosixPath(unquote(urlsplit(url).path, errors="replace")).name
    return name[:200] if name.isprintable() and name else "feed"
