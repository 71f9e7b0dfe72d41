"""The files of the stack, read without an engine: what is published, pinned, shut in, and the same in both stacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
import yaml

from tests.stack.engine import ROOT

REAL, EMBEDDED = "docker-compose.yml", "docker-compose.embedded.yml"
VALIDATORS = "docker-compose.validators.yml"
PINNED = "sha256:" + "0" * 64
SETTINGS = {
    "SITE_DIR": "/srv/site",
    **{f"{name}_IMAGE": f"made/{name.lower()}@{PINNED}" for name in ("PYTHON", "POSTGRES", "PROXY", "TOMCAT")},
    **dict.fromkeys(("XNAT_WAR_URL", "OHIF_URL", "OPENCV_URL"), "https://example.org/file"),
    **dict.fromkeys(("XNAT_WAR_SHA256", "OHIF_SHA256", "OPENCV_SHA256"), "0" * 64),
    **{f"{name}_HOST": f"{name.lower()}.example.org" for name in ("DESK", "IDENTIFIABLE", "ANONYMISED")},
    "VALIDATOR_IOD_IMAGE": "sha256:validator-iod",
    "VALIDATOR_SEQUENCES_IMAGE": "sha256:validator-sequences",
    **dict.fromkeys(("HTTPS_ADDRESS", "DICOM_ADDRESS", "EGRESS_DNS"), "192.0.2.10"),
}
OURS = ("listener", "worker", "release", "desk", "records-db", "proxy", "provision")


@cache
def config(file: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """What docker-compose makes of the file, or of several with a colon between."""
    if not shutil.which("docker-compose"):
        if os.environ.get("CI") == "true":
            pytest.fail("docker-compose is not installed")
        pytest.skip("docker-compose is not installed")
    env = {"PATH": os.environ["PATH"], **{name: value for name, value in SETTINGS.items() if name != without}}
    with NamedTemporaryFile() as nothing:  # or the .env of a clone that is in use would be read
        files = [word for each in file.split(":") for word in ("--file", each)]
        named = (*files, "--env-file", nothing.name, "--profile", "setup")
        command = ["docker-compose", *named, "config"]
        return subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def stack(file: str) -> dict[str, Any]:
    done = config(file)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = yaml.safe_load(done.stdout)
    return document


def services(file: str) -> dict[str, Any]:
    """All but the PACS for trying, which is the hospital's and not ours."""
    return {name: about for name, about in stack(file)["services"].items() if name != "pacs"}


both = pytest.mark.parametrize("file", [REAL, EMBEDDED])


@both
@pytest.mark.parametrize("name", ["PYTHON_IMAGE", "POSTGRES_IMAGE", "PROXY_IMAGE"])
def test_nothing_starts_before_the_images_are_pinned(file, name):
    done = config(file, without=name)
    assert done.returncode != 0
    assert "run containers/pin first" in done.stderr


@pytest.mark.parametrize("name", ["TOMCAT_IMAGE", "XNAT_WAR_SHA256", "OHIF_SHA256", "OPENCV_SHA256"])
def test_no_xnat_is_built_of_what_has_no_checksum(name):
    assert "run containers/pin first" in config(REAL, without=name).stderr


@both
def test_every_service_is_shut_in(file):
    for name, service in services(file).items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["sysctls"] == {"net.ipv4.ip_forward": "0"}, name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["cpus"], name
        assert service["init"], name
        assert service["ulimits"] == {"core": 0}, name
        assert "privileged" not in service, name


@both
def test_every_service_that_stays_says_whether_it_is_ready(file):
    assert [name for name, about in services(file).items() if "healthcheck" not in about] == ["provision"]


@both
def test_only_the_proxy_and_the_listener_are_published_each_on_one_address(file):
    published = {name: about["ports"] for name, about in services(file).items() if "ports" in about}
    assert set(published) == {"proxy", "listener"}
    assert all(str(port).startswith("192.0.2.10:") for ports in published.values() for port in ports)


@both
def test_the_engine_is_in_no_container(file):
    assert "docker.sock" not in config(file).stdout


@both
def test_only_the_releasing_worker_joins_the_way_out(file):
    assert {n for n, about in services(file).items() if "egress" in about["networks"]} - {"central"} == {"release"}


