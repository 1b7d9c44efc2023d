"""Declarations of domains are found by their folder alone, and refused where two say the same."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.declarations import gather_declarations

DECLARING = """
from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations

DECLARATIONS = Declarations(permissions=(Permission({name!r}, "do it", frozenset({{Role.FINANCE}})),))
"""


@pytest.fixture
def domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Creates the folder of a domain in a package `declaring`."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "declaring"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "declaring").mkdir()
    (tmp_path / "declaring" / "__init__.py").touch()

    def create(name: str, source: str) -> None:
        folder = tmp_path / "declaring" / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "declarations.py").write_text(source)

    return create


def test_new_folder_is_found_without_an_edit_elsewhere(domain: Callable[[str, str], None]) -> None:
    domain("refunds", DECLARING.format(name="refunds.pay"))
    domain("audit", DECLARING.format(name="audit.read"))
    gathered = gather_declarations("declaring")
    assert [(name, each.permissions[0].name) for name, each in gathered.items()] == [
        ("audit", "audit.read"),
        ("refunds", "refunds.pay"),
    ]


def test_name_that_two_domains_declare_is_refused(domain: Callable[[str, str], None]) -> None:
    domain("refunds", DECLARING.format(name="pay"))
    domain("deposits", DECLARING.format(name="pay"))
    with pytest.raises(ValueError, match="Declared twice as permission: pay"):
        gather_declarations("declaring")


def test_module_that_declares_something_else_is_refused(domain: Callable[[str, str], None]) -> None:
    domain("refunds", "DECLARATIONS = {}")
    with pytest.raises(ValueError, match=r"declaring\.refunds\.declarations declares 0 values"):
        gather_declarations("declaring")
