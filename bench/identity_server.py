"""The servers of `bench.identity`, run by path so that any checkout can serve: `python identity_server.py KIND …`.

load HOME DATABASE_URL COUNT        migrate, load invented cars, build the index
api PORT HOME DATABASE_URL          the API of the checkout that PYTHONPATH names
bare PORT HOME DATABASE_URL         this checkout's API with what looks at callers taken out
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.app import create_app
from api.server import make_server, run
from core.access.audience import Audience
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine, make_session_factory, transaction
from core.search import open_search_engine
from core.settings import Settings
from pipelines.search.rebuild import rebuild_index
from tests.factories.listings import add_many


def settings_of(home: str, url: str) -> Settings:
    """An outside database wants its keys and logins given; checkouts from before them do not know the names."""
    from core.security import platform_keys  # a checkout may lack it

    has_logins = find_spec("core.db.logins") is not None
    database = import_module("core.db.logins").login_settings(url) if has_logins else {"database_url": url}

    keys = platform_keys.new_key_settings() if hasattr(platform_keys, "new_key_settings") else {}
    known = {name: value for name, value in keys.items() if name in Settings.model_fields}
    return Settings(automart_home=Path(home), storage_url=None, meili_url=None, **database, **known)


def load(home: str, url: str, count: int) -> None:
    engine = make_engine(url)
    upgrade_to_head(engine)
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        add_many(session, count)
    with transaction(sessions) as session:
        rebuild_index(session, open_search_engine(settings_of(home, url)))
    engine.dispose()


def without_callers(app: FastAPI) -> FastAPI:
    """Take out the middleware that counts calls, and the dependencies that verify tokens."""
    app.user_middleware = [each for each in app.user_middleware if each.cls.__name__ != "RateLimits"]  # type: ignore[attr-defined]
    for route in app.routes:
        if isinstance(route, APIRoute):
            _anonymous(route.dependant)
    return app


def _anonymous(dependant: Dependant) -> None:
    async def audience(**_: object) -> Audience:
        return Audience.anonymous()

    for below in dependant.dependencies:
        if getattr(below.call, "__name__", "") == "audience":
            below.call, below.dependencies = audience, []
        _anonymous(below)


def main() -> None:
    kind, *rest = sys.argv[1:]
    if kind == "load":
        load(rest[0], rest[1], int(rest[2]))
        return
    settings = settings_of(*rest[1:])
    app = create_app(settings)
    served = without_callers(app) if kind == "bare" else app
    run(make_server(settings, served, host="127.0.0.1", port=int(rest[0]), log_level="error", access_log=False))


if __name__ == "__main__":
    main()
