"""DICOMweb as dicomweb-client asks for it, over real sockets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread

from tests.archives.embedded.door import PASSWORDS, Caller, image
from tests.archives.embedded.images import DICOMWEB, pictured, put

pytestmark = pytest.mark.endpoint(42)

FRAMES = (b"first frame: 16b", b"second frame 16b")
STUDY, SERIES, INSTANCE = "1.2.3", "1.2.3.1.1", "1.2.3.1.1.1"


@pytest.fixture
def client(url: str, olga: Caller) -> Iterator[Any]:
    with requests.Session() as session:
        session.auth = ("olga", PASSWORDS["olga"])
        yield DICOMwebClient(f"{url}{DICOMWEB}", session=session)


@pytest.fixture
def stored(olga: Caller) -> None:
    """A session of two CT series, the first with two images of two frames, and a structure set."""
    files = [pictured(FRAMES, number=number) for number in (1, 2)]
    put(olga, "E", *files, image(2), image(7, modality="RTSTRUCT"))


def values(rows: list[dict[str, Any]], tag: str) -> list[Any]:
    return [row.get(tag, {}).get("Value", [None])[0] for row in rows]


@pytest.mark.usefixtures("stored")
def test_a_study_is_found_by_what_its_files_say(client: Any) -> None:
    (study,) = client.search_for_studies(search_filters={"PatientID": "S", "StudyDate": "20260101-20260201"})
    assert study["0020000D"]["Value"] == [STUDY]
    assert study["00080061"]["Value"] == ["CT", "RTSTRUCT"]
    assert study["00100010"]["Value"] == [{"Alphabetic": "S"}]
    assert (study["00201206"]["Value"], study["00201208"]["Value"]) == ([3], [4])
    assert client.search_for_studies(search_filters={"PatientID": "T"}) == []


@pytest.mark.usefixtures("stored")
def test_a_structure_set_is_a_series_like_the_others(client: Any) -> None:
    found = client.search_for_series(STUDY)
    assert values(found, "00080060") == ["CT", "CT", "RTSTRUCT"]
    (only,) = client.search_for_series(STUDY, search_filters={"Modality": "RTSTRUCT"})
    assert only["0020000E"]["Value"] == ["1.2.3.7.0"]


@pytest.mark.usefixtures("stored")
def test_the_instances_of_a_series_are_listed_page_by_page(client: Any) -> None:
    found = client.search_for_instances(STUDY, SERIES)
    assert values(found, "00080018") == [INSTANCE, "1.2.3.1.1.2"]
    assert values(found, "00280008") == [2, 2]
    assert values(client.search_for_instances(STUDY, SERIES, limit=1, offset=1), "00080018") == ["1.2.3.1.1.2"]


@pytest.mark.usefixtures("stored")
def test_fields_that_are_asked_for_are_told(client: Any) -> None:
    (found, _) = client.search_for_instances(STUDY, SERIES, fields=["PhotometricInterpretation", "00081030"])
    assert found["00280004"]["Value"] == ["MONOCHROME2"]


@pytest.mark.usefixtures("stored")
def test_an_instance_comes_back_as_it_was_stored(client: Any) -> None:
    assert client.retrieve_instance(STUDY, SERIES, INSTANCE) == dcmread(io.BytesIO(pictured(FRAMES)))
    assert len(client.retrieve_series(STUDY, SERIES)) == 2
    assert {str(ds.Modality) for ds in client.iter_study(STUDY)} == {"CT", "RTSTRUCT"}


@pytest.mark.usefixtures("stored")
def test_metadata_hold_everything_but_the_pixels(client: Any) -> None:
    (first, _) = client.retrieve_series_metadata(STUDY, SERIES)
    assert first["00280010"]["Value"] == [2]
    assert first["00100010"]["Value"] == [{"Alphabetic": "S"}]
    where = first["7FE00010"]["BulkDataURI"]
    assert client.retrieve_bulkdata(where) == [b"".join(FRAMES)]


@pytest.mark.usefixtures("stored")
def test_frames_come_as_they_are_stored(client: Any) -> None:
    assert client.retrieve_instance_frames(STUDY, SERIES, INSTANCE, [2, 1]) == [FRAMES[1], FRAMES[0]]
