"""Mappings are data that is checked when it is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import NotFoundError
from pipelines.feeds.mapping import Mapping, load_mapping, mapping_names

LEAST: dict[str, Any] = {
    "name": "x", "version": 1, "about": "x", "delivery": "full", "key": ["Ref"],
    "columns": {"make": "Make", "model": "Model", "model_year": "Year", "price": "Price"},
    "constants": {"visibility": "public", "channels": "automart"},
}  # fmt: skip


@pytest.mark.parametrize("name", mapping_names())
def test_every_mapping_loads_under_its_own_name(name: str) -> None:
    assert load_mapping(name).name == name


def test_an_unknown_mapping_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="classifieds") as error:
        load_mapping("../mappings/classifieds")
    assert error.value.code == "unknown_mapping"


@pytest.mark.parametrize("change", [
    {"columns": {"colour": "Colour"}}, {"key": []}, {"constants": {"visibility": "public"}},
    {"format": "xml"}, {"record": "a/b"}, {"delivery": "some"}, {"surprise": 1},
    {"key": [{"columns": ["url"], "pattern": "no group"}]},
])  # fmt: skip
def test_a_mapping_that_cannot_work_is_not_read(change: dict[str, Any]) -> None:
    Mapping.model_validate(LEAST)
    with pytest.raises(ValidationError):
        Mapping.model_validate(LEAST | change)


@pytest.mark.parametrize("secret", ["price_cost", "price_wholesale", "MSRP", "prices/price[type='former_new']/value"])
def test_prices_that_are_not_asked_are_never_taken_in(secret: str) -> None:
    assert not any(secret in load_mapping(name).source_columns() for name in mapping_names())
