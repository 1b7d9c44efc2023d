"""Every setting of the platform, and the only module that knows the environment's names.

Nothing is read at import: call `load_settings()` at an edge (CLI command, API start, Dagster resource) and hand
the object down. `.env.example` lists the same names; a test keeps the two in step.
"""

import os
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the parts are. With nothing set, every part runs embedded under `home`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True, frozen=True)

    home: Path = Field(
        default=Path(".automart"),
        validation_alias="AUTOMART_HOME",
        description="Folder of all embedded state; relative to the working directory.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 18 as postgresql://user:password@host/name; unset: embedded server under home.",
    )
    storage_url: str | None = Field(
        default=None,
        validation_alias="STORAGE_URL",
        description="Object storage as s3://bucket/prefix, gs:// or az://; unset: the folder home/storage.",
    )
    meili_url: str | None = Field(
        default=None,
        validation_alias="MEILI_URL",
        description="Meilisearch address; unset: embedded tantivy index under home.",
    )
    meili_key: SecretStr | None = Field(default=None, validation_alias="MEILI_KEY", description="Meilisearch API key.")
    api_host: str = Field(default="127.0.0.1", validation_alias="API_HOST", description="Address the API binds.")
    api_port: int = Field(default=8000, ge=1, le=65535, validation_alias="API_PORT", description="API port.")
    dagster_port: int = Field(
        default=3000, ge=1, le=65535, validation_alias="DAGSTER_PORT", description="Dagster UI port."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("database_url", "storage_url", "meili_url", "meili_key", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def inbox(self) -> Path:
        """Where dealers' files land: `inbox/<dealer code>/<file>`."""
        return self.home / "inbox"

    @property
    def postgres_dir(self) -> Path:
        """Folder of the embedded PostgreSQL."""
        return self.home / "postgres"

    @property
    def index_dir(self) -> Path:
        """Folder of the embedded search index."""
        return self.home / "search"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's instance storage."""
        return self.home / "dagster"


def load_settings() -> Settings:
    """Read the environment (and `.env` in the working directory).

    Raises:
        pydantic.ValidationError: a variable is set to something impossible; the message names it.
    """
    return Settings()


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for a process that this one starts, with every setting spelled out in it.

    The child may stand in another folder, where the same `.env` is not found.
    """
    env = dict(os.environ) | {"DAGSTER_HOME": str(settings.dagster_home)}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value is not None:
            env[str(field.validation_alias)] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return env