@both
def test_every_other_network_is_internal_or_published(file):
    open_ = {name for name, about in stack(file)["networks"].items() if not about.get("internal")}
    assert open_ == {"egress", "pacs", "entrance"}


@both
def test_only_the_releasing_worker_has_a_resolver_to_ask(file):
    asks = {name for name, about in services(file).items() if about["dns"] != ["127.0.0.1"]}
    assert asks == {"release"}


@both
def test_each_container_has_the_secrets_of_its_own_folder_and_cannot_write_them(file):
    for name, service in services(file).items():
        (secrets,) = (v for v in service["volumes"] if isinstance(v, dict) and v["target"] == "/run/secrets")
        folder = "/srv/site/secrets/"
        assert secrets["source"] == folder + name
        assert secrets["read_only"]


@both
def test_a_validator_has_no_network_no_file_of_anybodys_and_no_log(file):
    beside = services(f"{file}:{VALIDATORS}")
    found = {name: about for name, about in beside.items() if name.startswith("validator-")}
    assert set(found) == {"validator-iod", "validator-sequences"}
    for name, about in found.items():
        assert about["network_mode"] == about["ipc"] == "none"
        assert "networks" not in about
        assert about["read_only"]
        assert about["cap_drop"] == ["ALL"]
        assert set(about["cap_add"]) == {"SETUID", "SETGID", "KILL"}
        assert about["security_opt"] == ["no-new-privileges:true"]
        assert about["mem_limit"] == about["memswap_limit"]
        assert about["pids_limit"]
        assert about["cpus"]
        assert about["ulimits"] == {"core": 0, "msgqueue": 0}
        assert about["logging"] == {"driver": "none"}
        assert not about["init"], "the door must be the first process"
        door, first = about["volumes"]
        assert str(door).endswith(":/door:ro")
        assert (first["target"], first["read_only"]) == ("/run/door", True)
        assert about["image"] == f"sha256:{name}"


@both
def test_beside_validators_the_stack_is_what_it_was_but_for_the_workers_doors(file):
    alone, beside = services(file), services(f"{file}:{VALIDATORS}")
    doors = {f"door-{name}:/srv/uploader/doors/{name}:rw" for name in ("iod", "sequences")}
    worker = beside["worker"]
    assert doors <= {str(volume) for volume in worker["volumes"]}
    kept = [volume for volume in worker["volumes"] if str(volume) not in doors]
    assert {**worker, "volumes": kept} == alone["worker"]
    assert all(beside[name] == alone[name] for name in OURS if name != "worker")


@pytest.mark.parametrize("name", ["VALIDATOR_IOD_IMAGE", "VALIDATOR_SEQUENCES_IMAGE"])
def test_no_validator_starts_before_its_image_is_pinned(name):
    assert "run containers/validators/make first" in config(f"{REAL}:{VALIDATORS}", without=name).stderr


def test_what_is_ours_is_the_same_in_both_stacks():
    real, embedded = services(REAL), services(EMBEDDED)
    assert {name: real[name] for name in OURS} == {name: embedded[name] for name in OURS}


@pytest.mark.parametrize("name", ["identifiable", "anonymised"])
def test_an_xnat_joins_what_the_embedded_archive_joins_and_its_database(name):
    real, embedded = (services(file)[name]["networks"] for file in (REAL, EMBEDDED))
    assert real == embedded | {f"{name}-db": {}}
    assert list(services(REAL)[f"{name}-db"]["networks"]) == [f"{name}-db"]


def test_whole_files_say_by_digest_what_is_pulled():
    for name, service in services(REAL).items():
        assert "build" in service or service["image"].endswith(PINNED), name


def dockerfiles() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "containers").rglob("Dockerfile"))


@pytest.mark.parametrize("file", dockerfiles())
def test_an_image_is_made_of_what_it_is_told_and_not_by_root(file):
    lines = (ROOT / file).read_text().splitlines()
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    assert all(base.startswith("${") for base in bases), "a base image by name"
    assert [line for line in lines if line.startswith("USER ")][-1].split()[1].split(":")[0] not in {"0", "root"}
