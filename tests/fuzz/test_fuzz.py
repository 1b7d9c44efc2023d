"""A short form of `make api-fuzz` in every run of the suite, and the proof that it notices a fault."""

from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from sqlalchemy import Engine

from api.app import create_app
from core.db.session import SessionFactory
from core.settings import Settings
from tests.api.conftest import served
from tests.api.contract import platform_contract
from tests.factories.price_bands import TrainedMarket
from tests.fuzz.market import FuzzedRole, fill_market
from tests.fuzz.sweep import fuzz_role, fuzz_settings


@pytest.fixture
def fuzzed(tmp_path: Path, database_url: str) -> Settings:
    return fuzz_settings(tmp_path / "home", database_url)


@pytest.mark.slow
def test_administrator_gets_no_answer_that_the_contract_does_not_know(
    fuzzed: Settings, engine: Engine, session_factory: SessionFactory, trained_market: TrainedMarket, tmp_path: Path
) -> None:
    _nobody, administrator, _staff = fill_market(fuzzed, engine, trained_market)
    with served(create_app(fuzzed), fuzzed) as client:
        options = ("--phases", "examples,fuzzing", "--max-examples", "2", "--seed", "7")
        result = fuzz_role(fuzzed, administrator, str(client.base_url).rstrip("/"), tmp_path, *options)
    assert result.is_clean, result.log.read_text()
    assert result.operations == len([1 for path in platform_contract()["paths"].values() for _ in path])
    assert result.calls > 100


@pytest.mark.slow
def test_answer_that_is_not_documented_is_a_failure(fuzzed: Settings, tmp_path: Path) -> None:
    app = FastAPI()

    @app.get("/teapot")
    async def brew() -> Response:
        return Response(status_code=418)

    with served(app, fuzzed) as client:
        options = ("--phases", "fuzzing", "--max-examples", "2", "--seed", "7")
        result = fuzz_role(fuzzed, FuzzedRole("nobody"), str(client.base_url).rstrip("/"), tmp_path, *options)
    assert not result.is_clean
    assert result.failures == {"Undocumented status code": ["GET /teapot"]}
