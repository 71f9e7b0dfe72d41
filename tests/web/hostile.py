"""A session whose texts an attacker wrote."""

from __future__ import annotations

from pydicom import dcmread

from tests.homes import demo

HOSTILE = "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "'; alert(1); '"


def hostile_session(folder):
    """The demo session, its texts written by an attacker."""
    demo(folder)
    for path in folder.iterdir():
        dataset = dcmread(path)
        dataset.PatientComments, dataset.StudyDescription = HOSTILE[0], HOSTILE[1]
        dataset.SeriesDescription = HOSTILE[2]
        if dataset.Modality == "RTSTRUCT":
            for number, roi in enumerate(dataset.StructureSetROISequence):
                roi.ROIName = HOSTILE[number % len(HOSTILE)]
        dataset.save_as(path)
    return folder
