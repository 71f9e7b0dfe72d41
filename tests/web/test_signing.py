"""What a signature on the desk binds."""

from __future__ import annotations

from io import BytesIO

from tests.homes import PASSWORD, carry
from tests.web.desks import post, token
from uploader.domain.manifest import measure
from uploader.domain.session import Session
from uploader.gateway import archive_of, build_review
from uploader.given import trial_session


def seen_on(client, submission):
    return client.get(f"/submissions/{submission}").text.split('name="seen" value="')[1].split('"')[0]


def sign(client, submission, seen, password=PASSWORD):
    return post(client, f"/submissions/{submission}/signature", seen=seen, password=password)


def tamper(built, submission):
    """Other bytes under the same names in the anonymised archive."""
    about = built.records.get(submission)
    archive, address = archive_of(built.settings, "anonymised"), trial_session(about).address
    files = {}
    for entry in built.records.manifest(submission, "anonymised"):
        with archive.open(address, entry) as stream:
            files[entry.name] = bytearray(stream.read())
    next(iter(files.values()))[-1] ^= 1
    archive.remove(address)
    entries = [measure(name, BytesIO(data)) for name, data in files.items()]
    archive.put(Session(address, about.scans), entries, lambda entry: BytesIO(files[entry.name]))


def test_the_seen_on_the_screen_is_signed_and_sent(ada, built, signable):
    seen = seen_on(ada, signable)
    assert sign(ada, signable, seen).location == f"/submissions/{signable}"
    (signoff,), about = built.records.signoffs(signable), built.records.get(signable)
    digest = built.records.manifest(signable, "anonymised").digest
    assert (signoff.person, signoff.role, signoff.seen, signoff.digest) == ("ada", "reviewer", seen, digest)
    assert (about.state, about.route) == ("queued", "release")


def test_anything_else_is_not_signed(ada, built, signable):
    for seen in ("", "0" * 64, seen_on(ada, signable).upper()):
        answer = sign(ada, signable, seen)
        assert answer.status_code == 409
        assert "not the one that was on the screen" in answer.text
    assert built.records.signoffs(signable) == []


def test_bytes_that_changed_in_the_archive_are_not_signed(ada, built, signable):
    seen = seen_on(ada, signable)
    tamper(built, signable)
    answer = sign(ada, signable, seen)
    assert answer.status_code == 409
    assert "Look at the session as it is now" in answer.text
    assert built.records.signoffs(signable) == []


def test_a_form_of_what_was_anonymised_before_is_not_signed(ada, built, signable):
    old = seen_on(ada, signable)
    build_review(built).choose(signable, "DEMO-RT", "DEMO-001", "ada", label="DEMO-001_99")
    assert carry(built, signable) == "awaiting-signoff"
    assert seen_on(ada, signable) != old
    assert sign(ada, signable, old).status_code == 409
    assert built.records.signoffs(signable) == []


def test_a_double_click_signs_once(ada, built, signable):
    form = {"seen": seen_on(ada, signable), "password": PASSWORD, "csrf_token": token(ada, "/")}
    answers = [ada.post(f"/submissions/{signable}/signature", data=form).status_code for _ in range(2)]
    assert answers == [302, 409]
    assert [line["action"] for line in built.records.history(signable)].count("signed") == 1


def test_a_wrong_password_signs_nothing_and_keeps_the_digest_that_was_seen(ada, built, signable):
    answer = sign(ada, signable, "0" * 64, "wrong")
    assert answer.status_code == 403
    assert f'name="seen" value="{"0" * 64}"' in answer.text
    assert built.records.signoffs(signable) == []


def test_a_wrong_password_for_what_has_gone_on_is_an_error_page(ada, built, received):
    answer = sign(ada, received, "0" * 64, "wrong")
    assert answer.status_code == 403
    assert "That was not done" in answer.text


def test_the_receipt_is_a_file_to_keep_only_after_release(ada, built, signable):
    page = f"/submissions/{signable}/receipt.json"
    assert ada.get(page).status_code == 409
    sign(ada, signable, seen_on(ada, signable))
    assert carry(built, signable) == "released"
    answer = ada.get(page)
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == f"attachment; filename=receipt-{signable}.json"
