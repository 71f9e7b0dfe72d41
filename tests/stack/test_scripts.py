"""The scripts that a hospital runs before the stack: what they make, and what they never do again."""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.stack.engine import ROOT
from uploader.config import Settings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to other users: that takes root")

NAMES = {"DESK_HOST": "desk.test", "IDENTIFIABLE_HOST": "identifiable.test", "ANONYMISED_HOST": "anonymised.test"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a hospital has of the project, and a filled-in .env."""
    clone = tmp_path / "clone"
    for name in ("containers", "trial_protocols", "dicomedit_scripts", "blanking_rules", "privacy_policies"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("*.whl"))
    given = {"SITE": "SITE07", "SITE_DIR": tmp_path / "site", "CENTRAL_URL": "https://centre.test", **NAMES}
    given |= {"CENTRAL_USER": "site07", "DICOM_CALLING": "PACS,CT 1", "DICOM_PEERS": "10.1.2.0/24"}
    (clone / ".env").write_text("# comment\n" + "".join(f"{name}={value}\n" for name, value in given.items()))
    return clone


def run(clone: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    known = {"PATH": os.environ["PATH"], **env}
    return subprocess.run(words, check=False, cwd=clone, env=known, capture_output=True, text=True, timeout=60)


def secrets(clone: Path, consumer: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (clone.parent / "site" / "secrets" / consumer).iterdir()}


def test_a_site_has_settings_that_can_be_read(clone):
    assert run(clone, "containers/site").returncode == 0
    settings = Settings.read(clone.parent / "site" / "config")
    assert settings.site == settings.central.project == "SITE07"
    assert settings.desk.hosts == ("desk.test",)
    assert settings.listener is not None
    assert settings.listener.calling == ("PACS", "CT 1")
    assert settings.listener.peers == ("10.1.2.0/24",)
    assert settings.central.url == "https://centre.test"
    assert not settings.identifiable.embedded


def test_the_embedded_stack_has_a_centre_of_its_own(clone):
    assert run(clone, "containers/site", "--embedded").returncode == 0
    settings = Settings.read(clone.parent / "site" / "config")
    assert settings.central.embedded
    assert set(secrets(clone, "central")) == {"central-admin", "central-uploader"}


def test_only_the_worker_gets_the_keys_of_the_link_table(clone):
    run(clone, "containers/site")
    holders = {p.parent.name for p in (clone.parent / "site" / "secrets").glob("*/link.key")}
    assert holders == {"made", "worker"}


def test_a_secret_is_for_its_containers_user_alone(clone):
    run(clone, "containers/site")
    for folder, user in {"worker": 10001, "records-db": 999, "identifiable": 1000}.items():
        for path in (clone.parent / "site" / "secrets" / folder).iterdir():
            assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (user, 0o400)


def test_a_secret_that_is_not_a_containers_is_taken_from_it(clone):
    run(clone, "containers/site")
    before = secrets(clone, "records-db")
    (clone.parent / "site" / "secrets" / "records-db" / "link.key").write_bytes(b"by mistake")
    run(clone, "containers/site")
    assert secrets(clone, "records-db") == before


def test_a_second_run_changes_no_secret_and_no_settings(clone):
    run(clone, "containers/site")
    settings = clone.parent / "site" / "config" / "uploader.toml"
    settings.write_text(settings.read_text() + "# ours\n")
    before = secrets(clone, "made")
    assert run(clone, "containers/site").returncode == 0
    assert secrets(clone, "made") == before
    assert settings.read_text().endswith("# ours\n")


@pytest.mark.parametrize("key", ["link.key", "trial.key", "site.key"])
def test_a_key_that_is_gone_is_never_made_anew(clone, key):
    run(clone, "containers/site")
    (clone.parent / "site" / "secrets" / "made" / key).unlink()
    done = run(clone, "containers/site")
    assert done.returncode != 0
    assert f"{key} is missing. Restore it from its backup" in done.stderr


def test_what_the_hospital_must_bring_is_named(clone):
    told = run(clone, "containers/site").stderr
    assert "tls.crt" in told
    assert "central-uploader, the password of site07 at the centre" in told


def test_the_certificate_for_trying_bears_the_three_names(clone):
    run(clone, "containers/site")
    assert run(clone, "containers/certificate").returncode == 0
    run(clone, "containers/site")
    certificate = str(clone.parent / "site" / "secrets" / "proxy" / "tls.crt")
    shown = run(clone, "openssl", "x509", "-in", certificate, "-noout", "-text").stdout
    assert [name for name in NAMES.values() if f"DNS:{name}" not in shown] == []


def test_the_environment_goes_before_the_file(clone, tmp_path):
    assert run(clone, "containers/site", SITE_DIR=str(tmp_path / "other")).returncode == 0
    assert not (tmp_path / "site").exists()
    assert (tmp_path / "other" / "config" / "uploader.toml").exists()


@pytest.fixture
def engine(tmp_path: Path) -> str:
    """A PATH on which `docker` and `curl` answer what a registry and a publisher would."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(f"#!/bin/sh\n[ $1 = pull ] || echo tomcat@sha256:{'a' * 64}\n")
    (folder / "curl").write_text("#!/bin/sh\nwhile [ $1 != --output ]; do shift; done\nprintf war >$2\n")
    for each in folder.iterdir():
        each.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def pinned(clone: Path) -> dict[str, str]:
    lines = (clone / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_pinning_writes_digests_and_checksums(clone, engine):
    done = run(clone, "containers/pin", PATH=engine)
    assert done.returncode == 0, done.stderr
    found = pinned(clone)
    assert found["TOMCAT_IMAGE"] == f"tomcat:9-jdk21-temurin@sha256:{'a' * 64}"
    assert found["POSTGRES_IMAGE"].startswith("postgres:16.15-bookworm@sha256:")
    assert found["XNAT_WAR_SHA256"] == sha256(b"war").hexdigest()
    assert found["SITE"] == "SITE07"


def test_an_older_xnat_is_pinned_as_well(clone, engine):
    assert run(clone, "containers/pin", "1.9", PATH=engine).returncode == 0
    found = pinned(clone)
    assert found["TOMCAT_IMAGE"] == f"tomcat:9.0.115-jdk8-temurin@sha256:{'a' * 64}"
    assert "1.9.3" in found["XNAT_WAR_URL"]
    assert found["OPENCV_URL"] == "none"


def test_what_is_pinned_stays(clone, engine):
    kept = f"tomcat:9.0.115-jdk8-temurin@sha256:{'b' * 64}"
    with (clone / ".env").open("a") as out:
        out.write(f"TOMCAT_IMAGE={kept}\n")
    run(clone, "containers/pin", PATH=engine)
    assert pinned(clone)["TOMCAT_IMAGE"] == kept


def test_pinning_asks_for_the_settings_first(clone, engine):
    (clone / ".env").unlink()
    done = run(clone, "containers/pin", PATH=engine)
    assert done.returncode != 0
    assert "copy containers/env.example to .env first" in done.stderr
