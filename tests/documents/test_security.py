"""docs/security.md: each item of ASVS 5.0's levels 1 and 2 is answered once, by a test there is.

The items stand in `asvs_5_0_0.txt`, number and level, as OWASP's list of version 5.0.0 has them.
"""

import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

from ticketing.config import PROJECT
from ticketing.members import api_keys, team

PAGE = (PROJECT / "docs" / "security.md").read_text()
TESTS = PROJECT / "tests"
_, APPLIES, DOES_NOT = re.split(r"^## ASVS 5\.0: what (?:applies|doesn't apply)$", PAGE, flags=re.M)
NUMBERS = re.compile(r"^\| (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \|", re.M)


def numbers_in(table: str) -> list[str]:
    return [each for row in NUMBERS.findall(table) for each in row.split(", ")]


def test_each_item_stands_in_one_of_the_tables() -> None:
    listed = (Path(__file__).with_name("asvs_5_0_0.txt")).read_text().split("\n")[:-1]
    levels = Counter(line.split()[1] for line in listed)
    assert levels == {"1": 70, "2": 183}, "as OWASP counts them"
    found = Counter(numbers_in(APPLIES) + numbers_in(DOES_NOT))
    assert found == Counter(line.split()[0] for line in listed)


def test_they_stand_in_order() -> None:
    for table in (APPLIES, DOES_NOT):
        found = [tuple(map(int, each.split("."))) for each in numbers_in(table)]
        by_chapter = [each[:2] for each in found]
        assert by_chapter == sorted(by_chapter)


def test_each_item_that_applies_says_how_and_names_a_test_that_is_there() -> None:
    rows = [line for line in APPLIES.splitlines() if NUMBERS.match(line)]
    assert len(rows) > 180
    for row in rows:
        _, number, asks, how, shown, _ = row.split("|")
        assert asks.strip(), number
        assert how.strip(), number
        [(file, test)] = re.findall(r"^ `([\w/]+\.py)::(test_\w+)` $", shown)
        assert test in names_in(file), f"{number}: {file}::{test}"


def test_each_attack_names_tests_that_are_there() -> None:
    rows = re.findall(r"^\| (S\d+|–) \|.*\| ([^|]+) \|$", PAGE, flags=re.M)
    assert [attack for attack, _ in rows] == [*(f"S{number}" for number in range(1, 22)), "–"]
    for attack, shown in rows:
        tests = re.findall(r"`([\w/]+\.py)::(test_\w+)`", shown)
        assert tests, attack
        for file, test in tests:
            assert test in names_in(file), f"{attack}: {file}::{test}"


@cache
def names_in(file: str) -> set[str]:
    return set(re.findall(r"^ *def (test_\w+)\(", (TESTS / file).read_text(), re.M))


def test_each_that_does_not_apply_says_why() -> None:
    for line in DOES_NOT.splitlines():
        if NUMBERS.match(line):
            assert len(line.split("|")[3].strip()) > 5, line


def test_who_may_do_what_names_every_role_and_scope() -> None:
    table = PAGE.partition("## Who may do what")[2].partition("## Whom")[0]
    rows = set(re.findall(r"^\| (\w+)", table, re.M))
    assert set(team.ROLES) <= rows
    for scope in api_keys.SCOPES:
        assert f"`{scope}`" in table


def test_days_are_named_until_others_parts_are_mended() -> None:
    text = (PROJECT / "SECURITY.md").read_text().partition("## Parts of others")[2]
    assert re.findall(r"\*\*(\d+) days\*\*", text) == ["7", "30", "90"]
    watched = (PROJECT / ".github" / "dependabot.yml").read_text()
    assert "package-ecosystem: uv" in watched


def test_every_part_comes_from_one_place_with_its_hash() -> None:
    """No other index can slip a package of the same name in."""
    locked = tomllib.loads((PROJECT / "uv.lock").read_text())["package"]
    ours, *others = sorted(locked, key=lambda package: "virtual" not in package["source"])
    assert ours["name"] == "passalong"
    assert len(others) > 50
    for package in others:
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        assert files, package["name"]
        assert all(each["hash"].startswith("sha256:") for each in files), package["name"]
    assert len({package["source"]["registry"] for package in others}) == 1
