"""The API for `bench.leads`, with the keys that it wrote down: python -m bench.leads_server ours PORT HOME URL."""

import json
import sys
from pathlib import Path
from typing import Any

from api.app import create_app
from api.server import make_server, run
from core.db.logins import login_settings
from core.settings import Settings


def bench_settings(home: Path, url: str) -> Settings:
    """The settings of the server and of the benchmark; each buyer comes from an address of its own."""
    keys: dict[str, Any] = json.loads((home / "keys").read_text())
    more: dict[str, Any] = {"trusted_proxies": "127.0.0.1", "storage_url": None, "meili_url": None}
    return Settings(automart_home=home, **(more | keys | login_settings(url)))


def main() -> None:
    _, port, home, url = sys.argv[1:]
    settings = bench_settings(Path(home), url)
    app = create_app(settings)
    run(make_server(settings, app, host="127.0.0.1", port=int(port), log_level="error", access_log=False))


if __name__ == "__main__":
    main()
