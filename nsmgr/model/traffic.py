"""Traffic control as a tree: bodies of qdiscs, their classes and filters → things with handles, and back. Pure, without pydantic.

Every qdisc gets a handle here (one that the kernel chose could not be compared), always the same for the same body: a class's
number where it is free, so that the qdisc of class 1:10 is 10:, else the lowest free one.
"""

from __future__ import annotations

from nsmgr.model.thing import Part, facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, TypeAlias

    Steps: TypeAlias = "tuple[str | int, ...]"

CLSACT = "ffff:"  # TC_H_CLSACT: the handle of both ingress and clsact
HOOKS = ("ingress", "egress")
PREF_STEP = 10


def handle(value: Any) -> str:
    """A qdisc's handle, ``1:``, hexadecimal."""
    text = str(value).lower().removesuffix(":").removesuffix(":0")
    if not 0 < _hex(text) < 0xFFFF:
        raise ValueError("not a handle (1: to fffe:, hexadecimal)")
    return f"{_hex(text):x}:"


def classid(value: Any) -> str:
    """A class, ``1:10``, hexadecimal."""
    major, colon, minor = str(value).lower().partition(":")
    if not colon or not 0 < _hex(major) < 0xFFFF or not 0 < _hex(minor) <= 0xFFFF:
        raise ValueError("not a class (1:10, hexadecimal)")
    return f"{_hex(major):x}:{_hex(minor):x}"


def minor(value: Any) -> str:
    """The number of a class within its qdisc, hexadecimal as everywhere in tc: ``10``, or ``1:10``; ``0`` = none."""
    text = str(value).lower().rpartition(":")[2].removeprefix("0x")
    if isinstance(value, bool) or not 0 <= _hex(text) <= 0xFFFF:
        raise ValueError("not a class number (0 to ffff, hexadecimal)")
    return f"{_hex(text):x}"


def tick_bytes(rate: Any) -> int:
    """How exactly the kernel tells a burst: as the time it takes at ``rate``, in ticks of 64 ns (PSCHED_SHIFT)."""
    return 2 + rate * 64 // (8 * 10**9) if type(rate) is int else 0


def _hex(text: str) -> int:
    if not 0 < len(text) <= 4 or text.strip("0123456789abcdef"):
        return -1
    return int(text, 16)


# ----------------------------------------------------------------------------------------------------------- body → things


def parts(body: Any, link: str) -> list[Part]:
    """The things of a root qdisc, or of an ingress or clsact qdisc, with everything in it."""
    return _Tree(body, link).parts


def problems(body: Any) -> list[tuple[str, str, str]]:
    """Faults of a whole tree, for :meth:`nsmgr.model.thing.ThingType.problems`."""
    tree = _Tree(body, "")
    found = [*tree.faults]
    for path, entry in tree.bodies:
        found += [(_dotted((*path, field) if field else path), message, hint) for field, message, hint in entry.faults()]
    return found


def _dotted(path: Steps) -> str:
    return ".".join(map(str, path))


