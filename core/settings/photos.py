"""Settings of photos."""

from typing import Literal

from pydantic import Field, SecretStr

from core.settings.part import SettingsPart


class PhotoSettings(SettingsPart):
    """Settings of photos."""

    api_public_url: str | None = Field(default=None, description="The API as clients reach it, for photos' addresses.")
    photos_plate_step: Literal["none", "required"] = Field(
        default="required", description="Photos wait until `automart work` has covered their plates, or do not (none)."
    )
    photos_remote: Literal["show", "hide"] = Field(default="hide", description="Feeds' own addresses, without copies.")
    photos_max_mb: int = Field(default=20, ge=1, le=100, description="Largest photo or document that is taken, in MB.")
    photos_background_url: str | None = Field(
        default=None, description="A service that cleans backgrounds of photos (POST of a JPEG); unset: GrabCut here."
    )
    photos_background_token: SecretStr | None = Field(
        default=None, description="Goes to that service as a bearer token."
    )
    photos_per_listing: int = Field(default=40, ge=1, le=200, description="Most photos of a listing.")
    photos_uploads_per_day: int = Field(default=500, ge=1, description="Most upload addresses for a person in a day.")
