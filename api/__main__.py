"""`python -m api`: the API on API_HOST and API_PORT, or on `--host` and `--port`."""

import argparse
from typing import Any

from api.server import make_server, run
from core.db.database import check_application_login
from core.errors import AutomartError
from core.observability.logging import configure_logging
from core.settings import load_settings
from serving.identity.logins.opened import check_identity_settings
from serving.notifications.delivery import check_delivery_settings


def main() -> None:
    """Serve until interrupted."""
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the Automart API.")
    parser.add_argument("--host", default=settings.api_host, help="Address to bind; API_HOST by default.")
    parser.add_argument("--port", default=settings.api_port, type=int, help="Port; API_PORT by default.")
    parser.add_argument("--root-path", default="", help="Path under which a proxy shows the API.")
    parser.add_argument("--quiet", action="store_true", help="Log warnings and errors only, and no requests.")
    chosen = parser.parse_args()
    configure_logging("api", level="WARNING" if chosen.quiet else settings.log_level, style=settings.log_format)
    try:
        check_application_login(settings)
        check_identity_settings(settings)
        check_delivery_settings(settings)
        where: dict[str, Any] = {"host": chosen.host, "port": chosen.port, "root_path": chosen.root_path}
        server = make_server(settings, log_config=None, access_log=False, **where)
    except AutomartError as error:
        parser.exit(2, f"error: {error.detail}\n")
    run(server)


if __name__ == "__main__":
    main()
