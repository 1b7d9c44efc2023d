"""A configured database that is away or too old says so in one sentence, before anything else happens."""

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from core.errors import ConflictError, RetryableError
from core.platform import open_platform
from core.settings import Settings


def test_database_that_is_away_is_named_as_such(settings: Settings) -> None:
    away = settings.model_copy(
        update={"database_pipelines_url": Settings(database_url="postgresql://u:secret@127.0.0.1:1/x").database_url}
    )
    with pytest.raises(RetryableError, match="DATABASE_URL") as caught, open_platform(away):
        pass
    assert caught.value.code == "database_unreachable"
    assert "secret" not in str(caught.value)


def test_database_without_the_schema_asks_for_the_upgrade(settings: Settings, database_url: str) -> None:
    own = make_url(database_url).database
    name = f"empty_{own}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = database_url.replace(f"/{own}?", f"/{name}?")
            empty = settings.model_copy(update={"database_pipelines_url": Settings(database_url=url).database_url})
            with pytest.raises(ConflictError, match="automart db upgrade"), open_platform(empty):
                pass
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
