"""Keys that a configuration names and never holds: ``file:/etc/wg/red.key``, ``env:WG_RED`` (see docs/design/015-secrets.md).

A desired state, a plan, a record and whatever is printed have the name of the place, and what may be told of the key (its public
key, a digest). The key itself is read here: by :func:`resolve`, to say what may be told, and once more when it goes to the kernel.
"""

from __future__ import annotations

import os
import stat

from nsmgr.errors import ConfigError, NsmgrError, Problem
from nsmgr.model.thing import thing_type
from nsmgr.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nsmgr.model.attr import Value
    from nsmgr.plan.state import DesiredNetns, DesiredState, Thing

MAX_FILE = 4096
NO_KEY = "none"


class SecretError(NsmgrError):
    """A key cannot be had. The message names the place, never what is in it."""

    code = "secret"
    exit_status = 4


def resolve(desired: DesiredState) -> DesiredState:
    """With every row that says openly what a secret is. States without secrets are returned as they are.

    Raises:
        ConfigError: with every key that cannot be read, at the line that names it.
    """
    problems: list[Problem] = []
    changed: dict[str, DesiredNetns] = {}
    for name, netns in desired.namespaces.items():
        kinds = {kind for kind in netns.types if thing_type(kind).SECRETS}
        if kinds:
            found = {
                key: _resolved(desired, thing, problems) if thing.type in kinds else thing for key, thing in netns.things.items()
            }
            changed[name] = replace(netns, things=found)
    if problems:
        raise ConfigError(problems)
    return replace(desired, namespaces={**desired.namespaces, **changed}) if changed else desired


def _resolved(desired: DesiredState, thing: Thing, problems: list[Problem]) -> Thing:
    attrs = dict(thing.attrs)
    for row, (shown, form) in thing_type(thing.type).SECRETS.items():
        if row not in attrs:
            continue
        try:
            told = tell(str(attrs[row]), form, attrs)
        except SecretError as error:
            problems.append(_located(desired, thing, row, error))
            continue
        attrs.setdefault(shown, told)
        if form == "x25519" and attrs[shown] != told:
            words = SecretError(f"the private key in {place(str(attrs[row]))} is not the one of `{shown}`", hint=f"it is {told}")
            problems.append(_located(desired, thing, shown, words))
    return replace(thing, attrs=attrs)


def _located(desired: DesiredState, thing: Thing, row: str, error: SecretError) -> Problem:
    from nsmgr.config import locate

    path = (*thing.origin, row)
    file, _, rest = locate(desired, path).rpartition(":")
    file, _, line = file.rpartition(":")
    where = (file, int(line), int(rest)) if line.isdecimal() and rest.isdecimal() else ("", 0, 0)
    return Problem(error.message, *where, path, hint=error.hint, code="secret")


# ---------------------------------------------------------------------------------------------------------------- the keys


def place(reference: str) -> str:
    """For people: ``/etc/wg/red.key``, ``the environment variable WG_RED``."""
    scheme, _, name = reference.partition(":")
    return f"the environment variable {name}" if scheme == "env" else name


def tell(reference: str, form: str, attrs: Mapping[str, Value]) -> str:
    """What may be told of a secret. ``attrs``: of the thing that has it. Raises SecretError."""
    return NO_KEY if reference == NO_KEY else _TELL[form](key(reference, form), attrs)


def still(reference: str, form: str, attrs: Mapping[str, Value], shown: str) -> bool:
    """Whether the place still holds the secret that ``attrs`` speak of. Of one with an identifier of one's own nobody can tell."""
    try:
        found = tell(reference, form, attrs)
    except SecretError:
        return False
    return form == "hex" or found == attrs.get(shown)


def key(reference: str, form: str) -> bytes:
    """The key itself. Raises SecretError."""
    if reference == NO_KEY:
        return bytes(32)
    text = _read(reference)
    found = _from_hex(text) if form == "hex" else _from_base64(text)
    if found is None:
        what = (
            "no MACsec key: 32 or 64 hex digits"
            if form == "hex"
            else "no WireGuard key: 44 characters of base64, as of `wg genkey`"
        )
        raise SecretError(f"{place(reference)} holds {what}")
    return found


def digest(secret: bytes, salt: str) -> str:
    """Tells whether two preshared keys of one peer are the same, and nothing else: they are 32 random bytes."""
    from hashlib import blake2s

    return f"blake2s-{blake2s(secret, key=salt.encode()[:32], digest_size=8).hexdigest()}" if any(secret) else NO_KEY


def _public(secret: bytes, attrs: Mapping[str, Value]) -> str:
    from binascii import b2a_base64

    from nsmgr.x25519 import public_key

    return b2a_base64(public_key(secret), newline=False).decode()


def _digest(secret: bytes, attrs: Mapping[str, Value]) -> str:
    return digest(secret, str(attrs.get("public_key")))


def _key_id(secret: bytes, attrs: Mapping[str, Value]) -> str:
    """Changes with the key: the kernel tells the identifier of a key only."""
    from hashlib import blake2s

    return blake2s(secret, digest_size=16, person=b"nsmgr-ki").hexdigest()


_TELL: Mapping[str, Callable[[bytes, Mapping[str, Value]], str]] = {"x25519": _public, "psk": _digest, "hex": _key_id}


def _from_base64(text: bytes) -> bytes | None:
    from binascii import Error, a2b_base64

    try:
        found = a2b_base64(text, strict_mode=True)
    except Error:
        return None
    return found if len(found) == 32 else None


def _from_hex(text: bytes) -> bytes | None:
    try:
        found = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None
    return found if len(found) in (16, 32) else None


def _read(reference: str) -> bytes:
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(name)
        if value is None:
            raise SecretError(f"there is no environment variable {name}", hint="sudo passes none on: `sudo --preserve-env=NAME`")
        return value.encode("utf-8", "surrogateescape").strip()
    try:
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise SecretError(f"cannot read the key in {name}: not a regular file")
            if found.st_mode & 0o006:
                mode = stat.S_IMODE(found.st_mode)
                raise SecretError(f"everybody may read or write the key in {name} (mode {mode:04o})", hint=f"chmod o= {name}")
            return os.read(fd, MAX_FILE).strip()
        finally:
            os.close(fd)
    except OSError as error:
        raise SecretError(f"cannot read the key in {name}: {error.strerror}") from None
