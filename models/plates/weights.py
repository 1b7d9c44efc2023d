"""Find the files of the weights, and open them with engines that use a stated number of threads."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import onnxruntime as ort

DETECTOR = "ch_PP-OCRv4_det_infer.onnx"
RECOGNISER = "ch_PP-OCRv4_rec_infer.onnx"
CAR_FILE = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
CAR_SHA256 = "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6"


class WeightsMissingError(Exception):
    """A file of weights is not there, or is another one than was pinned."""


def weights_file(name: str) -> Path:
    """Return the path of weights inside the package rapidocr-onnxruntime, none of whose code is imported."""
    spec = find_spec("rapidocr_onnxruntime")
    if spec is None or spec.origin is None:
        raise WeightsMissingError("The package rapidocr-onnxruntime is not installed: install requirements.lock.")
    return Path(spec.origin).parent / "models" / name


def open_onnx(name: str, threads: int) -> ort.InferenceSession:
    """Open weights with this number of threads, none of which spins while it waits."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return ort.InferenceSession(str(weights_file(name)), options, providers=["CPUExecutionProvider"])


def check_car_file(data: bytes) -> None:
    """Compare the bytes of the car detector with the pinned digest.

    Raises:
        WeightsMissingError: they are others.
    """
    if sha256(data).hexdigest() != CAR_SHA256:
        raise WeightsMissingError("The file of the car detector is not the pinned one: run `make photo-models` again.")
