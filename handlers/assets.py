"""Styles, modules, texts and icons of the pages, from `static/` and `kiosk/`, each revalidated by its content's hash.

Only file kinds listed here are served, so templates and whatever else lies in those folders stay inside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tornado.web import HTTPError

from handlers.base import WiredHandler
from handlers.services import Services

WORKER: Final = "worker.js"
CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served. `stamp` tells whether the file has changed since it was read."""

    stamp: tuple[int, int]
    body: bytes
    etag: str
    content_type: str


class Assets:
    """The servable files below one folder, kept in memory once read."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._read: dict[str, Asset] = {}

    def get(self, path: str) -> Asset | None:
        """The file at `path` below the folder; None for anything that is not to be served."""
        content_type = CONTENT_TYPES.get(Path(path).suffix)
        if content_type is None or "\0" in path:
            return None
        file = (self._root / path).resolve()
        if not file.is_relative_to(self._root) or not file.is_file():
            return None
        stat = file.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        asset = self._read.get(str(file))
        if asset is None or asset.stamp != stamp:
            body = file.read_bytes()
            asset = Asset(stamp, body, f'"{hashlib.sha256(body).hexdigest()[:20]}"', content_type)
            self._read[str(file)] = asset
        return asset


def release_of(folders: Iterable[Path]) -> str:
    """A short hash over every servable file of `folders`: it changes when a page would look or behave differently."""
    whole = hashlib.sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.suffix in {*CONTENT_TYPES, ".html"}):
            whole.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:12]


class AssetHandler(WiredHandler):
    """One asset. Browsers keep it and ask each time whether it is still the same: no release is ever half old."""

    def initialize(self, services: Services, pattern: str, **options: Any) -> None:
        super().initialize(services, pattern)
        self._assets: Assets = options["assets"]

    def get(self, path: str) -> None:
        asset = self._assets.get(path)
        if asset is None:
            raise HTTPError(404)
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        if path == WORKER:
            # A page's worker may serve its whole folder, wherever it was loaded from.
            self.set_header("Content-Security-Policy", "default-src 'none'; connect-src 'self'; script-src 'self'")
            self.set_header("Service-Worker-Allowed", "/kiosk/")
        self.set_header("Etag", asset.etag)
        if self.check_etag_header():
            self.set_status(304)
            return
        self.write(asset.body)

    head = get
