"""Read one address once, by HTTP, SFTP or FTP over TLS, as its scheme says."""

from dataclasses import dataclass

from core.egress.addresses import EgressRules, resolve
from core.egress.http import trusted
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.pull.credentials import Credential
from pipelines.feeds.pull.ftps import fetch_ftps
from pipelines.feeds.pull.https import fetch_http
from pipelines.feeds.pull.sftp import fetch_sftp
from pipelines.feeds.pull.validators import Fetched, Validators


@dataclass(frozen=True)
class Request:
    """The address to read, and the validators of the last reading."""

    url: str
    validators: Validators
    credential: Credential | None = None
    host_key: str | None = None


async def fetch(request: Request, upload: HashingUpload, rules: EgressRules) -> Fetched:
    """Read the address into `upload`, unless its server says that nothing changed.

    Raises:
        EgressError, PullError: the address gave no file; the sentence says why, without secrets.
        InvalidInputError: the URL may not be read under the present settings.
        FileTooLargeError: the file has more bytes than a feed file may have.
    """
    if request.url.startswith("sftp:"):
        target = await resolve(request.url, rules)
        return await fetch_sftp(target, request.validators, request.credential, request.host_key, upload)
    if request.url.startswith(("ftps:", "ftpes:")):
        target = await resolve(request.url, rules)
        return await fetch_ftps(target, request.validators, request.credential, trusted(rules), upload)
    return await fetch_http(request.url, rules, request.validators, request.credential, upload)