class _Tree:
    """``taken``: handles. ``bodies``: every body with its path. ``filters``: come last, for they name classes."""

    def __init__(self, root: Any, link: str) -> None:
        self.link = link
        self.parts: list[Part] = []
        self.bodies: list[tuple[Steps, Any]] = []
        self.faults: list[tuple[str, str, str]] = []
        self.filters: list[tuple[Any, str, tuple[tuple[str, str], ...], Steps]] = []
        self.classes: dict[str, bool] = {}  # class → whether it is made, and not there anyhow
        self.taken: set[str] = {CLSACT}
        for qdisc in _qdiscs(root):
            if qdisc.handle in self.taken:
                self.faults.append(("", f"two qdiscs have the handle `{qdisc.handle}`", "each of a link has its own"))
            elif qdisc.handle is not None:
                self.taken.add(qdisc.handle)
        if root.kind in ("ingress", "clsact"):
            self._hooks(root)
        else:
            self._qdisc(root, "root", (), ())
        for body, parent, on, path in self.filters:
            self._filter(body, parent, on, path)

    def _part(self, kind: str, name: str, attrs: dict[str, Any], on: Any, after: Any, path: Steps) -> tuple[str, str]:
        made = Part(kind, f"{name} dev {self.link}", attrs, on, after, path)
        self.parts.append(made)
        return (kind, made.key)

    def _hooks(self, body: Any) -> None:
        attrs = {**body.attributes(), "parent": "ingress", "handle": CLSACT}
        on = (self._part("qdisc", "ingress", attrs, (), (), ()),)
        self.bodies.append(((), body))
        if body.kind == "ingress":
            self._filters(body.filters, "ingress", on, ("filters",))
        else:
            for hook in HOOKS:
                self._filters(getattr(body, hook), hook, on, (hook,))

    def _qdisc(self, body: Any, parent: str, on: tuple[tuple[str, str], ...], path: Steps) -> None:
        own = body.handle or self._free(body, parent)
        self.taken.add(own)
        self.bodies.append((path, body))
        me = (self._part("qdisc", parent, {**body.attributes(), "parent": parent, "handle": own}, on, (), path),)
        if getattr(body, "qdisc", None) is not None:
            self.classes[f"{own}1"] = False
            self._qdisc(body.qdisc, f"{own}1", me, (*path, "qdisc"))
        for name, entry in (getattr(body, "classes", None) or {}).items():
            self._class(entry, str(name), own, own, me, (*path, "classes", str(name)), body.kind == "htb")
        self._filters(getattr(body, "filters", None), own, me, (*path, "filters"))

    def _class(
        self, body: Any, name: str, qdisc: str, parent: str, on: tuple[tuple[str, str], ...], path: Steps, made: bool
    ) -> None:
        """``made``: the class is a thing; else the qdisc has it anyhow (prio's bands, mq's queues)."""
        try:
            own = qdisc + minor(name)
        except ValueError as error:
            self.faults.append((_dotted(path), f"`{name}`: {error}", f'for example "{qdisc}10"'))
            return
        if ":" in name and name.partition(":")[0].lstrip("0") != qdisc[:-1]:
            self.faults.append(
                (_dotted(path), f"class `{name}` is not of qdisc {qdisc}", f'write "{own}", or the handle of its qdisc')
            )
        if own in self.classes:
            self.faults.append((_dotted(path), f"class {own} is there twice", "remove one"))
        self.classes[own] = made
        me = on
        if made:
            self.bodies.append((path, body))
            parent = body.parent or parent
            after = () if parent == qdisc else (("tclass", f"{parent} dev {self.link}"),)
            me = (*on, self._part("tclass", own, {**body.attributes(), "classid": own, "parent": parent}, on, after, path))
        elif body.model_fields_set - {"qdisc"}:
            self.faults.append(
                (_dotted(path), f"class {own} is there by itself: it can have a `qdisc` only", "remove its other keys")
            )
        if body.qdisc is not None:
            self._qdisc(body.qdisc, own, me, (*path, "qdisc"))
        for inner, entry in (body.classes or {}).items():
            self._class(entry, str(inner), qdisc, own, on, (*path, "classes", str(inner)), made)

    def _filters(self, bodies: Sequence[Any] | None, parent: str, on: tuple[tuple[str, str], ...], path: Steps) -> None:
        self.filters += [(body, parent, on, (*path, position)) for position, body in enumerate(bodies or ())]

    def _filter(self, body: Any, parent: str, on: tuple[tuple[str, str], ...], path: Steps) -> None:
        before: list[Any] = [p.attrs["pref"] for p in self.parts if p.type == "tfilter" and p.attrs["parent"] == parent]
        pref = body.pref or (before[-1] if before else 0) + PREF_STEP
        if pref in before:
            self.faults.append(
                (_dotted(path), f"two filters of {parent} have pref {pref}", "each has its own; the lowest is asked first")
            )
        self.bodies.append((path, body))
        after = (("tclass", f"{body.flowid} dev {self.link}"),) if self.classes.get(body.flowid) else ()
        self._part("tfilter", f"{parent} pref {pref}", {**body.attributes(), "parent": parent, "pref": pref}, on, after, path)

    def _free(self, body: Any, parent: str) -> str:
        """The handle of a qdisc that has none written."""
        if parent == "root":
            names = (str(name).partition(":") for name in getattr(body, "classes", None) or ())
            wished = max(1, next((_hex(major) for major, colon, _ in names if colon), 1))
        else:
            wished = int(parent.rpartition(":")[2], 16)
        numbers = (wished + body.mark(), *range(1 + body.mark(), 0xFFFF))
        return next(f"{number:x}:" for number in numbers if number < 0xFFFF and f"{number:x}:" not in self.taken)


def _qdiscs(body: Any) -> Iterator[Any]:
    """The qdisc and all in it."""
    yield body
    if getattr(body, "qdisc", None) is not None:
        yield from _qdiscs(body.qdisc)
    stack = [*(getattr(body, "classes", None) or {}).values()]
    for entry in stack:
        stack += (entry.classes or {}).values()
        if entry.qdisc is not None:
            yield from _qdiscs(entry.qdisc)


# ----------------------------------------------------------------------------------------------------------- things → body


def section(found: Sequence[Part]) -> Any:
    """What the document says for the observed things of one link: the root qdisc, or a list of it and the ingress one."""
    tree = [_body(part, found) for part in found if part.type == "qdisc" and part.attrs["parent"] in ("root", "ingress")]
    return tree[0] if len(tree) == 1 else tree


def _body(part: Part, found: Sequence[Part]) -> dict[str, Any]:
    attrs = part.attrs
    said = {"kind": attrs["kind"], **facts("qdisc", attrs).body(attrs)}
    if attrs["parent"] == "ingress":
        said.pop("handle", None)
        hooks = {"filters": "ingress"} if attrs["kind"] == "ingress" else {hook: hook for hook in HOOKS}
        filters = {key: _filters(hook, found) for key, hook in hooks.items()}
        return said | {key: bodies for key, bodies in filters.items() if bodies}
    own = str(attrs["handle"])
    classes: dict[str, dict[str, Any]] = {}
    for other in found:
        if other.type == "tclass" and str(other.attrs["classid"]).startswith(own):
            body = facts("tclass", other.attrs).body(other.attrs)
            if body.get("parent") == own:
                del body["parent"]
            classes[str(other.attrs["classid"])] = body
    for other in found:
        if other.type == "qdisc" and str(other.attrs["parent"]).startswith(own):
            if attrs["kind"] in SINGLE:
                said["qdisc"] = _body(other, found)
            else:
                classes.setdefault(str(other.attrs["parent"]), {})["qdisc"] = _body(other, found)
    inner: dict[str, Any] = {"classes": classes, "filters": _filters(own, found)}
    return said | {key: bodies for key, bodies in inner.items() if bodies}


SINGLE = ("netem", "tbf")  # qdiscs with one class, :1


def _filters(parent: str, found: Sequence[Part]) -> list[dict[str, Any]]:
    own = [part for part in found if part.type == "tfilter" and part.attrs["parent"] == parent]
    own.sort(key=lambda part: int(str(part.attrs["pref"])))
    return [facts("tfilter", part.attrs).body(part.attrs) for part in own]
