"""The peers of bench/photos/scores.py, run with a Python of their own that has cleanvision, imagehash and pdqhash.

PYTHON bench/photos/peers.py quality FOLDER…      scores of CleanVision by file, and the seconds it took
PYTHON bench/photos/peers.py hashes FOLDER        pHash and PDQ (with its mirror image's) by file
"""

import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Print JSON."""
    task, folders = sys.argv[1], [Path(each) for each in sys.argv[2:]]
    print("\n" + json.dumps(_quality(folders) if task == "quality" else _hashes(folders[0])))


def _quality(folders: list[Path]) -> dict[str, object]:
    from cleanvision import Imagelab

    answer: dict[str, object] = {}
    for folder in folders:
        lab = Imagelab(data_path=str(folder))
        started = time.perf_counter()
        lab.find_issues(n_jobs=2, verbose=False)
        seconds = time.perf_counter() - started
        table = lab.issues[["blurry_score", "dark_score", "light_score"]]
        scores = {
            Path(name).name: [float(value) for value in row]
            for name, row in zip(table.index, table.to_numpy(), strict=True)
        }
        answer[folder.name] = {"seconds": seconds, "scores": scores}
    return answer


def _hashes(folder: Path) -> dict[str, list[str]]:
    import imagehash
    import numpy as np
    import pdqhash
    from PIL import Image

    answer = {}
    for file in sorted(folder.glob("*.jpg")):
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        whole = [
            pdqhash.compute(np.asarray(each))[0]
            for each in (picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
        ]
        answer[file.name] = [str(imagehash.phash(picture)), *("".join(map(str, bits)) for bits in whole)]
    return answer


if __name__ == "__main__":
    main()
