"""Fetch a file by HTTP(S): a conditional GET to a checked address; redirects are checked like the first address."""

import ssl

import httpx

from core.egress.addresses import EgressRules, Target, resolve
from core.egress.http import Request, send, trusted
from core.egress.redirects import MAX_REDIRECTS, REDIRECTS, redirected
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.pull.credentials import Credential
from pipelines.feeds.pull.errors import PullError
from pipelines.feeds.pull.validators import Fetched, Validators

_MEANINGS = {
    401: "it wants a name and a password, or refuses ours",
    403: "it does not let us read this",
    404: "there is nothing at this address",
    410: "the file is gone",
    429: "it asks us to come less often",
}


async def fetch_http(
    url: str, rules: EgressRules, validators: Validators, credential: Credential | None, upload: HashingUpload
) -> Fetched:
    """GET the URL into `upload`.

    The credential goes to the first host alone. A gzip Content-Encoding is kept as it came: the reader unpacks it
    within its own limits.

    Raises:
        PullError: with the code `http_status`, `too_many_redirects`, `redirect_not_allowed`, `encoding_not_supported`,
            `server_unreachable`, or one of `resolve`'s.
        FileTooLargeError: while streaming, whatever Content-Length said.
    """
    trust = trusted(rules)
    first: tuple[str, str, int] | None = None
    for _ in range(MAX_REDIRECTS + 1):
        target = await resolve(url, rules)
        origin = (target.scheme, target.host, target.port)
        first = first or origin
        answer = await _get(target, trust, validators, credential if origin == first else None, upload)
        if isinstance(answer, Fetched):
            return answer
        url = redirected(url, answer)
    raise PullError(f"The server redirects more than {MAX_REDIRECTS} times.", code="too_many_redirects")


async def _get(
    target: Target, trust: ssl.SSLContext, validators: Validators, credential: Credential | None, upload: HashingUpload
) -> Fetched | str:
    """Read the file, or return the address to which the server redirects."""
    request = Request(
        headers=_headers(validators),
        user=None if credential is None else credential.user,
        password="" if credential is None else credential.password,
    )
    async with send(target, request, trust) as answer:
        return await _read(answer, validators, upload)


def _headers(validators: Validators) -> dict[str, str]:
    headers = {"User-Agent": "automart-feeds/1"}
    if validators.etag is not None:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified is not None:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


async def _read(answer: httpx.Response, known: Validators, upload: HashingUpload) -> Fetched | str:
    if answer.status_code == httpx.codes.NOT_MODIFIED and (known.etag or known.last_modified):
        return Fetched(changed=False, validators=known)
    if answer.status_code in REDIRECTS:
        return str(answer.headers.get("location", ""))
    if answer.status_code != httpx.codes.OK:
        meaning = _MEANINGS.get(answer.status_code, "that is not a file")
        raise PullError(f"The server answers {answer.status_code}: {meaning}.", code="http_status")
    encoding = answer.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise PullError(
            "The server sends the file in an encoding that we did not ask for.", code="encoding_not_supported"
        )
    async for chunk in answer.aiter_raw():
        upload.write(chunk)
    etag, modified = (_storable(answer.headers.get(name)) for name in ("etag", "last-modified"))
    return Fetched(changed=True, validators=Validators(etag, modified))


def _storable(value: str | None) -> str | None:
    """Return a validator if it can be sent back as a header; dropping others costs one download."""
    return value if value and len(value) <= 500 and value.isascii() and value.isprintable() else None
