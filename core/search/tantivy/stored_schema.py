"""Compare the fields of an index on disk with the fields that this version gives it."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import tantivy

from core.search.tantivy.schema import build_schema


def schema_problems(path: Path) -> list[str]:
    """List how the fields of the index in this folder differ from `build_schema`, a sentence each.

    Raises:
        OSError, ValueError: the folder holds no index that can be read.
    """
    stored, wanted = _fields(path), _wanted()
    lost = [f"The index has no field {name}." for name in sorted(wanted.keys() - stored.keys())]
    unknown = [f"This version does not know the field {name}." for name in sorted(stored.keys() - wanted.keys())]
    both = sorted(wanted.keys() & stored.keys())
    changed = [f"This version indexes the field {name} otherwise." for name in both if stored[name] != wanted[name]]
    return lost + unknown + changed


def _fields(path: Path) -> dict[str, Any]:
    described = json.loads((path / "meta.json").read_text(encoding="utf-8"))["schema"]
    return {field["name"]: field for field in described}


@cache
def _wanted() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:  # tantivy describes a schema only where it stores it
        tantivy.Index(build_schema(), path=name)
        return _fields(Path(name))
