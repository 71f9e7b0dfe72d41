import pytest

from tests.phantoms import changed, names_of, only
from uploader.ports import Case
from uploader.validators.recognition import inputs, unmatched


def protocol(modality, **said):
    return {"inputs": [{"key": "it", "label": "It", "modality": modality, "count": {"min": 1, "max": 1}, **said}]}


def recognised(session, asked):
    case = Case(session, asked)
    return inputs(case)["it"], unmatched(case)


def beside(session, modality, entry="copy", **attributes):
    """The session with another object of the modality in a series of its own."""
    other = {**only(session, modality), "SOPInstanceUID": "1.9", "SeriesInstanceUID": "1.8", **attributes}
    return changed(session, lambda s: s.update({entry: other}))


def another_ct(session, count=3, **attributes):
    """The session with `count` further CT images in a series of their own."""
    images = [session[name] for name in names_of(session, "CT")[:count]]
    return changed(
        session,
        lambda s: s.update(
            {
                f"b{n}": {**h, "SOPInstanceUID": f"1.7.{n}", "SeriesInstanceUID": "1.6", **attributes}
                for n, h in enumerate(images)
            }
        ),
    )


def test_a_series_is_recognised_by_its_modality(session):
    found, rest = recognised(session, protocol("CT"))
    assert found.entries == tuple(names_of(session, "CT"))
    assert [scan.modality for scan in rest] == ["RTDOSE", "RTPLAN", "RTSTRUCT"]


def test_a_condition_and_a_class_must_be_met(session):
    whole = protocol("RTDOSE", match=[{"attr": "DoseSummationType", "op": "in", "values": ["PLAN"]}])
    assert recognised(session, whole)[0].scans
    assert not recognised(changed(session, lambda s: only(s, "RTDOSE").update(DoseSummationType="BEAM")), whole)[
        0
    ].scans
    assert not recognised(session, protocol("CT", sop_classes=["1.2.840.10008.5.1.4.1.1.2.1"]))[0].scans


def test_of_a_series_with_doses_of_several_kinds_the_instance_that_fits_is_the_input(session):
    series = only(session, "RTDOSE")["SeriesInstanceUID"]
    mixed = beside(session, "RTDOSE", SeriesInstanceUID=series, DoseSummationType="BEAM")
    match = [{"attr": "DoseSummationType", "op": "in", "values": ["PLAN"]}]
    found, rest = recognised(mixed, protocol("RTDOSE", unit="instances", match=match))
    assert found.entries == tuple(names_of(session, "RTDOSE"))
    assert ("copy",) in [scan.entries for scan in rest]


def test_without_a_preference_all_are_it(session):
    found, _ = recognised(another_ct(session), protocol("CT"))
    assert (len(found.scans), found.others) == (2, ())


def test_the_series_on_which_structures_were_drawn_is_the_one(session):
    found, _ = recognised(another_ct(session), protocol("CT", prefer="referenced_by_structure_set"))
    assert found.entries == tuple(names_of(session, "CT"))
    assert [scan.entries for scan in found.others] == [("b0", "b1", "b2")]


def test_one_that_is_set_aside_is_not_one_that_is_unknown(session):
    _, rest = recognised(another_ct(session), protocol("CT", prefer="most_slices"))
    assert "CT" not in [scan.modality for scan in rest]


def test_where_no_structures_refer_to_any_nothing_is_chosen(session):
    lonely = {name: h for name, h in another_ct(session).items() if h["Modality"] == "CT"}
    found, _ = recognised(lonely, protocol("CT", prefer="referenced_by_structure_set"))
    assert (len(found.scans), found.others) == (2, ())


def test_structures_that_are_set_aside_choose_no_images(session):
    old = beside(another_ct(session), "RTSTRUCT", StructureSetDate="20010101")
    (frame,) = old["copy"]["ReferencedFrameOfReferenceSequence"]
    series = {"SeriesInstanceUID": "1.6", "ContourImageSequence": [{"ReferencedSOPInstanceUID": "1.7.0"}]}
    old["copy"]["ReferencedFrameOfReferenceSequence"] = [
        {**frame, "RTReferencedStudySequence": [{"RTReferencedSeriesSequence": [series]}]}
    ]
    asked = protocol("CT", prefer="referenced_by_structure_set")
    asked["inputs"].append(
        {"key": "rs", "label": "S", "modality": "RTSTRUCT", "count": {"min": 1, "max": 1}, "prefer": "latest"}
    )
    assert recognised(old, asked)[0].entries == tuple(names_of(session, "CT"))


def test_the_series_with_most_slices_is_the_one(session):
    found, _ = recognised(another_ct(session, 5), protocol("CT", prefer="most_slices"))
    assert found.entries == tuple(names_of(session, "CT"))


def test_frames_are_slices(session):
    enhanced = another_ct(session, 1, NumberOfFrames=99)
    assert recognised(enhanced, protocol("CT", prefer="most_slices"))[0].entries == ("b0",)


def test_series_that_are_alike_are_not_told_apart_by_chance(session):
    found, _ = recognised(another_ct(session, 12), protocol("CT", prefer="most_slices"))
    assert len(found.scans) == 2


@pytest.mark.parametrize(
    ("attributes", "chosen"),
    [
        ({"StructureSetDate": "20991231"}, ("copy",)),
        ({"StructureSetTime": "235959.5"}, ("copy",)),
        ({"StructureSetDate": "19991231"}, None),
    ],
)
def test_the_latest_structure_set_is_the_one(session, attributes, chosen):
    found, _ = recognised(beside(session, "RTSTRUCT", **attributes), protocol("RTSTRUCT", prefer="latest"))
    assert found.entries == (chosen or tuple(names_of(session, "RTSTRUCT")))


def test_without_any_date_none_is_the_latest(session):
    dateless = beside(session, "RTSTRUCT")
    for header in dateless.values():
        for name in [name for name in header if name.endswith("Date")]:
            header.pop(name)
    assert len(recognised(dateless, protocol("RTSTRUCT", prefer="latest"))[0].scans) == 2
