"""Choose the senders that the settings name."""

from core.errors import InvalidInputError
from core.identity.contacts import ContactKind
from core.settings import Settings
from pipelines.notifications.senders.console import ConsoleSender
from pipelines.notifications.senders.contract import Sender
from pipelines.notifications.senders.http import HttpSender
from pipelines.notifications.senders.smtp import MailServer, SmtpSender


class ConsoleRefusedError(InvalidInputError):
    """Codes would be printed although the database is a real one."""

    code = "console_refused"

    def __init__(self, kind: ContactKind) -> None:
        wanted = "MESSAGES_HTTP_URL" if kind == "phone" else "MESSAGES_SMTP_URL or MESSAGES_HTTP_URL"
        reach = "phones" if kind == "phone" else "e-mail addresses"
        super().__init__(
            "DATABASE_URL names an outside database, so codes are not printed on the console:"
            f" set {wanted} to reach {reach}."
        )


class MissingSecretError(InvalidInputError):
    """The HTTP gateway is named without a secret."""

    code = "missing_gateway_secret"

    def __init__(self) -> None:
        super().__init__("MESSAGES_HTTP_URL needs MESSAGES_HTTP_SECRET, which the gateway asks for as a bearer token.")


def choose_sender(settings: Settings, kind: ContactKind) -> Sender:
    """Return the sender for phones or for e-mail addresses.

    E-mails go by SMTP where it is set, else as phone messages do: by the HTTP gateway, else on the console.

    Raises:
        ConsoleRefusedError: only the console is left, and DATABASE_URL names an outside database.
        MissingSecretError, BadSmtpUrlError: as they say.
    """
    if kind == "email" and settings.messages_smtp_url is not None:
        return SmtpSender(MailServer.parse(settings.messages_smtp_url.get_secret_value()), settings.messages_from)
    if settings.messages_http_url is not None:
        if settings.messages_http_secret is None:
            raise MissingSecretError
        secret = settings.messages_http_secret.get_secret_value()
        return HttpSender(settings.messages_http_url, secret, settings.messages_from)
    if settings.has_outside_database:
        raise ConsoleRefusedError(kind)
    return ConsoleSender()


def require_senders(settings: Settings) -> None:
    """Make sure that phones and e-mail addresses can be reached; for processes that would queue messages.

    Raises:
        ConsoleRefusedError, MissingSecretError, BadSmtpUrlError: as they say.
    """
    choose_sender(settings, "phone")
    choose_sender(settings, "email")
