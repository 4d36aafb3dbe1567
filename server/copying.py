"""The commands that copy the database: export and import name the file, backup and restore use BACKUP_DIR."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from config.settings import Settings, WrongSetting
from server.clock import SystemClock
from server.storage import copies
from server.storage.open import open_storage

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NAME: Final = "clinic-{:%Y%m%dT%H%M%SZ}.jsonl.gz"
LATEST: Final = "latest"


def add_commands(commands: Commands) -> None:
    """`export FILE`, `import FILE`, `backup` and `restore [FILE]`."""
    texts: tuple[tuple[str, Callable[[Settings, argparse.Namespace], int], str], ...] = (
        ("export", _export, "write the whole database to a file; a server may run meanwhile"),
        ("import", _import, "fill an empty database from such a file"),
    )
    for name, run, text in texts:
        command = commands.add_parser(name, help=text)
        command.add_argument("file", type=Path)
        command.set_defaults(run=run)
    backup = commands.add_parser("backup", help="export into BACKUP_DIR under the time")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="import from BACKUP_DIR, the latest unless one is named")
    restore.add_argument("file", nargs="?", default=LATEST)
    restore.set_defaults(run=_restore)


def _export(settings: Settings, options: argparse.Namespace) -> int:
    return asyncio.run(_write(settings, options.file))


def _import(settings: Settings, options: argparse.Namespace) -> int:
    return asyncio.run(_read(settings, options.file))


def _backup(settings: Settings, _: argparse.Namespace) -> int:
    return asyncio.run(_write(settings, _directory(settings) / NAME.format(SystemClock().now())))


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    directory = _directory(settings)
    if options.file != LATEST:
        named = Path(options.file)
        return asyncio.run(_read(settings, named if named.is_file() else directory / named))
    found = sorted(directory.glob("clinic-*.jsonl.gz"))
    if not found:
        raise WrongSetting(f"BACKUP_DIR: there is no backup in {directory}")
    return asyncio.run(_read(settings, found[-1]))


def _directory(settings: Settings) -> Path:
    if settings.backup_dir is None:
        raise WrongSetting("BACKUP_DIR: set it to the directory of the backups")
    return settings.backup_dir


async def _write(settings: Settings, target: Path) -> int:
    async with copies.still(settings) as storage:
        count = await copies.write(storage, target)
    print(f"{target}: {count} documents")
    return 0


async def _read(settings: Settings, source: Path) -> int:
    async with AsyncExitStack() as stack:
        storage = await open_storage(settings)
        stack.push_async_callback(storage.close)
        try:
            count = await copies.read(storage, source)
        except copies.NotACopy as error:
            raise WrongSetting(str(error)) from error
    print(f"{source}: {count} documents are in the database now")
    return 0
