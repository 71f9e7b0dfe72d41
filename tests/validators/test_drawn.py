"""In which planes the structures of a session are read."""

from tests.phantoms import changed, only
from uploader.contours.measures import volume_cc
from uploader.ports import Case
from uploader.validators.drawn import drawn


def volumes(session):
    return [round(volume_cc(structure), 3) for structure in Case(session).once(drawn)]


def other_scan(frame):
    """Slices between those of the scan, as a diagnostic scan of the same patient has them."""

    def add(session):
        for name, header in [item for item in session.items() if item[1]["Modality"] == "CT"]:
            x, y, z = header["ImagePositionPatient"]
            more = {"SeriesInstanceUID": "1.2.3", "Modality": "MR", "ImagePositionPatient": [x, y, z + 1]}
            session[f"{name}.mr"] = {**header, **more, "FrameOfReferenceUID": frame or header["FrameOfReferenceUID"]}

    return add


def unreferenced(session):
    only(session, "RTSTRUCT").pop("ReferencedFrameOfReferenceSequence")


def test_structures_are_read_in_the_planes_of_the_images_that_they_reference(session):
    assert volumes(changed(session, other_scan(""))) == volumes(session)


def test_structures_that_reference_no_images_are_read_in_the_planes_of_those_in_their_frame(session):
    assert volumes(changed(changed(session, unreferenced), other_scan("1.2.4"))) == volumes(session)
    assert volumes(changed(changed(session, unreferenced), other_scan(""))) == volumes(session)


def test_structures_without_images_have_their_volumes_all_the_same(session):
    alone = {name: header for name, header in session.items() if header["Modality"] == "RTSTRUCT"}
    assert [volume > 0 for volume in volumes(alone)] == [True] * len(volumes(session))
