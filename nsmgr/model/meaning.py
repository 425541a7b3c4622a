"""What an address or a rule says as a whole: its identity, its attributes, and what the kernel would refuse.

The arguments named ``model`` are AddressModel and RuleModel, or :class:`nsmgr.model.shape.Body` of one. Pure, without pydantic.
"""

from __future__ import annotations

from nsmgr.model.attr import Value
from nsmgr.text import cidr, family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def address_identity(model: Any) -> str:
    """``10.0.0.1/24`` or ``10.0.0.1 peer 10.0.0.2/32``. Raises ValueError when address and peer do not fit together."""
    if model.peer is None:
        return cidr(model.address)
    local, _, length = model.address.partition("/")
    remote, _, remote_length = model.peer.partition("/")
    if family(local) != family(remote):
        raise ValueError("address and peer are of different families")
    full = "128" if ":" in local else "32"
    if length and length != full and remote_length and length != remote_length:
        raise ValueError(f"the prefix length belongs to the peer: /{length} and /{remote_length} contradict")
    prefixlen = remote_length or length or full
    return f"{local}/{prefixlen}" if local == remote else f"{local} peer {remote}/{prefixlen}"


def address_attributes(model: Any) -> dict[str, Value]:
    """What was written apart from the identity, canonical."""
    values = model.__dict__
    names = sorted(model.model_fields_set - {"address", "peer"})
    return {name: values[name] for name in names if values[name] is not None}


def address_faults(link: str, kind: str, text: str, attrs: Mapping[str, Value]) -> list[tuple[str, str, str]]:
    """(field, message, hint) of what the kernel would refuse or silently change; ``text`` is the identity."""
    found: list[tuple[str, str, str]] = []
    if ":" in text:
        _check_ipv6(link, kind, text.partition(" ")[0].partition("/")[0], attrs, found)
    else:
        for flag in ("nodad", "optimistic", "home", "mngtmpaddr"):
            if attrs.get(flag):
                found.append((flag, f"`{flag}` exists for IPv6 addresses only", "leave it out"))
        label = attrs.get("label")
        if isinstance(label, str) and (len(label.encode()) > 15 or not label.startswith(link)):
            found.append(
                ("label", f"a label has at most 15 bytes and starts with the link's name `{link}`", f"for example `{link}:1`")
            )
        if ":" in str(attrs.get("broadcast", "")):
            found.append(("broadcast", "an IPv4 address has an IPv4 broadcast address", ""))
    if attrs.get("autojoin") and not text.startswith(("ff", *(f"{first}." for first in range(224, 240)))):
        found.append(("autojoin", f"`autojoin` is for multicast addresses, {text.partition('/')[0]} is none", "leave it out"))
    if "valid_lifetime" in attrs or "preferred_lifetime" in attrs:
        _check_lifetimes(attrs, found)
    return found


def _check_lifetimes(attrs: Mapping[str, Value], found: list[tuple[str, str, str]]) -> None:
    """inet_validate_lifetimes(), addrconf_verify: the preferred one ends first."""
    valid, preferred = attrs.get("valid_lifetime", "forever"), attrs.get("preferred_lifetime", "forever")
    if valid == 0:
        found.append(("valid_lifetime", "a valid lifetime of 0 is refused by the kernel (EINVAL)", "remove the address instead"))
    elif isinstance(valid, int) and (preferred == "forever" or (isinstance(preferred, int) and preferred > valid)):
        field = "preferred_lifetime" if "preferred_lifetime" in attrs else "valid_lifetime"
        found.append(
            (field, "preferred_lifetime is longer than valid_lifetime", f"write `preferred_lifetime: {valid // 1000}s` or less")
        )


def _check_ipv6(link: str, kind: str, local: str, attrs: Mapping[str, Value], found: list[tuple[str, str, str]]) -> None:
    """ipv6_add_addr() answers EADDRNOTAVAIL for unspecified, multicast and (not on a loopback or vrf device) loopback."""
    if attrs.get("nodad") and attrs.get("optimistic"):
        found.append(("optimistic", "`optimistic` and `nodad` exclude each other (EINVAL)", "leave one of them out"))
    if local == "::" or (local.startswith("ff") and not attrs.get("autojoin")):
        found.append(("address", f"{local} cannot be assigned: it is {'unspecified' if local == '::' else 'multicast'}", ""))
    if local == "::1" and kind not in ("lo", "vrf"):
        found.append(("address", "::1 belongs on `lo` (EADDRNOTAVAIL elsewhere)", f"move it from `{link}` to `lo`"))
    for name in ("label", "broadcast"):
        if name in attrs:
            found.append((name, f"`{name}` exists for IPv4 addresses only", "leave it out"))
    if "scope" not in attrs:
        return
    derived = "host" if local == "::1" else "link" if local[:3] in ("fe8", "fe9", "fea", "feb") else "global"
    derived = "site" if local[:3] in ("fec", "fed", "fee", "fef") else derived
    if attrs["scope"] != derived:
        found.append(("scope", f"the scope of an IPv6 address follows from the address: {derived}", "leave `scope` out"))


