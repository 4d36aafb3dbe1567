"""The lock that keeps a second process off a data directory (the kernel drops it with the process, however it ends)."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from server.storage.port import CannotOpenStorage


class DirectoryLock:
    """`clinic.lock` in the data directory, held from `take` until `release`; it names the holder's process id."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises CannotOpenStorage when another process, or this one, holds the directory already."""
        descriptor = os.open(self._directory / "clinic.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise CannotOpenStorage(
                f"the data directory {self._directory} is in use by another server process (pid {holder}): "
                "stop that one first, or set another DATA_DIR"
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise CannotOpenStorage(
                f"the data directory {self._directory} cannot be locked ({error.strerror}): put it on a local disk"
            ) from error
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next process in; harmless when nothing is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
