"""Lightweight tunnels of routes and next hops (linux/lwtunnel.h), and MPLS labels. Pure, without pydantic.

The canonical value of an encapsulation is the text that ip-route(8) has after ``encap``: ``mpls 100/200``,
``seg6 mode encap segs fc00::1,fc00::2``. It says nothing that the kernel takes by itself, so that two that are the same are equal.
"""

from __future__ import annotations

from nsmgr.light import cache
from nsmgr.text import family, ifname, ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

MODES: Mapping[str, int] = {"inline": 0, "encap": 1, "l2encap": 2, "encap.red": 3, "l2encap.red": 4}  # SEG6_IPTUN_MODE_*
# SEG6_LOCAL_ACTION_* that the kernel has (seg6_action_table; no End.BM, End.S, End.AS, End.AM; End.BPF needs a program).
ACTIONS: Mapping[str, int] = {
    "End": 1, "End.X": 2, "End.T": 3, "End.DX2": 4, "End.DX6": 5, "End.DX4": 6, "End.DT6": 7, "End.DT4": 8,
    "End.B6": 9, "End.B6.Encaps": 10, "End.DT46": 16,
}  # fmt: skip
FLAVORS: Mapping[str, int] = {"psp": 1, "usp": 2, "usd": 3, "next-csid": 4}  # SEG6_LOCAL_FLV_OP_*
# What each action needs, and what it takes besides (seg6_action_table); all can count.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "End.X": ("nh6",), "End.T": ("table",), "End.DX2": ("oif",), "End.DX6": ("nh6",), "End.DX4": ("nh4",),
    "End.DT4": ("vrftable",), "End.DT46": ("vrftable",), "End.B6": ("segs",), "End.B6.Encaps": ("segs",),
}  # fmt: skip
_TAKES: Mapping[str, tuple[str, ...]] = {
    "End": ("flavors", "lblen", "nflen"), "End.X": ("flavors", "lblen", "nflen"), "End.DT6": ("table", "vrftable"),
    "End.B6": ("hmac",), "End.B6.Encaps": ("hmac",),
}  # fmt: skip
# SEG6_LOCAL_END_FLV_SUPP_OPS, SEG6_LOCAL_END_X_FLV_SUPP_OPS; no kernel has the others
_FLAVORS_OF: Mapping[str, tuple[str, ...]] = {"End": ("psp", "next-csid"), "End.X": ("next-csid",)}
LBLEN, NFLEN = 32, 16  # SEG6_LOCAL_LCBLOCK_DBITS, SEG6_LOCAL_LCNODE_FN_DBITS

_IP = {"key": "flag", "csum": "flag", "seq": "flag"}
# Type → field → what it is; the order is that of the canonical text.
TYPES: Mapping[str, Mapping[str, str]] = {
    "mpls": {"labels": "labels", "ttl": "255"},
    "ip": {"id": str(2**64 - 1), "src": "ip4", "dst": "ip4", "ttl": "255", "tos": "255", **_IP},
    "ip6": {"id": str(2**64 - 1), "src": "ip6", "dst": "ip6", "hoplimit": "255", "tc": "255", **_IP},
    "seg6": {"mode": "mode", "segs": "segs", "hmac": str(2**32 - 1)},
    "seg6local": {
        "action": "action", "segs": "segs", "hmac": str(2**32 - 1), "table": "table", "vrftable": "table", "nh4": "ip4",
        "nh6": "ip6", "oif": "link", "flavors": "flavors", "lblen": "255", "nflen": "255", "count": "flag",
    },
    "xfrm": {"if_id": str(2**32 - 1), "link_dev": "link"},
}  # fmt: skip
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "mpls": ("labels",), "ip": (), "ip6": (), "seg6": ("mode", "segs"), "seg6local": ("action",), "xfrm": ("if_id",),
}  # fmt: skip
_LINKS = ("oif", "link_dev")
HIGHEST_LABEL = 2**20 - 1


