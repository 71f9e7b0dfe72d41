"""A released session leaves a signed receipt, and travels with its site's signed word: either proves what was sent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import requests
from click.testing import CliRunner

from tests.homes import archives_of, bring_to_signature, carry, demo, new_home, sign_and_release
from tests.patience import PATIENCE_SECONDS
from uploader import recall
from uploader.cli.receipt import receipt as command
from uploader.domain.consignment import Consignment, Recall
from uploader.domain.errors import BadSeal, BadSettings, Refused, WrongState
from uploader.domain.session import Address
from uploader.domain.submission import State
from uploader.gateway import archive_of, build_line, build_review, open_home
from uploader.receipt import FIELDS, read
from uploader.seal import PublicKey, opened, sealed

ADDRESS = Address("SITE01", "DEMO-001", "DEMO-001_1")
PAPERS = "/data/projects/SITE01/subjects/DEMO-001/experiments/DEMO-001_1/resources/UPLOADER/files"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    built = open_home(new_home(tmp_path_factory.mktemp("receipts") / "home"))
    with archives_of(built):
        yield built
    built.records.close()


@pytest.fixture(scope="module")
def submission(built, tmp_path_factory):
    submission = bring_to_signature(built, demo(tmp_path_factory.mktemp("demo")))
    assert sign_and_release(built, submission) == "released"
    return submission


@pytest.fixture
def receipt(built, submission):
    return build_review(built).receipt(submission)


@pytest.fixture
def key(built):
    return PublicKey.read(built.home.public_key)


def at_centre(built, name, method="GET", data=None, login="uploader"):
    password = (built.home.secrets / f"central-{login}").read_text()
    url = f"{built.settings.central.url}{PAPERS}/{name}"
    return requests.request(method, url, auth=(login, password), data=data, timeout=PATIENCE_SECONDS)


def refused(document, built):
    """Whether the document, signed anew with the site's own key, is still no receipt."""
    with pytest.raises(BadSeal):
        read(
            opened(json.dumps(sealed(document, built.home.site_key())).encode(), PublicKey.read(built.home.public_key))
        )
    return True


def bare(receipt):
    return {name: value for name, value in receipt.items() if name not in ("key", "signature")}


def verify(tmp_path, document, *more, **env):
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(document, indent=2))
    return CliRunner().invoke(command, ["verify", str(file), "--home", str(tmp_path), *map(str, more)], env=env)


def test_the_receipt_is_signed_by_the_site_and_says_what_the_centre_holds(built, submission, receipt, key):
    address, manifest = read(opened(json.dumps(receipt, indent=2).encode(), key))
    assert address == ADDRESS
    assert manifest == built.records.manifest(submission, "anonymised")
    assert {h.name for h in archive_of(built.settings, "central").held(address)} == {e.name for e in manifest}


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_receipt_that_was_changed_in_any_field_is_not_believed(receipt, key, field):
    changed = {**receipt, field: [receipt[field], 1]}
    lacking = {name: value for name, value in receipt.items() if name != field}
    for document in (changed, lacking):
        with pytest.raises(BadSeal, match="does not fit"):
            opened(json.dumps(document).encode(), key)


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_receipt_without_one_of_its_fields_is_none_though_the_site_signed_it(built, receipt, field):
    assert refused({name: value for name, value in bare(receipt).items() if name != field}, built)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"version": 2},
        {"version": 4},
        {"version": True},
        {"kind": "uploader-consignment"},
        {"more": 1},
        {"digest": "0" * 64},
        {"files": []},
        {"places": []},
        {"signed": None},
        {"signed": []},
        {"signed": {"digest": "0" * 64}},
        {"signed": [{"digest": "0" * 64}]},
        {"central": {}},
    ],
)
def test_a_receipt_that_contradicts_itself_is_none_though_the_site_signed_it(built, receipt, change):
    assert refused({**bare(receipt), **change}, built)


def test_a_receipt_of_before_there_were_roles_is_read(built, receipt, key):
    (signed,) = receipt["signed"]
    old = {**bare(receipt), "version": 2, "signed": {name: value for name, value in signed.items() if name != "role"}}
    assert read(opened(json.dumps(sealed(old, built.home.site_key())).encode(), key))[0] == ADDRESS


def test_the_consignment_at_the_centre_is_signed_and_names_nobody(built, submission, key):
    data = at_centre(built, f"consignment-{submission}.json").content
    said = Consignment.read(opened(data, key))
    assert (said.trial, said.subject, said.session) == ("DEMO-RT", "DEMO-001", "DEMO-001_1")
    assert said.manifest == built.records.manifest(submission, "anonymised")
    assert b'"ada"' not in data  # in quotes: three letters of a digest may spell her, too


def test_the_command_verifies_a_receipt_with_nothing_but_the_public_key(built, receipt, tmp_path):
    answer = verify(tmp_path, receipt, "--key", built.home.public_key)
    assert answer.exit_code == 0, answer.output
    assert "SITE01" in answer.output
    assert receipt["digest"] in answer.output


def test_the_command_finds_the_key_of_its_own_home(built, receipt, tmp_path):
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    assert CliRunner().invoke(command, ["verify", str(file), "--home", str(built.home.root)]).exit_code == 0


def test_the_command_asks_for_a_key_that_it_does_not_know(receipt, tmp_path):
    answer = verify(tmp_path, receipt)
    assert isinstance(answer.exception, BadSettings)
    assert "--key FILE" in str(answer.exception)


