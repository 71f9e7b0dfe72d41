"""The verifier, against an anonymiser that was broken in every way we could think of."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.stages import sabotage
from tests.stages.sabotage import BORN, DONE, PATIENT_ID, ROOT, SLICES, STRUCTURES, Session, edit, edit_bytes, item
from uploader.domain.finding import Severity
from uploader.stages.verify import CODES
from uploader.stages.verify.codes import MOST

Break = Callable[[Session], object]


def in_slice(change: Callable[[Dataset], object]) -> Break:
    """A change to the second slice."""
    return lambda session: edit(session.file("0002"), lambda dataset: change(dataset) and None)


def comment(text: str) -> Break:
    """A text in an element that is kept."""
    return in_slice(lambda d: setattr(d, "SeriesDescription", text))


def raw(tag: int, vr: bytes, value: bytes) -> Break:
    """An element in the bytes of the second slice, just before its pixels."""

    def insert(data: bytes) -> bytes:
        at = data.rindex(b"\xe0\x7f\x10\x00OW")
        return data[:at] + sabotage.element(tag, vr, value) + data[at:]

    return lambda session: edit_bytes(session.file("0002"), insert)


def after_pixels(value: bytes) -> Break:
    return lambda session: edit_bytes(session.file("0002"), lambda data: data + value)


def in_structures(change: Callable[[Dataset], object]) -> Break:
    return lambda session: edit(session.file(STRUCTURES), lambda dataset: change(dataset) and None)


def unfit(tag: int, vr: str, value: str) -> Break:
    """An element whose value does not fit its VR."""
    element = DataElement(tag, vr, value, validation_mode=pydicom.config.IGNORE)
    return in_slice(lambda dataset: dataset.add(element))


def references(dataset: Dataset) -> list[Dataset]:
    frame = dataset.ReferencedFrameOfReferenceSequence[0]
    return list(frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0].ContourImageSequence)


def flip_pixel(session: Session) -> None:
    edit_bytes(session.file("0002"), lambda data: data[:-100] + bytes([data[-100] ^ 1]) + data[-99:])


def cut_pixels(session: Session) -> None:
    edit(session.file("0002"), lambda d: setattr(d, "PixelData", d.PixelData[:-32]))


def restore(session: Session) -> None:
    name = sabotage.entry_name(SLICES[-1])
    (session.anonymised / name).write_bytes((session.original / name).read_bytes())


def meta(keyword: str, value: str) -> Break:
    return in_slice(lambda d: setattr(d.file_meta, keyword, value))


def deep(session: Session) -> None:
    nest = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    edit_bytes(session.file("0002"), lambda data: data + nest * 20_000)


def link_out(session: Session) -> None:
    (session.anonymised / "scans/3/DICOM/0005.txt").symlink_to(session.original)


def merge(session: Session) -> None:
    """The structure set moved into the scan of the slices."""
    series = sabotage.mapped(f"{ROOT}.2.1")
    edit(session.file(STRUCTURES), lambda d: setattr(d, "SeriesInstanceUID", series))


def disguise(session: Session) -> None:
    """A slice that is referred to under its right new UID, but no longer bears it."""
    for number in ("0001", "0002"):
        edit(session.file(number), lambda d: d.pop("SOPInstanceUID"))


def kept_uid(dataset: Dataset) -> None:
    dataset.ReferencedImageSequence[0].ReferencedSOPInstanceUID = f"{ROOT}.1.1"


UTF_16 = "Øxenby".encode("utf_16_le")
HIDDEN_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 8 + 8) + struct.pack("<HHI", 0x0008, 0x103E, 8) + b"Muller  "

SABOTAGES: dict[str, tuple[Break, str]] = {
    "a name in a nested item": (
        in_slice(lambda d: setattr(d, "ProcedureCodeSequence", [item(CodeMeaning="CT of Müller")])),
        "verify.residue",
    ),
    "a name in a sequence in a sequence": (
        in_slice(
            lambda d: setattr(d, "ProcedureCodeSequence", [item(ContentSequence=[item(TextValue="Herr Müller")])])
        ),
        "verify.residue",
    ),
    "a private element": (in_slice(lambda d: d.add_new(0x00291010, "LO", "harmless")), "verify.private"),
    "a private element in an item": (
        in_slice(lambda d: d.ReferencedImageSequence[0].add_new(0x00291010, "LO", "harmless")),
        "verify.private",
    ),
    "a name in another character set": (raw(0x00204000, b"UT", "Øxenby".encode("latin_1")), "verify.residue"),
    "a name in UTF-16": (raw(0x00282000, b"OB", UTF_16), "verify.residue"),
    "a name among binary values": (raw(0x00283006, b"OW", b"\1\2\3Anneliese\xff\xfe\0"), "verify.residue"),
    "a name in upper case": (comment("XY MÜLLER"), "verify.residue"),
    "a name without its diacritics": (comment("muller"), "verify.residue"),
    "a name with its umlaut written out": (comment("Mueller"), "verify.residue"),
    "a name in decomposed Unicode": (comment("Mu\u0308ller"), "verify.residue"),
    "a name in full-width letters": (comment("ＭＵＬＬＥＲ"), "verify.residue"),
    "a name in another order": (comment("Anneliese Mueller-Oexenby"), "verify.residue"),
    "a name inside a longer word": (comment("planAnneliese2"), "verify.residue"),
    "the doctor's name": (comment("seen by Wolkenstein"), "verify.residue"),
    "a name of two short words": (comment("Operator: Bo Li"), "verify.residue"),
    "a name in an element for a date": (
        unfit(0x00080022, "DA", "Oxenby"),
        "verify.residue",
    ),
    "a name in an element for a UID": (
        unfit(0x00181002, "UI", "Oxenby"),
        "verify.residue",
    ),
    "a date in an element for a time": (unfit(0x00080033, "TM", DONE), "verify.residue-date"),
    "the patient ID in an element for a date": (unfit(0x00080023, "DA", "5512873"), "verify.residue"),
    "a name in an element of unknown kind": (raw(0x00189999, b"UN", b"Oxenby"), "verify.residue"),
    "a name in a sequence disguised as bytes": (raw(0x00189999, b"UN", HIDDEN_ITEM), "verify.residue"),
    "a name after the pixels": (after_pixels(sabotage.element(0xFFFCFFFC, b"OB", b"Anneliese ")), "verify.residue"),
    "loose bytes after the pixels": (after_pixels(b"Anneliese Oxenby"), "verify.unparsable"),
    "the patient ID without its separator": (comment("id5512873"), "verify.residue"),
    "the patient ID in a number": (in_slice(lambda d: setattr(d, "AcquisitionNumber", "5512873")), "verify.residue"),
    "another ID in groups": (comment("NHS 943 476 5919"), "verify.residue"),
    "the accession number in a comment": (comment("order ACC-73159-02"), "verify.residue"),
    "a request number": (comment("REQ90817"), "verify.residue"),
    "the telephone number": (comment("call +49-555-1478823"), "verify.residue"),
    "the address": (comment("17 Quarrelsome Lane"), "verify.residue"),
    "the institution": (comment("Wistlebury protocol"), "verify.residue"),
    "the station's name where it was": (
        in_slice(lambda d: setattr(d, "StationName", "CTAWP90817")),
        "verify.value-kept",
    ),
    "the serial number where it was": (
        in_slice(lambda d: setattr(d, "DeviceSerialNumber", "SN2528201")),
        "verify.residue",
    ),
    "a short name where it was": (in_slice(lambda d: setattr(d, "OperatorsName", "Li^Bo")), "verify.value-kept"),
    "the date of birth": (in_slice(lambda d: setattr(d, "PatientBirthDate", BORN)), "verify.date-kept"),
    "a date and time that was not moved": (
        in_slice(lambda d: setattr(d, "AcquisitionDateTime", f"{DONE}101530.000000")),
        "verify.date-kept",
    ),
    "a date in ISO form in a text": (comment("done 2024-01-17"), "verify.residue-date"),
    "a date in German form in a text": (comment("geb. 12.03.1961"), "verify.residue-date"),
    "a date with the month's name": (comment("17 Jan 2024"), "verify.residue-date"),
    "a date as a UID": (comment("2.25.19610312"), "verify.residue-date"),
    "a date with the time behind it": (comment("20240117101530"), "verify.residue-date"),
    "a UID left in a reference": (in_slice(kept_uid), "verify.residue-uid"),
    "a UID left in a text": (comment(f"see {ROOT}.1.2"), "verify.residue-uid"),
    "a UID left as instance UID": (
        in_slice(lambda d: setattr(d, "SOPInstanceUID", f"{ROOT}.1.2")),
        "verify.residue-uid",
    ),
    "a reference that leads nowhere": (
        in_structures(lambda d: setattr(references(d)[1], "ReferencedSOPInstanceUID", "2.25.1")),
        "verify.uid-split",
    ),
    "a slice under a new UID that nobody else knows": (
        in_slice(lambda d: setattr(d, "SOPInstanceUID", "2.25.77")),
        "verify.uid-split",
    ),
    "two scans in one": (merge, "verify.uid-merged"),
    "two references that lead to the same slice": (
        in_structures(lambda d: setattr(references(d)[1], "ReferencedSOPInstanceUID", sabotage.mapped(f"{ROOT}.1.1"))),
        "verify.uid-split",
    ),
    "an object without its name": (disguise, "verify.reference-open"),
    "a reference that is gone": (
        in_structures(lambda d: references(d)[2].pop("ReferencedSOPInstanceUID")),
        "verify.reference-lost",
    ),
    "the frame of reference gone": (in_slice(lambda d: d.pop("FrameOfReferenceUID")), "verify.reference-lost"),
    "the preamble": (
        lambda s: edit_bytes(s.file("0002"), lambda data: b"II*\0" + data[4:]),
        "verify.preamble",
    ),
    "the sender's AE title": (meta("SourceApplicationEntityTitle", "CT1"), "verify.meta"),
    "another instance in the file meta": (meta("MediaStorageSOPInstanceUID", "2.25.5"), "verify.meta-differs"),
    "the instance of the original in the file meta": (
        meta("MediaStorageSOPInstanceUID", f"{ROOT}.1.2"),
        "verify.residue-uid",
    ),
    "another transfer syntax": (
        lambda s: sabotage.save(pydicom.dcmread(s.file("0002")), s.file("0002"), ImplicitVRLittleEndian),
        "verify.syntax",
    ),
    "one bit of one pixel": (flip_pixel, "verify.pixels"),
    "fewer pixels": (cut_pixels, "verify.pixels"),
    "no pixels": (in_slice(lambda d: d.pop("PixelData")), "verify.pixels"),
    "another SOP class": (
        in_slice(lambda d: setattr(d, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.7")),
        "verify.class",
    ),
    "no mark that the identity is removed": (
        in_slice(lambda d: setattr(d, "PatientIdentityRemoved", "NO")),
        "verify.not-marked",
    ),
    "another subject in one file": (in_slice(lambda d: setattr(d, "PatientID", "TRIAL")), "verify.subjects-differ"),
    "a subject that is not ours": (in_slice(lambda d: setattr(d, "PatientID", "TRIAL-008")), "verify.pseudonym"),
    "an overlay": (in_slice(lambda d: d.add_new(0x60003000, "OW", b"\0\0")), "verify.overlay"),
    "a curve": (in_slice(lambda d: d.add_new(0x50003000, "OW", b"\0\0")), "verify.overlay"),
    "an element twice": (raw(0x00080060, b"OB", b"CT"), "verify.disorder"),
    "a file that is missing": (lambda s: s.file("0002").unlink(), "verify.missing"),
    "a file too many": (lambda s: (s.anonymised / "scans/9.dcm").write_bytes(b"x"), "verify.extra"),
    "a note in the folder": (lambda s: (s.anonymised / "notes.txt").write_text("x"), "verify.extra"),
    "a link out of the folder": (link_out, "verify.extra"),
    "the last file as it was": (restore, "verify.value-kept"),
    "a file cut short": (lambda s: edit_bytes(s.file("0002"), lambda data: data[:-7]), "verify.unparsable"),
    "a file that is not DICOM": (lambda s: s.file("0002").write_text("hello"), "verify.unparsable"),
    "an empty file": (lambda s: s.file("0002").write_bytes(b""), "verify.unparsable"),
    "sequences without a bottom": (deep, "verify.unparsable"),
    "a deflated file": (meta("TransferSyntaxUID", "1.2.840.10008.1.2.1.99"), "verify.unparsable"),
}
"""What was broken -> how, and the code that must be among the findings."""


def codes(session: Session) -> set[str]:
    return {finding.code for finding in session.findings()}


def test_a_session_that_is_well_anonymised_has_no_finding(session: Session) -> None:
    assert session.findings() == []


@pytest.mark.parametrize("what", SABOTAGES)
def test_the_verifier_refuses(what: str, session: Session) -> None:
    spoil, code = SABOTAGES[what]
    spoil(session)
    found = {f.code for f in session.findings() if f.severity is Severity.REFUSAL}
    assert code in found


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_sound_session_in_another_byte_form_has_no_finding(syntax: str, tmp_path: Path) -> None:
    assert sabotage.make(tmp_path, syntax).findings() == []


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(
    "what",
    [
        "a name in a nested item",
        "a private element in an item",
        "a date and time that was not moved",
        "the date of birth",
        "a UID left in a reference",
        "a reference that leads nowhere",
        "one bit of one pixel",
        "a short name where it was",
    ],
)
def test_the_verifier_refuses_in_every_byte_form(what: str, syntax: str, tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, syntax)
    spoil, code = SABOTAGES[what]
    spoil(session)
    assert code in codes(session)


@pytest.mark.parametrize(
    ("charset", "name", "left"),
    [
        ("ISO_IR 144", "Люкceмбypг", "люкceмбypг"),
        ("ISO_IR 126", "Διονυσιος", "ΔΙΟΝΥΣΙΟΣ"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう", "山田様"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "길동"),
        ("GB18030", "Wang^XiaoDong=王^小东", "小东"),
        ("GB18030", "Wang^Dong=王^东", "姓名王东"),
        ("ISO_IR 100", "Buc^Jérôme", "JEROME"),
    ],
)
def test_a_name_is_found_in_any_script_though_written_in_unicode_now(
    charset: str | list[str], name: str, left: str, tmp_path: Path
) -> None:
    session = sabotage.make(tmp_path, name=name, charset=charset)
    assert session.findings() == []

    def spoil(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet, dataset.SeriesDescription = "ISO_IR 192", left

    edit(session.file("0002"), spoil)
    assert "verify.residue" in codes(session)


@pytest.mark.parametrize(
    "text",
    [
        "millers liver 5.0 B30f",
        "position 551287.3 of 12",
        "TRIAL-007 at Site 4 for Sponsor Inc",
        "2.25.119610312000000000000000000",
        "version 19.61.03",
        "Li and Bo apart",
        "CT routine in our hospital",
    ],
)
def test_a_harmless_text_is_no_finding(text: str, session: Session) -> None:
    comment(text)(session)
    assert session.findings() == []


def test_a_date_that_happens_to_be_another_original_date_is_no_finding(session: Session) -> None:
    in_slice(lambda d: setattr(d, "StudyDate", BORN))(session)
    assert session.findings() == []


def test_burned_in_text_is_a_question_and_not_a_refusal(session: Session) -> None:
    in_slice(lambda d: setattr(d, "BurnedInAnnotation", "YES"))(session)
    assert [(f.code, f.severity) for f in session.findings()] == [("verify.burned-in", Severity.QUESTION)]


def test_a_small_copy_of_the_image_is_a_question(session: Session) -> None:
    in_slice(lambda d: setattr(d, "IconImageSequence", [item(Rows=1)]))(session)
    assert [(f.code, f.severity) for f in session.findings()] == [("verify.icon", Severity.QUESTION)]


def test_an_enclosed_document_is_a_question(session: Session) -> None:
    in_slice(lambda d: setattr(d, "EncapsulatedDocument", b"%PDF"))(session)
    assert [(f.code, f.severity) for f in session.findings()] == [("verify.document", Severity.QUESTION)]


def test_a_subject_id_that_is_the_patients_own_is_refused(session: Session) -> None:
    for path in session.anonymised.rglob("*.dcm"):
        edit(path, lambda d: setattr(d, "PatientID", PATIENT_ID))
    after = sabotage.manifest(session.anonymised)
    keep = sabotage.KEEP | {PATIENT_ID}
    found = sabotage.verify(session.original.joinpath, session.anonymised, session.before, after, keep=keep)
    assert {(f.code, f.severity) for f in found} == {("verify.pseudonym-identifies", Severity.REFUSAL)}


def test_a_name_that_is_a_body_part_is_a_question(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name="Foot^Peter")
    comment("foot left")(session)
    assert [(f.code, f.severity) for f in session.findings()] == [("verify.word", Severity.QUESTION)]


def test_a_name_that_is_a_word_of_the_equipment_is_a_question_there_and_refused_elsewhere(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, name="Acme^Peregrina")
    assert {(f.code, f.severity) for f in session.findings()} == {("verify.technical", Severity.QUESTION)}
    comment("for Acme")(session)
    assert codes(session) == {"verify.technical", "verify.residue"}


def test_an_object_that_calls_itself_by_a_registered_uid_must_be_renamed_too(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)
    for folder in (session.original, session.anonymised):
        edit(folder / sabotage.entry_name("0001"), lambda d: setattr(d, "StudyInstanceUID", "1.2.840.10008.9.9"))
    before, after = sabotage.manifest(session.original), sabotage.manifest(session.anonymised)
    found = sabotage.verify(session.original.joinpath, session.anonymised, before, after, keep=sabotage.KEEP)
    assert [(f.code, f.where) for f in found] == [("verify.residue-uid", f"{sabotage.entry_name('0001')} (0020,000D)")]


def test_a_file_that_changed_after_it_was_written_is_found(session: Session) -> None:
    written = sabotage.manifest(session.anonymised)
    comment("harmless")(session)
    assert [f.code for f in session.findings(written)] == ["verify.changed"]


def test_an_original_that_changed_since_it_was_received_is_found(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)
    edit(session.original / sabotage.entry_name("0001"), lambda d: setattr(d, "StudyDescription", "other"))
    assert codes(session) == {"verify.original-changed"}


def test_originals_may_lie_wherever_the_caller_says(session: Session, tmp_path: Path) -> None:
    places = {entry.name: tmp_path / f"{n}.bin" for n, entry in enumerate(session.before)}
    for name, place in places.items():
        place.write_bytes((session.original / name).read_bytes())
    comment("see Anneliese")(session)
    after = sabotage.manifest(session.anonymised)
    found = sabotage.verify(places.__getitem__, session.anonymised, session.before, after, keep=sabotage.KEEP)
    assert [(f.code, f.where) for f in found] == [("verify.residue", f"{sabotage.entry_name('0002')} (0008,103E)")]


def test_an_original_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path)
    (session.original / sabotage.entry_name("0001")).write_bytes(b"no DICOM")
    assert "verify.original-unparsable" in codes(session)


def test_a_name_of_staff_that_is_called_like_the_software_is_a_question_there(tmp_path: Path) -> None:
    session = sabotage.make(tmp_path, ContentCreatorName="Wonderseg", ManufacturerModelName="Wonderseg 3")
    for number in (*SLICES, STRUCTURES):
        edit(session.file(number), lambda d: setattr(d, "ContentCreatorName", ""))
    assert {(f.code, f.severity) for f in session.findings()} == {("verify.technical", Severity.QUESTION)}
    comment("seen by Wonderseg")(session)
    assert "verify.residue" in codes(session)


def test_where_and_what_is_said_never_quotes_the_patient(session: Session) -> None:
    for name in ("a name in a nested item", "a UID left in a text", "the date of birth"):
        SABOTAGES[name][0](session)
    (session.anonymised / "Müller.txt").write_text("x")
    said = " ".join(f"{f.where} {f.says} {f.remedy} {f.evidence!r}" for f in session.findings())
    for value in ("üller", "uller", PATIENT_ID, BORN, ROOT):
        assert value not in said


def test_a_finding_names_the_element_and_shows_the_value_to_the_reviewer_only(session: Session) -> None:
    SABOTAGES["a name in a sequence in a sequence"][0](session)
    (finding,) = session.findings()
    assert finding.where == "scans/3/DICOM/0002.dcm (0008,1032)[0].(0040,A730)[0].(0040,A160)"
    assert finding.evidence is not None
    assert finding.evidence.reveal() == "muller"


def test_findings_of_one_kind_are_capped_and_the_rest_is_counted(session: Session) -> None:
    many = [item(CodeMeaning="Müller") for _ in range(MOST + 7)]
    in_slice(lambda d: setattr(d, "ProcedureCodeSequence", many))(session)
    found = session.findings()
    assert sum(f.code == "verify.residue" for f in found) == MOST
    (more,) = (f for f in found if f.code == "verify.more")
    assert "7 more" in more.says


def test_progress_tells_how_many_files_are_done(session: Session) -> None:
    told: list[int] = []
    after = sabotage.manifest(session.anonymised)
    sabotage.verify(
        session.original.joinpath, session.anonymised, session.before, after, keep=sabotage.KEEP, progress=told.append
    )
    assert told == [1, 2, 3, 4]


def test_more_processes_find_the_same(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uploader.stages.verify.work.WORTH_STARTING", 1)
    for name in ("a name in a nested item", "a reference that leads nowhere", "one bit of one pixel"):
        SABOTAGES[name][0](session)
    alone, together = session.findings(), session.findings(jobs=2)
    assert [(f.code, f.where, f.evidence) for f in alone] == [(f.code, f.where, f.evidence) for f in together]


def test_every_code_is_documented() -> None:
    import uploader.stages.verify as package

    page = (Path(__file__).parents[2] / "docs" / "findings.md").read_text()
    assert [c for c in CODES if f"`{c}`" not in page or f"``{c}``" not in str(package.__doc__)] == []
