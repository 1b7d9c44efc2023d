# ruff: noqa: S321  (FTP without encryption is what the rule means)
"""Speak FTP over TLS with a checked address; the standard library does the commands."""

import ftplib
import socket
import ssl
from contextlib import suppress

from core.egress.addresses import Target
from pipelines.feeds.pull.errors import PullError

_CONNECT_SECONDS = 15
_READ_SECONDS = 30
_LONGEST_REPLIES = 1 << 16
_FIRST_FREE_PORT = 1024


class FtpsClient(ftplib.FTP_TLS):
    """A session on one address: TLS at once for `ftps`, after AUTH TLS for `ftpes`; the certificate must be the host's.

    Data connections go to the same checked address, whatever address the server names, and continue the TLS session
    of the first one: many servers refuse them otherwise. `stop` ends it from another thread.
    """

    def __init__(self, target: Target, trust: ssl.SSLContext) -> None:
        # A reply in any code page can be read as Latin-1, and a path goes out as the bytes of its UTF-8.
        super().__init__(context=trust, timeout=_READ_SECONDS, encoding="latin-1")
        self._target, self._trust = target, trust
        self._open_ones: list[socket.socket] = []
        self._replies = 0
        self._stopped = False

    def open(self) -> None:
        """Connect, with TLS at once if the scheme says so, and read the server's greeting."""
        plain = socket.create_connection((self._target.ip, self._target.port), _CONNECT_SECONDS)
        plain.settimeout(_READ_SECONDS)
        self._note(plain)
        self.af, self.host = plain.family, self._target.host
        is_implicit = self._target.scheme == "ftps"
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host) if is_implicit else plain
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def is_encrypted(self) -> bool:
        """Tell whether commands are encrypted by now."""
        return isinstance(self.sock, ssl.SSLSocket)

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection, encrypted by the session of the commands."""
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        self._note(plain)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self._trust.wrap_socket(plain, server_hostname=self.host, session=session), size

    def makepasv(self) -> tuple[str, int]:
        """Ask for a port for data; ports of other services of the machine are refused."""
        host, port = super().makepasv()
        if port < _FIRST_FREE_PORT:
            raise PullError(f"The server offers its port {port} for the file.", code="ftps_failed")
        return host, port

    def getline(self) -> str:
        """Read a line of a reply; a server that talks without end is left."""
        line = super().getline()
        self._replies += len(line)
        if self._replies > _LONGEST_REPLIES:
            raise ftplib.error_reply
        return line

    def answered(self, command: str) -> str | None:
        """Return what the server answers to a question, without the code; None where it does not know the command."""
        try:
            return self.sendcmd(command)[4:].strip()
        except ftplib.error_perm:
            return None

    def stop(self) -> None:
        """End all connections now, so that a thread that waits for the server goes on with an error."""
        self._stopped = True
        for each in self._open_ones:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def __exit__(self, *_: object) -> None:
        """Close all connections without a farewell: some servers never answer it."""
        self.close()
        for each in self._open_ones:
            each.close()

    def _note(self, connection: socket.socket) -> None:
        """Remember a second handle of a connection: TLS takes the first one away while it shakes hands."""
        self._open_ones.append(connection.dup())
        if self._stopped:
            connection.close()
            raise TimeoutError
