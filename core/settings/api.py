"""Settings of the API: address, timeouts, and the web pages that may call it."""

from pydantic import Field

from core.settings.part import SettingsPart


class ApiSettings(SettingsPart):
    """Settings of the API: address, timeouts, and the web pages that may call it."""

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
    web_origins: str = Field(
        default="", description="Origins, by commas, whose pages may call the API: https://automart.pk."
    )
