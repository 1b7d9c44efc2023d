"""Every setting of the platform, a file a domain, and the only folder that knows the environment's names.

Nothing is read at import: call `load_settings()` at an edge (CLI command, API start, Dagster resource) and hand
the object down. `.env.example` and the README list the same names; tests keep them in step.
"""

import os
from collections.abc import Sequence

from pydantic import SecretStr

from core.settings.api import ApiSettings
from core.settings.audit import AuditSettings
from core.settings.database import DatabaseSettings
from core.settings.egress import EgressSettings
from core.settings.feeds import FeedSettings
from core.settings.home import HomeSettings
from core.settings.identity import IdentitySettings
from core.settings.listings import ListingSettings
from core.settings.live import LiveSettings
from core.settings.notifications import NotificationSettings
from core.settings.observability import ObservabilitySettings
from core.settings.orchestration import OrchestrationSettings
from core.settings.payments import PaymentSettings
from core.settings.photos import PhotoSettings
from core.settings.rate_limits import RateLimitSettings
from core.settings.search import SearchSettings
from core.settings.security import SecuritySettings
from core.settings.storage import StorageSettings


def comma_list(text: str) -> list[str]:
    """Split a setting that lists values with commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]


class Settings(
    HomeSettings,
    DatabaseSettings,
    StorageSettings,
    SearchSettings,
    ApiSettings,
    RateLimitSettings,
    ObservabilitySettings,
    SecuritySettings,
    AuditSettings,
    IdentitySettings,
    NotificationSettings,
    EgressSettings,
    FeedSettings,
    ListingSettings,
    LiveSettings,
    PhotoSettings,
    PaymentSettings,
    OrchestrationSettings,
):
    """All settings of the platform. With nothing set, every part runs embedded under `home`.

    A domain adds a file to this folder and its class to the bases, by which type checkers know its fields here.
    """


def load_settings() -> Settings:
    """Read the environment (and `.env` in the working directory).

    Raises:
        pydantic.ValidationError: a variable is set to something impossible; the message names it.
    """
    return Settings()


NOT_FOR_CHILDREN = ("database_owner_url",)
"""The owner of the tables migrates, by a command that a person runs."""
NOT_FOR_THE_API = (*NOT_FOR_CHILDREN, "database_pipelines_url")
"""Logins that policies do not bind."""


def child_environment(settings: Settings, withheld: Sequence[str] = NOT_FOR_CHILDREN) -> dict[str, str]:
    """Return the environment for a process that this one starts, with every setting spelled out in it.

    The child may stand in another folder, where the same `.env` is not found. Settings that are `withheld` are empty
    there, which means unset, so that neither our environment nor a `.env` gives them to it.
    """
    env = dict(os.environ) | {"DAGSTER_HOME": str(settings.dagster_home)}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name in withheld:
            env[name.upper()] = ""
        elif value is not None:
            env[name.upper()] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return env
