"""Names of scans and files inside a session."""

from __future__ import annotations

import random
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.making import ct
from uploader.domain.arrival import Origin, Piece, Stamp
from uploader.domain.private import Private
from uploader.stages.ingest.facts import Instance, instance
from uploader.stages.ingest.scans import named


def read(data: bytes) -> Instance:
    with tempfile.TemporaryFile() as stream:
        stream.write(data)
        stream.flush()
        return instance(stream)


def piece(name: str) -> Piece:
    return Piece(Origin(Private((name,)), Stamp(1, 1, 1)))


def scans(*slices: bytes) -> dict[str, str]:
    return named({piece(str(n)): read(data) for n, data in enumerate(slices)})[1]


def test_a_scan_bears_its_series_number() -> None:
    assert scans(ct(SeriesNumber="7")) == {"7": "CT"}


@pytest.mark.parametrize("number", ["0", "9999"])
def test_a_series_number_of_up_to_four_digits_is_kept(number: str) -> None:
    assert scans(ct(SeriesNumber=number)) == {number: "CT"}


@pytest.mark.parametrize("number", ["-1", "", None, "0055500177", "0055", "00", "10000", "55500177", "+3"])
def test_a_series_without_a_plain_number_is_named_by_modality(number: str | None) -> None:
    assert scans(ct(SeriesNumber=number)) == {"0-CT1": "CT"}


def test_a_second_series_of_one_number_is_named_by_number_and_modality() -> None:
    series = [ct(f"1.2.3.{n}", SeriesInstanceUID=f"1.2.3.7{n}", Modality="MR", SeriesNumber="1") for n in range(3)]
    assert scans(*series) == {"1": "MR", "1-MR1": "MR", "1-MR2": "MR"}


@pytest.mark.parametrize("written", ["../CT x", "SMITH", "CT1", "", None, "CT\\MR"])
def test_what_is_no_defined_modality_is_not_repeated(written: str | None) -> None:
    assert scans(ct(Modality=written, SeriesNumber="")) == {"0-OT1": "OT"}


@pytest.mark.parametrize(("written", "meant"), [("mr", "MR"), ("RTSTRUCT", "RTSTRUCT"), ("VF", "VF"), ("ANN", "ANN")])
def test_a_defined_modality_is_kept_retired_ones_too(written: str, meant: str) -> None:
    assert scans(ct(Modality=written)) == {"3": meant}


def test_nothing_of_numbers_and_modalities_of_a_stranger_is_in_any_name() -> None:
    series = [
        ct(f"1.2.3.{n}", SeriesInstanceUID=f"1.7{n}", SeriesNumber="0055500177", Modality="SMITH") for n in (1, 2)
    ]
    names, found = named({piece(str(n)): read(data) for n, data in enumerate(series)})
    assert found == {"0-OT1": "OT", "0-OT2": "OT"}
    assert sorted(names) == ["scans/0-OT1/DICOM/0001.dcm", "scans/0-OT2/DICOM/0001.dcm"]


def test_slices_are_in_the_order_of_their_numbers() -> None:
    names, _ = named({piece(str(n)): read(ct(f"1.2.3.{n}", InstanceNumber=str(n))) for n in (10, 9, 2)})
    assert [p.origin.path.reveal()[0] for p in names.values()] == ["2", "9", "10"]


SERIES = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "x", "", "0055500177"]),
        st.sampled_from(["1.1", "1.2", ""]),
        st.sampled_from(["CT", "MR", "SMITH"]),
    ),
    min_size=1,
    max_size=8,
)


@given(SERIES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_names_do_not_depend_on_the_order_in_which_files_are_found(
    series: list[tuple[str, str, str]], shuffler: random.Random
) -> None:
    base = read(ct())
    files = {
        piece(str(n)): Instance(
            f"1.2.{n}", base.study, uid, number, "1", modality, base.identity, "", frozenset(), frozenset(), frozenset()
        )
        for n, (number, uid, modality) in enumerate(series)
    }
    shuffled = list(files.items())
    shuffler.shuffle(shuffled)
    assert named(files) == named(dict(shuffled))
    assert len(named(files)[0]) == len(files)
