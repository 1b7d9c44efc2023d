"""A proposal for a zip of several lists says which list it is for, and what becomes of the others."""

import zipfile
from io import BytesIO

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping

LIST = "Stock No,Make,Model,Year,Price,Mileage,City\nK1,Toyota,Corolla,2015,4500000,85000,Lahore\n"
OTHER = "Ref,Brand,Model,Yr,Demand\nQ1,Kia,Rio,2015,2000000\n"


def packed(**files: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return buffer.getvalue()


def test_lists_of_one_form_are_read_by_one_proposal() -> None:
    data = packed(a_csv=LIST, b_csv=LIST.replace("K1", "K2"))
    found = suggest_mapping(data, "x")
    assert found.notes[1] == "'b.csv' has the same columns and is read by it too."
    assert sorted(parse_feed(data, found.mapping).listings["source_key"]) == ["K1", "K2"]


@pytest.mark.parametrize("names", [("a_csv", "b_csv"), ("b_csv", "a_csv")])
def test_list_of_another_form_is_told(names: tuple[str, str]) -> None:
    data = packed(**dict(zip(names, (LIST, OTHER), strict=True)), readme_txt="Thank you for your business.")
    found = suggest_mapping(data, "x")
    notes = " ".join(found.notes)
    assert f"this proposal is for {names[0].replace('_', '.')!r}" in notes
    assert f"{names[1].replace('_', '.')!r} lacks" in notes
    assert "'readme.txt' is left out" in notes
    assert parse_feed(data, found.mapping).listings["source_key"].to_list() == ["K1"]


def test_zip_without_any_list_of_cars_is_refused() -> None:
    with pytest.raises(RefusedFileError):
        suggest_mapping(packed(a_txt="Hello", b_txt="Bye"), "x")
