"""The bench corpus at a small scale, and the engine on it: what is in OUT names nobody."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from bench.corpus import SMALL, Scale, files, make
from bench.headers import ROLES
from bench.leaks import KINDS, Plants, leaks, role
from bench.people import invented
from bench.quality import facts, quality
from bench.walk import files_of
from uploader.engine import Order, anonymise_tree

ONE = Scale(patients=1, ct=2, mr=1, size=32, ecg=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    make(folder, SMALL)
    return folder


@pytest.fixture(scope="module")
def out(corpus, tmp_path_factory):
    """What `uploader anonymise` makes of the corpus by the policy of the demo trial; the held is not in it."""
    work = tmp_path_factory.mktemp("engine")
    order = Order(home=work / "home", source=corpus / "files", target=work / "out", trial="DEMO-RT")
    anonymise_tree(order)
    return work / "out"


def test_nothing_planted_is_left_in_anything_that_comes_out(corpus, out):
    found = leaks(Plants.read(corpus), out)
    assert found.files
    assert (found.sites, found.moved, found.drawn) == (set(), set(), set())


def test_most_files_come_out_and_every_kind_of_image_and_radiotherapy_object_is_among_them(corpus, out):
    came = Counter(role(series) for series, _ in facts(out).files)
    assert {"CT", "MRJ", "MRR", "EMR", "RTSTRUCT", "RTPLAN", "RTDOSE"} <= came.keys()
    assert sum(came.values()) >= 0.8 * len(files_of(corpus / "files"))


def test_links_geometry_and_pixels_of_what_comes_out_are_whole(corpus, out):
    left = quality(Plants.read(corpus), facts(corpus / "files"), out)
    for good, of in (left.links, left.kept, left.pixels):
        assert good == of > 0


def test_the_same_seed_makes_the_same_files(corpus, tmp_path):
    make(tmp_path, SMALL)
    again = {p.relative_to(tmp_path): p.read_bytes() for p in files_of(tmp_path)}
    assert again == {p.relative_to(corpus): p.read_bytes() for p in files_of(corpus)}


def test_an_untouched_copy_leaks_every_plant(corpus):
    plants = Plants.read(corpus)
    found = leaks(plants, corpus / "files")
    assert found.sites | found.drawn == plants.sites
    assert len(found.strings) == plants.count()


def test_every_string_of_every_patient_is_planted_somewhere(corpus):
    plants = Plants.read(corpus)
    planted = {(series // 100, what) for series, _, what in plants.places}
    assert planted == {(int(number), what) for number, said in plants.strings.items() for what in said}
    assert plants.sites_by_kind().keys() == set(KINDS)


@pytest.mark.parametrize(
    "path",
    [
        "preamble",
        "00020016",  # source application entity title
        "00020102",  # private information of the file meta
        "00400275>00080050",  # accession number of a request
        "04000561>04000550>00100010",  # name before a correction
        "00101002>00100020",
        "00291010",  # Siemens-like private header
        "32531001>00100010",  # UN of undefined length
        "00211020>00211010",  # private group in a private sequence
        "00331013",  # private without its creator
        "60001500",  # overlay label
        "50000022",  # curve description
        "7FE11010",  # behind the pixels
        "FFFCFFFC",  # padding at the end
    ],
)
def test_identity_stands_where_lists_of_tags_do_not_look(corpus, path):
    assert any(at == path for _, at, _ in Plants.read(corpus).places)


@pytest.mark.parametrize(
    ("name", "at", "what"),
    [
        ("PDF", "00420011", "author"),
        ("SR", "0040A730>0040A730>0040A160", "relative"),
        ("PR", "00700001>00700008>00700006", "family"),
        ("ECG", "0040B020>00700006", "consulting"),
        ("EMR", "52009230>00209111>00209158", "given"),
        ("US", "7FE00010", "patient_id"),  # a comment of the JPEG
        ("US", "pixels", "family"),
        ("SC", "pixels", "reader"),
        ("RTSTRUCT", "30060020>30060026", "family"),
    ],
)
def test_each_kind_of_object_names_its_patient_in_its_own_way(corpus, name, at, what):
    assert (name, at, what) in Plants.read(corpus).sites


def test_every_role_is_made_and_read_by_others(corpus):
    seen = set()
    for path in files_of(corpus / "files"):
        dataset = pydicom.dcmread(path)
        seen.add(role(dataset.SeriesNumber))
        if "PixelData" in dataset:
            assert dataset.pixel_array.size
    assert seen == set(ROLES)


def test_no_date_of_a_patient_lies_within_a_shift_of_another(corpus):
    for number in range(1, 11):
        days = sorted(text for kind, text in invented(number, 3).said.values() if kind == "date" and len(text) == 8)
        years = [int(day[:4]) for day in days]
        assert all(b - a > 1 for a, b in itertools.pairwise(years))


def test_one_patient_has_all_roles_once_and_as_many_slices_as_asked(tmp_path):
    names = [name for name, _, _ in files(invented(1, 3), ONE)]
    assert len(names) == len(set(names)) == len(ROLES) + 1


def test_a_text_that_moved_to_another_place_is_still_found(corpus, tmp_path):
    plants = Plants.read(corpus)
    dataset = pydicom.dcmread(next(iter(files_of(corpus / "files"))))
    name = str(dataset.PatientName)
    moved = pydicom.Dataset()
    moved.file_meta, moved.SOPClassUID, moved.SeriesNumber = dataset.file_meta, "1.2", dataset.SeriesNumber
    moved.SOPInstanceUID, moved.DeidentificationMethod = "1.2.3", f"was {name.upper()}"
    moved.save_as(tmp_path / "x.dcm", enforce_file_format=True)
    assert any(path == "00120063" for _, path, _ in leaks(plants, tmp_path).moved)


def test_the_bench_names_its_tables():
    said = subprocess.run(
        [sys.executable, "-m", "bench", "nothing"],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert said.returncode == 2
    assert b"deid" in said.stderr
