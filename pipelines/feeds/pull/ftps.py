# ruff: noqa: S321  (FTP without encryption is what the rule means)
"""Fetch a file by FTP over TLS from a checked address and a server whose certificate is that of its name."""

import asyncio
import ftplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from core.egress.addresses import Target
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.pull.credentials import Credential
from pipelines.feeds.pull.errors import PullError
from pipelines.feeds.pull.ftps_client import FtpsClient
from pipelines.feeds.pull.validators import Fetched, Validators

_PIECE = 1 << 18
_Meaning = tuple[str, str]
_NO_TLS: _Meaning = (
    "tls_not_offered", "The server does not encrypt after AUTH TLS; if it does at once, write ftps:// with its port.",
)  # fmt: skip
_LOGIN: _Meaning = ("login_refused", "The server refuses our name or password.")
_FILE: _Meaning = ("not_a_file", "There is no file at this address, or we may not read it.")


async def fetch_ftps(
    target: Target, known: Validators, credential: Credential | None, trust: ssl.SSLContext, upload: HashingUpload
) -> Fetched:
    """Read the file into `upload`, unless its size and time are those of the last one.

    The standard library's client waits in a thread of its own; where our time is over it is stopped at once.

    Raises:
        PullError: `certificate_refused`, `tls_not_offered`, `login_refused`, `not_a_file`, `file_changed`,
            `server_unreachable` or `ftps_failed`.
        FileTooLargeError: while streaming.
    """
    if credential is None:
        raise PullError("FTP needs a name and a password: give the source a --credential.", code="login_refused")
    with FtpsClient(target, trust) as client:
        reading = asyncio.ensure_future(asyncio.to_thread(_fetch, client, target, known, credential, upload))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            client.stop()
            await asyncio.wait([reading])  # it writes into `upload`, which is closed after us
            reading.exception()
            raise


def _fetch(
    client: FtpsClient, target: Target, known: Validators, credential: Credential, upload: HashingUpload
) -> Fetched:
    with _told(target):
        _log_in(client, target, credential)
        path = target.path.encode().decode("latin-1")  # see FtpsClient
        client.voidcmd("TYPE I")
        before = _facts(client, path)
        if before is not None and before == known.last_modified:
            return Fetched(changed=False, validators=known)
        _read(client, path, upload)
        after = _facts(client, path)
        size = client.answered(f"SIZE {path}")
        if after != before or size not in (None, str(upload.size)):
            raise PullError("The file changed while we read it, or was cut short: we come again.", code="file_changed")
    return Fetched(changed=True, validators=Validators(last_modified=before))


def _log_in(client: FtpsClient, target: Target, credential: Credential) -> None:
    """Encrypt first: name and password are sent to a proved server alone."""
    client.open()
    if target.scheme == "ftpes":
        with _refused(*_NO_TLS):
            client.auth()
    if not client.is_encrypted():
        raise PullError(_NO_TLS[1], code=_NO_TLS[0])
    with _refused(*_LOGIN):
        client.login(credential.user, credential.password)
    with _refused(*_NO_TLS):
        client.prot_p()


def _facts(client: FtpsClient, path: str) -> str | None:
    """Return the size and time of the file, where the server tells both."""
    size, changed_at = client.answered(f"SIZE {path}"), client.answered(f"MDTM {path}")
    return None if size is None or changed_at is None else f"{size}:{changed_at}"[:100]


def _read(client: FtpsClient, path: str, upload: HashingUpload) -> None:
    with _refused(*_FILE):
        data = client.transfercmd(f"RETR {path}")
    with data:
        while chunk := data.recv(_PIECE):
            upload.write(chunk)
    client.voidresp()  # the server's word that this was all of it


@contextmanager
def _refused(code: str, sentence: str) -> Iterator[None]:
    """Tell a permanent refusal of this step by its own code."""
    try:
        yield
    except ftplib.error_perm as error:
        raise PullError(sentence, code=code) from error


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """Tell each failure by a code and a sentence, without the server's words, which can hold secrets."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        why = f"The server's certificate does not prove that it is {target.host} ({error.verify_message})."
        raise PullError(why, code="certificate_refused") from error
    except ssl.SSLError as error:
        hint = "" if target.scheme == "ftpes" else ": if it encrypts after AUTH TLS, write ftpes://"
        raise PullError(f"The server does not encrypt as we do ({error.reason}){hint}.", code="ftps_failed") from error
    except TimeoutError as error:
        raise PullError("The server did not give the file: it took too long.", code="server_unreachable") from error
    except (EOFError, OSError) as error:
        why = f"The server did not give the file: {type(error).__name__}."
        raise PullError(why, code="server_unreachable") from error
    except (ftplib.Error, ValueError) as error:
        reply = str(error)[:3]
        answers = f"it answers {reply}" if reply.isdigit() else "its answers are not FTP"
        raise PullError(f"The server did not give the file: {answers}.", code="ftps_failed") from error
