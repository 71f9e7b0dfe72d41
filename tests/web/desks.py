"""Desks for tests: the application over a real home, and people who use it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient

from tests.homes import PASSWORD
from uploader.config import DeskSettings
from uploader.gateway import Built, build_review
from uploader.web import create_app

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def desk_of(built: Built, **settings) -> Flask:
    return create_app(build_review(built), b"k" * 32, DeskSettings(**settings), built.home.diagnostics)


def token(client: FlaskClient, page: str = "/login") -> str:
    """A CSRF token of this client, as a page's form carries it."""
    return TOKEN.search(client.get(page).text).group(1)


def post(client: FlaskClient, page: str, **form):
    """Send a form as the desk's own page would."""
    return client.post(page, data={"csrf_token": token(client), **form})


def log_in(desk: Flask, login: str = "ada", password: str = PASSWORD) -> FlaskClient:
    client = desk.test_client()
    assert post(client, "/login", login=login, password=password).location == "/"
    return client


class Page(HTMLParser):
    """What a browser would make of a page, as far as the tests ask.

    tags: every element and its attributes
    text: all that is shown
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]
