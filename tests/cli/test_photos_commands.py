"""`automart photos`, as a person and as a script."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from cli.photos import app
from samples.photos.draw import Spec, draw_photo
from tests.factories.plates import plate_picture

pytestmark = pytest.mark.slow


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOMART_HOME", str(tmp_path / "home"))
    plate_picture()[0].save(tmp_path / "car.jpg", quality=95)
    return tmp_path / "car.jpg"


def test_inspect_prints_an_object_a_line_and_refused_files_have_a_code(photo: Path) -> None:
    damaged = photo.with_name("damaged.jpg")
    damaged.write_bytes(b"\xff\xd8\xff rubbish")
    files = [str(photo), str(damaged), str(photo.with_name("none.jpg"))]
    done = CliRunner().invoke(app, ["inspect", *files, "--json"])
    assert done.exit_code == 0, done.output
    good, bad, missing = map(json.loads, done.output.splitlines())
    assert (good["width"], good["height"], good["vehicle"], good["notes"]) == (960, 720, None, ["car_gate_off"])
    assert len(good["plates"]) == 1
    assert set(good) >= {"file", "sha256", "score", "codes", "blur", "motion", "exposure"}
    assert 0 <= good["score"] <= 100
    assert good["codes"] == ["plain"]
    assert len(good["sha256"]) == 64
    assert bad["code"].startswith("image_")
    assert missing["code"] == "file_unusable"
    told = CliRunner().invoke(app, ["inspect", *files])
    assert told.exit_code == 2
    assert "  plain: This is a plain picture or a placeholder." in told.output
    assert len(told.output.splitlines()) == 4


def test_blur_writes_the_covered_photo(photo: Path) -> None:
    out = photo.with_name("out.png")
    done = CliRunner().invoke(app, ["blur", str(photo), "--out", str(out)])
    assert (done.exit_code, done.output) == (0, "1 covered.\n")
    with Image.open(out) as opened:
        assert opened.crop((360, 400, 600, 460)).getcolors(1) is not None


def test_blur_refuses_a_name_of_another_type_and_damaged_photos(photo: Path) -> None:
    assert CliRunner().invoke(app, ["blur", str(photo), "--out", "out.gif"]).exit_code == 2
    photo.write_bytes(b"rubbish")
    done = CliRunner().invoke(app, ["blur", str(photo), "--out", str(photo.with_name("out.jpg"))])
    assert done.exit_code == 2
    assert not photo.with_name("out.jpg").exists()


def test_duplicates_names_the_pairs_of_a_folder_and_leaves_out_placeholders(photo: Path) -> None:
    folder = photo.parent / "photos"
    folder.mkdir()
    one, other = (draw_photo(Spec(car=car, bay=car, light="day"), car, (640, 480)).pixels for car in (1, 2))
    Image.fromarray(one).save(folder / "a.jpg", quality=92)
    Image.fromarray(one[20:, ::-1]).resize((400, 300)).save(folder / "b.png")
    Image.fromarray(other).save(folder / "c.jpg", quality=92)
    logo = Image.fromarray(draw_photo(Spec("placeholder", name="logo"), 1, (640, 480)).pixels)
    for name in ("d.jpg", "e.jpg"):
        logo.save(folder / name, quality=80)
    (folder / "f.jpg").write_bytes(b"rubbish")
    done = CliRunner().invoke(app, ["duplicates", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    (pair,) = map(json.loads, done.stdout.splitlines())
    assert [Path(pair[name]).name for name in ("a", "b")] == ["a.jpg", "b.png"]
    assert (pair["kind"], pair["evidence"]["mirrored"]) == ("same_photo", True)
    assert "f.jpg: refused" in done.stderr
    assert CliRunner().invoke(app, ["duplicates", str(folder / "none")]).exit_code == 2
