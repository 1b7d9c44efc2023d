"""One address read once: what came of it, as a value. The transport is chosen by the scheme."""

from dataclasses import dataclass

from pipelines.feeds.deliveries.spool import SpooledFile
from pipelines.feeds.pull.addresses import AddressRule, judge
from pipelines.feeds.pull.credentials import Credential
from pipelines.feeds.pull.https import fetch_http
from pipelines.feeds.pull.sftp import fetch_sftp
from pipelines.feeds.pull.validators import Fetched, Validators


@dataclass(frozen=True)
class Request:
    """What to read, and what we know of it."""

    url: str
    validators: Validators
    credential: Credential | None = None
    host_key: str | None = None


async def fetch(request: Request, spool: SpooledFile, rule: AddressRule) -> Fetched:
    """Read the address into the spool, unless its server says that nothing changed.

    Raises:
        PullError: it gave no file; the sentence says why, without secrets.
        InvalidInputError: the URL may not be read under the present settings.
        FileTooLargeError: it gave more than a feed file may have.
    """
    if request.url.startswith("sftp:"):
        target = await judge(request.url, rule)
        return await fetch_sftp(target, request.validators, request.credential, request.host_key, spool)
    return await fetch_http(request.url, rule, request.validators, request.credential, spool)
