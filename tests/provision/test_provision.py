"""`uploader provision` makes of XNATs as they are delivered what a gateway needs, once."""

from __future__ import annotations

import pytest
import requests

from tests.homes import change_settings, gateway_at
from tests.patience import PATIENCE_SECONDS
from uploader.cli import main
from uploader.config import Settings
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable, BadSettings, LoginRefused, Misconfigured
from uploader.gateway import preflight
from uploader.provision import provision


def provisioned(root, name="identifiable", seconds=5):
    return list(provision(Settings.read(root), name, seconds=seconds))


def made(root, name="identifiable"):
    return [change.says for change in provisioned(root, name) if change.made]


def logs_in(root, name, login, password):
    url = getattr(Settings.read(root), name).url
    return requests.get(f"{url}/data/auth", auth=(login, password), timeout=PATIENCE_SECONDS).status_code == 200


def test_two_xnats_as_delivered_pass_the_preflight_afterwards(root, xnats):
    for name in xnats:
        assert made(root, name)
    change_settings(root, 'url = "http://127.0.0.1', 'url = "http://127.0.0.1')
    said = preflight(Settings.read(root))
    assert [sentence for sentence in said if not sentence.startswith("central")] == []


def test_a_second_time_nothing_is_changed(root, xnats):
    provisioned(root)
    xnats["identifiable"].changes.clear()
    assert made(root) == []
    assert xnats["identifiable"].changes == []


def test_the_factory_login_and_guests_are_off_and_our_administrator_is_on(root, xnats):
    provisioned(root)
    assert not logs_in(root, "identifiable", "admin", "admin")
    assert not logs_in(root, "identifiable", "guest", "guest")
    secret = (root / "secrets" / "identifiable-admin").read_text()
    assert logs_in(root, "identifiable", "keeper", secret)


def test_nothing_rewrites_bytes_any_more(root, xnats):
    provisioned(root)
    xnat = xnats["identifiable"]
    assert xnat.preferences["enableSitewideAnonymizationScript"] is False
    assert not [each for each in xnat.receivers.values() if each["enabled"]]


def test_a_receiver_that_is_wanted_listens_and_leaves_bytes_alone(root, xnats):
    change_settings(root, 'people = ["ada"]', 'people = []\nreceiver_port = 8104\nreceiver_ae_title = "GATE"')
    provisioned(root)
    (receiver,) = xnats["identifiable"].receivers.values()
    assert receiver["enabled"]
    assert receiver["aeTitle"] == "GATE"
    assert receiver["anonymizationEnabled"] is False
    assert made(root) == []


def test_staff_get_an_account_with_a_first_password_in_a_secret_file(root, xnats):
    provisioned(root)
    file = root / "secrets" / "identifiable-ada"
    assert file.stat().st_mode & 0o777 == 0o600
    assert logs_in(root, "identifiable", "ada", file.read_text())
    url = Settings.read(root).identifiable.url
    auth = ("ada", file.read_text())
    assert requests.get(f"{url}/data/projects/INCOMING", auth=auth, timeout=PATIENCE_SECONDS).status_code == 200
    assert (
        requests.put(f"{url}/data/projects/INCOMING/subjects/X", auth=auth, timeout=PATIENCE_SECONDS).status_code == 403
    )


def test_the_first_page_says_which_of_the_two_it_is_and_leads_to_the_desk(root, xnats):
    for name in xnats:
        provisioned(root, name)
    desk = Settings.read(root).desk.public_url
    assert "Identifiable" in xnats["identifiable"].preferences["siteDescriptionText"]
    assert all(desk in xnat.preferences["siteDescriptionText"] for xnat in xnats.values())


def test_what_comes_in_by_another_way_waits_in_the_prearchive(root, xnats):
    provisioned(root)
    url = Settings.read(root).identifiable.url
    auth = ("uploader", (root / "secrets" / "identifiable-uploader").read_text())
    assert (
        requests.get(f"{url}/data/projects/INCOMING/prearchive_code", auth=auth, timeout=PATIENCE_SECONDS).text == "0"
    )


def test_a_run_that_broke_off_is_finished_by_the_next(root, xnats):
    steps = provision(Settings.read(root), "identifiable", seconds=5)
    for _ in range(9):
        next(steps)
    steps.close()
    provisioned(root)
    assert made(root) == []


def test_a_setting_that_does_not_hold_is_no_success(root, xnats):
    xnats["identifiable"].deaf.add("securityNewUserRegistrationDisabled")
    with pytest.raises(ArchiveRefused, match="securityNewUserRegistrationDisabled did not take"):
        provisioned(root)


def test_a_forgotten_administrator_is_told_where_the_password_goes(root, xnats):
    provisioned(root)
    (root / "secrets" / "identifiable-admin").write_text("another")
    with pytest.raises(LoginRefused, match="put the administrator's password into"):
        provisioned(root)


def test_a_changed_password_of_the_line_is_set_anew(root, xnats):
    provisioned(root)
    (root / "secrets" / "identifiable-uploader").write_text("renewed")
    assert made(root) == ["account 'uploader' of the line logs in"]
    assert logs_in(root, "identifiable", "uploader", "renewed")


def test_the_line_may_not_be_an_administrator(root, xnats):
    provisioned(root)
    xnats["identifiable"].embedded.store.accounts.make_admin("uploader", True)
    with pytest.raises(Misconfigured, match="take that role from it"):
        provisioned(root)
    change_settings(root, 'admin_user = "keeper"', 'admin_user = "uploader"')
    with pytest.raises(BadSettings, match="must differ"):
        provisioned(root)


def test_an_xnat_that_never_starts_is_said_so(root):
    with pytest.raises(ArchiveUnavailable, match="waited 0 s for it to start"):
        provisioned(root, seconds=0)


def test_an_administrator_named_admin_keeps_that_account(root, xnats):
    change_settings(root, 'admin_user = "keeper"', 'admin_user = "admin"')
    provisioned(root)
    assert logs_in(root, "identifiable", "admin", (root / "secrets" / "identifiable-admin").read_text())
    assert not logs_in(root, "identifiable", "admin", "admin")


def test_embedded_archives_are_provisioned_by_the_same_steps(tmp_path, monkeypatch, capsys):
    with gateway_at(tmp_path / "home") as built:
        command = ["uploader", "provision", "--home", str(built.home.root), "--wait", "5"]
        for expected in ("thing(s) changed", "nothing to change"):
            monkeypatch.setattr("sys.argv", command)
            main()
            assert capsys.readouterr().out.count(expected) == 2
