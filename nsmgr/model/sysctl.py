"""Names of sysctls: dotted or slashed, per link or per namespace. Text only; the files are the kernel layer's.

A key is kept with dots (``net.ipv4.ip_forward``) unless one of its parts has a dot in it, as a link's name may: then it is kept
with slashes (``net/ipv4/conf/eth0.5/rp_filter``), as sysctl(8) writes it. Path: replace "." by "/" if there is no "/" in it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

_LEAF = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_FAMILIES = ("ipv4", "ipv6", "mpls")
_SHORT = {
    ("ipv4",): ("ipv4", "conf"),
    ("ipv6",): ("ipv6", "conf"),
    ("mpls",): ("mpls", "conf"),
    ("ipv4", "neigh"): ("ipv4", "neigh"),
    ("ipv6", "neigh"): ("ipv6", "neigh"),
}


class SysctlError(ValueError):
    """Not a name this language has; ``hint`` says what would be."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def join(parts: tuple[str, ...]) -> str:
    """The canonical key."""
    return ("/" if any("." in part for part in parts) else ".").join(parts)


def _is_part(text: str) -> bool:
    """Whether it can be the name of a file under /proc/sys: no white space, no slash."""
    return text not in (".", "..") and text.split() == [text] and "/" not in text and "\0" not in text


def link_key(short: str, link: str) -> str:
    """``ipv4.rp_filter`` of a link → ``net.ipv4.conf.eth0.rp_filter``; also ipv6.X, mpls.X, ipv4.neigh.X, ipv6.neigh.X."""
    *head, leaf = short.replace("/", ".").split(".")
    where = _SHORT.get(tuple(head))
    if where is None or not leaf or leaf.strip(_LEAF):
        hint = "write `ipv4.NAME`, `ipv6.NAME`, `ipv4.neigh.NAME`, `ipv6.neigh.NAME` or `mpls.NAME`"
        if head[:1] == ["net"]:
            hint = f"a link's sysctls leave `net` and the link out: `{head[1] if len(head) > 1 else 'ipv4'}.{leaf}`"
        raise SysctlError(f"`{short}` is not a sysctl of a link", hint)
    return join(("net", *where, link, leaf))


def namespace_key(key: str, links: Collection[str]) -> tuple[str, str]:
    """A full key → (canonical key, the link it belongs to or "").

    ``links`` are the declared ones: they tell where a dotted name such as eth0.5 ends. Names that are no link
    (``all``, ``default``) leave the second part empty. Raises :class:`SysctlError`.
    """
    slashed = "/" in key
    parts = key.strip("/").split("/") if slashed else key.split(".")
    if parts[:2] == ["proc", "sys"] and slashed:
        parts = parts[2:]
    if parts[0] != "net":
        raise SysctlError(f"`{key}` does not belong to a network namespace", "only keys that start with `net.` do")
    if len(parts) < 2 or not all(map(_is_part, parts)):
        raise SysctlError(f"`{key}` is not the name of a sysctl", "for example `net.ipv4.ip_forward`")
    if len(parts) < 5 or parts[1] not in _FAMILIES or parts[2] not in ("conf", "neigh"):
        return join(tuple(parts)), ""
    link, leaf = ".".join(parts[3:-1]), parts[-1]
    if slashed and len(parts) != 5:
        raise SysctlError(f"`{key}` is not the name of a sysctl", "for example `net/ipv4/conf/eth0/rp_filter`")
    return join(("net", parts[1], parts[2], link, leaf)), link if link in links else ""


def device(key: str) -> str:
    """The device part of a canonical key: a link's name, ``all``, ``default``, or "" when the key has none."""
    parts = key.split("/") if "/" in key else key.split(".")
    return parts[3] if len(parts) == 5 and parts[1] in _FAMILIES and parts[2] in ("conf", "neigh") else ""


def value(raw: Any) -> str:
    """What is written into the file: true and false are 1 and 0. Raises :class:`SysctlError`."""
    if isinstance(raw, bool):
        return str(int(raw))
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, str) and "\n" not in raw and "\0" not in raw:
        return raw
    raise SysctlError(
        "a sysctl's value is a number, a text of one line, true or false", "quote it" if isinstance(raw, float) else ""
    )
