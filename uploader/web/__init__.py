"""The desk in a browser. A view parses, calls `review`, and renders; it holds no key and decides nothing.

Every page but the login needs an account; every change carries a CSRF token; nothing is cached, framed or
loaded from elsewhere; what comes from DICOM is escaped by the templates.
"""

from uploader.web.app import create_app
from uploader.web.server import serve_desk

__all__ = ["create_app", "serve_desk"]
