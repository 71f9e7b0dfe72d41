"""What can be tried of containers/xnat without an XNAT: the script that configures it, and the one that asks it."""

from __future__ import annotations

import subprocess

import pytest

from tests.stack.engine import ROOT, Stack, run

pytestmark = pytest.mark.stack

SCRIPTS = ROOT / "containers" / "xnat"
ENVIRONMENT = {"DB_HOST": "identifiable-db", "DB_NAME": "xnat", "DB_USER": "xnat", "XNAT_HEAP": "4g"}


@pytest.fixture
def started(stack, tmp_path) -> str:
    """What Tomcat finds when the script becomes it, in a container like that of an XNAT."""
    tomcat = tmp_path / "catalina.sh"
    tomcat.write_text(
        "#!/bin/sh\n"
        'stat -c "%a %u" $XNAT_HOME/config/xnat-conf.properties; cat $XNAT_HOME/config/xnat-conf.properties\n'
        'echo "$@ $CATALINA_OPTS"; env\n'
    )
    tomcat.chmod(0o755)
    password = f"{stack.env['SITE_DIR']}/secrets/made/identifiable-db"
    handed = tmp_path / "db-password"
    run("install", "-m", "400", "-o", "1000", password, handed)
    return run(
        *("docker", "run", "--rm", "--read-only", "--user", "1000:1000", "--cap-drop", "ALL", "--network", "none"),
        *("--tmpfs", "/data/xnat/home/config:mode=0700,uid=1000", "--tmpfs", "/data/xnat/cache:mode=0700,uid=1000"),
        *("--volume", f"{handed}:/run/secrets/db-password:ro", "--volume", f"{SCRIPTS}/start:/usr/local/bin/start:ro"),
        *("--volume", f"{tomcat}:/usr/local/bin/catalina.sh:ro", "--env", "XNAT_HOME=/data/xnat/home"),
        *(word for name, value in ENVIRONMENT.items() for word in ("--env", f"{name}={value}")),
        *(stack.env["PYTHON_IMAGE"], "start"),
    )


def test_an_xnat_gets_its_database_from_a_secret_file_at_every_start(stack, started):
    password = run("cat", f"{stack.env['SITE_DIR']}/secrets/made/identifiable-db").strip()
    assert started.startswith("600 1000\n")
    assert "datasource.url=jdbc:postgresql://identifiable-db/xnat\n" in started
    assert f"datasource.password={password}\n" in started
    assert started.count(password) == 1, "the password is in the configuration, and in no variable or argument"
    assert "run -Xms512m -Xmx4g -Dxnat.home=/data/xnat/home" in started


def healthy(stack: Stack, service: str) -> int:
    script = (SCRIPTS / "healthy").read_bytes()
    command = ["docker", "exec", "--interactive", stack.container(service), "bash"]
    return subprocess.run(command, check=False, input=script, capture_output=True, timeout=60).returncode


def test_an_xnat_is_healthy_when_it_says_which_it_is(stack):
    assert healthy(stack, "identifiable") == 0


def test_what_only_accepts_connections_is_not_healthy(stack):
    assert healthy(stack, "worker") != 0


def test_provisioning_finds_the_archives_and_changes_nothing_the_second_time(stack):
    stack.compose("--profile", "setup", "run", "--rm", "provision")
    again = stack.compose("--profile", "setup", "run", "--rm", "provision")
    assert again.count("nothing to change") == 2
