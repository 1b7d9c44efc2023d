"""Check that messages can be delivered, for processes that queue them."""

from core.settings import Settings
from pipelines.notifications.senders.choose import require_senders


def check_delivery_settings(settings: Settings) -> None:
    """Refuse settings with which codes would be printed beside an outside database, or could not be sent.

    Raises:
        ConsoleRefusedError, MissingSecretError, BadSmtpUrlError: see `pipelines.notifications.senders`.
    """
    require_senders(settings)
