"""The OHIF viewer, served from a folder where an administrator has unpacked it: npm package ``@ohif/app``, MIT licence.

Its build is made for the root of a site. Here it lies below ``/VIEWER/``: the places that say where it lies are
changed as the files are served, and a build in which they are not where they are expected is not served at all.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from uploader.archives.embedded.names import uri
from uploader.domain.errors import BadSettings

BASE = "/VIEWER/"
_PUBLIC_PATH, _PUBLIC_URL = b'__webpack_require__.p = "/"', b'window.PUBLIC_URL="/"'
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_CHANGED = (".html", ".js", ".css")
_CONFIG = """
(() => {
  const asked = new URLSearchParams(location.search).get('projectId') || '';
  const project = /^[A-Za-z0-9_-]+$/.test(asked) ? asked : '';
  const root = location.origin + '/xapi/dicomweb/projects/' + project;
  window.config = {
    routerBasename: '/VIEWER',
    extensions: [],
    modes: [],
    showStudyList: false,
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    disableConfirmationPrompts: true,
    investigationalUseDialog: { option: 'always' },
    defaultDataSourceName: 'archive',
    dataSources: [{
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'archive',
      configuration: {
        friendlyName: 'archive',
        name: 'archive',
        qidoRoot: root,
        wadoRoot: root,
        wadoUriRoot: root,
        qidoSupportsIncludeField: true,
        supportsReject: false,
        supportsStow: false,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        bulkDataURI: { enabled: true },
      },
    }],
  };
})();
"""


class Viewer:
    """A build of OHIF in a folder. What is asked for is looked up among its files, never on the disk."""

    def __init__(self, folder: Path) -> None:
        """Raises BadSettings."""
        found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        self._files = {path.relative_to(folder).as_posix(): path for path in found}
        self._check(folder)

    def _check(self, folder: Path) -> None:
        bundles = [path for name, path in self._files.items() if re.fullmatch(r"app\.bundle\.\w+\.js", name)]
        index = self._files.get("index.html")
        if index is None or len(bundles) != 1:
            raise BadSettings(f"{folder} holds no build of OHIF: it needs index.html and one app.bundle.*.js")
        if bundles[0].read_bytes().count(_PUBLIC_PATH) != 1 or _PUBLIC_URL not in index.read_bytes():
            raise BadSettings(
                f"{folder} holds a build of OHIF that is not known here; use the version in the documentation"
            )

    def file(self, name: str) -> tuple[bytes | Path, str]:
        """(content or file, media type). A name without a file and without an ending is a page of the viewer."""
        if name == "app-config.js":
            return _CONFIG.encode(), "text/javascript"
        if name not in self._files and "." not in name.rsplit("/", 1)[-1]:
            name = "index.html"
        path = self._files.get(name)
        if path is None:
            raise FileNotFoundError(name)
        kind = _type(name)
        return (_moved(path) if path.suffix in _CHANGED else path), kind

    def policy(self) -> str:
        """Content-Security-Policy of its pages and workers. Its decoders of JPEG 2000 need eval; nothing from another
        site is loaded, sent or framed, and of the scripts within a page only its own run."""
        scripts = " ".join(f"'sha256-{_hash(script)}'" for script in _INLINE.findall(_moved(self._files["index.html"])))
        return (
            f"default-src 'self'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' {scripts}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            "connect-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'self'"
        )


def address(project: str, study: str, first: str = "") -> str:
    """Where the viewer shows this study; `first`: the series it opens with, such as a structure set with its images."""
    opening = f"&initialSeriesInstanceUID={first}" if first else ""
    return f"{BASE}viewer?StudyInstanceUIDs={study}{opening}&projectId={uri(project).removeprefix('/data/')}"


@cache
def _moved(path: Path) -> bytes:
    """A text of the build that says ``/VIEWER/`` where it said ``/``. Kept: there are a dozen that matter, 20 MB."""
    data, base = path.read_bytes(), BASE.encode()
    if path.suffix == ".js":
        return data.replace(_PUBLIC_PATH, _PUBLIC_PATH[:-2] + base + b'"')
    if path.suffix == ".css":
        return data.replace(b"url(/", b"url(" + base)
    data = data.replace(_PUBLIC_URL, _PUBLIC_URL[:-2] + base + b'"')
    return re.sub(rb'(href|src)="/(?!/)', rb'\1="' + base, data)


def _type(name: str) -> str:
    if name.endswith((".js", ".mjs")):
        return "text/javascript"
    return "application/wasm" if name.endswith(".wasm") else mimetypes.guess_type(name)[0] or "application/octet-stream"


def _hash(script: bytes) -> str:
    return base64.b64encode(hashlib.sha256(script).digest()).decode()
