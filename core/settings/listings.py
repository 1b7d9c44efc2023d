"""Settings of listings."""

from pydantic import Field

from core.settings.part import SettingsPart


class ListingSettings(SettingsPart):
    """Settings of listings."""

    listings_private_days: int = Field(default=60, ge=1, le=3650, description="Days that a private ad stays on offer.")
    listings_warn_days: int = Field(
        default=5,
        ge=0,
        le=365,
        description="Days before its end that a private ad's seller is told of it; 0: never.",
    )
