"""Settings of the database and its three logins."""

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class DatabaseSettings(SettingsPart):
    """Settings of the database and its three logins."""

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 18 as postgresql://automart_api:password@host/name; unset: embedded server under home.",
    )
    database_pipelines_url: SecretStr | None = Field(
        default=None, description="The same database for assets, commands and background loops: automart_pipelines."
    )
    database_owner_url: SecretStr | None = Field(
        default=None, description="The same database for `automart db upgrade` alone: automart_owner."
    )

    @property
    def has_outside_database(self) -> bool:
        """Whether a login of an external database is set."""
        return any((self.database_url, self.database_pipelines_url, self.database_owner_url))
