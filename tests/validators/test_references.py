"""References lead somewhere, and inputs that belong together say so."""

from __future__ import annotations

import pytest

from tests.phantoms import changed, headers_of, names_of, only
from tests.validators.rulings import judged
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.references import check

KEYS = {"dose": "RTDOSE", "plan": "RTPLAN", "structure_set": "RTSTRUCT", "planning_ct": "CT"}
CHAIN = ["dose", "plan", "structure_set", "planning_ct"]


def protocol(*cross_checks, **counts):
    inputs = [
        {"key": key, "label": key, "modality": modality, "count": {"min": counts.get(key, 1)}}
        for key, modality in {**KEYS, "fusion_mr": "MR"}.items()
    ]
    return {"inputs": inputs, "cross_checks": list(cross_checks)}


def cross(kind, *keys, **more):
    return {"id": kind, "kind": kind, "inputs": list(keys), **more}


def ruled(session, said, chosen=None, **counts):
    """The ruling of one cross check, and its findings."""
    rulings, findings = judged(check, Case(session, protocol(said, **counts), chosen or {}))
    return rulings["/cross_checks/0"], [finding for finding in findings if finding.line]


def always(session):
    """Codes of findings that hold for every trial."""
    return [finding.code for finding in judged(check, Case(session))[1]]


def roi(session, number):
    return next(r for r in only(session, "RTSTRUCT")["StructureSetROISequence"] if r["ROINumber"] == number)


def drawn_on(session):
    """The item of the structure set that says its series."""
    frame = only(session, "RTSTRUCT")["ReferencedFrameOfReferenceSequence"][0]
    return frame["RTReferencedStudySequence"][0]["RTReferencedSeriesSequence"][0]


def unreferenced(session):
    header = only(session, "RTSTRUCT")
    header.pop("ReferencedFrameOfReferenceSequence")
    for item in header["ROIContourSequence"]:
        for contour in item["ContourSequence"]:
            contour.pop("ContourImageSequence")


def astray(session):
    contour = only(session, "RTSTRUCT")["ROIContourSequence"][3]["ContourSequence"][0]
    contour["ContourImageSequence"][0]["ReferencedSOPInstanceUID"] = "1.2.3"


def refer(modality, sequence, **attributes):
    return lambda s: only(s, modality)[sequence][0].update(attributes)


