"""Bytes for a while: in memory, or where they are many in a file without a name, so that even `kill -9` leaves none."""

from tempfile import SpooledTemporaryFile

IN_MEMORY = 8 << 20


class Scratch(SpooledTemporaryFile[bytes]):
    """An open file that is gone when nobody holds it any more. It stands in the folder that `TMPDIR` names."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        super().__init__(max_size=in_memory)

    def __del__(self) -> None:
        self.close()
