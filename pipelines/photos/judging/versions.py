"""The version under which verdicts are kept: models, thresholds, and the libraries that decode and scale."""

from importlib.metadata import version

from models.photo_quality import VERSION as QUALITY
from models.plates.versions import FINDING as PLATES
from pipelines.photos.developing import VERSION as DEVELOPING


def verdict_version() -> str:
    """Return the version of a verdict made now; verdicts of different versions are never compared."""
    libraries = "+".join(f"{name}-{version(name)}" for name in ("pillow", "opencv-python-headless", "onnxruntime"))
    return f"developing-{DEVELOPING}+plates-{PLATES}+quality-{QUALITY}+{libraries}"
