"""The database."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class DatabaseSettings(SettingsPart):
    """The database."""

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 18 as postgresql://user:password@host/name; unset: embedded server under home.",
    )
