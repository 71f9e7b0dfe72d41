"""Measurements, and what there is of them, must be what they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.stages import sabotage
from tests.stages.sabotage import STRUCTURES, Session, edit, item
from uploader.domain.policy import NO_PERMIT, Permit
from uploader.stages.verify import verify

Change = Callable[[Dataset], object]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return sabotage.make(
        tmp_path_factory.mktemp("sound"),
        PixelSpacing=["0.5", "0.5"],
        RescaleSlope="1.0",
        DiffusionBValue=800.0,
        DoseGridScaling="1.25e-5",
        SharedFunctionalGroupsSequence=[item(PixelMeasuresSequence=[item(SliceThickness="3.0")])],
        RadiopharmaceuticalInformationSequence=[item(RadionuclideTotalDose="370000000", RadionuclideHalfLife="6586.2")],
        ProcedureCodeSequence=[item(CodeValue="1"), item(CodeValue="2")],
        DVHSequence=[item(DVHData=["0.1", "55.2", "0.2", "51.0"]), item(DVHData=["0.1", "3.2"])],
    )


def sets(keyword: str, value: object) -> Change:
    return lambda dataset: setattr(dataset, keyword, value)


def shared(dataset: Dataset) -> Dataset:
    measures: Dataset = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    return measures


def one_reference_twice(dataset: Dataset) -> None:
    dataset.ReferencedImageSequence.append(dataset.ReferencedImageSequence[1])


ALTERED: dict[str, Change] = {
    "the spacing of the pixels": sets("PixelSpacing", ["0.5", "0.51"]),
    "the position of a slice": sets("ImagePositionPatient", [-250.5, -250.5, 9]),
    "the rescale slope": sets("RescaleSlope", "2"),
    "a b-value": sets("DiffusionBValue", 801.0),
    "the scaling of the dose": sets("DoseGridScaling", "1.25e-6"),
    "the thickness in a functional group": lambda d: setattr(shared(d), "SliceThickness", "5"),
    "the thickness in a functional group gone": lambda d: shared(d).pop("SliceThickness"),
    "the injected dose": lambda d: setattr(d.RadiopharmaceuticalInformationSequence[0], "RadionuclideTotalDose", "3"),
    "a dose-volume histogram": lambda d: setattr(d.DVHSequence[1], "DVHData", ["0.1", "3.3"]),
    "a dose-volume histogram gone": lambda d: d.DVHSequence.pop(),
    "a reference doubled": one_reference_twice,
    "all dose-volume histograms gone": lambda d: d.pop("DVHSequence"),
    "a code gone": lambda d: d.ProcedureCodeSequence.pop(),
    "the spacing gone": lambda d: d.pop("PixelSpacing"),
    "the spacing emptied": sets("PixelSpacing", None),
    "the number of bits": sets("BitsStored", 12),
}
FINE: dict[str, Change] = {
    "a technical number removed": lambda d: d.pop("KVP"),
    "a number with another padding": lambda d: d["RescaleSlope"].__setattr__("value", "1.0 "),
    "a sequence emptied": lambda d: setattr(d, "ProcedureCodeSequence", []),
    "a sequence removed": lambda d: d.pop("ProcedureCodeSequence"),
}


def codes(session: Session, permit: Permit = NO_PERMIT) -> set[str]:
    after = sabotage.manifest(session.anonymised)
    found = verify(
        session.original.joinpath, session.anonymised, session.before, after, keep=sabotage.KEEP, permit=permit
    )
    return {f.code for f in found}


def test_the_session_is_sound(sound: Session) -> None:
    assert codes(sound) == set()


@pytest.mark.parametrize("what", ALTERED)
def test_a_measurement_that_changed_is_refused(what: str, session: Session) -> None:
    edit(session.file("0002"), ALTERED[what])
    assert "verify.altered" in codes(session)


@pytest.mark.parametrize("what", FINE)
def test_what_may_go_or_is_written_otherwise_is_no_finding(what: str, session: Session) -> None:
    edit(session.file("0002"), FINE[what])
    assert "verify.altered" not in codes(session)


def test_what_the_trials_script_sets_may_differ(session: Session) -> None:
    edit(session.file("0002"), sets("RescaleSlope", "2"))
    assert codes(session, Permit(may_differ=frozenset({0x00281053}))) == set()


def observation(code: str, value: str) -> Dataset:
    measured = item(NumericValue=value, MeasurementUnitsCodeSequence=[item(CodeValue="mm")])
    concept = item(CodeValue=code, CodeMeaning="Length")
    return item(ValueType="NUM", ConceptNameCodeSequence=[concept], MeasuredValueSequence=[measured])


def report(values: list[str]) -> Change:
    content = [observation(f"C{n}", value) for n, value in enumerate(values)]
    return lambda dataset: setattr(dataset, "ContentSequence", content)


@pytest.mark.parametrize(
    ("values", "fine"),
    [
        (["1.5", "2.5", "3.5"], True),
        (["1.5", "3.5"], True),
        (["1.5", "2.6", "3.5"], False),
        (["1.5", "2.5", "3.5", "4.5"], False),
    ],
)
def test_items_of_a_report_may_be_left_out_but_not_changed_or_added(
    values: list[str], fine: bool, tmp_path: Path
) -> None:
    session = sabotage.make(tmp_path)
    edit(session.original / sabotage.entry_name("0002"), report(["1.5", "2.5", "3.5"]))
    edit(session.file("0002"), report(values))
    again = Session(session.original, session.anonymised, sabotage.manifest(session.original))
    assert ("verify.altered" not in codes(again)) is fine


def test_the_number_of_a_structure_must_stay(session: Session) -> None:
    edit(session.file(STRUCTURES), lambda d: setattr(d.StructureSetROISequence[0], "ROINumber", 2))
    assert codes(session) == {"verify.altered"}
