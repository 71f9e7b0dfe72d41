"""A session whose texts an attacker wrote."""

from __future__ import annotations

from pydicom import dcmread

from tests.homes import demo

HOSTILE = "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "'; alert(1); '"


def hostile_session(folder, *, structures=True):
    """The demo session, its texts written by an attacker; the names of its structures too, or else a trial takes it."""
    demo(folder)
    for path in folder.iterdir():
        dataset = dcmread(path)
        dataset.SeriesDescription, dataset.StudyDescription = HOSTILE[0], HOSTILE[1]
        dataset.PatientComments, dataset.OperatorsName = HOSTILE[2], HOSTILE[3]
        if structures and dataset.Modality == "RTSTRUCT":
            for number, roi in enumerate(dataset.StructureSetROISequence):
                roi.ROIName = HOSTILE[number % len(HOSTILE)]
        dataset.save_as(path)
    return folder