@pytest.mark.parametrize("change", [{"site": "SITE02"}, {"signature": ""}, {"key": "0" * 64}])
def test_the_command_exits_3_for_what_is_not_what_the_site_signed(built, receipt, tmp_path, change):
    answer = verify(tmp_path, receipt | change, "--key", built.home.public_key)
    assert answer.exit_code == 3
    assert "NOT VALID" in answer.output


def test_the_command_exits_3_for_what_is_not_signed_at_all(built, receipt, tmp_path):
    assert verify(tmp_path, bare(receipt), "--key", built.home.public_key).exit_code == 3


def against(built, tmp_path, receipt):
    url, password = built.settings.central.url, (built.home.secrets / "central-uploader").read_text()
    more = ("--key", built.home.public_key, "--against", url, "--login", "uploader")
    return verify(tmp_path, receipt, *more, UPLOADER_PASSWORD=password)


def test_the_command_compares_with_what_the_centre_lists_now(built, receipt, tmp_path):
    answer = against(built, tmp_path, receipt)
    assert answer.exit_code == 0, answer.output
    assert "holds all of them" in answer.output


def test_the_command_says_what_the_centre_has_besides(built, receipt, tmp_path):
    at_centre(built, "../../QC/files/report.txt?inbody=true", "PUT", b"fine").raise_for_status()
    assert "1 file(s) that were not sent" in against(built, tmp_path, receipt).output


def test_the_command_exits_3_when_a_file_at_the_centre_is_another(built, receipt, tmp_path):
    scan, _, name = receipt["files"][0]["name"].removeprefix("scans/").split("/")
    place = f"../../../scans/{scan}/resources/DICOM/files/{name}"
    before = at_centre(built, place).content
    at_centre(built, f"{place}?inbody=true&overwrite=true", "PUT", b"another").raise_for_status()
    answer = against(built, tmp_path, receipt)
    assert (answer.exit_code, receipt["files"][0]["name"] in answer.output) == (3, True)
    at_centre(built, f"{place}?inbody=true&overwrite=true", "PUT", before).raise_for_status()


def test_the_command_exits_4_when_the_centre_is_away(built, receipt, tmp_path):
    more = ("--key", built.home.public_key, "--against", "http://127.0.0.1:1", "--login", "uploader")
    assert verify(tmp_path, receipt, *more, UPLOADER_PASSWORD="x").exit_code == 4


@pytest.fixture(scope="module")
def unsigned(built, tmp_path_factory):
    """A submission that nobody has signed off."""
    return bring_to_signature(built, demo(tmp_path_factory.mktemp("another"), seed=2), subject="DEMO-002")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_recall_needs_a_reason(built, submission, reason):
    with pytest.raises(Refused, match="say why"):
        recall.recall(build_line(built), submission, "ada", reason)


def test_what_is_not_released_cannot_be_recalled(built, unsigned):
    with pytest.raises(WrongState):
        recall.recall(build_line(built), unsigned, "ada", "consent withdrawn")


def test_a_release_without_the_sites_key_sends_nothing_and_goes_on_when_it_is_back(built, unsigned):
    key = built.home.secrets / "site.key"
    away = key.rename(key.with_name("away"))
    assert sign_and_release(built, unsigned) == "held"
    assert "site.key" in built.records.get(unsigned).says
    address = Address("SITE01", "DEMO-002", "DEMO-002_1")
    assert not list(archive_of(built.settings, "central").held(address))
    away.rename(key)
    build_review(built).retry(unsigned, "ada")
    assert carry(built, unsigned) == "released"
    assert archive_of(built.settings, "central").shared(address) == {"SITE01", "DEMO-RT"}


def test_what_is_released_is_recalled_and_not_withdrawn(built, submission):
    with pytest.raises(WrongState, match="recall it"):
        build_review(built).withdraw(submission, "ada", "consent withdrawn")


def become(built, group):
    """Give the line's account this role in the trial's project at the centre."""
    url, password = built.settings.central.url, (built.home.secrets / "central-admin").read_text()
    role = f"{url}/data/projects/DEMO-RT/users/{group}/uploader"
    requests.put(role, auth=("admin", password), timeout=PATIENCE_SECONDS).raise_for_status()


def test_a_recall_leaves_the_sites_word_at_the_centre_and_says_what_the_centre_must_do(built, submission, key):
    """Of a trial's project the line's account is a member at most centres, and members may not end a share."""
    become(built, "Members")
    done = recall.recall(build_line(built), submission, "ada", "Mrs Doe withdrew consent")
    data = at_centre(built, f"recall-{submission}.json").content
    assert Recall.read(opened(data, key)).session == "DEMO-001_1"
    assert b"Doe" not in data
    assert "Still shown in DEMO-RT" in done.open
    about = built.records.get(submission)
    assert about.state is State.RECALLED
    assert about.says == "Mrs Doe withdrew consent", "what is left to do is no part of the reason"
    assert build_review(built).receipt(submission)["signature"]


def test_a_recall_that_is_repeated_ends_the_share_when_the_account_may(built, submission):
    become(built, "Members")
    recall.recall(build_line(built), submission, "ada", "consent withdrawn")
    become(built, "Owners")
    assert not recall.recall(build_line(built), submission, "ada", "consent withdrawn").open
    assert archive_of(built.settings, "central").shared(ADDRESS) == {"SITE01"}


def test_where_the_centre_shares_its_service_ends_the_share(built, submission):
    done = recall.recall(replace(build_line(built), shares=False), submission, "ada", "consent withdrawn")
    assert "centre's service" in done.open
