"""Read the makes, models and trims of the sample market (`catalogue.toml`)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class SampleModel:
    """A model on sale; see `catalogue.toml` for units."""

    make: str
    model: str
    body: str
    level: int
    years: tuple[int, int]
    share: int
    assembly: tuple[str, ...]
    fuel: tuple[str, ...]
    gearbox: tuple[str, ...]
    trims: dict[str, float]
    cc: int | None = None
    kwh: float | None = None
    priced: bool = True
    """False: whoever sells one wants to be called."""


@cache
def sample_models() -> tuple[SampleModel, ...]:
    """Return every model, in the order of the file."""
    text = (files("samples") / "catalogue.toml").read_text(encoding="utf-8")
    return tuple(_model(entry) for entry in tomllib.loads(text)["models"])


def _model(entry: dict[str, Any]) -> SampleModel:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return SampleModel(**fields)
