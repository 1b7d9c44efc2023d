"""The environment has one reader and one list of names."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from pydantic import ValidationError

import core.settings
from core.settings import NOT_FOR_CHILDREN, NOT_FOR_THE_API, Settings, child_environment, load_settings
from core.settings.part import SettingsPart

ROOT = Path(__file__).parents[2]


def names() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def test_example_file_lists_every_setting() -> None:
    listed = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    assert set(listed) == names()
    assert len(listed) == len(set(listed))


def test_example_file_as_it_stands_means_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = load_settings()
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    settings = load_settings()
    assert settings == defaults
    assert settings.home == tmp_path / ".automart"
    assert (settings.database_url, settings.storage_url, settings.meili_url) == (None, None, None)


def parts() -> dict[str, type[SettingsPart]]:
    """The classes of the files in `core/settings`, by file."""
    found = {}
    for module in iter_modules(core.settings.__path__):
        content = vars(import_module(f"core.settings.{module.name}"))
        for value in content.values():
            if isinstance(value, type) and issubclass(value, SettingsPart) and value is not SettingsPart:
                found[module.name] = value
    return found


def test_every_file_of_settings_is_part_of_all_settings() -> None:
    files = {path.stem for path in Path(core.settings.__file__ or "").parent.glob("*.py")} - {"__init__", "part"}
    assert parts().keys() == files
    assert set(parts().values()) == set(Settings.__bases__)


def test_no_two_domains_declare_the_same_setting() -> None:
    declared = [name for part in parts().values() for name in part.model_fields]
    assert len(declared) == len(set(declared))


def test_empty_variable_is_unset_where_a_setting_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    may_be_unset = [name for name, field in Settings.model_fields.items() if field.default is None]
    assert len(may_be_unset) > 10
    for name in may_be_unset:
        monkeypatch.setenv(name.upper(), "")
    settings = load_settings()
    assert [name for name in may_be_unset if getattr(settings, name) is not None] == []


def test_empty_variable_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "")
    with pytest.raises(ValidationError, match="api_port"):
        load_settings()


def test_home_is_not_the_users_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))
    monkeypatch.delenv("AUTOMART_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == tmp_path / ".automart"


def test_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in names() if f"`{name}`" not in readme] == []


def test_documents_name_no_variable_that_does_not_exist() -> None:
    placeholders = {"FILE_ID", "LISTING_ID", "ADMINISTRATOR_URL"}  # of commands
    others = {"RLIMIT_AS", "RLIMIT_CPU", "SLOW_FOLDERS", "SLOW_FIXTURES"}  # limits of a process, names in the tests
    others |= {"MEILI_MAX_INDEXING_MEMORY"}  # of the Meilisearch server, not of ours
    unknown = {}
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        named = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", path.read_text()))
        if left := named - names() - placeholders - others:
            unknown[path.name] = left
    assert unknown == {}


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
