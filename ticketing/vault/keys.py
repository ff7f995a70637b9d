"""The installation's secrets: made at the first start, kept beside the database, not in it."""

import fcntl
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from ticketing.config import BadSetting, Settings

MAX_LINK_KEY: Final = 61  # the last of base64url's letters and digits, see links.py


@dataclass(frozen=True, slots=True)
class Keys:
    """`link` maps a key's number (1 to `MAX_LINK_KEY`) to its bytes.

    The key `link_current` makes new links.
    """

    session: bytes
    link: dict[int, bytes]
    link_current: int
    barcode_seed: bytes  # an Ed25519 private key's 32 bytes
    address: bytes  # for digests of network addresses
    programs: bytes  # for webhooks' signing secrets, and to encrypt other programs' tokens


def load(settings: Settings) -> Keys:
    """Read `secrets.json` of the instance folder, making it if it isn't there.

    Several processes may start at once: the first file to be linked in place is everybody's.
    """
    path = settings.instance_path / "secrets.json"
    if not path.exists():
        _create(path)
    stored = json.loads(path.read_text())
    if not _fresh().keys() <= stored.keys():
        stored = _complete(path)
    link = {int(number): bytes.fromhex(key) for number, key in stored["link_keys"].items()}
    current = int(stored["link_current"])
    if settings.link_keys:
        link, current = _parse_link_keys(settings.link_keys)
    return Keys(
        session=bytes.fromhex(stored["session_key"]),
        link=link,
        link_current=current,
        barcode_seed=bytes.fromhex(stored["barcode_key"]),
        address=bytes.fromhex(stored["address_key"]),
        programs=bytes.fromhex(stored["programs_key"]),
    )


def fingerprints(keys: Keys) -> dict[str, str]:
    """A digest of each key by its name, such as "session" and "link 2".

    They tell whether two have the same keys, and nothing else: the keys are random.
    """
    named: dict[str, bytes] = {f"link {number}": key for number, key in keys.link.items()}
    for each in fields(keys):
        value = getattr(keys, each.name)
        if isinstance(value, bytes):
            named[each.name] = value
    return {
        name: hmac.digest(key, f"passalong fingerprint: {name}".encode(), "sha256").hex()[:32]
        for name, key in named.items()
    }


def are_there(settings: Settings) -> bool:
    """Whether the file is still in its place: without it the next start would make new secrets."""
    return os.access(settings.instance_path / "secrets.json", os.R_OK)


def rotate_links(settings: Settings) -> int:
    """Add a link key and make it the current one; links of the former keys go on working.

    Returns the new key's number. Running processes take it over at their next start.
    """
    path = settings.instance_path / "secrets.json"
    stored = json.loads(path.read_text())
    number = int(stored["link_current"]) % MAX_LINK_KEY + 1
    stored["link_keys"][str(number)] = secrets.token_hex(32)
    stored["link_current"] = number
    _write(path.parent, stored).replace(path)
    return number


def _fresh() -> dict[str, object]:
    return {
        "session_key": secrets.token_hex(32),
        "link_keys": {"1": secrets.token_hex(32)},
        "link_current": 1,
        "barcode_key": secrets.token_hex(32),
        "address_key": secrets.token_hex(32),
        "programs_key": secrets.token_hex(32),
    }


def _complete(path: Path) -> dict[str, Any]:
    """Add the keys that an earlier version's file lacks; of several processes one does it."""
    with (path.parent / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stored: dict[str, Any] = json.loads(path.read_text())
        if not _fresh().keys() <= stored.keys():
            stored = {**_fresh(), **stored}
            _write(path.parent, stored).replace(path)
    return stored


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = _write(path.parent, _fresh())
    try:
        os.link(written, path)
    except FileExistsError:
        pass  # another process was first: its secrets count
    finally:
        written.unlink()


def _write(folder: Path, content: dict[str, object]) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, prefix="secrets-")  # mode 0600
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _parse_link_keys(text: str) -> tuple[dict[int, bytes], int]:
    found: dict[int, bytes] = {}
    for part in text.split(","):
        number_text, _, key_text = part.strip().partition(":")
        try:
            number, key = int(number_text), bytes.fromhex(key_text)
        except ValueError:
            raise BadSetting("PASSALONG_LINK_KEYS must look like 2:<hex>,1:<hex>") from None
        if not 1 <= number <= MAX_LINK_KEY or len(key) < 16:
            raise BadSetting(
                f"PASSALONG_LINK_KEYS: numbers 1 to {MAX_LINK_KEY}, at least 16 bytes each"
            )
        if number in found:
            raise BadSetting(f"PASSALONG_LINK_KEYS: number {number} stands there twice")
        found[number] = key
    return found, next(iter(found))
