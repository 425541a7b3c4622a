"""The generic netlink family "ethtool" (linux/ethtool_netlink.h; net/ethtool): requests, and settings that are plain numbers."""

from __future__ import annotations

from nsmgr.errors import KernelError, UnsupportedByKernel
from nsmgr.kernel.genl import genl_message
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.wire import OK, U32, Answer
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nsmgr.kernel.netns import Netns
    from nsmgr.kernel.wire import Span
    from nsmgr.model.attr import Value
    from nsmgr.plan.plan import Step

FAMILY = "ethtool"
A_HEADER = 1  # of every message: ETHTOOL_A_*_HEADER
HEADER_DEV_INDEX, HEADER_FLAGS = 1, 3
FLAG_COMPACT_BITSETS, FLAG_OMIT_REPLY = 1, 2


def header(index: int = 0, flags: int = 0) -> bytes:
    """Which device; 0 = all, in a dump."""
    said = attribute(HEADER_DEV_INDEX, U32.pack(index)) if index else b""
    return attribute(A_HEADER | NLA_F_NESTED, said + (attribute(HEADER_FLAGS, U32.pack(flags)) if flags else b""))


def gather(handle: Netns, command: int, flags: int = 0) -> list[Span]:
    """A dump over all devices of the namespace; those that lack the setting are not in it. Without the family: nothing."""
    genl = handle.genl()
    try:
        return genl.gather(genl.family(FAMILY), command, header(0, flags))
    except UnsupportedByKernel:
        return []


def ask(handle: Netns, command: int, body: bytes) -> Span:
    """One answer. Raises KernelError, UnsupportedByKernel."""
    genl = handle.genl()
    found = genl.ask(genl.family(FAMILY), command, body)
    if isinstance(found, Answer):
        raise KernelError(f"ethtool command {command} of", netns=handle.name, errno=found.errno, extack=found.extack)
    return found


def tell(handle: Netns, command: int, index: int, body: bytes) -> Answer:
    """Change something of one device."""
    genl = handle.genl()
    try:
        family = genl.family(FAMILY)
    except UnsupportedByKernel as error:
        return unsupported(error)
    (answer,) = genl.transact([genl_message(family, command, header(index, FLAG_OMIT_REPLY) + body)])
    return answer


def unsupported(error: UnsupportedByKernel) -> Answer:
    """A family that is not there, as an answer to what needed it."""
    from errno import EOPNOTSUPP

    return Answer(EOPNOTSUPP, str(error))


def device(datagram: bytes, start: int, end: int) -> int:
    """The interface index in a header."""
    for number, s, _ in walk(datagram, start, end):
        if number == HEADER_DEV_INDEX:
            return int(U32.unpack_from(datagram, s)[0])
    return 0


class Numbers:
    """Settings of which each is one number: read by a dump, changed by a message with those that differ.

    Args:
        kind: the type of thing. get, put: ETHTOOL_MSG_*_GET and *_SET.
        fields: row → (attribute number, bytes of the number); one byte with ``truth`` is a truth value.
    """

    def __init__(self, kind: str, get: int, put: int, fields: Mapping[str, tuple[int, int]], truth: Sequence[str] = ()) -> None:
        self.kind, self.get, self.put, self.fields, self.truth = kind, get, put, fields, frozenset(truth)
        self.names = {number: (name, size) for name, (number, size) in fields.items()}

    def ask(self, handle: Netns) -> list[Span]:
        """All devices that have the setting."""
        return gather(handle, self.get)

    def decode(self, answer: Sequence[Span], names: Mapping[int, str]) -> Iterator[Thing]:
        """One thing a device."""
        from sys import byteorder

        for datagram, start, end in answer:
            attrs: dict[str, Value] = {}
            link = None
            for number, s, e in walk(datagram, start, end):
                if number == A_HEADER:
                    link = names.get(device(datagram, s, e))
                elif number in self.names:
                    name, size = self.names[number]
                    if e - s == size:
                        value = int.from_bytes(datagram[s:e], byteorder)
                        attrs[name] = self.read(name, bool(value) if name in self.truth else value)
            if link is not None and attrs:
                yield Thing(self.kind, link, link, attrs)

    def read(self, name: str, value: Value) -> Value:
        """The canonical value."""
        return value

    def write(self, name: str, value: Value) -> int:
        """The number for a canonical value."""
        return int(value)  # type: ignore[arg-type]  # of these rows: int or bool

    def perform(self, handle: Netns, step: Step) -> Answer:
        """What is not as it shall be, in one message; the kernel keeps what is not mentioned."""
        thing: Thing = step.obj
        observed = step.args.get("observed")
        have: Mapping[str, Value] = observed.attrs if observed is not None else {}
        changed = {name: value for name, value in thing.attrs.items() if have.get(name) != value}
        return tell(handle, self.put, step.index, self.body(changed)) if changed else OK

    def body(self, attrs: Mapping[str, Value]) -> bytes:
        """Attributes, in the order of their numbers."""
        from sys import byteorder

        wanted = sorted((self.fields[name], name) for name in attrs)
        return b"".join(
            [attribute(number, self.write(name, attrs[name]).to_bytes(size, byteorder)) for (number, size), name in wanted]
        )
