"""What clients accept, as dicomweb-client, OHIF and browsers say it."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import NotAcceptable

from uploader.archives.embedded.accepts import Offer, chosen

PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
PARTS = Offer("application/dicom", syntaxes=PLAIN)
FILE = Offer("application/dicom", multipart=False, syntaxes=PLAIN)
JPEG = Offer("image/jpeg", syntaxes=["1.2.840.10008.1.2.4.70"])


@pytest.mark.parametrize(
    ("header", "offer"),
    [
        ("", PARTS),
        ("*/*", PARTS),
        ('multipart/related; type="application/dicom"', PARTS),
        ("multipart/related; type=application/dicom; transfer-syntax=*", PARTS),
        ("multipart/related;type=application/dicom;transfer-syntax=1.2.840.10008.1.2", PARTS),
        ("multipart/related", PARTS),
        ("application/dicom", FILE),
        ("application/dicom, multipart/related;q=0.5", FILE),
        ("application/dicom;q=0.1, multipart/related; type=application/*;q=0.9", PARTS),
        ("text/html, application/xhtml+xml, */*;q=0.8", PARTS),
        ('multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.70', JPEG),
        ("multipart/related; type=image/*", JPEG),
        ("text/html, */*;q=nonsense, application/dicom", FILE),
    ],
)
def test_the_client_gets_what_it_likes_best(header: str, offer: Offer) -> None:
    assert chosen(header, [PARTS, FILE, JPEG]) == offer


@pytest.mark.parametrize(
    "header",
    [
        "text/html",
        "application/dicom+xml",
        'multipart/related; type="application/dicom+xml"',
        "multipart/related; type=application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90",
        "multipart/related; type=image/jp2",
        "*/*;q=0",
        ";;;,",
    ],
)
def test_what_is_not_on_offer_is_refused_and_nothing_is_converted(header: str) -> None:
    with pytest.raises(NotAcceptable, match="nothing is converted"):
        chosen(header, [PARTS, FILE, JPEG])
