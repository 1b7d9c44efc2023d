"""Settings of feed files: limits of one file, and pulls."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from core.settings.part import SettingsPart


class FeedSettings(SettingsPart):
    """Settings of feed files: limits of one file, and pulls."""

    feed_max_file_mb: int = Field(default=512, ge=1, description="Largest feed file that is taken, as sent, in MB.")
    feed_max_unpacked_mb: int = Field(default=2048, ge=1, description="Largest feed file after unpacking, in MB.")
    feed_max_unpack_ratio: int = Field(default=200, ge=2, description="Most unpacked bytes for each byte sent.")
    feed_max_zip_entries: int = Field(default=10_000, ge=1, description="Most files in a zip, photos included.")
    feed_max_zip_nesting: int = Field(default=2, ge=0, description="Most containers (zip, gz) around a stock list.")
    feed_pull_seconds: float = Field(default=300, gt=0, description="The longest that one address may take to read.")
    feed_pull_allow_http: bool = Field(default=False, description="Also pull from http:// (anyone can change it).")
    feed_pull_allow_hosts: str = Field(
        default="", description="Hosts, by commas, that may have private addresses: a dealer's server in our network."
    )
    feed_pull_ca_file: Path | None = Field(
        default=None, description="PEM file of one more authority to believe: for servers in our network."
    )
    feed_pull_credentials: SecretStr | None = Field(
        default=None, description='JSON object of "user:password" by name, which feed sources refer to.'
    )

    feed_maildir: Path | None = Field(
        default=None, description="Maildir into which our mail server lays the mail of dealers' addresses."
    )
    feed_mail_domain: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9.-]{1,200}$", description="Domain of the mail addresses that dealers get."
    )
    feed_max_mail_mb: int = Field(default=64, ge=1, description="Largest mail that is taken, in MB.")
    feed_mail_keep_days: int = Field(
        default=90, ge=1, description="Days for which a mail stays in the maildir's cur/ after it was taken."
    )

    @field_validator("feed_pull_ca_file", "feed_maildir")
    @classmethod
    def _found_from_anywhere(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()  # the services run in another folder