def magnetic(session, frame):
    """The session with two MR images in this frame of reference."""

    def add(s):
        for n in (1, 2):
            s[f"scans/9/DICOM/{n}.dcm"] = {
                **{"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "SOPInstanceUID": f"9.{n}"},
                **{"SeriesInstanceUID": "9", "StudyInstanceUID": "9.9", "FrameOfReferenceUID": frame},
            }

    return changed(session, add)


def registration(frame, *others, sequence="RegistrationSequence", keyword="FrameOfReferenceUID"):
    matrix = [{"MatrixSequence": [{"FrameOfReferenceTransformationMatrix": [1.0] * 16}]}]
    tied = [{keyword: other, "MatrixRegistrationSequence": matrix} for other in (frame, *others)]
    header = {"Modality": "REG", "SeriesInstanceUID": f"8.{frame}", "FrameOfReferenceUID": frame, sequence: tied}
    return lambda s: s.update({f"scans/8/DICOM/{len(s)}.dcm": header})


def test_the_chain_of_the_phantom_holds_to_the_instance(session):
    ruling, findings = ruled(session, cross("reference_chain", *CHAIN))
    assert (ruling.outcome, findings) == (Outcome.PASSED, [])
    assert ruling.says == "dose to plan; plan to structure_set; structure_set to planning_ct"


@pytest.mark.parametrize(
    ("code", "link", "found", "change"),
    [
        (
            "references.link-absent",
            "dose to plan",
            "no reference",
            lambda s: only(s, "RTDOSE").pop("ReferencedRTPlanSequence"),
        ),
        (
            "references.link-open",
            "dose to plan",
            "0 of 1 objects",
            refer("RTDOSE", "ReferencedRTPlanSequence", ReferencedSOPInstanceUID="1.2.3"),
        ),
        (
            "references.link-open",
            "plan to structure_set",
            "0 of 1 objects",
            lambda s: only(s, "RTSTRUCT").update(SOPInstanceUID="1.2.3"),
        ),
        (
            "references.link-open",
            "structure_set to planning_ct",
            "11 of 12 objects",
            lambda s: s.pop(names_of(s, "CT")[4]),
        ),
        ("references.link-open", "structure_set to planning_ct", "12 of 13 objects", astray),
        (
            "references.link-elsewhere",
            "dose to plan",
            "another object",
            lambda s: only(s, "RTDOSE")["ReferencedRTPlanSequence"][0].update(
                ReferencedSOPInstanceUID=only(s, "RTSTRUCT")["SOPInstanceUID"]
            ),
        ),
        (
            "references.link-class",
            "plan to structure_set",
            "1 with another SOP Class UID",
            refer("RTPLAN", "ReferencedStructureSetSequence", ReferencedSOPClassUID="1.2.3"),
        ),
        (
            "references.link-series",
            "structure_set to planning_ct",
            "12 with another Series Instance UID",
            lambda s: drawn_on(s).update(SeriesInstanceUID="1.2.3"),
        ),
        (
            "references.link-frame",
            "structure_set to planning_ct",
            "another frame of reference",
            lambda s: [roi(s, n).update(ReferencedFrameOfReferenceUID="1.2.3") for n in range(1, 9)],
        ),
    ],
)
def test_a_chain_that_breaks_says_at_which_link(session, code, link, found, change):
    ruling, findings = ruled(changed(session, change), cross("reference_chain", *CHAIN, severity="question"))
    assert ruling.outcome is Outcome.FAILED
    broken = next(finding for finding in findings if link in finding.says)
    assert (broken.code, broken.found, broken.severity) == (code, found, Severity.QUESTION)
    assert broken.line == "/cross_checks/0"
    assert broken.remedy
    assert broken.expected


def test_the_first_thing_that_breaks_a_link_is_told_alone(session):
    both = changed(
        session, refer("RTDOSE", "ReferencedRTPlanSequence", ReferencedSOPInstanceUID="1", ReferencedSOPClassUID="2")
    )
    _, findings = ruled(both, cross("reference_chain", *CHAIN))
    assert [finding.code for finding in findings] == ["references.link-open"]


def test_a_link_to_an_input_that_is_missing_cannot_be_judged_and_the_others_can(session):
    without = changed(session, lambda s: s.pop(names_of(s, "RTPLAN")[0]))
    ruling, findings = ruled(without, cross("reference_chain", *CHAIN))
    assert (ruling.outcome, findings) == (Outcome.NOT_EVALUABLE, [])
    assert "the session has no plan" in ruling.says


def test_inputs_that_need_not_be_there_break_no_chain(session):
    images = {name: header for name, header in session.items() if header["Modality"] == "CT"}
    ruling, _ = ruled(images, cross("reference_chain", *CHAIN), dose=0, plan=0, structure_set=0)
    assert ruling.outcome is Outcome.NOT_APPLICABLE


def test_all_inputs_have_one_frame_of_reference(session):
    said = cross("same_frame_of_reference", "planning_ct", "structure_set", "plan", "dose")
    assert ruled(session, said)[0].outcome is Outcome.PASSED
    other = changed(session, lambda s: only(s, "RTDOSE").update(FrameOfReferenceUID="1.2.3"))
    ruling, (finding,) = ruled(other, said)
    assert (ruling.outcome, finding.code) == (Outcome.FAILED, "references.frames-differ")
    assert finding.where == f"{names_of(other, 'RTDOSE')[0]} (0020,0052)"


def test_an_object_without_a_frame_of_reference_is_not_judged_by_it(session):
    silent = changed(session, lambda s: only(s, "RTPLAN").pop("FrameOfReferenceUID"))
    ruling, findings = ruled(silent, cross("same_frame_of_reference", "planning_ct", "plan"))
    assert (ruling.outcome, findings) == (Outcome.NOT_EVALUABLE, [])


def test_inputs_of_two_studies_are_told_apart(session):
    said = cross("same_study", "planning_ct", "fusion_mr", severity="note")
    ruling, (finding,) = ruled(magnetic(session, "5"), said)
    assert (ruling.outcome, finding.code, finding.severity) == (
        Outcome.FAILED,
        "references.studies-differ",
        Severity.NOTE,
    )
    assert ruled(session, cross("same_study", "planning_ct", "dose"))[0].outcome is Outcome.PASSED


def frame_of(session):
    return session[names_of(session, "CT")[0]]["FrameOfReferenceUID"]


LINKS = cross("registration_links", "fusion_mr", "planning_ct")


def test_an_image_in_another_frame_of_reference_needs_a_registration(session):
    ruling, (finding,) = ruled(magnetic(session, "5"), LINKS)
    assert (ruling.outcome, finding.code) == (Outcome.FAILED, "references.registration-missing")
    tied = changed(magnetic(session, "5"), registration(frame_of(session), "5"))
    assert ruled(tied, LINKS)[0].outcome is Outcome.PASSED


@pytest.mark.parametrize("frames", [("6", "5"), ("5",)])
def test_a_registration_of_something_else_ties_nothing(session, frames):
    astray = changed(magnetic(session, "5"), registration(*frames))
    assert ruled(astray, LINKS)[0].outcome is Outcome.FAILED


def test_a_registration_without_a_matrix_ties_nothing(session):
    empty = {"Modality": "REG", "FrameOfReferenceUID": frame_of(session)}
    empty["RegistrationSequence"] = [{"FrameOfReferenceUID": "5"}]
    bare = changed(magnetic(session, "5"), lambda s: s.update({"scans/8/DICOM/1.dcm": empty}))
    assert ruled(bare, LINKS)[0].outcome is Outcome.FAILED


def test_a_deformation_ties_too_and_so_do_two_registrations_one_after_the_other(session):
    deformed = registration(
        frame_of(session), "5", sequence="DeformableRegistrationSequence", keyword="SourceFrameOfReferenceUID"
    )
    assert ruled(changed(magnetic(session, "5"), deformed), LINKS)[0].outcome is Outcome.PASSED
    over = changed(magnetic(session, "5"), lambda s: (registration("6", "5")(s), registration(frame_of(s), "6")(s)))
    assert ruled(over, LINKS)[0].outcome is Outcome.PASSED


def test_a_registration_may_name_images_instead_of_their_frame_of_reference(session):
    matrix = [{"MatrixSequence": [{"FrameOfReferenceTransformationMatrix": [1.0] * 16}]}]
    images = [{"ReferencedSOPInstanceUID": "9.1"}, {"ReferencedSOPInstanceUID": "9.2"}]
    moved = {"ReferencedImageSequence": images, "MatrixRegistrationSequence": matrix}
    header = {"Modality": "REG", "FrameOfReferenceUID": frame_of(session), "RegistrationSequence": [moved]}
    by_image = changed(magnetic(session, "5"), lambda s: s.update({"scans/8/DICOM/1.dcm": header}))
    assert ruled(by_image, LINKS)[0].outcome is Outcome.PASSED


def test_images_in_one_frame_of_reference_need_no_registration(session):
    assert ruled(magnetic(session, frame_of(session)), LINKS)[0].outcome is Outcome.PASSED
    assert ruled(session, LINKS, fusion_mr=0)[0].outcome is Outcome.NOT_APPLICABLE


def dated(**days):
    """The session with its CT and plan of these days."""

    def change(session):
        for name in names_of(session, "CT"):
            session[name]["AcquisitionDate"] = days["ct"]
        only(session, "RTPLAN")["RTPlanDate"] = days["plan"]

    return change


@pytest.mark.parametrize(
    ("ct", "plan", "outcome", "found"),
    [
        ("20260301", "20260329", Outcome.PASSED, None),
        ("20260301", "20260330", Outcome.FAILED, "29 days"),
        ("20260302", "20260301", Outcome.FAILED, "-1 day"),
    ],
)
def test_the_days_between_two_inputs_are_counted(session, ct, plan, outcome, found):
    said = cross("time_interval_days", "planning_ct", "plan", range={"min": 0, "max": 28})
    ruling, findings = ruled(changed(session, dated(ct=ct, plan=plan)), said)
    assert ruling.outcome is outcome
    assert [finding.found for finding in findings] == ([found] if found else [])


def test_the_day_of_a_plan_is_never_that_of_the_study(session):
    said = cross("time_interval_days", "planning_ct", "plan", range={"max": 28})
    silent = changed(session, dated(ct="20260301", plan=""))
    for keyword in ("SeriesDate", "InstanceCreationDate"):
        only(silent, "RTPLAN").pop(keyword)
    assert ruled(silent, said)[0].outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("arm", "outcome"), [("A", Outcome.PASSED), ("B", Outcome.NOT_APPLICABLE), (None, Outcome.NOT_EVALUABLE)]
)
def test_a_cross_check_with_a_condition_holds_only_if_it_does(session, arm, outcome):
    said = cross("reference_chain", *CHAIN, when="arm == 'A'")
    assert ruled(session, said, {"arm": arm} if arm else {})[0].outcome is outcome