_RULE_VALUES = (
    "iif", "oif", "goto", "dscp", "flowlabel", "suppress_prefixlength", "suppress_ifgroup", "ipproto", "sport", "dport",
    "uidrange", "table",
)  # fmt: skip
# Mask → the value that means all bits, which the kernel reports as well.
RULE_MASKS: Mapping[str, int] = {"dscp_mask": 63, "flowlabel_mask": 2**20 - 1, "sport_mask": 65535, "dport_mask": 65535}


def rule_identity(model: Any) -> dict[str, Value]:
    """The rule's attributes as plan.state.Rule wants them: what equals the kernel's default is left out.

    Always there: priority, family. Left out: type ``lookup``, prefixes of length 0, a mark of 0, the mask that the kernel
    takes by itself (all ones with a mark, none without), false and 0. Raises ValueError("field", "message", "hint").
    """
    values = model.__dict__
    attrs: dict[str, Value] = {"priority": model.priority, "family": _rule_family(model)}
    for field in _RULE_VALUES:
        if values[field] is not None:
            attrs[field] = values[field]
    for field in ("tos", "invert", "l3mdev", "fwmark", "tun_id", "realms"):
        if values[field]:
            attrs[field] = values[field]
    # fib_nl2rule: without a mask all bits count.
    for field, every in RULE_MASKS.items():
        if values[field] not in (None, every):
            attrs[field] = values[field]
    for field, key in (("from_", "from"), ("to", "to")):
        if values[field] not in (None, "default", "0.0.0.0/0", "::/0"):
            attrs[key] = values[field]
    # fib_nl2rule: a non-zero mark without a mask compares all bits.
    if model.fwmask is not None and model.fwmask != (0xFFFFFFFF if model.fwmark else 0):
        attrs["fwmask"] = model.fwmask
    action = model.type or ("goto" if model.goto is not None else "lookup")
    if action != "lookup":
        attrs["type"] = action
    _check_rule(model, action, str(attrs["family"]))
    return attrs


def _rule_family(model: Any) -> str:
    found = {
        "ipv6" if ":" in text else "ipv4": key
        for key, text in (("from", model.from_), ("to", model.to))
        if text not in (None, "default")
    }
    if len(found) > 1:
        raise ValueError("to", "`from` and `to` are of different families", "")
    for name, key in found.items():
        if model.family not in (None, name):
            raise ValueError("family", f"`{key}` is {name}", f"leave `family` out, or write `family: {name}`")
        return name
    return model.family or "ipv4"


def _check_selectors(model: Any, family: str) -> None:
    """As fib_nl2rule(), fib4_rule_configure() and fib6_rule_configure() refuse them."""
    if model.dscp is not None and model.tos:
        raise ValueError("dscp", "`dscp` and `tos` exclude each other (EINVAL)", "`dscp` is `tos` shifted by two bits")
    if family != "ipv6" and model.flowlabel is not None:
        raise ValueError("flowlabel", "flow labels are IPv6's", "write `family: ipv6`")
    if family != "ipv4" and model.realms:
        raise ValueError("realms", "realms are IPv4's", "leave `realms` out")
    for mask in RULE_MASKS:
        field = mask.removesuffix("_mask")
        value, bits = getattr(model, field), getattr(model, mask)
        if bits is None:
            continue
        if value is None:
            raise ValueError(mask, f"`{mask}` needs `{field}`", "which value do the bits have?")
        low, _, high = str(value).partition("-")
        if high not in ("", low):
            raise ValueError(mask, f"`{mask}` is for a single port, not for a range (EINVAL)", "leave one of them out")
        if int(low) & ~bits:
            raise ValueError(field, f"`{field}` has bits that `{mask}` does not compare (EINVAL)", "")


def _check_rule(model: Any, action: str, family: str) -> None:
    if action == "lookup" and model.table is None and not model.l3mdev:
        # fib4_rule_configure would invent a free table (fib_empty_table).
        raise ValueError("", "`table` is missing", "say which table to look up, or another `type:`")
    if action != "lookup" and model.table is not None:
        raise ValueError("table", f"a rule of type {action} looks up no table", "leave `table` out")
    if model.l3mdev and model.table is not None:
        raise ValueError("table", "`l3mdev` and `table` exclude each other (EINVAL)", "leave one of them out")
    _check_selectors(model, family)
    if (action == "goto") != (model.goto is not None):
        raise ValueError("goto" if model.goto is not None else "", "`type: goto` and `goto: PRIORITY` belong together", "")
    if model.goto is not None and model.goto <= model.priority:
        raise ValueError("goto", "goto leads to a later rule only (EINVAL)", f"a priority above {model.priority}")
