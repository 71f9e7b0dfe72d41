"""A protocol from answers, from a session, and from DASHER's lists."""

from __future__ import annotations

import json

import pytest

from uploader.phantom import write_session

SHORT = ["MINE", "My trial", "Our unit", "", "", ""]
"""Trial, title, sponsor; no contact; ID and pattern as proposed."""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    write_session(folder, slices=6, size=32)
    (folder / "notes.txt").write_text("not DICOM")
    return folder


@pytest.fixture
def answered(ask, tmp_path):
    """Answers the questions of `new`; returns what it said and the protocol."""

    def give(answers, *words):
        answer = ask("new", *words, "--protocols", tmp_path, input="\n".join(answers) + "\n" * 20)
        assert answer.exit_code == 0, answer.output
        return answer.output, json.loads((tmp_path / answers[0] / "v1.json").read_text())

    return give


def test_enter_alone_is_told_that_an_answer_is_needed(answered):
    said, document = answered(["MINE", "", "My trial", " ", "Our unit"])
    assert said.count("an answer is needed here") == 2
    assert (document["title"], document["sponsor"]) == ("My trial", "Our unit")


def test_with_a_session_it_is_enough_to_agree(answered, session):
    said, document = answered(SHORT, session)
    assert "found: CT: 1 series of 6 or more instances, slices 3 mm apart" in said
    assert [each["modality"] for each in document["inputs"]] == ["CT", "RTSTRUCT", "RTPLAN", "RTDOSE"]
    assert document["inputs"][0]["geometry"]["slice_spacing_mm"] == {"max": 3}
    assert document["inputs"][2]["plan"]["fractions"] == {"eq": 28}
    assert document["inputs"][2]["plan"]["prescriptions"] == [
        {"target": "PTV_5040", "total_gy": {"eq": 50.4, "tol": 0.5}}
    ]
    assert {roi["name"] for roi in document["rois"] if roi["need"] == "required"} >= {"BODY", "Lung_L", "PTV_5040"}
    assert [(each["a"], each["rel"], each["b"]) for each in document["roi_relations"]] == [
        ("Lung_R", "side_of_body", "BODY"),
        ("Lung_L", "side_of_body", "BODY"),
    ]
    assert document["subject_id"] == {"pattern": "MINE-[0-9]{3}", "example": "MINE-001"}
    assert document["status"] == "draft"


def test_a_trial_that_is_not_in_capitals_is_asked_for_again(ask, tmp_path):
    answers = ["mine", *SHORT, "MR"]
    answer = ask("new", "--protocols", tmp_path, input="\n".join(answers) + "\n" * 9)
    assert "in capitals, please, such as MINE" in answer.output
    assert [path.parent.name for path in tmp_path.glob("*/v1.json")] == ["MINE"]


def test_figures_of_the_trials_own_name_are_in_every_subject_id(answered):
    _, document = answered(["SPINE2", "My trial", "Our unit", "", "SPINE2-1-001", "", "MR"])
    assert document["subject_id"]["pattern"] == "SPINE2-[0-9]-[0-9]{3}"


def test_what_the_session_shows_of_the_patient_is_not_in_the_protocol(answered, tmp_path):
    identity = write_session(tmp_path / "session", seed=3, slices=3, size=32)
    said, document = answered(SHORT, tmp_path / "session")
    text = said + json.dumps(document)
    assert [value for value in (*identity.values, *identity.uids) if value in text] == []


def test_names_that_are_left_out_are_not_in_the_protocol(answered, session):
    _, document = answered([*SHORT, "CT, RTSTRUCT", "", "", "", "BODY, PTV*", "-", "refusal"], session)
    assert document["rois"] == [
        {"name": "BODY", "need": "required", "interpreted_type": ["EXTERNAL"]},
        {"name": "PTV*", "need": "required"},
    ]
    assert document["nomenclature"]["unknown_rois"] == "refusal"


def test_without_a_session_everything_is_asked(answered):
    _, document = answered([*SHORT, "MR", "2", "1.2", "active"])
    assert [each["modality"] for each in document["inputs"]] == ["MR"]
    assert document["inputs"][0]["count"] == {"min": 1, "max": 2}
    assert document["inputs"][0]["geometry"]["slice_spacing_mm"] == {"max": 1.2}
    assert "rois" not in document
    assert document["status"] == "active"


