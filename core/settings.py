"""Every setting of the platform, and the only module that knows the environment's names.

Nothing is read at import: call `load_settings()` at an edge (CLI command, API start, Dagster resource) and hand
the object down. `.env.example` lists the same names; a test keeps the two in step.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def comma_list(text: str) -> list[str]:
    """Split a setting that lists values with commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]


class Settings(BaseSettings):
    """Where the parts are. With nothing set, every part runs embedded under `home`.

    A field is read from the variable of its name in capitals.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    automart_home: Path = Field(
        default=Path(".automart"),
        description="Folder of all embedded state; relative to the working directory.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 18 as postgresql://user:password@host/name; unset: embedded server under home.",
    )
    storage_url: str | None = Field(
        default=None,
        description="Object storage as s3://bucket/prefix, gs:// or az://; unset: the folder home/storage.",
    )
    meili_url: str | None = Field(
        default=None,
        description="Meilisearch address; unset: embedded tantivy index under home.",
    )
    meili_key: SecretStr | None = Field(default=None, description="Meilisearch API key; not the master key.")
    meili_index: str = Field(
        default="listings",
        pattern=r"^[a-zA-Z0-9_-]{1,300}$",
        description="Name that our indexes there begin with; environments on one server need different ones.",
    )
    meili_task_seconds: float = Field(
        default=600, gt=0, description="The longest that a sync waits for one of Meilisearch's tasks."
    )
    meili_search_key: SecretStr | None = Field(
        default=None, description="A key that may search only: tokens for apps are signed with it."
    )
    meili_search_key_uid: str | None = Field(default=None, description="The uid (UUID) of that key.")
    search_max_shrink_percent: float = Field(
        default=20, ge=0, le=100, description="Most of the present index's listings that a new one may lack, percent."
    )
    search_keep_events_days: int = Field(
        default=7, ge=1, description="How long changes that every index has seen stay in the outbox."
    )
    api_host: str = Field(default="127.0.0.1", description="Address the API binds.")
    api_port: int = Field(default=8000, ge=1, le=65535, description="API port.")
    api_threads: int = Field(
        default=8,
        ge=1,
        le=200,
        description="Requests that the API works on at once: its worker threads, each with a database connection.",
    )
    api_wait_seconds: float = Field(
        default=5, gt=0, description="The longest that a request waits for a worker thread; then it is a 503."
    )
    api_header_seconds: float = Field(
        default=10, gt=0, description="The longest that a client may take to send the head of a request."
    )
    api_body_seconds: float = Field(
        default=30, gt=0, description="The longest for a JSON body, and the longest pause within an upload."
    )
    api_public_url: str | None = Field(default=None, description="The API as clients reach it, for photos' addresses.")
    photos_plate_step: Literal["none", "required"] = Field(default="none", description="Photos wait for their plates.")
    photos_remote: Literal["show", "hide"] = Field(default="hide", description="Feeds' own addresses, without copies.")
    photos_max_mb: int = Field(default=20, ge=1, le=100, description="Largest photo or document that is taken, in MB.")
    photos_per_listing: int = Field(default=40, ge=1, le=200, description="Most photos of a listing.")
    photos_uploads_per_day: int = Field(default=500, ge=1, description="Most upload addresses for a person in a day.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least grave log lines that are written."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Log lines for people, or for a log store.")
    sealing_keys: SecretStr | None = Field(
        default=None, description="Keys that seal personal data, as JSON; unset: kept under home."
    )
    index_key: SecretStr | None = Field(default=None, description="Key of blind indexes and codes, base64 of 32 bytes.")
    signing_keys: SecretStr | None = Field(default=None, description="Keys that sign access tokens, a private JWKS.")
    oidc_issuer: str | None = Field(
        default=None, description="Login service (OpenID Connect) in place of the platform's own."
    )
    oidc_audience: str = Field(default="automart-api", description="Values of `aud` that are accepted, by commas.")
    oidc_clients: str = Field(default="", description="Values of `azp` that are accepted without `aud`, by commas.")
    oidc_algorithms: str = Field(
        default="RS256,ES256", description="Signature algorithms that are accepted, by commas; asymmetric ones alone."
    )
    dagster_host: str = Field(
        default="127.0.0.1",
        description="Address the Dagster UI binds; it has no login, and starts runs for whoever reaches it.",
    )
    dagster_port: int = Field(default=3000, ge=1, le=65535, description="Dagster UI port.")
    feed_max_file_mb: int = Field(default=512, ge=1, description="Largest feed file that is taken, as sent, in MB.")
    feed_max_unpacked_mb: int = Field(default=2048, ge=1, description="Largest feed file after unpacking, in MB.")
    feed_max_unpack_ratio: int = Field(default=200, ge=2, description="Most unpacked bytes for each byte sent.")
    feed_max_zip_entries: int = Field(default=10_000, ge=1, description="Most files in a zip, photos included.")
    feed_max_zip_nesting: int = Field(default=2, ge=0, description="Most containers (zip, gz) around a stock list.")
    feed_pull_seconds: float = Field(default=300, gt=0, description="The longest that one address may take to read.")
    feed_pull_allow_http: bool = Field(default=False, description="Also pull from http:// (anyone can change it).")
    outbound_allow_hosts: str = Field(
        default="",
        description="Hosts, by commas, that may have private addresses for any outbound request; never link-local.",
    )
    feed_pull_allow_hosts: str = Field(
        default="", description="Hosts, by commas, that may have private addresses: a dealer's server in our network."
    )
    feed_pull_ca_file: Path | None = Field(
        default=None, description="PEM file of one more authority to believe: for servers in our network."
    )
    feed_pull_credentials: SecretStr | None = Field(
        default=None, description='JSON object of "user:password" by name, which feed sources refer to.'
    )
    messages_smtp_url: SecretStr | None = Field(
        default=None, description="Mail server as smtp://user:password@host:587; unset: the gateway, else the console."
    )
    messages_http_url: str | None = Field(
        default=None, description="Gateway that takes messages to phones; unset: they are printed on the console."
    )
    messages_http_secret: SecretStr | None = Field(default=None, description="The gateway's bearer secret.")
    messages_from: str = Field(
        default="no-reply@automart.invalid", description="Address or name that messages come from."
    )
    messages_per_hour: int = Field(
        default=2000, ge=1, description="The most messages an hour over the platform; past it they wait, with an alarm."
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis or Valkey for rate limits; unset: PostgreSQL for codes, else each process.",
    )
    trusted_proxies: str = Field(
        default="", description="Addresses or networks, by commas, whose X-Forwarded-For is believed."
    )
    web_origins: str = Field(
        default="", description="Origins, by commas, whose pages may call the API: https://automart.pk."
    )
    otp_countries: str = Field(
        default="PK", description="Countries, by commas, to whose phones one-time codes are sent: PK,AE,GB."
    )

    @field_validator("automart_home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        named = value if value.parts else Path(".automart")  # an empty variable means unset, not "here"
        return named.expanduser().resolve()

    @field_validator(
        "database_url",
        "storage_url",
        "meili_url",
        "meili_key",
        "meili_search_key",
        "meili_search_key_uid",
        "feed_pull_ca_file",
        "feed_pull_credentials",
        "redis_url",
        "messages_smtp_url",
        "messages_http_url",
        "messages_http_secret",
        "sealing_keys",
        "index_key",
        "signing_keys",
        "oidc_issuer",
        "api_public_url",
        mode="before",
    )
    @classmethod
    def _empty_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("feed_pull_ca_file")
    @classmethod
    def _found_from_anywhere(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()  # the services run in another folder

    @property
    def home(self) -> Path:
        """Folder of all embedded state, absolute. (As a field of this name it would be read from $HOME.)"""
        return self.automart_home

    @property
    def keys_dir(self) -> Path:
        """Folder of the secret keys, where none are given."""
        return self.home / "keys"

    @property
    def inbox(self) -> Path:
        """Where dealers' files land: `inbox/<dealer code>/<file>`."""
        return self.home / "inbox"

    @property
    def spool_dir(self) -> Path:
        """Where uploads and pulled files stand, nameless, until they are whole."""
        return self.home / "spool"

    @property
    def postgres_dir(self) -> Path:
        """Folder of the embedded PostgreSQL."""
        return self.home / "postgres"

    @property
    def index_dir(self) -> Path:
        """Folder of the embedded search index."""
        return self.home / "search"

    @property
    def vectors_dir(self) -> Path:
        """Folder of the listings' vectors, for search by meaning."""
        return self.index_dir / "vectors"

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
    """Return the environment for a process that this one starts, with every setting spelled out in it.

    The child may stand in another folder, where the same `.env` is not found.
    """
    env = dict(os.environ) | {"DAGSTER_HOME": str(settings.dagster_home)}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            env[name.upper()] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return env
