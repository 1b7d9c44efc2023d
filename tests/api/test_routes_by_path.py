"""The beginning of a path leads to the route that would be found among all of them."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute

from api.app import create_app
from api.routes_by_path import grouped
from core.security.platform_keys import new_key_settings
from core.settings import Settings


@pytest.fixture(scope="module")
def routes() -> list[BaseRoute]:
    app: FastAPI = create_app(Settings(**new_key_settings()))
    return app.router.routes


def test_each_route_is_in_one_group_and_keeps_its_order(routes: list[BaseRoute]) -> None:
    groups = grouped(routes)
    of_http = [route for route in routes if not isinstance(route, WebSocketRoute)]
    assert sum(map(len, groups.values())) == len(of_http)
    for group in groups.values():
        assert group == [route for route in of_http if route in group]


def test_no_path_of_a_group_fits_a_route_of_another(routes: list[BaseRoute]) -> None:
    for beginning, group in grouped(routes).items():
        others = [route for route in routes if isinstance(route, APIRoute) and route not in group]
        for route in group:
            assert isinstance(route, Route | Mount)
            path = route.path.replace("{", "").replace("}", "")
            for method in getattr(route, "methods", None) or ("GET",):
                scope = {"type": "http", "method": method, "path": path, "root_path": ""}
                assert [each.path for each in others if each.matches(scope)[0] is not Match.NONE] == [], beginning


def test_path_that_begins_with_a_parameter_is_refused() -> None:
    router = APIRouter()
    router.add_api_route("/v1/{thing}/price", lambda: None)
    with pytest.raises(TypeError, match="two names"):
        grouped(router.routes)


def test_application_that_takes_all_paths_of_one_name_is_refused() -> None:
    router = APIRouter()
    router.mount("/v1", FastAPI())
    with pytest.raises(TypeError, match="two names"):
        grouped(router.routes)
