"""A route takes the content types, sizes and parameters that it declares, and answers errors by their form."""

from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, Request

from api.app import create_app
from api.routing import DomainRouter
from api.rules import PUBLIC, request_rules
from core.errors import ForbiddenError, RateLimitedError, UnauthenticatedError
from core.settings import Settings
from tests.api.conftest import served

FORM = "application/x-www-form-urlencoded"
XML = ("application/xml", "text/xml")
router = DomainRouter(access=PUBLIC)


@router.post("/callback", summary="A payment provider's callback")
@request_rules(content_types=(FORM,), foreign_parameters=True)
async def callback(body: Annotated[bytes, Body(media_type=FORM)], known: int = 0) -> dict[str, Any]:
    """Take a form, and whatever parameters its sender adds."""
    return {"length": len(body), "known": known}


@router.post("/document")
@request_rules(content_types=XML, max_body_bytes=1000)
async def document(request: Request, body: Annotated[bytes, Body(media_type=XML[0])]) -> int:
    """Take a small XML document."""
    assert await request.body() == body
    return len(body)


@router.get("/refused/{kind}", include_in_schema=False)
def refused(kind: str) -> None:
    """Raise one of the kinds of error that no domain raises yet."""
    raise {
        "401": UnauthenticatedError("Log in."),
        "403": ForbiddenError("Only owners may do this."),
        "429": RateLimitedError("Ask less often.", code="too_many_quotes", retry_after=7),
    }[kind]


@pytest.fixture(scope="module")
def rules(api_settings: Settings) -> Iterator[httpx.Client]:
    app = create_app(api_settings)
    app.include_router(router)
    with served(app) as client:
        yield client


def outcome(answer: httpx.Response) -> tuple[int, Any]:
    body = answer.json()
    return answer.status_code, body["code"] if answer.headers["content-type"] == "application/problem+json" else body


def test_declared_content_type_is_taken_and_no_other(rules: httpx.Client) -> None:
    for path, kind, expected in (
        ("/callback", FORM, (200, {"length": 3, "known": 0})),
        ("/callback", f"{FORM}; charset=utf-8", (200, {"length": 3, "known": 0})),
        ("/callback", "application/json", (415, "unsupported_content_type")),
        ("/document", XML[0], (200, 3)),
        ("/document", XML[1], (200, 3)),
        ("/document", FORM, (415, "unsupported_content_type")),
        ("/document", "", (415, "unsupported_content_type")),
    ):
        answer = rules.post(path, content=b"a=1", headers={"content-type": kind} if kind else {})
        assert outcome(answer) == expected, (path, kind)


def test_declared_size_is_the_limit(rules: httpx.Client) -> None:
    for path, size, expected in (
        ("/document", 1000, (200, 1000)),
        ("/document", 1001, (413, "body_too_large")),
        ("/callback", 65_536, (200, {"length": 65_536, "known": 0})),
        ("/callback", 65_537, (413, "body_too_large")),
    ):
        kind = FORM if path == "/callback" else XML[0]
        assert outcome(rules.post(path, content=b"x" * size, headers={"content-type": kind})) == expected, size


def test_foreign_parameters_pass_only_where_declared(rules: httpx.Client) -> None:
    headers = {"content-type": FORM}
    assert outcome(rules.post("/callback?known=5&foreign=1&foreign=2", content=b"a=1", headers=headers)) == (
        200, {"length": 3, "known": 5},
    )  # fmt: skip
    answer = rules.post("/v1/price-bands?foreign=1", json={"make": "Kia", "model": "Sportage", "model_year": 2020})
    assert outcome(answer) == (422, "unknown_parameter")


def test_kinds_of_error_have_their_status_and_headers(rules: httpx.Client) -> None:
    answer = rules.get("/refused/401")
    assert outcome(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert outcome(rules.get("/refused/403")) == (403, "forbidden")
    answer = rules.get("/refused/429")
    assert outcome(answer) == (429, "too_many_quotes")
    assert answer.headers["retry-after"] == "7"
