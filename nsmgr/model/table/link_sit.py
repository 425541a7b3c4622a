"""Written by nsmgr.model.generate from nsmgr.model.links.sit.Sit: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import AnyAddress, ByNumber, Mixed, Unless
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import host_bits, ip4_or_any, ip6_or_any, underlay_name

ANY = AnyAddress()

MODES = Names({"any": 0, "ipip": 4, "ip6ip": 41, "mplsip": 137})

TTL64 = Unless(64, {"inherit": 0})

TOS = Mixed({"inherit": 1})

ENCAPS = Names({"none": 0, "fou": 1, "gue": 2})

TTL = Mixed({"inherit": 0})


class Tunnel(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Sit(Tunnel):
    KIND = "sit"
    FULL_SET = True
    ETHERNET = False
    TAKES_PARENT = True
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 0
    MTU_RANGE = (1280, 65555)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_SIT_LINK", where=Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_SIT_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_SIT_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "mode": Attr("IFLA_SIT_PROTO", Change.REPLACE, Where.DATA, MODES, default="ip6ip"),
        "ttl": Attr("IFLA_SIT_TTL", where=Where.DATA, convert=TTL64, absent=64, default=64),
        "tos": Attr("IFLA_SIT_TOS", where=Where.DATA, convert=TOS, default=0),
        "pmtudisc": Attr("IFLA_SIT_PMTUDISC", where=Where.DATA, convert=Bool(), default=True),
        "isatap": Attr("IFLA_SIT_FLAGS", Change.REPLACE, Where.DATA, Bool(), bit=1, default=False),
        "prefix_6rd": Attr("IFLA_SIT_6RD_PREFIX", where=Where.DATA, convert=ANY, absent="any", default="2002::"),
        "prefixlen_6rd": Attr("IFLA_SIT_6RD_PREFIXLEN", where=Where.DATA, default=16),
        "relay_prefix_6rd": Attr("IFLA_SIT_6RD_RELAY_PREFIX", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "relay_prefixlen_6rd": Attr("IFLA_SIT_6RD_RELAY_PREFIXLEN", where=Where.DATA, default=0),
        "fwmark": Attr("IFLA_SIT_FWMARK", where=Where.DATA, default=0),
        "encap": Attr("IFLA_SIT_ENCAP_TYPE", where=Where.DATA, convert=ENCAPS, default="none"),
        "encap_sport": Attr("IFLA_SIT_ENCAP_SPORT", where=Where.DATA, default=0),
        "encap_dport": Attr("IFLA_SIT_ENCAP_DPORT", where=Where.DATA, default=0),
        "encap_csum": Attr("IFLA_SIT_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=1, default=False),
        "encap_csum6": Attr("IFLA_SIT_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=2, default=False),
        "encap_remcsum": Attr("IFLA_SIT_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=4, default=False),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ipip6_changelink: IFF_POINTOPOINT is decided at birth.
        if name == "remote":
            return (observed in (None, "any")) != (desired in (None, "any"))
        return super().replaces(name, observed, desired)

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.pmtudisc is False and self.ttl not in (None, "inherit", 64):
            found.append(
                ("pmtudisc", "a fixed TTL turns path MTU discovery on (ip_tunnel_netlink_parms)", "remove `ttl`, or `pmtudisc`")
            )
        for one, other in (
            ("prefix_6rd", "prefixlen_6rd"), ("prefixlen_6rd", "prefix_6rd"), ("relay_prefix_6rd", "relay_prefixlen_6rd"),
            ("relay_prefixlen_6rd", "relay_prefix_6rd"), ("relay_prefix_6rd", "prefix_6rd"),
        ):  # fmt: skip
            if getattr(self, one) is not None and getattr(self, other) is None:
                found.append((one, f"`{one}` means nothing without `{other}`", f"set `{other}`"))
        length, relay = self.prefixlen_6rd or 0, self.relay_prefixlen_6rd or 0
        if self.prefixlen_6rd is not None and length + 32 - relay > 64:
            found.append(
                ("prefixlen_6rd", f"{length} bits and {32 - relay} of the IPv4 address are more than 64 (EINVAL)", "shorten it")
            )
        for address, bits in (("prefix_6rd", length), ("relay_prefix_6rd", relay)):
            if (written := getattr(self, address)) is not None and host_bits(written, bits):
                found.append((address, f"host bits are set beyond /{bits} (ipip6_tunnel_update_6rd: EINVAL)", ""))
        return found


Sit.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("sit")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip4_or_any)),
        "remote": optional(chain(text(), ip4_or_any)),
        "mode": chain(ByNumber(MODES), word("any", "ipip", "ip6ip", "mplsip")),
        "ttl": optional(chain(ByNumber(TTL), either(whole(0, 255), word("inherit")))),
        "tos": optional(chain(ByNumber(TOS), either(whole(0, 255), word("inherit")))),
        "pmtudisc": optional(truth),
        "isatap": optional(truth),
        "prefix_6rd": optional(chain(text(), ip6_or_any)),
        "prefixlen_6rd": optional(whole(0, 64)),
        "relay_prefix_6rd": optional(chain(text(), ip4_or_any)),
        "relay_prefixlen_6rd": optional(whole(0, 32)),
        "fwmark": optional(whole(0, 4294967295)),
        "encap": optional(chain(ByNumber(ENCAPS), word("none", "fou", "gue"))),
        "encap_sport": optional(whole(0, 65535)),
        "encap_dport": optional(whole(0, 65535)),
        "encap_csum": optional(truth),
        "encap_csum6": optional(truth),
        "encap_remcsum": optional(truth),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "sit",
        "underlay": None,
        "local": None,
        "remote": None,
        "mode": None,
        "ttl": None,
        "tos": None,
        "pmtudisc": None,
        "isatap": None,
        "prefix_6rd": None,
        "prefixlen_6rd": None,
        "relay_prefix_6rd": None,
        "relay_prefixlen_6rd": None,
        "fwmark": None,
        "encap": None,
        "encap_sport": None,
        "encap_dport": None,
        "encap_csum": None,
        "encap_csum6": None,
        "encap_remcsum": None,
    },
    (),
    make=Sit,
)
ENTRY = Sit
