"""`python -m api`: the API under uvicorn, on API_HOST and API_PORT."""

import uvicorn

from core.settings import load_settings


def main() -> None:
    """Serve until interrupted."""
    settings = load_settings()
    uvicorn.run("api.app:create_app_from_env", factory=True, host=settings.api_host, port=settings.api_port)


if __name__ == "__main__":
    main()
