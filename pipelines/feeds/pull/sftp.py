"""Fetch a file by SFTP from a checked address and a server whose key is the one that the dealer stated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncssh

from core.egress.addresses import Target
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.pull.credentials import Credential
from pipelines.feeds.pull.errors import PullError
from pipelines.feeds.pull.validators import Fetched, Validators

_PIECE = 1 << 18
_CONNECT_SECONDS = 15
_READ_SECONDS = 30


async def fetch_sftp(
    target: Target, known: Validators, credential: Credential | None, host_key: str | None, upload: HashingUpload
) -> Fetched:
    """Read the file into `upload`, unless its size and time are those of the last one.

    Raises:
        PullError: `sftp_failed`, `host_key_differs`, `login_refused` or `not_a_file`.
        FileTooLargeError: while streaming.
    """
    try:
        async with _sftp(target, credential, host_key) as client:
            facts = await asyncio.wait_for(client.stat(target.path), _READ_SECONDS)
            if facts.type != asyncssh.FILEXFER_TYPE_REGULAR:
                raise PullError("There is a folder at this address, not a file.", code="not_a_file")
            seen = f"{facts.size}:{facts.mtime}"
            if seen == known.last_modified:
                return Fetched(changed=False, validators=known)
            async with client.open(target.path, "rb") as file:
                while chunk := cast(bytes, await asyncio.wait_for(file.read(_PIECE), _READ_SECONDS)):  # by "rb"
                    upload.write(chunk)
    except asyncssh.PermissionDenied as error:
        raise PullError("The server refuses our name or password.", code="login_refused") from error
    except asyncssh.HostKeyNotVerifiable as error:
        raise PullError("The server's key is not the one that the dealer stated.", code="host_key_differs") from error
    except asyncssh.SFTPNoSuchFile as error:
        raise PullError("There is no file at this address.", code="not_a_file") from error
    except TimeoutError as error:
        raise PullError("The server did not give the file: it took too long.", code="server_unreachable") from error
    except (asyncssh.Error, OSError) as error:
        raise PullError(f"The server did not give the file: {type(error).__name__}.", code="sftp_failed") from error
    return Fetched(changed=True, validators=Validators(last_modified=seen))


@asynccontextmanager
async def _sftp(
    target: Target, credential: Credential | None, host_key: str | None
) -> AsyncIterator[asyncssh.SFTPClient]:
    """Open a session on the checked address. This machine's own SSH keys, agent and config are not used."""
    if credential is None:
        raise PullError("SFTP needs a name and a password: give the source a --credential.", code="login_refused")
    async with (
        asyncssh.connect(
            target.ip,
            target.port,
            username=credential.user,
            password=credential.password,
            client_factory=lambda: _KnownServer(host_key),
            known_hosts=b"",
            client_keys=None,
            agent_path=None,
            config=None,
            connect_timeout=_CONNECT_SECONDS,
            login_timeout=_CONNECT_SECONDS,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        yield client


class _KnownServer(asyncssh.SSHClient):
    """Accepts one key, by its fingerprint; a first contact is not a reason to trust."""

    def __init__(self, fingerprint: str | None) -> None:
        self._fingerprint = fingerprint

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        """Accept or refuse the server's key; asyncssh asks here for every key, as there is no file of known hosts."""
        return self._fingerprint is not None and key.get_fingerprint() == self._fingerprint
