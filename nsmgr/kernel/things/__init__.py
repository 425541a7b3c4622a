"""How the kernel is told and asked about things (:mod:`nsmgr.model.thing`): one module a type, with these functions.

``ask(handle) -> Any``
    Read all of the type in one namespace: what the kernel answered, still as bytes. Of CARRIER "rtnl" it uses the namespace's own
    socket (``handle.socket.dump_spans``); of CARRIER "own" it is called in a thread that is inside the namespace.
``ask_links(handle, links) -> Any``
    Instead, of a type with KINDS: told the links that have such things, index → name. Not called where there are none.
``ask_about(handle, declared) -> Any``
    The same of a type with COMPARES, told what is described.
``decode(answer, names) -> Iterable[Thing]``
    The same as things. ``names``: interface index → name; a thing of a link that is not among them is left out, as if read a moment
    earlier. Pure.
``encode(step, fd_of) -> list[bytes]``
    CARRIER "rtnl": THING_ADD, THING_SET and THING_DEL → messages, as :func:`nsmgr.kernel.messages.encode`. Pure.
``perform(handle, step) -> Answer``
    CARRIER "own": carry the step out, in a thread that is inside the namespace. OSError counts as its errno.
``perform_all(handle, steps) -> Answer``
    Instead of ``perform``, of a type whose steps that follow each other are one transaction: the one answer is each step's.
``missing(handle, kinds) -> dict[str, str]``
    Of types that are PROBED: which kinds this kernel lacks, with its words. Changes nothing.
"""

from __future__ import annotations

from nsmgr.kernel.payload import Understood
from nsmgr.light import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, Protocol

    from nsmgr.kernel.netns import Netns
    from nsmgr.kernel.wire import Answer, FdOf
    from nsmgr.plan.plan import Step
    from nsmgr.plan.state import Thing

    class Codec(Protocol):
        """A module of this package."""

        ask: Callable[[Netns], Any]
        decode: Callable[[Any, Mapping[int, str]], Iterable[Thing]]
        encode: Callable[[Step, FdOf], list[bytes]]
        ask_links: Callable[[Netns, Mapping[int, str]], Any]
        ask_about: Callable[[Netns, Sequence[Thing]], Any]
        perform: Callable[[Netns, Step], Answer]
        missing: Callable[[Netns, Iterable[str]], dict[str, str]]
        perform_all: Callable[[Netns, Sequence[Step]], Answer]


@cache
def codec(name: str) -> Codec:
    """The module of a type; several types may share one by assignment of its functions."""
    module: Any = __import__(f"{__name__}.{name}", fromlist=("ask",))
    found: Codec = module
    return found


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """The messages of a THING_* step."""
    return codec(step.obj.type).encode(step, fd_of)


def decode(name: str, answer: Any, names: Mapping[int, str]) -> list[Thing]:
    """What the codec of a type makes of an answer. Raises CodecError for bytes that do not follow the format."""
    with Understood(name):
        return [*codec(name).decode(answer, names)]


class Numbers(dict[int, str]):
    """Interface indexes as names, where only it matters whether two answers say the same: ``#7``."""

    def get(self, index: int, default: Any = None) -> str:
        """Every index has a name."""
        return f"#{index}"

    def __contains__(self, index: object) -> bool:
        return True

    def __missing__(self, index: int) -> str:
        return f"#{index}"


def fingerprint(name: str, answer: Any) -> bytes:
    """Of an answer: equal for two that decode to the same things."""
    said = sorted(repr((thing.key, sorted(thing.attrs.items()))) for thing in decode(name, answer, Numbers()))
    return "\n".join(said).encode()
