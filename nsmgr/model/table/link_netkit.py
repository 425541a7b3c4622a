"""Written by nsmgr.model.generate from nsmgr.model.links.netkit.Netkit: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Where
from nsmgr.model.convert import ByNumber
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import link_ref

MODES = Names({"l2": 0, "l3": 1})

POLICIES = Names({"forward": 0, "blackhole": 2})

SCRUBS = Names({"none": 0, "default": 1})


class Netkit(Plain):
    KIND = "netkit"
    PAIR = "IFLA_NETKIT_PEER_INFO"
    PEER_ROWS = {"policy": "peer_policy", "scrub": "peer_scrub"}
    PAIR_ROWS = frozenset(["headroom", "mode", "tailroom"])
    LEADER = "primary"
    DEFAULTS = {"arp": False}
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "peer": Attr(change=Change.REPLACE, where=Where.NONE),
        "mode": Attr("IFLA_NETKIT_MODE", Change.REPLACE, Where.DATA, MODES, default="l3"),
        "policy": Attr("IFLA_NETKIT_POLICY", where=Where.DATA, convert=POLICIES, default="forward"),
        "scrub": Attr("IFLA_NETKIT_SCRUB", Change.REPLACE, Where.DATA, SCRUBS, default="default"),
        "headroom": Attr("IFLA_NETKIT_HEADROOM", Change.REPLACE, Where.DATA, default=0, unit="bytes"),
        "tailroom": Attr("IFLA_NETKIT_TAILROOM", Change.REPLACE, Where.DATA, default=0, unit="bytes"),
        "primary": Attr("IFLA_NETKIT_PRIMARY", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "peer_policy": Attr("IFLA_NETKIT_PEER_POLICY", Change.READ_ONLY, Where.DATA, POLICIES, export=False),
        "peer_scrub": Attr("IFLA_NETKIT_PEER_SCRUB", Change.READ_ONLY, Where.DATA, SCRUBS, export=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.peer == name:
            found.append(("peer", "a link cannot be its own peer", "the two ends need different names in one namespace"))
        if self.mac is not None and self.mode != "l2":
            found.append(("mac", "a netkit link of mode l3 has no MAC (netkit_new_link: EOPNOTSUPP)", "set `mode: l2`"))
        return found


Netkit.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("netkit")),
        "peer": optional(chain(text(), link_ref)),
        "mode": chain(ByNumber(MODES), word("l2", "l3")),
        "policy": chain(ByNumber(POLICIES), word("forward", "blackhole")),
        "scrub": chain(ByNumber(SCRUBS), word("none", "default")),
        "headroom": optional(whole(0, 65535)),
        "tailroom": optional(whole(0, 65535)),
        "primary": optional(truth),
        "peer_policy": optional(word("forward", "blackhole")),
        "peer_scrub": optional(word("none", "default")),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "netkit",
        "peer": None,
        "mode": None,
        "policy": None,
        "scrub": None,
        "headroom": None,
        "tailroom": None,
        "primary": None,
        "peer_policy": None,
        "peer_scrub": None,
    },
    (),
    make=Netkit,
)
ENTRY = Netkit
