import numpy as np
import pytest

from uploader import dicom
from uploader.cases import case_of, headers_below
from uploader.domain.errors import UnreadableFile
from uploader.phantom import write_session
from uploader.ports import Case


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    write_session(folder, slices=3, size=16)
    return folder


@pytest.fixture(scope="module")
def case(folder):
    return case_of(folder, headers_below(folder, sorted(p.name for p in folder.iterdir())))


def of_sample(path):
    return case_of(path.parent, headers_below(path.parent, [path.name]))


def test_a_header_is_that_of_the_file(folder, case):
    assert case.headers["CT0001.dcm"] == dicom.header(dicom.read(folder / "CT0001.dcm").dataset)


def test_a_case_of_files_says_that_it_has_them(case):
    assert case.has_files
    assert not Case({}).has_files


def test_grey_frames_have_rows_and_columns(case):
    (frame,) = case.frames("CT0002.dcm")
    assert (frame.shape, frame.dtype) == ((16, 16), np.uint16)


def test_every_frame_of_a_dose_comes(case):
    assert len(list(case.frames("RD0001.dcm"))) == case.headers["RD0001.dcm"]["NumberOfFrames"]


def test_an_object_without_pixels_has_none_stored_and_no_frames(case):
    assert (case.stored("RP0001.dcm").pixels, case.stored("RP0001.dcm").whole) == (0, True)
    with pytest.raises(UnreadableFile, match=r"RP0001\.dcm: there are no pixels"):
        list(case.frames("RP0001.dcm"))


def test_the_bytes_of_native_pixels_are_counted(case):
    assert case.stored("CT0001.dcm").pixels == 16 * 16 * 2


def test_a_file_that_breaks_off_in_its_pixels_has_a_header_and_says_how_far_it_goes(tmp_path, folder):
    whole = (folder / "CT0001.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-100])
    cut = of_sample(tmp_path / "cut.dcm")
    assert cut.headers["cut.dcm"]["Rows"] == 16
    assert (cut.stored("cut.dcm").pixels, cut.stored("cut.dcm").whole) == (16 * 16 * 2 - 100, False)
    with pytest.raises(UnreadableFile, match=r"^cut\.dcm: the pixel data are shorter"):
        list(cut.frames("cut.dcm"))


def test_elements_that_break_off_behind_the_pixels_make_a_file_that_is_not_whole(tmp_path, folder):
    (tmp_path / "tail.dcm").write_bytes((folder / "CT0001.dcm").read_bytes() + b"\xfc\xff\xfc\xffOB\0\0\xff\0\0\0")
    stored = of_sample(tmp_path / "tail.dcm").stored("tail.dcm")
    assert (stored.pixels, stored.whole) == (16 * 16 * 2, False)


def test_a_file_that_is_gone_is_named_and_its_folder_is_not(tmp_path):
    with pytest.raises(UnreadableFile, match=r"^gone\.dcm: cannot be read: No such file or directory$") as raised:
        headers_below(tmp_path, ["gone.dcm"])
    assert str(tmp_path) not in str(raised.value)


def test_frames_of_a_file_that_is_no_entry_are_not_read(folder):
    with pytest.raises(UnreadableFile, match="does not say how large"):
        list(case_of(folder, {}).frames("CT0001.dcm"))


@pytest.mark.parametrize(
    ("name", "fragments"),
    [("MR_small.dcm", 0), ("MR_small_RLE.dcm", 1), ("MR_small_jp2klossless.dcm", 1), ("MR_small_bigendian.dcm", 0)],
)
def test_the_same_image_comes_out_of_every_transfer_syntax(samples, name, fragments):
    plain, other = (of_sample(samples / "transfer_syntaxes" / each) for each in ("MR_small.dcm", name))
    (expected,), (found,) = plain.frames("MR_small.dcm"), other.frames(name)
    assert np.array_equal(expected, found)
    assert other.stored(name).fragments == fragments
