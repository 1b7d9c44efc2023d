"""The quick reading of a query's model takes what FastAPI's own takes, and nothing else."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.dependencies.utils import solve_dependencies
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from api.contract.query_reading import UnsoundQueryError, read_at_once
from api.listings.search import ListingSearch


async def _endpoint(params: Annotated[ListingSearch, Query()]) -> None: ...


_ROUTE = APIRoute("/", _endpoint)
_VALUES = st.sampled_from(
    ["", "Toyota", "5", "-1", "1_000", "true", "True", "0", "31.5,74.3", "price_asc", "make", "city", "petrol",
     "x" * 200, "5.0", " 5", "NaN", "a\x00b", "auto", "7", "great", "off", "99999999999999999999"],
)  # fmt: skip
_PAIRS = st.lists(st.tuples(st.sampled_from(sorted(ListingSearch.model_fields)), _VALUES), max_size=6)


@given(pairs=_PAIRS)
def test_quick_reading_takes_what_the_whole_one_takes(pairs: list[tuple[str, str]]) -> None:
    query = urlencode(pairs).encode()
    assert asyncio.run(_quick(query)) == asyncio.run(_whole(query))


class _Named(BaseModel):
    start: int = Field(alias="from")
    days: list[str] = Field(alias="on", default=[])


async def _named_endpoint(params: Annotated[_Named, Query()]) -> None: ...


def test_quick_reading_takes_parameters_by_the_names_in_the_contract() -> None:
    route = APIRoute("/", _named_endpoint)
    found = asyncio.run(_quick(b"from=3&on=a&on=b", route))
    assert (
        found == asyncio.run(_whole(b"from=3&on=a&on=b", route)) == _Named.model_validate({"from": 3, "on": ["a", "b"]})
    )
    assert asyncio.run(_quick(b"start=3", route)) is asyncio.run(_whole(b"start=3", route)) is None


async def _whole(query: bytes, route: APIRoute = _ROUTE) -> BaseModel | None:
    async with AsyncExitStack() as stack:
        scope = _scope(query, stack)
        solved = await solve_dependencies(
            request=Request(scope), dependant=route.dependant, async_exit_stack=stack, embed_body_fields=False
        )
    return None if solved.errors else solved.values["params"]


async def _quick(query: bytes, route: APIRoute = _ROUTE) -> BaseModel | None:
    dependant = read_at_once(route.dependant)
    assert dependant is not None
    async with AsyncExitStack() as stack:
        try:
            solved = await solve_dependencies(
                request=Request(_scope(query, stack)), dependant=dependant, async_exit_stack=stack,
                embed_body_fields=False,
            )  # fmt: skip
        except UnsoundQueryError:
            return None
    found: BaseModel = solved.values["params"]
    return found


def _scope(query: bytes, stack: AsyncExitStack) -> dict[str, object]:
    return {
        "type": "http", "method": "GET", "path": "/", "query_string": query, "headers": [],
        "fastapi_inner_astack": stack, "fastapi_function_astack": stack,
    }  # fmt: skip