def test_cross_checks_of_other_validators_are_left_to_them(session):
    rulings, _ = judged(check, Case(session, protocol(cross("one_patient"), cross("same_attribute", attr="KVP"))))
    assert rulings == {}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("references.image-missing", lambda s: s.pop(names_of(s, "CT")[4])),
        ("references.image-missing", astray),
        ("references.image-unreferenced", unreferenced),
        ("references.structures-missing", lambda s: s.pop(names_of(s, "RTSTRUCT")[0])),
        ("references.structures-unreferenced", lambda s: only(s, "RTPLAN").pop("ReferencedStructureSetSequence")),
        ("references.plan-missing", lambda s: s.pop(names_of(s, "RTPLAN")[0])),
        ("references.plan-unreferenced", lambda s: only(s, "RTDOSE").update(ReferencedRTPlanSequence=None)),
        ("references.frame-differs", lambda s: only(s, "RTDOSE").update(FrameOfReferenceUID="1.2.3")),
        ("references.frame-differs", lambda s: only(s, "RTDOSE").pop("FrameOfReferenceUID")),
        ("references.frame-differs", lambda s: only(s, "RTPLAN").update(FrameOfReferenceUID="1.2.3")),
        ("references.frame-differs", lambda s: roi(s, 2).update(ReferencedFrameOfReferenceUID="1.2.3")),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_whatever_the_trial_asks(session, code, change):
    findings = judged(check, Case(changed(session, change)))[1]
    assert {finding.code for finding in findings} == {code}
    assert {finding.severity for finding in findings} == {Severity.REFUSAL}
    assert all(finding.remedy and finding.found for finding in findings)


