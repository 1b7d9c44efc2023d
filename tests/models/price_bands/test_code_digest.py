"""The digest that decides whether samples were trained on before: no source of the model may escape it."""

import shutil
from importlib.resources import files
from pathlib import Path

from models.price_bands.code_digest import code_digest, digest_of

MODEL = Path(str(files("models.price_bands")))
CORE = Path(str(files("core")))


def test_changing_any_source_of_the_model_or_of_its_frame_changes_the_digest(tmp_path: Path) -> None:
    package, core = tmp_path / "price_bands", tmp_path / "core"
    shutil.copytree(MODEL, package)
    core.mkdir()
    for name in ("listing_frame.py", "vocabulary.py"):
        shutil.copy(CORE / name, core / name)
    assert digest_of(package, core) == code_digest()

    sources = [*package.rglob("*.py"), *core.glob("*.py")]
    seen = {code_digest()}
    for source in sources:
        before = source.read_bytes()
        source.write_bytes(before + b"# changed\n")
        seen.add(digest_of(package, core))
        source.write_bytes(before)

    assert len(seen) == len(sources) + 1


def test_sources_of_sub_folders_are_read(tmp_path: Path) -> None:
    package = tmp_path / "price_bands"
    shutil.copytree(MODEL, package)
    (package / "inner").mkdir()
    (package / "inner" / "step.py").write_text("x = 1\n")

    assert digest_of(package, CORE) != code_digest()
