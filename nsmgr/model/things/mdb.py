"""Multicast groups of a bridge's ports (RTM_NEWMDB; net/bridge/br_mdb.c)."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from nsmgr.model import bridging
from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.thing import Part
from nsmgr.model.things.base import ThingModel
from nsmgr.text import ip, mac
from nsmgr.types import IpAddress


def _group(value: Any) -> str:
    """A group's address as the kernel takes it (is_valid_mdb_entry)."""
    text = str(value)
    if text.count(":") == 5 and "::" not in text:
        address = mac(text)
        if not int(address[:2], 16) & 1:
            raise ValueError("not a group: the first octet of a group's address is odd")
        return address
    try:
        address = ip(text)
    except ValueError:
        raise ValueError("not a group (an IP address, or a MAC address)") from None
    if not (address.startswith("ff") if ":" in address else 224 <= int(address.partition(".")[0]) <= 239):
        raise ValueError("not a multicast address")
    if address.startswith("224.0.0.") or address == "ff02::1":
        raise ValueError("frames to that group go to every port anyway (EINVAL)")
    return address


def _unicast(addresses: list[str]) -> list[str]:
    if not addresses or len(set(addresses)) < len(addresses):
        raise ValueError("sources are at least one, each once")
    return sorted(addresses)


class Mdb(ThingModel):
    """A multicast group that this bridge port receives, for good: ``239.1.1.1``, ``239.1.1.1 vlan 10``, or a MAC group.

    At the bridge itself only MAC groups: IP groups that the host itself joins age, let a program join them. What was learned by
    snooping, and entries of a daemon (another ``proto`` than boot or static), are not looked at, nor the (S, G) entries that the
    kernel makes of ``sources``. The kernel keeps groups while their port is down, and forgets them when it leaves the bridge.
    """

    TYPE: ClassVar[str] = "mdb"
    SECTION: ClassVar[str] = "mdb"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "address"
    LOST: ClassVar[tuple[str, ...]] = ("controller",)
    BY_CONTROLLER: ClassVar[bool] = True
    GONE: ClassVar[tuple[int, ...]] = (
        errno.ENOENT,
        errno.ENODEV,
        errno.EINVAL,
    )  # __br_mdb_del: EINVAL for an entry that is not there

    group: Annotated[
        str,
        BeforeValidator(_group, json_schema_input_type=str),
        Attr("MDBA_SET_ENTRY", Change.REPLACE),
    ]
    """The group: an IPv4 or IPv6 address, or a MAC address (Linux 5.11 and later)."""
    vlan: Annotated[int | None, Field(ge=1, le=4094), Attr("", Change.REPLACE)] = None
    """In this VLAN; needed where the bridge has ``vlan_filtering``."""
    source: Annotated[IpAddress | None, Attr("MDBE_ATTR_SOURCE", Change.REPLACE)] = None
    """Only from this source: an (S, G) entry. Linux 5.10 and later."""
    mode: Annotated[Literal["include", "exclude"] | None, Attr("MDBE_ATTR_GROUP_MODE", default="exclude")] = None
    """Only from ``sources``, or from all others; with IGMPv3 or MLDv2 on the bridge. Linux 6.3 and later."""
    sources: Annotated[list[IpAddress] | None, AfterValidator(_unicast), Attr("MDBE_ATTR_SRC_LIST", absent=(), default=())] = None
    """The sources that ``mode`` is about."""
    proto: Annotated[int | None, Field(ge=0, le=255), Attr("MDBE_ATTR_RTPROT", export=False)] = None
    """Who made the entry, a protocol number; the kernel says static. Linux 6.3 and later."""

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        group, *words = text.split()
        found: dict[str, Value] = {"group": group}
        for name, value in zip(words[::2], [*words[1::2], ""][: len(words[::2])], strict=True):
            if name not in ("vlan", "source") or not value:
                raise ValueError(f"`{name}` is no word of a group: `239.1.1.1 vlan 10 source 192.0.2.1`")
            found[name] = int(value) if name == "vlan" and value.isdecimal() else value
        return found

    def parts(self, link: str) -> list[Part]:
        attrs = self.attributes()
        return [Part("mdb", bridging.mdb_key(attrs, link), attrs)]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        ethernet = self.group.count(":") == 5 and "::" not in self.group
        about = [name for name in ("source", "mode", "sources") if getattr(self, name) is not None]
        found: list[tuple[str, str, str]] = []
        if kind == "bridge" and not ethernet:
            found.append(
                ("group", "the kernel forgets IP groups of the bridge itself (br_multicast_host_join)", "a program may join it")
            )
        if about and (ethernet or kind == "bridge"):
            found.append((about[0], f"`{about[0]}` is for IP groups of ports", f"remove `{about[0]}`"))
        elif self.source is not None and len(about) > 1:
            found.append((about[1], f"`{about[1]}` is for groups without `source`", f"remove `{about[1]}`"))
        elif self.mode == "include" and not self.sources:
            found.append(("mode", "`include` without `sources` would be nothing (EINVAL)", "add `sources`"))
        sources = [("source", self.source), *(("sources", source) for source in self.sources or ())]
        for name, source in sources:
            if source is not None and not ethernet and (":" in source) != (":" in self.group):
                found.append((name, f"{source} is of another address family than {self.group}", ""))
        return found

    def misfits(self, link: str, about: Callable[[str], Mapping[str, Value]]) -> list[tuple[str, str, str]]:
        has = about(link)
        bridge = about(str(has.get("controller", link)))
        if bridge.get("state") == "down":
            return [("", "a bridge that is down takes no groups (br_mdb_config_init: EINVAL)", "")]
        if bridge.get("mcast_snooping") is False:
            return [("", "a bridge without `mcast_snooping` takes no groups (EINVAL)", "remove `mcast_snooping: false`")]
        if bridge.get("vlan_filtering") and self.vlan is None:
            return [("", f"{self.group} needs a `vlan` on a bridge with `vlan_filtering`", "one entry for each VLAN, `vlan: 10`")]
        six = ":" in self.group
        option, version = ("mcast_mld_version", 2) if six else ("mcast_igmp_version", 3)
        if (self.mode is not None or self.sources is not None) and bridge and bridge.get(option) != version:
            return [("", "`mode` and `sources` take IGMPv3 or MLDv2", f"write `{option}: {version}` at the bridge")]
        return []

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("by") == "kernel" or attrs.get("proto", 4) not in (3, 4, 78)  # boot, static, nsmgr

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        found = [cls.body(part.attrs) for part in parts]
        for body in found:
            if "sources" in body:
                body["sources"] = list(body["sources"])
        return found
