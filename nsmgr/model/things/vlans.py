"""VLANs of a bridge port, or of the bridge itself (IFLA_BRIDGE_VLAN_INFO; net/bridge/br_vlan.c)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nsmgr.model import bridging
from nsmgr.model.base import Attr, Value
from nsmgr.model.thing import Misplaced, Part
from nsmgr.model.things.base import ThingModel


def _vlans(value: Any) -> Any:
    """10, ``10`` or ``20-29``."""
    return bridging.vlan_range(value)


class Vlans(ThingModel):
    """Membership in VLANs: ``10``, a range ``20-29``, ``1 pvid untagged`` (the words of bridge(8)), or a mapping with options.

    What is listed is all there is: the VLAN that the kernel gives to every new port (``vlan_default_pvid`` of the bridge) goes
    unless it is listed. Without the section nothing is touched. The kernel forgets all of it when a port leaves its bridge. Every
    change is made in place, and what stays is not interrupted.
    """

    TYPE: ClassVar[str] = "vlans"
    SECTION: ClassVar[str] = "vlans"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    SETTINGS: ClassVar[bool] = True
    GATHERED: ClassVar[bool] = True
    PROBED: ClassVar[bool] = True
    COMPARES: ClassVar[bool] = True
    LOST: ClassVar[tuple[str, ...]] = ("controller",)

    id: Annotated[str, BeforeValidator(_vlans, json_schema_input_type=int | str), Attr("IFLA_BRIDGE_VLAN_INFO")]
    """The VLAN, or a range of them."""
    pvid: Annotated[bool | None, Attr("")] = None
    """Untagged frames that come in belong to this VLAN; one of a port."""
    untagged: Annotated[bool | None, Attr("")] = None
    """Frames of this VLAN go out without a tag."""
    tunnel: Annotated[int | None, Field(ge=0, lt=2**24), Attr("IFLA_BRIDGE_VLAN_TUNNEL_INFO")] = None
    """The tunnel id (VNI) that stands for the VLAN on a port with ``port_options: {vlan_tunnel: true}``; of a range the first."""
    state: Annotated[
        Literal["disabled", "listening", "learning", "forwarding", "blocking"] | None, Attr("BRIDGE_VLANDB_ENTRY_STATE")
    ] = None
    """Spanning tree state in this VLAN. EBUSY while the kernel runs spanning tree (``stp``)."""
    mcast_router: Annotated[Literal["disabled", "auto", "permanent"] | None, Attr("BRIDGE_VLANDB_ENTRY_MCAST_ROUTER")] = None
    """Whether a multicast router is there, with ``mcast_vlan_snooping`` of the bridge."""
    mcast_max_groups: Annotated[int | None, Field(ge=0, lt=2**32), Attr("BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS")] = None
    """Most multicast groups, with ``mcast_vlan_snooping`` of the bridge; 0 = no limit. Linux 6.3 and later."""
    neigh_suppress: Annotated[bool | None, Attr("BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS")] = None
    """Answer ARP and ND here, with the port's ``neigh_vlan_suppress``. Linux 6.4 and later."""

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        numbers, *words = text.split()
        wrong = [said for said in words if said not in ("pvid", "untagged")]
        if wrong:
            raise ValueError(f"`{wrong[0]}` is no word of a VLAN: `10`, `20-29`, `1 pvid untagged`")
        return {"id": numbers, **dict.fromkeys(words, True)}

    def parts(self, link: str) -> list[Part]:
        return [Part("vlans", link, self.attributes())]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        if self.pvid and "-" in self.id:
            return [("pvid", "a port has one PVID, not a range (EINVAL)", "write that VLAN by itself")]
        if kind == "bridge":
            return [
                (name, f"`{name}` is for ports, and `{link}` is the bridge itself", f"remove `{name}`")
                for name in ("tunnel", "mcast_max_groups", "neigh_suppress")
                if getattr(self, name) is not None
            ]
        return []

    def misfits(self, link: str, about: Callable[[str], Mapping[str, Value]]) -> list[tuple[str, str, str]]:
        if self.tunnel is not None:
            has = about(link)
            if has.get("controller") and not has.get("port_options.vlan_tunnel"):
                return [("tunnel", "a tunnel needs the port's `vlan_tunnel` (EINVAL)", "add `port_options: {vlan_tunnel: true}`")]
        return []

    @classmethod
    def gathered(cls, link: str, kind: str, parts: Sequence[Part]) -> Part:
        members: list[tuple[int, int, str]] = []
        tunnels: list[tuple[int, int, int]] = []
        options: dict[str, dict[int, str]] = {}
        seen: set[int] = set()
        pvid = 0
        for part in parts:
            attrs = part.attrs
            first, last = bridging.ends(str(attrs["id"]))
            if not seen.isdisjoint(range(first, last + 1)):
                twice = min(seen.intersection(range(first, last + 1)))
                raise Misplaced(f"VLAN {twice} of {link} is listed twice", "write all of it in one entry", part.path)
            seen.update(range(first, last + 1))
            if attrs.get("pvid"):
                if pvid:
                    raise Misplaced(f"{link} has two PVIDs, {pvid} and {first}", "keep one", part.path)
                pvid = first
            members.append((first, last, " ".join(name for name in ("pvid", "untagged") if attrs.get(name))))
            if "tunnel" in attrs:
                tunnels.append((first, last, int(str(attrs["tunnel"]))))
            for name in bridging.VLAN_DEFAULTS:
                if name in attrs:
                    options.setdefault(name, {}).update(dict.fromkeys(range(first, last + 1), str(attrs[name]).lower()))
        told: dict[str, Value] = {
            "vlans": bridging.run_texts(bridging.joined(members)),
            "tunnels": bridging.tunnel_texts(tunnels),
            **{name: bridging.texts(values) for name, values in options.items()},
        }
        return Part("vlans", link, told | ({"self": True} if kind == "bridge" else {}))

    @classmethod
    def compare(cls, desired: Mapping[str, Value], observed: Mapping[str, Value]) -> list[tuple[str, Value, Value]] | None:
        """Membership is told completely; of options those that are written."""
        return bridging.vlan_differences(desired, observed)

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        return False

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        """What every port has: the default PVID."""
        return attrs.get("vlans") in ((), ("1 pvid untagged",)) and not any(
            attrs.get(n) for n in ("tunnels", *bridging.VLAN_DEFAULTS)
        )

    @classmethod
    def body(cls, attrs: Mapping[str, Value]) -> dict[str, Any]:
        return {name: attrs[name] for name in ("vlans", "tunnels", *bridging.VLAN_DEFAULTS) if attrs.get(name)}

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return bridging.vlan_entries(parts[0].attrs)
