"""The same on a server with XNAT's own habits."""

import pytest

from tests.archives.strict_xnat import StrictXnat
from tests.central.places import consignment, places, session
from uploader.central.visit import Standing

FILES, LATE = session(), session(study="1.2.4")
SENT = consignment(FILES)


@pytest.fixture(params=[True, False], ids=["with checksums", "without"])
def centre(request, tmp_path):
    with places(tmp_path, lambda app: StrictXnat(app, checksums=request.param)) as found:
        yield found


def test_sessions_are_shared_late_ones_follow_and_recalled_ones_go(centre):
    centre.send(SENT, FILES)
    assert centre.only().state is Standing.SHARED
    centre.send(consignment(LATE, number=2, submission="late"), LATE)
    assert {row.changed for row in centre.round().values()} == {True, False}
    assert centre.labels("TRIAL-A") == {"S-001_1", "S-001_2"}
    centre.recall(SENT)
    assert centre.round()["S-001_1"].state is Standing.RECALLED
    assert (centre.labels("TRIAL-A"), centre.subjects("TRIAL-A")) == ({"S-001_2"}, {"S-001"})


def test_what_is_not_as_it_was_signed_is_not_shared(centre):
    centre.send(SENT, FILES | {"scans/2/DICOM/0001.dcm": LATE["scans/2/DICOM/0001.dcm"]})
    assert (centre.only().state, centre.only().reason) == (Standing.WAITS, "manifest-differs")
    assert not centre.labels("TRIAL-A")
