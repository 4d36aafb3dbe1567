"""The API's description and the page that shows it. The page is ours: no script from elsewhere."""

from __future__ import annotations

from typing import Any

from handlers.base import ApiHandler, operation
from handlers.pages import PageHandler
from handlers.wired import WiredHandler


class OpenApiHandler(ApiHandler):
    while_loading = True

    @operation(summary="This description, as OpenAPI 3.1", answer=dict[str, object])
    async def get(self) -> None:
        self.set_header("Cache-Control", "no-cache")
        self.answer(self.services.api_description)


class DocsHandler(PageHandler):
    """A page below `/api/`: a bad token is refused here as everywhere there, and as a problem."""

    def prepare(self) -> None:
        self.principal = self.authenticate()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        WiredHandler.write_error(self, status_code, **kwargs)


routes = [
    ("/api/openapi.json", OpenApiHandler),
    ("/api/docs/", DocsHandler, {"template": "static/apidocs/index.html"}),
]
