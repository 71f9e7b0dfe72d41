import pytest

from uploader.archives.xnat.xsi import scan_type, session_type


@pytest.mark.parametrize(
    ("modality", "expected"),
    [
        ("CT", "xnat:ctScanData"),
        ("MR", "xnat:mrScanData"),
        ("PT", "xnat:petScanData"),
        ("RTSTRUCT", "xnat:rtImageScanData"),
        ("RTPLAN", "xnat:rtImageScanData"),
        ("RTDOSE", "xnat:rtImageScanData"),
        ("RTRECORD", "xnat:rtImageScanData"),
        ("SEG", "xnat:segScanData"),
        ("ZZ", "xnat:otherDicomScanData"),
        ("", "xnat:otherDicomScanData"),
    ],
)
def test_a_scan_has_the_type_of_its_modality(modality, expected):
    assert scan_type(modality) == expected


@pytest.mark.parametrize(
    ("modalities", "expected"),
    [
        (["CT", "RTSTRUCT", "RTPLAN", "RTDOSE"], "xnat:ctSessionData"),
        (["RTSTRUCT", "MR"], "xnat:mrSessionData"),
        (["CT", "PT", "RTSTRUCT"], "xnat:petSessionData"),
        (["RTSTRUCT", "RTPLAN"], "xnat:rtSessionData"),
        (["OT", "SR"], "xnat:otherDicomSessionData"),
        ([], "xnat:otherDicomSessionData"),
    ],
)
def test_a_session_has_the_type_of_its_images(modalities, expected):
    assert session_type(modalities) == expected
