"""Messages to people."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class NotificationSettings(SettingsPart):
    """Messages to people."""

    messages_smtp_url: SecretStr | None = Field(
        default=None, description="Mail server as smtp://user:password@host:587; unset: the gateway, else the console."
    )
    messages_http_url: str | None = Field(
        default=None, description="Gateway that takes messages to phones; unset: they are printed on the console."
    )
    messages_http_secret: SecretStr | None = Field(default=None, description="The gateway's bearer secret.")
    messages_whatsapp_url: str | None = Field(
        default=None, description="Gateway for WhatsApp; unset: MESSAGES_HTTP_URL takes these messages too."
    )
    messages_whatsapp_secret: SecretStr | None = Field(default=None, description="Its bearer secret.")
    messages_push_url: str | None = Field(
        default=None, description="Gateway for push messages to apps; unset: MESSAGES_HTTP_URL takes them too."
    )
    messages_push_secret: SecretStr | None = Field(default=None, description="Its bearer secret.")
    messages_from: str = Field(
        default="no-reply@automart.invalid", description="Address or name that messages come from."
    )
    messages_per_hour: int = Field(
        default=2000, ge=1, description="The most messages an hour over the platform; past it they wait, with an alarm."
    )
