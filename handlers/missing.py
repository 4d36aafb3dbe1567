"""Every address that no route answers: people get a page in their language, programs the problem."""

from __future__ import annotations

from typing import Final

from handlers.base import NotFoundHandler
from handlers.pages import POLICY, language_of, rendered
from handlers.problems import Problem, prefers_json

# What is asked for by scripts only, whatever they say they accept.
_FOR_PROGRAMS: Final = ("/api/", "/ws/", "/static/")


class MissingHandler(NotFoundHandler):
    """404 in the form its reader can use."""

    def put_problem(self, problem: Problem) -> None:
        if problem.status != 404 or not self._is_read_by_people():
            super().put_problem(problem)
            return
        self.services.metrics.problem(problem.code)
        self.set_status(problem.status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Vary", "Accept, Accept-Language, Cookie")
        page = rendered(self.services, "static/base/error.html", language_of(self), reason="missing")
        self.set_header("Content-Length", str(len(page)))
        self.write(page)

    def _is_read_by_people(self) -> bool:
        asked = self.request
        page = asked.method in ("GET", "HEAD") and not f"{asked.path}/".startswith(_FOR_PROGRAMS)
        accept = asked.headers.get("Accept", "")
        return page and "text/html" in accept and not prefers_json(accept)
