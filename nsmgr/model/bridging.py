"""Keys and canonical texts of what bridges hold, which models and codecs share. Pure, and imports nothing heavy."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from nsmgr.model.attr import Value

LIGHT = True  # nsmgr.model.generate may let the tables import this module
ZERO_MAC = "00:00:00:00:00:00"


def may_have_many(lladdr: str) -> bool:
    """Whether a vxlan's address may have several remotes: all zeros (for unknown ones) and groups (vxlan_fdb_update_existing)."""
    return lladdr == ZERO_MAC or bool(int(lladdr[:2], 16) & 1)


def fdb_key(attrs: Mapping[str, Value], link: str) -> str:
    """``02:00:00:00:00:05 vlan 10 dev p1``; the remote is part of it where there may be several."""
    lladdr = str(attrs["lladdr"])
    remote = ("dst", "port", "vni", "via") if may_have_many(lladdr) else ()
    words = [f"{name} {attrs[name]}" for name in ("vlan", "src_vni", *remote) if attrs.get(name) is not None]
    return " ".join([lladdr, *words, "dev", link] + (["self"] if attrs.get("self") else []))
