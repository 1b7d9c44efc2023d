"""Ask a warm child to judge pictures; one that crashes, hangs or takes too much is ended, and the next one starts."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from core.errors import RetryableError

MEMORY_BYTES = 2_500_000_000
"""Address space of the child; the engines' libraries alone map 1 GB, of which they use 200 MB."""
CPU_SECONDS = 30
WALL_SECONDS = 60.0
REQUESTS = 500
"""After this many a child is replaced, so that what its libraries leak stays small."""
_ENDED = 5.0
_MOST_ANSWER = 1_000_000


class JudgingFailedError(RetryableError):
    """The child crashed, hung or took more than it may: nothing is known of the photo."""

    code = "judging_failed"

    def __init__(self, why: str) -> None:
        super().__init__(f"The photo could not be judged ({why}), so it is not shown: upload another picture of it.")


class JudgingCrashedError(JudgingFailedError):
    """The child ended over the photo."""

    code = "judging_crashed"


class JudgingTimeoutError(JudgingFailedError):
    """The child took longer than it may."""

    code = "judging_timeout"


@dataclass(frozen=True)
class ChildLimits:
    """Limits of one child process; tests lower them."""

    memory_bytes: int = MEMORY_BYTES
    cpu_seconds: int = CPU_SECONDS
    wall_seconds: float = WALL_SECONDS
    start_seconds: float = 60.0  # for opening the engines
    command: Sequence[str] = ("-m", "pipelines.photos.judging.child")


class JudgingChild:
    """One child at a time, started with the first request. For one thread."""

    def __init__(self, car_file: Path, limits: ChildLimits | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._requests = 0
        self._car_file, self._limits = car_file, limits or ChildLimits()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        """End the child with its owner: a loop that leaves its process has no other end."""
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process, if one runs."""
        return None if self._process is None else self._process.pid

    def ask(
        self, folder: Path, task: str, boxes: Sequence[Sequence[int]] = (), size: tuple[int, int] | None = None
    ) -> dict[str, Any]:
        """Have a task done in a folder, as `pipelines.photos.judging.child` says.

        Args:
            folder: with the clean picture `original.jpg`, or for `compare` with `features`.
            task: its name.
            boxes: the areas that `cover` replaces.
            size: of the file as it came, where the clean picture may be smaller.

        A child that ended since its last answer is replaced first: that is no fault of this photo.

        Raises:
            JudgingFailedError: the child gave no answer; it was ended.
        """
        if self._process is not None and self._process.poll() is not None:
            self.close()
        new = self._process is None
        process = self._process or self._start()
        request = {"folder": str(folder), "task": task, "boxes": [list(box) for box in boxes], "size": size}
        try:
            given = cast("IO[bytes]", process.stdin)
            given.write(json.dumps(request).encode() + b"\n")
            given.flush()
            line = _line(process, self._limits.wall_seconds + (self._limits.start_seconds if new else 0))
            answer: dict[str, Any] = json.loads(line)
        except TimeoutError:
            self.close()
            raise JudgingTimeoutError(f"no answer within {self._limits.wall_seconds:g} s") from None
        except (OSError, ValueError):
            why = _end_of(process)
            self.close()
            if process.returncode == -signal.SIGPROF:
                raise JudgingTimeoutError(f"over {self._limits.cpu_seconds} s of processor time") from None
            raise JudgingCrashedError(why) from None
        self._requests += 1
        if "failed" in answer:
            self.close()  # what an error left behind in the engines is not known
            raise JudgingFailedError(str(answer["failed"]))
        if self._requests >= REQUESTS:
            self.close()
        return answer

    def close(self) -> None:
        """End the child."""
        process, self._process, self._requests = self._process, None, 0
        if process is not None:
            process.kill()
            process.wait(_ENDED)
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was still to be written cannot be
                    cast("IO[bytes]", pipe).close()

    def _start(self) -> subprocess.Popen[bytes]:
        limits = self._limits
        command = [sys.executable, "-P", "-B", *limits.command, str(self._car_file)]
        self._process = subprocess.Popen(  # noqa: S603  (this interpreter, a module and values of our own)
            [*command, str(limits.memory_bytes), str(limits.cpu_seconds)],
            env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return self._process


def _end_of(process: subprocess.Popen[bytes]) -> str:
    """Say how a child ended that gives no answers any more: by which signal, or with which exit code."""
    try:
        code = process.wait(_ENDED)
    except subprocess.TimeoutExpired:
        return "the child gave no valid answer"
    if code >= 0:
        return f"the child ended with exit code {code}"
    names = {each.value: each.name for each in signal.Signals}
    return f"the child was ended by {names.get(-code, f'signal {-code}')}"


def _line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """Read one line of the child's output, within the time."""
    given = cast("IO[bytes]", process.stdout)
    ends_at, read = time.monotonic() + seconds, bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(given, selectors.EVENT_READ)
        while not read.endswith(b"\n"):
            if not selector.select(max(0.0, ends_at - time.monotonic())):
                raise TimeoutError
            piece = os.read(given.fileno(), 65_536)
            if not piece or len(read) > _MOST_ANSWER:
                raise ValueError("the child ended")
            read += piece
    return bytes(read)
