"""Provide a temporary file: in memory up to 8 MiB, then unlinked on disk: even `kill -9` leaves none."""

from tempfile import SpooledTemporaryFile

IN_MEMORY = 8 << 20


class SpillFile(SpooledTemporaryFile[bytes]):
    """Open a file that is deleted with its last reference. On disk it is in the folder that `TMPDIR` names."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        super().__init__(max_size=in_memory)

    def __del__(self) -> None:
        self.close()
