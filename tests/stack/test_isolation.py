"""What each container can reach, seen from inside it, is what the table in docs/stack.md says; and what each holds."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.stack.engine import ROOT, SERVICES, Stack, run

pytestmark = pytest.mark.stack

PROBE = Path(__file__).parent / "probe.py"
PORTS = {
    "identifiable": 8080,
    "anonymised": 8080,
    "central": 8080,
    "listener": 11112,
    "desk": 8080,
    "records-db": 5432,
    "proxy": 8443,
    "pacs": 4242,
}
"""What each service listens on."""


def allowed() -> dict[str, set[str]]:
    """Service -> what it may reach, from the table of the docs."""
    table = (ROOT / "docs" / "stack.md").read_text().split("| from | may reach |", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \|$", table, re.M)
    return {service: set(re.findall(r"`([a-z-]+)`", reach)) for service, reach in rows}


@pytest.fixture(scope="module")
def places(stack) -> dict[str, str]:
    """`address:port` -> service, for every address that any service has."""
    return {f"{a}:{port}": s for s, port in PORTS.items() for a in stack.addresses(s).values()}


@pytest.fixture(scope="module")
def machine():
    """A port of this machine that anybody may connect to who can reach it."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def outside(stack):
    """The address of a machine beyond this one: a network of its own, that routes back to whoever comes."""
    space, address = "uploader-outside", stack.env["EGRESS_TO"].split("/")[0]
    ours = f"{address.rsplit('.', 1)[0]}.1"
    run("ip", "netns", "delete", space, check=False)
    for words in (
        f"netns add {space}",
        f"link add outside0 type veth peer name outside1 netns {space}",
        f"addr add {ours}/24 dev outside0",
        "link set outside0 up",
        f"-netns {space} addr add {address}/24 dev outside1",
        f"-netns {space} link set outside1 up",
        f"-netns {space} route add default via {ours}",
    ):
        run("ip", *words.split())
    command = [
        "ip",
        "netns",
        "exec",
        space,
        sys.executable,
        str(PROBE),
        "--answer",
        f"{address}:443",
        f"{address}:8443",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"answering\n"
        yield address
        server.terminate()
    run("ip", "netns", "delete", space)


def _accept(server):
    try:
        while True:
            server.accept()[0].close()
    except OSError:
        pass


def reached(stack: Stack, service: str, *where: str) -> list[str]:
    return stack.in_network_of(service, sys.executable, str(PROBE), *where).split()


def test_the_table_speaks_of_every_service():
    assert set(allowed()) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_reaches_what_the_table_says_and_nothing_else(stack, places, service):
    others = [place for place, other in places.items() if other != service]
    assert {places[place] for place in reached(stack, service, *others)} == allowed()[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_reaches_no_port_of_the_machine_it_runs_on(stack, machine, service):
    networks = stack.about(service)["NetworkSettings"]["Networks"].values()
    gateways = {about["Gateway"] for about in networks} | {network_gateway(about) for about in networks}
    assert reached(stack, service, *(f"{g}:{machine}" for g in gateways | {"172.17.0.1"} if g)) == []


def network_gateway(about: dict) -> str:
    """The machine's own address in a network: its first one, by Docker's habit, whatever the container is told."""
    return about["IPAddress"].rsplit(".", 1)[0] + ".1"


def test_the_machine_itself_reaches_that_port(machine):
    socket.create_connection(("127.0.0.1", machine), 2).close()


@pytest.mark.parametrize("service", SERVICES)
def test_only_what_may_leave_reaches_the_outside(stack, outside, service):
    places = [f"{outside}:443", f"{outside}:8443"]
    assert reached(stack, service, *places) == (places[:1] if service in {"release", "central"} else [])


INSIDE = sorted(set(SERVICES) - {"release"})


@pytest.fixture(scope="module")
def answers(stack) -> dict[str, str]:
    """Service -> what it is told of a name of the outside that this machine knows: where its packages come from."""
    site = run("apt-get", "indextargets", "--format", "$(SITE)").split()[0]
    name = str(urlsplit(site).hostname)
    assert socket.gethostbyname(name)
    with ThreadPoolExecutor(len(INSIDE)) as pool:  # nobody answers: each takes until it gives up
        told = pool.map(lambda service: stack.inside(service, "getent", "hosts", name, check=False), INSIDE)
        return dict(zip(INSIDE, told, strict=True))


@pytest.mark.parametrize("service", INSIDE)
def test_names_of_the_outside_are_answered_to_nobody(stack, answers, service):
    assert stack.about(service)["HostConfig"]["Dns"] == ["127.0.0.1"]
    assert answers[service] == ""


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_container_can_do_nothing_to_itself_or_the_machine(stack, service):
    about = stack.about(service)
    status = stack.inside(service, "cat", "/proc/1/status")
    assert re.search(r"^CapEff:\t0{16}$", status, re.M)
    assert re.search(r"^CapBnd:\t0{16}$", status, re.M)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert not re.search(r"^Uid:\t0\t", status, re.M)
    assert about["HostConfig"]["ReadonlyRootfs"]
    assert stack.inside(service, "cat", "/proc/sys/net/ipv4/ip_forward").strip() == "0"
    assert about["HostConfig"]["Memory"] > 0
    assert about["HostConfig"]["PidsLimit"] > 0
    assert about["HostConfig"]["NanoCpus"] > 0
    assert not [m for m in about["Mounts"] if "docker.sock" in m["Source"]]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_root_of_a_container_cannot_be_written(stack, service):
    told = stack.inside(service, "sh", "-c", "for d in / /etc /usr/bin /opt /srv; do touch $d/x && echo $d; done; true")
    assert told == ""


SECRETS = {
    "identifiable": {"identifiable-admin", "identifiable-uploader"},
    "anonymised": {"anonymised-admin", "anonymised-uploader"},
    "central": {"central-admin", "central-uploader"},
    "listener": set(),
    "worker": {"link.key", "trial.key", "alias.key", "identifiable-uploader", "anonymised-uploader", "records-db"},
    "release": {"site.key", "anonymised-uploader", "central-uploader", "records-db"},
    "desk": {"desk.key", "identifiable-uploader", "anonymised-uploader", "records-db"},
    "records-db": {"password"},
    "proxy": {"tls.crt", "tls.key"},
}
"""All that each container has of secrets."""


@pytest.mark.parametrize("service", sorted(SECRETS))
def test_a_container_has_its_own_secrets_alone(stack, service):
    listed = stack.inside(service, "sh", "-c", "stat -c '%a %u %n' /run/secrets/* 2>/dev/null || true").splitlines()
    user = stack.inside(service, "id", "-u").strip()
    assert {line.rsplit("/", 1)[1] for line in listed} == SECRETS[service]
    assert {tuple(line.split()[:2]) for line in listed} <= {("400", user)}


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"worker", "pacs"}))
def test_the_link_table_is_with_the_worker_alone(stack, service):
    found = stack.inside(service, "sh", "-c", "find / -xdev -name 'links.sqlite*' -o -name link.key 2>/dev/null; true")
    mounts = {mount.get("Name", "") for mount in stack.about(service)["Mounts"]}
    assert found == ""
    assert not [name for name in mounts if name.endswith(("_link", "_line"))]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_secret_is_in_the_environment_or_the_command(stack, service):
    made = {p.read_text().strip() for p in Path(stack.env["SITE_DIR"]).glob("secrets/made/*-*")}
    about = json.dumps(stack.about(service)["Config"])
    assert made
    assert [secret for secret in made if secret in about] == []


def test_nothing_but_the_proxy_and_the_listener_is_published(stack):
    published = {s for s in SERVICES if stack.about(s)["HostConfig"]["PortBindings"]}
    assert published == {"proxy", "listener", "pacs"}, "the PACS is there for the test"
