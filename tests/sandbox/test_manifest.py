import json
from dataclasses import asdict, replace

import pytest

from tests.sandbox.hostile import FOLDER, SITE
from uploader.config import PluginSettings, SandboxSettings
from uploader.domain.errors import BadProtocol, BadSettings
from uploader.domain.trial import Check, Protocol
from uploader.sandbox import check_params, plugins
from uploader.sandbox.limits import Limits
from uploader.sandbox.manifest import read_manifest
from uploader.sandbox.plugin import unfit_params

RIGHT = json.loads((FOLDER / "validator.json").read_text())


def written(folder, **changes):
    path = folder / "validator.json"
    path.write_text(json.dumps({**RIGHT, **changes}))
    return path


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "verify"}, "begins codes of the uploader itself"),
        ({"name": "Hostile!"}, "at /name"),
        ({"findings": {"identity.name-differs": RIGHT["findings"]["hostile.escaped"]}}, "must begin with hostile."),
        ({"findings": {"hostile.odd": {"severity": "fatal", "says": "Odd.", "remedy": "none"}}}, "at /findings"),
        ({"command": []}, "at /command"),
        ({"needs": {}}, "at /needs"),
        ({"parameters": {"type": "thing"}}, "is not a JSON Schema"),
        ({"privileged": True}, "'privileged' was unexpected"),
        ({"limits": {"memory_mb": -1}}, "at /limits/memory_mb"),
    ],
)
def test_a_manifest_that_is_wrong_stops_the_start_and_says_where(tmp_path, changes, says):
    with pytest.raises(BadSettings, match=r"validator\.json") as stopped:
        read_manifest(written(tmp_path, **changes))
    assert says in str(stopped.value)


def test_a_manifest_that_is_not_there_or_no_json_stops_the_start(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        read_manifest(tmp_path / "validator.json")
    (tmp_path / "validator.json").write_text("{")
    with pytest.raises(BadSettings, match="is not JSON"):
        read_manifest(tmp_path / "validator.json")


def test_wishes_are_granted_as_far_as_the_site_allows():
    site = Limits(memory_mb=100, seconds=10, processes=8, cpus=0.5, scratch_mb=1)
    granted = Limits.granted({"memory_mb": 4000, "seconds": 5}, site)
    assert granted == Limits(memory_mb=100, seconds=5, processes=8, cpus=0.5, scratch_mb=1)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"$ref": "https://example.org/schema.json"}, "leads out of the file, from where nothing is fetched"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "leads out of the file"),
        ({"$id": "https://example.org/", "type": "object"}, "leads out of the file"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"$ref": "#/$defs/none"}, "refers to something that is not in it"),
    ],
)
def test_a_schema_of_params_stays_within_its_file_and_comes_to_an_end(tmp_path, parameters, says):
    with pytest.raises(BadSettings, match=says):
        read_manifest(written(tmp_path, parameters=parameters))


def test_params_over_which_a_schema_never_ends_are_told_with_their_place(known):
    endless = {"properties": {"does": {"$ref": "#/properties/does"}}}
    plugin = known["hostile"]
    other = {"hostile": replace(plugin, manifest=replace(plugin.manifest, parameters=endless))}
    content = {"checks": [{"validator": "hostile", "params": {"does": "answer"}}]}
    [(place, says)] = unfit_params(content, other)
    assert (place, "without end" in says) == ("/checks/0/params", True)


def test_a_manifest_of_more_than_a_megabyte_is_not_read_to_its_end(tmp_path):
    with pytest.raises(BadSettings, match="is longer than 1000000 bytes"):
        read_manifest(written(tmp_path, summary="x" * 1_000_001))


def test_a_manifest_nested_without_end_is_no_manifest(tmp_path):
    (tmp_path / "validator.json").write_text("[" * 500_000)
    with pytest.raises(BadSettings, match="is not JSON"):
        read_manifest(tmp_path / "validator.json")


@pytest.mark.parametrize("summary", ["one\nline more", "a \x1b[2J b", "name \u202egnp.exe", "half \ud800"])
def test_words_that_people_read_can_be_printed(tmp_path, summary):
    with pytest.raises(BadSettings, match="at /summary: has what cannot be printed"):
        read_manifest(written(tmp_path, summary=summary))


def test_nobody_takes_the_name_of_another_validator(tmp_path):
    given = PluginSettings(manifest=written(tmp_path, name="identity", findings={}), digest="sha256:0")
    with pytest.raises(BadSettings, match="another validator with the name identity"):
        plugins([given], SITE, tmp_path, {"identity"})
    with pytest.raises(BadSettings, match="another validator"):
        plugins([given, given], SITE, tmp_path, ())


def protocol(**params):
    checks = (Check("identity", {}), Check("hostile", params))
    asked = Protocol("T", "v1", "d" * 64, "", "", ".*", "", "{subject}_{n}", checks, (), 1, "T")
    return replace(asked, content={"checks": [asdict(check) for check in checks]})


@pytest.fixture
def known(tmp_path):
    return plugins(
        [PluginSettings(manifest=FOLDER / "validator.json", digest="sha256:0")], SandboxSettings(), tmp_path, ()
    )


def test_params_that_the_manifest_does_not_take_are_told_with_their_place(known):
    check_params(protocol(does="answer"), known)
    with pytest.raises(BadProtocol, match=r"T v1: at /checks/1/params/does: 5 is not of type 'string'"):
        check_params(protocol(does=5), known)


def test_of_a_draft_no_params_are_asked(known):
    check_params(replace(protocol(does=5), status="draft"), known)
