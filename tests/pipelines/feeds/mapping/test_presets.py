"""Mappings are data that is checked when it is read."""

import json
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import NotFoundError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names, preset_text
from pipelines.feeds.parsing.parse import parse_feed

FEEDS = Path(__file__).parents[3] / "data" / "feeds"

LEAST: dict[str, Any] = {
    "name": "x", "version": 1, "about": "x", "delivery": "full", "key": ["Ref"],
    "columns": {"make": "Make", "model": "Model", "model_year": "Year", "price": "Price"},
    "constants": {"visibility": "public", "channels": "automart"},
}  # fmt: skip


@pytest.mark.parametrize("name", mapping_names())
def test_every_mapping_loads_under_its_own_name(name: str) -> None:
    assert load_mapping(name).name == name


CONTENTS = {
    "autoscout24": (1, "601f3295d100"), "ax9": (2, "cc261d4f22d9"), "cardealerdp": (1, "f05620c9d9fb"),
    "classifieds": (1, "d2c853c5ee5b"), "dealer-xml": (2, "4149d9e70901"), "erepairables": (2, "5c80a03af018"),
    "google": (4, "0dde54e13c9f"), "json": (2, "f82cf2f3cdb1"), "meta": (3, "ce3fd943af0f"),
    "mobilede": (1, "52c846f52048"), "pipe": (1, "b49af8e12d41"), "showroom": (2, "3980b3b685c6"),
    "spreadsheet": (3, "107ec2ce6d72"), "vauto": (2, "844e6a596ee6"),
}  # fmt: skip
"""Version and digest of each. Both change together: files are read anew by a new version alone."""
KEYS = "5ac982d2632a"
"""Digest of the keys of all. A preset's former versions are not kept, so cars could not be found by another key again
(decision 0140): give a format with another key another name."""


def _digest(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def test_preset_that_changes_gets_a_new_version_and_keeps_its_key() -> None:
    presets = {name: tomllib.loads(preset_text(name).decode()) for name in mapping_names()}
    assert {name: (each["version"], _digest(each)) for name, each in presets.items()} == CONTENTS
    assert _digest({name: each["key"] for name, each in presets.items()}) == KEYS


def test_an_unknown_mapping_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="classifieds") as error:
        load_mapping("../mappings/classifieds")
    assert error.value.code == "unknown_mapping"


@pytest.mark.parametrize("change", [
    {"columns": {"colour": "Colour"}}, {"key": []}, {"constants": {"visibility": "public"}},
    {"format": "xml"}, {"record": "a/b"}, {"delivery": "some"}, {"surprise": 1},
    {"key": [{"columns": ["url"], "pattern": "no group"}]}, {"positions": {"Ref": 0}}, {"code_page": "utf-16"},
    {"format": "json", "delimiter": ";"}, {"delimiter": "x"}, {"code_page": "klingon"},
    *({"code_page": each} for each in ("rot13", "hex", "idna", "utf-7", "gbk", "unicode_escape", "undefined")),
    {"version": 1_000_001}, {"key": [["Ref", "Ref"]]}, {"key": ["row_number"]}, {"key": [""]}, {"about": "a\x00"},
    {"values": {"make": {"a": "\x00"}}}, {"key": ["R\x00"]},
])  # fmt: skip
def test_invalid_mapping_is_refused(change: dict[str, Any]) -> None:
    Mapping.model_validate(LEAST)
    with pytest.raises(ValidationError):
        Mapping.model_validate(LEAST | change)


@pytest.mark.parametrize(
    "secret",
    [
        "price_cost",
        "price_wholesale",
        "MSRP",
        "BookValue",
        "vehicle_msrp",
        "haendlerpreis",
        "former_new",
        "dealer_euro",
    ],
)
def test_presets_read_no_cost_or_wholesale_price(secret: str) -> None:
    for name in mapping_names():
        assert not any(secret.casefold() in column.casefold() for column in load_mapping(name).source_columns())
        assert 23 not in (load_mapping(name).positions or {}).values() or name != "mobilede"


def test_cost_price_appears_in_no_listing_and_no_reject() -> None:
    parsed = parse_feed((FEEDS / "ax9_stock.csv").read_bytes(), load_mapping("ax9"))
    text = parsed.listings.write_json() + parsed.rejects.write_json()
    assert "700000" not in text  # price_cost of every row
    assert "800000" not in text  # price_wholesale of every row


CHASSIS = "nze141 6012345"
WITH_CHASSIS = {
    "json": f'{{"cars": [{{"id": "1", "make": "Toyota", "model": "Corolla", "year": 2018, "price": 4500000,'
    f' "vin": "{CHASSIS}"}}]}}',
    "dealer-xml": "<inventory><car id='1'><make>Toyota</make><model>Corolla</model><year>2018</year>"
    f"<price>4500000</price><chassis>{CHASSIS}</chassis></car></inventory>",
    "meta": f"vehicle_id,make,model,year,price,vin\n1,Toyota,Corolla,2018,4500000 PKR,{CHASSIS}\n",
    "showroom": f"Stock No,Make,Model,Year,Demand,Chassis No\n1,Toyota,Corolla,2018,45 lacs,{CHASSIS}\n",
    "spreadsheet": f"Ref;Make;Model;Year;Price (Lacs);Chassis\n1;Toyota;Corolla;2018;45;{CHASSIS}\n",
    "google": f"id,make,model,year,price,vin\n1,Toyota,Corolla,2018,4500000 PKR,{CHASSIS}\n",
}


@pytest.mark.parametrize("name", sorted(WITH_CHASSIS))
def test_presets_read_chassis_numbers_where_their_format_has_a_column(name: str) -> None:
    parsed = parse_feed(WITH_CHASSIS[name].encode(), load_mapping(name))
    assert parsed.rejects.rows() == []
    assert parsed.listings["chassis_number"].to_list() == ["NZE141-6012345"]
    assert parsed.unread == ()
