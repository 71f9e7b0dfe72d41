"""What the pages show, and what they must not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.homes import PASSWORD, arrive, carry, free_ports
from tests.web.desks import Page, desk_of, log_in
from tests.web.hostile import HOSTILE, hostile_session
from uploader.archives.xnat import XnatArchive
from uploader.domain.errors import ArchiveUnavailable
from uploader.domain.submission import State
from uploader.phantom import write_session

FILE_PAGES = "changes", "elements"
"""Pages that show one file of the patient."""


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """All that identifies the patient of the demo session."""
    return write_session(tmp_path_factory.mktemp("planted"), 1, 1, 8)


@pytest.fixture
def without_archives(built):
    """A desk whose archives do not answer."""
    port, password = free_ports(1)[0], built.settings.anonymised.password_file
    archive = XnatArchive("anonymised", f"http://127.0.0.1:{port}", "uploader", password)

    def looking(about, person):
        built.records.note(person, "looked-at-identifiable", about.id, {})
        raise ArchiveUnavailable("identifiable: no answer")

    desk = desk_of(built)
    desk.extensions["review"] = replace(desk.extensions["review"], anonymised=archive, looking=looking)
    return desk


def looks(built, submission):
    return [line["actor"] for line in built.records.history(submission) if line["action"] == "looked-at-identifiable"]


def test_what_arrived_is_listed_with_what_is_next(ada, received):
    page = ada.get("/").text
    assert received in page
    assert "Choose trial and subject" in page


def test_nothing_on_the_pages_before_the_trial_is_chosen_tells_who_the_patient_is(ada, received, planted):
    shown = ada.get("/").text + ada.get(f"/submissions/{received}").text
    assert [value for value in (*planted.values, *planted.uids) if value in shown] == []


def test_nothing_on_the_page_to_sign_tells_who_the_patient_is(ada, to_look_at, planted):
    shown = ada.get(f"/submissions/{to_look_at}").text
    assert [value for value in (*planted.values, *planted.uids) if value in shown] == []
    assert "PTV_5040" in shown


@pytest.mark.parametrize("kind", FILE_PAGES)
def test_a_file_shows_the_patient_and_is_in_the_audit(ada, built, to_look_at, planted, kind):
    before = len(looks(built, to_look_at))
    page = ada.get(f"/submissions/{to_look_at}/{kind}?file=scans/2/DICOM/0001.dcm").text
    assert planted.patient_id in page
    assert looks(built, to_look_at)[before:] == ["ada"]


def test_the_structures_as_they_arrived_are_in_the_audit(ada, built, received):
    assert "PTV_5040" in ada.get(f"/submissions/{received}/structures").text
    assert looks(built, received) == ["ada"]


@pytest.mark.parametrize(
    "page", ["patient", "structures", *(f"{kind}?file=scans/2/DICOM/0001.dcm" for kind in FILE_PAGES)]
)
def test_looking_is_in_the_audit_before_anything_is_shown(without_archives, built, to_look_at, page):
    before = len(looks(built, to_look_at))
    answer = log_in(without_archives).get(f"/submissions/{to_look_at}/{page}")
    assert answer.status_code == 503
    assert looks(built, to_look_at)[before:] == ["ada"]


@pytest.mark.parametrize("kind", FILE_PAGES)
def test_a_file_that_is_not_of_the_session_is_not_shown(ada, to_look_at, kind):
    for name in ("", "../../secrets/link.key", "scans/9/DICOM/0001.dcm"):
        assert ada.get(f"/submissions/{to_look_at}/{kind}", query_string={"file": name}).status_code == 404


def test_the_page_to_sign_stands_when_the_anonymised_archive_is_away(without_archives, to_look_at):
    answer = log_in(without_archives).get(f"/submissions/{to_look_at}")
    assert answer.status_code == 200
    assert "The structures cannot be shown" in answer.text
    assert "Sign off and release" in answer.text


def test_a_page_that_looks_again_asks_no_archive(without_archives, built, session):
    submission = arrive(built, session)
    carry(built, submission)
    person = log_in(without_archives)
    built.records.choose(submission, "DEMO-RT", "v1", "0" * 64, "DEMO-001", f"label_{submission}", "ada")
    built.records.queue(submission, "prepare", "ada")
    page = person.get(f"/submissions/{submission}").text
    assert "data-look-again" in page
    assert "cannot be shown" not in page


@pytest.mark.parametrize("page", ["structures", "elements?file=scans/2/DICOM/0001.dcm"])
def test_what_an_attacker_wrote_into_the_headers_is_text(ada, built, tmp_path, page):
    submission = arrive(built, hostile_session(tmp_path / "hostile"))
    carry(built, submission)
    page = Page(ada.get(f"/submissions/{submission}/{page}").text)
    assert [script.get("src") for script in page.all("script")] == ["/static/desk.js"]
    assert page.all("img") == []
    assert [name for _, attributes in page.tags for name in attributes if name.startswith("on")] == []
    assert [text for text in HOSTILE if text not in page.text] == []


def test_every_file_of_a_scan_can_be_looked_at_one_after_the_other(ada, to_look_at):
    seen, page = [], f"/submissions/{to_look_at}/changes?file=scans/2/DICOM/0001.dcm"
    while page:
        seen.append(page[-8:])
        links = Page(ada.get(page).text).all("a")
        page = next((link["href"] for link in links if link.get("rel") == "next"), None)
    assert seen == [f"{number:04}.dcm" for number in range(1, 7)]


def test_an_image_of_which_boxes_were_blanked_is_not_called_unchanged(ada, built, to_look_at):
    name = "scans/2/DICOM/0001.dcm"
    page = f"/submissions/{to_look_at}/changes?file={name}"
    assert "and the pixels are as they were" in ada.get(page).text
    kept = built.records.provenance(to_look_at)
    built.records.keep_provenance(to_look_at, {**kept, "blanked": {name: [[0, 0, 8, 4]]}})
    shown = ada.get(page).text
    built.records.keep_provenance(to_look_at, kept)
    assert "1 box was made black in every frame" in shown
    assert "the pixels are as they were" not in shown


def test_changes_are_grouped_by_sequence_and_counted_by_kind(ada, to_look_at):
    page = ada.get(f"/submissions/{to_look_at}/changes?file=scans/3/DICOM/0001.dcm").text
    groups = [part.split("</h2>")[0] for part in page.split("<summary><h2>")[1:]]
    assert len(groups) == len(set(groups))
    assert "Structure Set ROI Sequence" in groups
    kinds = [kind for kind in ("removed", "emptied", "replaced", "added") if f'<option value="{kind}">' in page]
    assert kinds == ["removed", "emptied", "replaced", "added"]


@pytest.mark.parametrize("page", ["/login", "/", "/submissions/{}", "/submissions/{}/structures", "/none"])
def test_a_page_can_be_read_aloud(ada, to_look_at, page):
    html = Page(ada.get(page.format(to_look_at)).text)
    assert html.all("html") == [{"lang": "en"}]
    assert len(html.all("h1")) == len(html.all("main")) == len(html.all("title")) == 1
    assert html.tags[[tag for tag, _ in html.tags].index("body") + 1] == ("a", {"class": "skip", "href": "#main"})
    levels = [int(tag[1]) for tag, _ in html.tags if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(th.get("scope") for th in html.all("th"))


def test_every_field_to_type_in_has_a_label(ada, received):
    for page in ("/login", f"/submissions/{received}"):
        html = ada.get(page).text
        fields = [part for part in html.split("<input")[1:] if 'type="hidden"' not in part.split(">")[0]]
        labelled = html.count("<label")
        assert labelled == len(fields) + html.count("<select")


def test_the_list_tells_what_waits_and_what_could_not_be_taken(ada, built):
    built.records.notices.post("waiting", ["an RTSTRUCT waits for 60 images"])
    built.records.notices.post("quarantined", [f"{number}: a file is no DICOM" for number in range(40)])
    page = ada.get("/").text
    assert "an RTSTRUCT waits for 60 images" in page
    assert "39: a file is no DICOM" in page
    folded = [details.get("id") for details in Page(page).all("details")]
    assert folded == ["quarantined"]


def test_a_refused_submission_shows_its_findings_and_offers_another_choice(ada, built, session, tmp_path):
    folder = shutil.copytree(session, tmp_path / "incomplete")
    for path in (*folder.glob("RS*"), *folder.glob("RP*"), *folder.glob("RD*")):
        path.unlink()
    submission = arrive(built, folder)
    carry(built, submission)
    built_review = desk_of(built).extensions["review"]
    built_review.choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "refused"
    page = ada.get(f"/submissions/{submission}").text
    assert "The protocol says no" in page
    assert "severity refusal" in page
    assert 'class="stopped" aria-current="step"' in page
    assert "choose another trial or subject" in page
    where = "rule <code>structures.count</code>, protocol line <code>/inputs/1/count</code>"
    assert f"Finding <code>completeness.input-missing</code>, {where}" in page
    assert "rules: " in page


def test_what_was_held_before_it_was_received_is_offered_no_trial(ada, built, session):
    submission = arrive(built, session)
    attempt = built.records.get(submission).attempt
    built.records.rest(submission, attempt, State.HELD, "archive-refused", "the archive refuses it")
    page = ada.get(f"/submissions/{submission}").text
    assert "The archive refuses it." in page
    assert 'name="subject"' not in page
    assert 'action="/submissions/' + submission + '/retry"' in page


def test_what_is_signed_and_not_sent_waits_for_a_person(ada, built, signable):
    review = desk_of(built).extensions["review"]
    review.sign(signable, "ada", PASSWORD, review.show(signable).seen)
    your_turn = ada.get("/").text.split("Your turn")[1].split("</table>")[0]
    assert signable in your_turn
