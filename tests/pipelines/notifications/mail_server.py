"""A mail server on loopback that takes mails over TLS alone, after STARTTLS."""

import base64
import socketserver
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Mailbox:
    """A mail server's port, the answer to recipients, the logins and mails that arrived."""

    port: int = 0
    answer_to_recipient: str = "250 ok"
    mails: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


class MailServer(socketserver.ThreadingTCPServer):
    """The server of a mailbox."""

    daemon_threads = True

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.box = Mailbox(self.server_address[1])
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer
    encrypted = False

    def handle(self) -> None:
        self._say("220 mail")
        with suppress(ssl.SSLError):  # the client does not believe the certificate
            while line := self.rfile.readline().decode().strip():
                self._answer(line)

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _answer(self, line: str) -> None:
        word = line.split()[0].upper()
        if word == "EHLO":
            self._say("250-mail\r\n250 AUTH PLAIN" if self.encrypted else "250-mail\r\n250 STARTTLS")
        elif word == "STARTTLS":
            self._encrypt()
        elif word == "QUIT":
            self._say("221 bye")
        elif not self.encrypted:
            self._say("530 STARTTLS first")
        else:
            self._answer_encrypted(word, line)

    def _answer_encrypted(self, word: str, line: str) -> None:
        box = self.server.box
        if word == "AUTH":
            box.logins.append(base64.b64decode(line.split()[2]).decode())
            self._say("235 ok")
        elif word == "RCPT":
            self._say(box.answer_to_recipient)
        elif word == "DATA":
            self._say("354 go on")
            box.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self._say("250 ok")
        else:
            self._say("250 ok")

    def _encrypt(self) -> None:
        self._say("220 go on")
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
        self.encrypted = True

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())
        self.wfile.flush()