def test_the_phantom_refers_to_nothing_that_is_not_there(session):
    assert always(session) == []


def test_a_plan_in_machine_geometry_needs_no_structures(session):
    machine = {"RTPlanGeometry": "TREATMENT_DEVICE", "ReferencedStructureSetSequence": None}
    assert always(changed(session, lambda s: only(s, "RTPLAN").update(machine))) == []


def test_a_dose_that_is_sent_without_what_it_was_made_with_is_refused(session):
    alone = {name: header for name, header in session.items() if header["Modality"] == "RTDOSE"}
    assert set(always(alone)) == {
        "references.plan-missing",
        "references.structures-missing",
        "references.frame-differs",
    }


def test_every_link_of_a_real_complete_session_holds(breast_folder):
    headers = headers_of(breast_folder)
    assert always(headers) == []
    ruling, findings = ruled(headers, cross("reference_chain", *CHAIN))
    assert (ruling.outcome, findings) == (Outcome.PASSED, [])
    frames = cross("same_frame_of_reference", *CHAIN)
    assert ruled(headers, frames)[0].outcome is Outcome.PASSED


def test_the_images_of_the_spine_phantom_are_all_there(spine_folder):
    headers = headers_of(spine_folder)
    assert always(headers) == []
    assert ruled(headers, cross("reference_chain", "structure_set", "planning_ct"))[0].outcome is Outcome.PASSED


def test_of_a_scan_of_which_one_image_was_sent_the_others_are_missed(samples):
    (finding,) = judged(check, Case(breast_without_dose(samples)))[1]
    assert (finding.code, finding.found) == ("references.image-missing", "1 of 98 images")


def breast_without_dose(samples):
    return headers_of(samples / "rt_breast_plan")


@pytest.mark.parametrize(
    ("folder", "codes"),
    [
        ("rt_bad_references", {"references.image-missing", "references.frame-differs"}),
        (
            "rt_orphan_dose",
            {"references.frame-differs", "references.plan-missing", "references.structures-unreferenced"},
        ),
    ],
)
def test_real_files_that_do_not_belong_together_are_refused(samples, folder, codes):
    assert set(always(headers_of(samples / folder))) == codes


def test_a_real_dose_of_another_patient_belongs_to_no_plan_of_the_session(samples):
    headers = headers_of(samples / "rt_orphan_dose")
    ruling, (finding, *_) = ruled(headers, cross("reference_chain", "dose", "plan"))
    assert (ruling.outcome, finding.code) == (Outcome.FAILED, "references.link-open")
    frames = cross("same_frame_of_reference", "planning_ct", "plan", "dose")
    assert {finding.code for finding in ruled(headers, frames)[1]} == {"references.frames-differ"}
