"""Written by nsmgr.model.generate from nsmgr.model.things.vlans.Vlans: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model import bridging
from nsmgr.model.attr import Attr, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Misplaced, Part, PlainThing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any


def _vlans(value: Any) -> Any:
    """10, ``10`` or ``20-29``."""
    return bridging.vlan_range(value)


class Vlans(PlainThing):
    TYPE = "vlans"
    SECTION = "vlans"
    LEVEL = "link"
    STAGE = "port"
    SETTINGS = True
    PROBED = True
    LOST = ("controller",)
    COMPARES = True
    GATHERED = True
    ROWS = {
        "id": Attr("IFLA_BRIDGE_VLAN_INFO"),
        "pvid": Attr(),
        "untagged": Attr(),
        "tunnel": Attr("IFLA_BRIDGE_VLAN_TUNNEL_INFO"),
        "state": Attr("BRIDGE_VLANDB_ENTRY_STATE"),
        "mcast_router": Attr("BRIDGE_VLANDB_ENTRY_MCAST_ROUTER"),
        "mcast_max_groups": Attr("BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS"),
        "neigh_suppress": Attr("BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS"),
    }

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


Vlans.SHAPE = Shape(
    {
        "id": chain(_vlans, text()),
        "pvid": optional(truth),
        "untagged": optional(truth),
        "tunnel": optional(whole(0, 16777215)),
        "state": optional(word("disabled", "listening", "learning", "forwarding", "blocking")),
        "mcast_router": optional(word("disabled", "auto", "permanent")),
        "mcast_max_groups": optional(whole(0, 4294967295)),
        "neigh_suppress": optional(truth),
    },
    {
        "pvid": None,
        "untagged": None,
        "tunnel": None,
        "state": None,
        "mcast_router": None,
        "mcast_max_groups": None,
        "neigh_suppress": None,
    },
    ("id",),
    make=Vlans,
)
ENTRY = Vlans