def test_an_id_that_no_archive_keeps_is_asked_for_again(answered):
    said, document = answered(["MINE", "My trial", "Our unit", "", "MINE 1", "MINE-1", "", "MR"])
    assert "letters, digits, hyphens and underscores" in said
    assert document["subject_id"]["example"] == "MINE-1"


def test_what_was_made_can_be_checked_and_explained(answered, ask, session, tmp_path):
    answered(SHORT, session)
    path = tmp_path / "MINE" / "v1.json"
    assert "Lung_L lies on the side of BODY that its name says." in ask("explain", path).stdout


def test_answers_that_make_no_protocol_leave_no_file(ask, tmp_path):
    answers = ["MINE", "My trial", "Our unit", "", "MINE-1", "other", "MR", "", "", ""]
    answer = ask("new", "--protocols", tmp_path, input="\n".join(answers) + "\n" * 5)
    assert "at /subject_id/example: does not match" in answer.stderr
    assert answer.exit_code == 1
    assert not (tmp_path / "MINE").exists()


def test_a_version_that_is_there_is_not_written_over(answered, ask, tmp_path):
    answered([*SHORT, "MR"])
    before = (tmp_path / "MINE" / "v1.json").read_bytes()
    answer = ask("new", "--protocols", tmp_path, input="\n".join([*SHORT, "CT"]) + "\n" * 9)
    assert "a version is never written over" in answer.stderr
    assert (tmp_path / "MINE" / "v1.json").read_bytes() == before


def test_a_folder_without_dicom_is_told(ask, tmp_path):
    (tmp_path / "session").mkdir()
    assert "there is no DICOM file" in ask("new", tmp_path / "session", "--protocols", tmp_path).stderr


@pytest.fixture
def imported(ask, tmp_path):
    def give(permitted, required):
        (tmp_path / "trialA_labels.txt").write_bytes(permitted)
        if required is not None:
            (tmp_path / "trialA_required_labels.txt").write_bytes(required)
        return ask("import", tmp_path / "trialA_labels.txt", "--protocols", tmp_path)

    return give


def test_lists_of_dasher_become_a_protocol(imported, tmp_path):
    answer = imported(b"\xef\xbb\xbfBODY\r\nPTV*\r\n\r\nSpinalCord_PRV_long_name\r\n", b"BODY\r\n")
    assert answer.exit_code == 0, answer.output
    assert "24 characters; ROI Observation Label holds 16" in answer.stderr
    document = json.loads((tmp_path / "trialA" / "v1.json").read_text())
    assert (document["status"], document["nomenclature"]["unknown_rois"]) == ("draft", "refusal")
    assert [(roi["name"], roi["need"]) for roi in document["rois"]] == [
        ("BODY", "required"),
        ("PTV*", "optional"),
        ("SpinalCord_PRV_long_name", "optional"),
    ]


@pytest.mark.parametrize(
    ("permitted", "required", "words"),
    [
        (b"BODY\n", None, "there is no trialA_required_labels.txt beside"),
        (b"BODY\nHeart\n", b"Lung_L\n", "required, line 1: no permitted name covers Lung_L"),
        (b"BODY\nbody\n", b"", "permitted, line 2: body is the same as BODY in line 1"),
        ("Größe\n".encode("latin-1"), b"", "not UTF-8"),
    ],
)
def test_lists_that_are_wrong_become_none(imported, tmp_path, permitted, required, words):
    answer = imported(permitted, required)
    assert (answer.exit_code, words in answer.stderr) == (2, True), answer.output
    assert not (tmp_path / "trialA").exists()


def test_what_changed_between_versions_is_told(ask, folder, small):
    small["version"] = "v2"
    small["inputs"][0]["geometry"]["slice_spacing_mm"] = {"max": 2}
    small["rois"].pop()
    (folder / "SMALL" / "v2.json").write_text(json.dumps(small))
    said = ask("diff", "SMALL/v1", "SMALL/v2", "--protocols", folder).stdout
    assert "stricter: 1\n- Planning CT: Slice spacing: Slice spacing is at most 2 mm. Before:" in said
    assert "looser: 1\n- ROI Boost: no longer:" in said
