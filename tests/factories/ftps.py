"""A real FTP server with TLS on loopback; what it does can be changed while it runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer


@dataclass
class Ftps:
    """The server's URL and folder, the commands that it was sent, and the handler's class, to change its manners."""

    url: str
    folder: Path
    handler: type[TLS_FTPHandler]
    commands: list[str] = field(default_factory=list)
    resumed: list[bool] = field(default_factory=list)
    """For each TLS handshake: whether it continued an earlier session, without sending the certificate."""


@contextmanager
def served_ftps(folder: Path, certificate: Path, *, implicit: bool = False, host: str = "localhost") -> Iterator[Ftps]:
    """Serve the folder to khan with a password, over TLS alone."""
    logins = DummyAuthorizer()
    logins.add_user("khan", "s3cret-pass", str(folder), perm="elr")
    handler: type[Any] = type("Handler", (_Implicit if implicit else TLS_FTPHandler,), {})
    made: list[bool] = []
    handler.authorizer, handler.ssl_context = logins, _context(certificate, made)
    handler.tls_control_required = handler.tls_data_required = True
    with _running(handler) as port:
        served = Ftps(f"{'ftps' if implicit else 'ftpes'}://{host}:{port}", folder, handler, resumed=made)
        handler.pre_process_command = _noting(served, handler.pre_process_command)
        yield served


class _Implicit(TLS_FTPHandler):  # type: ignore[misc]  # no types
    """Encrypts at once."""

    def handle(self) -> None:
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self) -> None:
        super().handle()


def _context(certificate: Path, resumed: list[bool]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(certificate))
    context.set_session_id(b"automart-tests")

    def note(_: SSL.Connection, where: int, __: int) -> None:
        if where & SSL.SSL_CB_HANDSHAKE_START:
            resumed.append(True)

    def told(connection: SSL.Connection, where: int, code: int) -> None:
        note(connection, where, code)
        if where & SSL.SSL_CB_LOOP and b"write certificate" in connection.get_state_string():
            resumed[-1] = False

    context.set_info_callback(told)
    return context


def _noting(served: Ftps, process: Callable[..., None]) -> Callable[..., None]:
    def pre_process_command(self: Any, line: str, cmd: str, arg: str) -> None:
        served.commands.append(cmd)
        process(self, line, cmd, arg)

    return pre_process_command


@contextmanager
def _running(handler: type[Any]) -> Iterator[int]:
    server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            server.serve_forever(timeout=0.05, blocking=False, handle_exit=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        stopping.set()
        thread.join()
