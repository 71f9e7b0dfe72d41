"""Where browsers find the viewer of an archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from uploader.config import ArchiveSettings, SiteSettings
from uploader.domain.errors import BadSettings
from uploader.domain.session import Address
from uploader.viewer import Viewer, root_of

SESSION = Address("INCOMING", "p-2k7q", "k7q29xmd")


def settings(**given: object) -> ArchiveSettings:
    about = {"url": "http://identifiable:8080/", "password_file": Path("secret"), "project": "INCOMING", **given}
    return ArchiveSettings(**about)


@pytest.mark.parametrize(
    ("about", "root"),
    [
        (settings(), "http://identifiable:8080/VIEWER/"),
        (settings(site=SiteSettings(public_url="https://xnat.example.org")), "https://xnat.example.org/VIEWER/"),
        (settings(embedded=True, viewer=Path("dist")), "http://identifiable:8080/VIEWER/"),
        (settings(embedded=True), ""),
    ],
)
def test_an_xnat_has_its_own_viewer_and_an_embedded_archive_the_one_it_is_given(about, root):
    assert root_of(about) == root


@pytest.mark.parametrize("public_url", ["xnat.example.org", "//elsewhere.example", "javascript:alert(1)//"])
def test_what_no_browser_would_be_led_to_is_no_address(public_url):
    with pytest.raises(BadSettings, match="public_url"):
        root_of(settings(site=SiteSettings(public_url=public_url)))


def test_an_address_names_project_and_ids_and_no_label():
    viewer = Viewer("https://xnat.example.org/VIEWER/", lambda _: ("X_S00001", "X_E00001"))
    asked = "subjectId=X_S00001&projectId=INCOMING&experimentId=X_E00001"
    assert viewer.address(SESSION) == f"https://xnat.example.org/VIEWER/?{asked}"
