"""Settings of the folders of embedded state."""

from pathlib import Path

from pydantic import Field, field_validator

from core.settings.part import SettingsPart


class HomeSettings(SettingsPart):
    """Settings of the folders of embedded state."""

    automart_home: Path = Field(
        default=Path(".automart"),
        description="Folder of all embedded state; relative to the working directory.",
    )

    @field_validator("automart_home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        named = value if value.parts else Path(".automart")  # an empty variable means unset, not "here"
        return named.expanduser().resolve()

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
        """The folder that takes dealers' files: `inbox/<dealer code>/<file>`."""
        return self.home / "inbox"

    @property
    def spool_dir(self) -> Path:
        """The folder of uploads and pulled files that are not complete yet; they have no name in it."""
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
    def models_dir(self) -> Path:
        """Folder of weights that were fetched, such as the detector of cars."""
        return self.home / "models"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's instance storage."""
        return self.home / "dagster"
