"""The installation's secrets: made once, kept beside the database, rotated without a break."""

import json
import multiprocessing
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ticketing import create_app, links
from ticketing.config import BadSetting, Settings
from ticketing.links import Kind, Link, UnknownLink
from ticketing.vault import keys

LINK = Link(Kind.ORDER, 42, 1)


def test_they_are_made_at_the_first_start_and_then_kept(tmp_path: Path) -> None:
    settings = Settings(instance_path=tmp_path / "new" / "instance")
    first = keys.load(settings)
    assert keys.load(settings) == first
    secrets = [first.session, first.barcode_seed, first.address, *first.link.values()]
    assert len(set(secrets)) == 4
    assert {len(secret) for secret in secrets} == {32}


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    keys.load(Settings(instance_path=tmp_path))
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    keys.rotate_links(Settings(instance_path=tmp_path))
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"], "nothing is left about"


def test_two_installations_share_nothing(tmp_path: Path) -> None:
    one = keys.load(Settings(instance_path=tmp_path / "one"))
    other = keys.load(Settings(instance_path=tmp_path / "other"))
    with pytest.raises(UnknownLink):
        links.read(other, LINK.kind, links.make(one, LINK))


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    settings = Settings(instance_path=tmp_path)
    with multiprocessing.get_context("fork").Pool(6) as pool:
        found = pool.map(keys.load, [settings] * 24)
    assert all(each == found[0] for each in found)


def test_after_a_rotation_old_links_work_and_new_ones_are_new(tmp_path: Path) -> None:
    settings = Settings(instance_path=tmp_path)
    before = keys.load(settings)
    assert keys.rotate_links(settings) == 2
    after = keys.load(settings)
    assert (after.session, after.barcode_seed, after.address) == (
        before.session,
        before.barcode_seed,
        before.address,
    )
    old, new = links.make(before, LINK), links.make(after, LINK)
    assert old != new
    assert links.read(after, LINK.kind, old) == links.read(after, LINK.kind, new) == LINK
    with pytest.raises(UnknownLink):
        links.read(before, LINK.kind, new)


def test_numbers_begin_again_after_the_last(tmp_path: Path) -> None:
    settings = Settings(instance_path=tmp_path)
    keys.load(settings)
    stored = json.loads((tmp_path / "secrets.json").read_text())
    stored["link_keys"], stored["link_current"] = {"61": "ab" * 32}, 61
    (tmp_path / "secrets.json").write_text(json.dumps(stored))
    assert keys.rotate_links(settings) == 1
    assert set(keys.load(settings).link) == {1, 61}


def test_the_environment_may_set_the_link_keys(tmp_path: Path) -> None:
    text = f"7:{'ab' * 32}, 3:{'cd' * 32}"
    found = keys.load(Settings(instance_path=tmp_path, link_keys=text))
    assert found.link == {7: b"\xab" * 32, 3: b"\xcd" * 32}
    assert found.link_current == 7
    assert keys.load(Settings(instance_path=tmp_path)).link_current == 1


@pytest.mark.parametrize(
    "text",
    ["x", "1", "1:", "1:zz", "0:" + "ab" * 32, "256:" + "ab" * 32, "1:abcd", "-1:" + "ab" * 32,
     ",", "1:" + "ab" * 32 + ",", "1:" + "ab" * 32 + ",1:" + "cd" * 32],
)  # fmt: skip
def test_link_keys_that_cannot_be_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match="PASSALONG_LINK_KEYS"):
        keys.load(Settings(instance_path=tmp_path, link_keys=text))


def test_a_rotation_that_the_environment_overrides_says_so(settings: Settings) -> None:
    file = settings.instance_path / "secrets.json"
    overridden = replace(settings, link_keys=f"7:{'ab' * 32}")
    before = file.read_text() if file.exists() else None
    ran = (
        create_app({"TESTING": True}, overridden).test_cli_runner().invoke(args=["keys", "rotate"])
    )
    assert ran.exit_code == 1
    assert "PASSALONG_LINK_KEYS" in ran.output
    assert before is None or file.read_text() == before


def test_a_rotation_says_from_when_on_it_counts(settings: Settings) -> None:
    ran = create_app({"TESTING": True}, settings).test_cli_runner().invoke(args=["keys", "rotate"])
    assert ran.exit_code == 0
    assert "key 2 once the server has been restarted" in ran.output


def test_an_earlier_version_s_file_gets_what_it_lacks_and_keeps_the_rest(tmp_path: Path) -> None:
    settings = Settings(instance_path=tmp_path)
    first = keys.load(settings)
    path = tmp_path / "secrets.json"
    stored = json.loads(path.read_text())
    del stored["programs_key"]
    path.write_text(json.dumps(stored))
    with multiprocessing.get_context("fork").Pool(6) as pool:
        found = pool.map(keys.load, [settings] * 24)
    assert all(each == found[0] for each in found)
    assert replace(found[0], programs=first.programs) == first
    assert len(found[0].programs) == 32
