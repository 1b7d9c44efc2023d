"""The environment has one reader and one list of names."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings import NOT_FOR_CHILDREN, NOT_FOR_THE_API, Settings, child_environment, load_settings

ROOT = Path(__file__).parents[2]


def names() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def test_example_file_lists_every_setting() -> None:
    listed = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.M)
    assert set(listed) == names()
    assert len(listed) == len(set(listed))


def test_example_file_as_it_stands_means_embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in names():
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.home == tmp_path / ".automart"
    assert (settings.database_url, settings.storage_url, settings.meili_url) == (None, None, None)


def test_home_is_not_the_users_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))
    monkeypatch.delenv("AUTOMART_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == tmp_path / ".automart"


def test_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in names() if f"`{name}`" not in readme] == []


def test_impossible_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "70000")
    with pytest.raises(ValidationError, match="api_port"):
        load_settings()


def test_children_get_every_setting_spelled_out(settings: Settings) -> None:
    env = child_environment(settings)
    assert env["AUTOMART_HOME"] == str(settings.home)
    assert env["DATABASE_URL"].startswith("postgresql://")
    assert env["DATABASE_PIPELINES_URL"].startswith("postgresql://")
    assert env["DAGSTER_HOME"] == str(settings.home / "dagster")
    assert "STORAGE_URL" not in env or env["STORAGE_URL"]


def test_secrets_do_not_show_in_representations(settings: Settings) -> None:
    assert "postgresql://" not in repr(settings)


def test_no_child_is_told_the_owners_login_and_the_api_only_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither by our environment, nor by a `.env` in its folder: an empty variable means unset, and wins over that."""
    owner = "postgresql://automart_owner:secret@db/automart"
    monkeypatch.setenv("DATABASE_OWNER_URL", owner)
    (tmp_path / ".env").write_text(f"DATABASE_OWNER_URL={owner}\nDATABASE_PIPELINES_URL={owner}\n")
    monkeypatch.chdir(tmp_path)
    known = load_settings()
    assert known.database_owner_url is not None
    for withheld in (NOT_FOR_CHILDREN, NOT_FOR_THE_API):
        with monkeypatch.context() as child:
            env = child_environment(known, withheld)
            for name, value in env.items():
                child.setenv(name, value)
            told = load_settings()
        assert env["DATABASE_OWNER_URL"] == ""
        assert told.database_owner_url is None
        assert (told.database_pipelines_url is None) is (withheld == NOT_FOR_THE_API)
