"""The strict XNAT as a WSGI application."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.archives.strict_xnat import habits, imports
from tests.archives.strict_xnat.busy import RefusesTheSecond
from tests.archives.traps import Forward

SESSION_REQUESTS = 7
"""So few that no upload of a whole session is done within one login."""


class StrictXnat:
    """The archive behind `app`, with XNAT's habits. They are all on; `strict_xnat` False: none is.

    checksums: False for a site that keeps none
    """

    def __init__(self, app: Any, *, strict_xnat: bool = True, checksums: bool = True) -> None:
        self._app = app
        self.script = imports.RunsTheSitesScript()
        every: list[habits.Habit] = [
            habits.sets_cookies,
            habits.shows_browsers_a_login_page,
            habits.EndsSessions(SESSION_REQUESTS),
            habits.ignores_tails,
            habits.finds_sessions_by_label_alone,
            RefusesTheSecond(),
            self.script,
            imports.imports_as_it_likes,
            habits.says_ok_without_the_right_to_edit,
            habits.says_ok_to_names_that_are_taken,
        ]
        self._habits = every if strict_xnat else []
        if not checksums:
            self._habits = [*self._habits, habits.keeps_no_checksums]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        forward: Forward = lambda: Response.from_app(self._app, environ)  # noqa: E731 - the innermost of a chain
        for habit in reversed(self._habits):
            forward = partial(habit, request, forward)
        return forward()(environ, start_response)
