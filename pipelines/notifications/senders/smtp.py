"""Send e-mails through a mail server (SMTP with STARTTLS, or TLS from the start)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from urllib.parse import unquote, urlsplit

from core.errors import InvalidInputError
from pipelines.notifications.senders.contract import MessageRefusedError, OutgoingMessage, SenderUnavailableError

SECONDS: Final = 10.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_REFUSED_FOR_GOOD: Final = 500  # RFC 5321: 5xx is permanent, 4xx is not


class BadSmtpUrlError(InvalidInputError):
    """MESSAGES_SMTP_URL is no address of a mail server."""

    code = "bad_smtp_url"

    def __init__(self) -> None:
        super().__init__(
            "MESSAGES_SMTP_URL is smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465,"
            " with %-escapes in user and password."
        )


@dataclass(frozen=True)
class MailServer:
    """The address of a mail server, and the login there."""

    host: str
    port: int
    tls_from_start: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "MailServer":
        """Read `smtp://` or `smtps://`.

        Raises:
            BadSmtpUrlError: it is something else.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise BadSmtpUrlError from None
        if not parts.hostname or parts.scheme not in _PORTS:
            raise BadSmtpUrlError
        user = unquote(parts.username) if parts.username else None
        return cls(parts.hostname, port, parts.scheme == "smtps", user, unquote(parts.password or "") or None)


class SmtpSender:
    """Sends e-mails. The connection is always encrypted and the server's certificate is checked."""

    def __init__(self, server: MailServer, sender_address: str, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._from = sender_address
        self._context = context or ssl.create_default_context()

    def send(self, message: OutgoingMessage) -> None:
        """Send one e-mail over a connection of its own."""
        try:
            with self._connected() as server:
                server.send_message(self._mail(message), self._from, [message.recipient.value])
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise _failure(code, "recipient") from None
        except smtplib.SMTPAuthenticationError as error:  # an operator's mistake: messages wait until it is mended
            raise SenderUnavailableError(
                f"The mail server refuses the login of MESSAGES_SMTP_URL ({error.smtp_code})."
            ) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError) as error:
            raise SenderUnavailableError(
                f"The mail server does not take mails from us: {type(error).__name__}."
            ) from None
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, "message") from None
        except (OSError, smtplib.SMTPException) as error:
            raise SenderUnavailableError(f"The mail server does not answer: {type(error).__name__}.") from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        at = self._server
        if at.tls_from_start:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(at.host, at.port, timeout=SECONDS, context=self._context)
        else:
            connection = smtplib.SMTP(at.host, at.port, timeout=SECONDS)
        with connection:
            if not at.tls_from_start:
                connection.starttls(context=self._context)
            if at.user is not None:
                connection.login(at.user, at.password or "")
            yield connection

    def _mail(self, message: OutgoingMessage) -> EmailMessage:
        mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # every server takes it
        mail["From"] = self._from
        mail["To"] = message.recipient.value
        mail["Subject"] = message.content.subject
        mail["Message-ID"] = f"<{message.id}@{self._from.rpartition('@')[2]}>"  # the same when it is sent again
        mail.set_content(message.content.text)
        if message.content.html:  # a plain text has no direction of its own: Urdu is read from the right in this part
            mail.add_alternative(message.content.html, subtype="html")
        mail["Content-Language"] = message.language
        return mail


def _failure(code: int, what: str) -> MessageRefusedError | SenderUnavailableError:
    if code >= _REFUSED_FOR_GOOD:
        return MessageRefusedError(f"The mail server refuses the {what} ({code}).")
    return SenderUnavailableError(f"The mail server does not take the {what} now ({code}).")