def encap(value: Any) -> str:
    """The mapping or ip(8)'s text → the canonical text. Raises ValueError."""
    if isinstance(value, str):
        kind, fields = _split(value)
    elif isinstance(value, dict):
        kind, fields = str(value.get("type")), {str(name): part for name, part in value.items() if name != "type"}
    else:
        raise ValueError("not an encapsulation: a mapping with `type`, or text as in `ip route`: `mpls 100/200`")
    if kind not in TYPES:
        raise ValueError(f"`type` of an encapsulation is one of {', '.join(TYPES)}, not `{kind}`")
    said: dict[str, Any] = {}
    for name, part in fields.items():
        if name not in TYPES[kind]:
            raise ValueError(f"an encapsulation of type {kind} has no `{name}`; it has {', '.join(TYPES[kind])}")
        found = _field(name, TYPES[kind][name], part)
        if found not in (0, False, "0.0.0.0", "::", (), None):
            said[name] = found
    missing = [name for name in REQUIRED[kind] if name not in said]
    if missing:
        raise ValueError(f"an encapsulation of type {kind} needs `{missing[0]}`")
    if kind == "seg6local":
        _check_action(said)
    return canonical(kind, said)


def canonical(kind: str, fields: Mapping[str, Any]) -> str:
    """The text of checked fields."""
    words = [kind]
    for name in TYPES[kind]:
        value = fields.get(name)
        if value is None or value is False or (value == {"lblen": LBLEN, "nflen": NFLEN}.get(name)):
            continue
        if name == "labels":
            words.append("/".join(map(str, value)))
        elif value is True:
            words.append(name)
        else:
            prefix = ["srh"] if kind == "seg6local" and name == "segs" else []
            words += [*prefix, name, ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    return " ".join(words)


@cache
def parse(text: str) -> tuple[str, Mapping[str, Any]]:
    """A canonical text → type and fields: int, bool, str, tuple. Raises ValueError for anything else."""
    kind, fields = _split(text)
    if kind not in TYPES or not fields.keys() <= TYPES[kind].keys():
        raise ValueError(f"{text!r} is no encapsulation")
    return kind, {name: _field(name, TYPES[kind][name], value) for name, value in fields.items()}


def links(text: str) -> list[str]:
    """Names of the links that a canonical text speaks of."""
    words = text.split()
    return [words[at + 1] for at, word in enumerate(words[:-1]) if word in _LINKS]


def renamed(text: str, name_of: Callable[[str], str]) -> str:
    """The same with other names for the links it speaks of."""
    words = text.split()
    for at, word in enumerate(words[:-1]):
        if word in _LINKS:
            words[at + 1] = name_of(words[at + 1])
    return " ".join(words)


def only_ipv6(text: str) -> bool:
    """Whether IPv4 routes cannot have it (seg6_build_state, seg6_local_build_state)."""
    return text.startswith(("seg6local", "seg6 mode inline"))


def labels(value: Any) -> tuple[int, ...]:
    """A label, ``100/200``, or a list of labels: outermost first."""
    parts = value if isinstance(value, (list, tuple)) else str(value).split("/")
    found = []
    for part in parts:
        text = str(part)
        if isinstance(part, bool) or not (text.isascii() and text.isdecimal()) or int(text) > HIGHEST_LABEL:
            raise ValueError(f"`{part}` is not an MPLS label: a number from 0 to {HIGHEST_LABEL}")
        if int(text) == 3:
            raise ValueError("label 3 (implicit null) never stands in a stack (nla_get_labels)")
        found.append(int(text))
    if not 1 <= len(found) <= 30:
        raise ValueError("a stack has 1 to 30 labels (MAX_NEW_LABELS)")
    return tuple(found)


def label_stack(value: Any) -> str:
    """As :func:`labels`, in the canonical text."""
    return "/".join(map(str, labels(value)))


def _split(text: str) -> tuple[str, dict[str, Any]]:
    """ip(8)'s words → type and fields, unchecked but for their names."""
    kind, *words = text.split() or [""]
    fields: dict[str, Any] = {}
    if kind == "mpls" and words:
        fields["labels"] = words.pop(0)
    known = TYPES.get(kind, {})
    while words:
        word = words.pop(0)
        if word == "srh" and kind == "seg6local":
            continue
        if known.get(word) == "flag":
            fields[word] = True
        elif words:
            fields[word] = words.pop(0)
        else:
            raise ValueError(f"`{word}` has no value")
    return kind, fields


def _field(name: str, kind: str, value: Any) -> Any:
    if kind == "flag":
        if not isinstance(value, bool):
            raise ValueError(f"`{name}` is true or false")
        return value
    if kind == "labels":
        return labels(value)
    if kind in ("segs", "flavors"):
        parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
        return tuple(_address(name, "ip6", part) if kind == "segs" else _word(name, FLAVORS, part) for part in parts)
    if kind in ("mode", "action"):
        return _word(name, MODES if kind == "mode" else ACTIONS, value)
    if kind in ("ip4", "ip6"):
        return _address(name, kind, value)
    if kind == "link":
        return ifname(str(value))
    if kind == "table":
        from nsmgr.model.words import table

        return table(value)
    text = str(value)
    number = int(text, 0) if not isinstance(value, bool) and text[:1].isdecimal() and text.isalnum() else -1
    if not 0 <= number <= int(kind):
        raise ValueError(f"`{name}` is a number from 0 to {kind}")
    return number


def _word(name: str, known: Mapping[str, int], value: Any) -> str:
    if str(value) not in known:
        raise ValueError(f"`{name}` is one of {', '.join(known)}, not `{value}`")
    return str(value)


def _address(name: str, kind: str, value: Any) -> str:
    address = ip(value)
    if (family(address) == family("::")) != (kind == "ip6"):
        raise ValueError(f"`{name}` is an {'IPv6' if kind == 'ip6' else 'IPv4'} address, `{value}` is not")
    return address


def _check_action(said: Mapping[str, Any]) -> None:
    """parse_nla_action() refuses what is missing and silently drops what an action does not take."""
    action = said["action"]
    need, more = _NEEDS.get(action, ()), _TAKES.get(action, ())
    for name in need:
        if name not in said:
            raise ValueError(f"{action} needs `{name}`")
    if action == "End.DT6" and ("table" in said) == ("vrftable" in said):
        raise ValueError("End.DT6 needs `table` or `vrftable`, one of the two")
    for name in said:
        if name not in ("action", "count", *need, *more):
            raise ValueError(f"{action} has no `{name}`")
    for flavor in said.get("flavors", ()):
        if flavor not in _FLAVORS_OF.get(action, ()):
            raise ValueError(f"{action} has no flavor {flavor} in Linux, only {', '.join(_FLAVORS_OF[action])}")
    if ("lblen" in said or "nflen" in said) and "next-csid" not in said.get("flavors", ()):
        raise ValueError("`lblen` and `nflen` belong to the flavor next-csid")


def schema() -> dict[str, Any]:
    """JSON Schema: text, or a mapping."""
    number, text = {"type": "integer", "minimum": 0}, {"type": "string"}
    several = {"anyOf": [text, number, {"type": "array", "items": {"anyOf": [text, number]}}]}
    kinds = {
        "labels": several,
        "segs": several,
        "flavors": several,
        "flag": {"type": "boolean"},
        "table": {"anyOf": [text, number]},
    }
    bodies = [
        {
            "type": "object",
            "properties": {"type": {"const": kind}}
            | {
                name: {"enum": list(MODES if what == "mode" else ACTIONS)}
                if what in ("mode", "action")
                else kinds.get(what, number if what.isdecimal() else text)
                for name, what in fields.items()
            },
            "required": ["type", *REQUIRED[kind]],
            "additionalProperties": False,
        }
        for kind, fields in TYPES.items()
    ]
    return {"anyOf": [text, *bodies]}
