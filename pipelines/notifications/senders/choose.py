"""Choose the senders that the settings name."""

from typing import Final

from pydantic import SecretStr

from core.errors import InvalidInputError
from core.settings import Settings
from pipelines.notifications.channels import CHANNELS, Channel
from pipelines.notifications.senders.console import ConsoleSender
from pipelines.notifications.senders.contract import Sender
from pipelines.notifications.senders.http import HttpSender
from pipelines.notifications.senders.smtp import MailServer, SmtpSender

_REACH: Final[dict[Channel, str]] = {
    "sms": "phones", "whatsapp": "phones", "email": "e-mail addresses", "push": "apps",
}  # fmt: skip


class ConsoleRefusedError(InvalidInputError):
    """Codes would be printed although the database is a real one."""

    code = "console_refused"

    def __init__(self, channel: Channel) -> None:
        wanted = "MESSAGES_SMTP_URL or MESSAGES_HTTP_URL" if channel == "email" else "MESSAGES_HTTP_URL"
        super().__init__(
            "DATABASE_URL names an outside database, so codes are not printed on the console:"
            f" set {wanted} to reach {_REACH[channel]}."
        )


class MissingSecretError(InvalidInputError):
    """An HTTP gateway is named without a secret."""

    code = "missing_gateway_secret"

    def __init__(self, name: str = "HTTP") -> None:
        super().__init__(
            f"MESSAGES_{name}_URL needs MESSAGES_{name}_SECRET, which the gateway asks for as a bearer token."
        )


def choose_sender(settings: Settings, channel: Channel) -> Sender:
    """Return the sender of a channel.

    E-mails go by SMTP where it is set; WhatsApp and push by gateways of their own where they are set. All else goes by
    the HTTP gateway, which is told the channel, and without one to the console.

    Raises:
        ConsoleRefusedError: only the console is left, and DATABASE_URL names an outside database.
        MissingSecretError, BadSmtpUrlError: as they say.
    """
    if channel == "email" and settings.messages_smtp_url is not None:
        return SmtpSender(MailServer.parse(settings.messages_smtp_url.get_secret_value()), settings.messages_from)
    for name, url, secret in _gateways(settings, channel):
        if url is not None:
            if secret is None:
                raise MissingSecretError(name)
            return HttpSender(url, secret.get_secret_value(), settings.messages_from)
    if settings.has_outside_database:
        raise ConsoleRefusedError(channel)
    return ConsoleSender()


def _gateways(settings: Settings, channel: Channel) -> list[tuple[str, str | None, SecretStr | None]]:
    """Return the gateways of a channel, its own one first: the names, addresses and secrets of their settings."""
    shared = ("HTTP", settings.messages_http_url, settings.messages_http_secret)
    own: dict[Channel, tuple[str, str | None, SecretStr | None]] = {
        "whatsapp": ("WHATSAPP", settings.messages_whatsapp_url, settings.messages_whatsapp_secret),
        "push": ("PUSH", settings.messages_push_url, settings.messages_push_secret),
    }
    return [own[channel], shared] if channel in own else [shared]


def require_senders(settings: Settings) -> None:
    """Make sure that every channel has a sender; for processes that would queue messages.

    Raises:
        ConsoleRefusedError, MissingSecretError, BadSmtpUrlError: as they say.
    """
    for channel in CHANNELS:
        choose_sender(settings, channel)
