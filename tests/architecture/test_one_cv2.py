"""One package owns `cv2`, at the locked version, and it needs no library that a bare Debian lacks."""

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
_IMPORT = "import cv2, onnxruntime; print(cv2.__version__); print(open('/proc/self/maps').read())"


def test_one_package_owns_cv2_at_the_locked_version() -> None:
    assert set(packages_distributions()["cv2"]) == {"opencv-python-headless"}
    locked = re.search(r"^opencv-python-headless==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert locked is not None
    assert distribution("opencv-python-headless").version == locked[1]
    assert "\nopencv-python==" not in (ROOT / "requirements.lock").read_text()


def test_imports_load_no_libgl_and_no_library_of_the_system_beyond_libc() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", _IMPORT], capture_output=True, text=True, check=True)
    loaded = {Path(line.split()[-1]).name for line in done.stdout.splitlines() if ".so" in line}
    assert not [name for name in loaded if name.startswith(("libGL", "libEGL", "libX11", "libgthread", "libglib"))]


def test_weights_are_there_and_their_package_is_not_imported() -> None:
    code = (
        "import sys; from models.plates.weights import DETECTOR, RECOGNISER, weights_file; "
        "assert all(weights_file(each).stat().st_size > 1_000_000 for each in (DETECTOR, RECOGNISER)); "
        "assert 'rapidocr_onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
