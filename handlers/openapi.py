"""The API's description and the page that shows it. The page is ours: no script from elsewhere."""

from __future__ import annotations

from handlers.base import ApiHandler, operation
from handlers.pages import PageHandler


class OpenApiHandler(ApiHandler):
    @operation(summary="This description, as OpenAPI 3.1", answer=dict[str, object])
    async def get(self) -> None:
        self.set_header("Cache-Control", "no-cache")
        self.answer(self.services.api_description)


routes = [
    ("/api/openapi.json", OpenApiHandler),
    ("/api/docs/", PageHandler, {"template": "static/apidocs/index.html"}),
]
