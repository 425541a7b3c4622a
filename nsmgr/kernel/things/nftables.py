"""Tables of nftables: compared as the kernel holds them (:mod:`nsmgr.kernel.nfnetlink`), loaded by nft(8) in one transaction.

nft's language is nft's: it is not parsed here. What is described is loaded into a scratch namespace, once for each text, and the
two are compared. A text that names devices (``iif``, a netdev hook) needs them there: bridges of the same names and indexes.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess

from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel import libc, netns
from nsmgr.kernel.codec import attribute
from nsmgr.kernel.nfnetlink import NftSocket, Table, tables
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.kernel.wire import IFINFOMSG, NLM_F_CREATE, NLM_F_EXCL, RTM_NEWLINK, Answer, get_link, message
from nsmgr.light import lru_cache
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nsmgr.kernel.netns import Netns
    from nsmgr.plan.plan import Step

Links = tuple[tuple[int, str], ...]
Found = list[tuple[str, str, str]]  # table, its text as declared or as nft lists it, how nft would list what is declared

_DEVICES = ("iif ", "oif ", "iif{", "oif{", "device", "table netdev")
_PLACES = os.pathsep.join(("/usr/sbin", "/sbin", "/usr/local/sbin"))


def ask(handle: Netns) -> Found:
    """Every table, as nft lists it. Called in a thread inside the namespace."""
    return ask_about(handle, ())


def ask_about(handle: Netns, declared: Sequence[Thing]) -> Found:
    """Every table: with the declared text where that means the same, else as nft lists both."""
    socket = NftSocket(handle.name)
    try:
        live = tables(socket)
    finally:
        socket.close()
    found: Found = []
    wanted = {thing.key: str(thing.attrs["ruleset"]) for thing in declared}
    for key, content in live.items():
        text = wanted.get(key)
        if text is None:
            found.append((key, listing(key), ""))
            continue
        expected = _expected(text, _links(handle) if any(word in text for word in _DEVICES) else ())
        if expected is None or expected[0].get(key) != content:
            found.append((key, listing(key), expected[1] if expected is not None else text))
        else:
            found.append((key, text, text))
    return found


def decode(answer: Found, names: Mapping[int, str]) -> Iterator[Thing]:
    """``wanted``: how nft would list what is declared, for a difference that people can read."""
    for key, text, wanted in answer:
        yield Thing("nftables", key, "", {"ruleset": text, "wanted": wanted})


def perform_all(handle: Netns, steps: Sequence[Step]) -> Answer:
    """All of them in one transaction: a table that is to change is deleted and made again in the same one."""
    parts: list[str] = []
    for step in steps:
        thing: Thing = step.obj
        # Without the first word, deleting a table that is not there would fail the whole transaction.
        parts.append(f"table {thing.key}\ndelete table {thing.key}\n")
        if step.verb is not Verb.THING_DEL:
            parts.append(str(thing.attrs["ruleset"]))
    status, _, words = nft("-f", "-", text="".join(parts))
    return Answer() if status == 0 else Answer(errno.EINVAL, _first_complaint(words))


def nft(*arguments: str, text: str = "") -> tuple[int, str, str]:
    """(exit status, output, complaints) of nft(8) in the calling thread's namespace.

    Raises UnsupportedByKernel where there is none.
    """
    program = shutil.which("nft") or shutil.which("nft", path=_PLACES)
    if program is None:
        raise UnsupportedByKernel("nftables rulesets", "there is no program nft", hint="apt-get install nftables")
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout, done.stderr


def listing(key: str) -> str:
    """``nft -s list table``: without counters."""
    return nft("-s", "list", "table", *key.split())[1]


def _first_complaint(words: str) -> str:
    """``tcp dport foo accept: syntax error, unexpected …``: nft's first complaint on one line, without the name of its input."""
    for line in words.splitlines():
        _, mark, rest = line.partition("rror: ")
        if mark:
            return f"nft: {rest}"
    return f"nft: {words.strip() or 'it failed without a word'}"


def _links(handle: Netns) -> Links:
    """(index, name) of the namespace's links but lo."""
    from nsmgr.kernel.messages import decode_link

    links = (decode_link(*span) for span in handle.socket.dump_spans(get_link()))
    return tuple((link.index, link.name) for link in links if link.name != "lo")


@lru_cache(maxsize=64)
def _expected(text: str, links: Links) -> tuple[dict[str, Table], str] | None:
    """What a text makes: the tables, and how nft lists them; None when it cannot be loaded."""

    def work() -> tuple[dict[str, Table], str] | None:
        libc.unshare(libc.CLONE_NEWNET)
        if links:
            _stand_ins(links)
        if nft("-f", "-", text=text)[0]:
            return None
        socket = NftSocket("scratch")
        try:
            return tables(socket), nft("-s", "list", "ruleset")[1]
        finally:
            socket.close()

    return netns.in_thread(work)


def _stand_ins(links: Links) -> None:
    socket = RtnlSocket("scratch")
    try:
        kind = attribute(18, attribute(1, b"bridge"))  # IFLA_LINKINFO, IFLA_INFO_KIND
        socket.transact(
            [
                message(
                    RTM_NEWLINK,
                    NLM_F_CREATE | NLM_F_EXCL,
                    IFINFOMSG.pack(0, 0, index, 0, 0) + attribute(3, name.encode() + b"\0") + kind,  # IFLA_IFNAME
                )
                for index, name in links
            ]
        )
    finally:
        socket.close()
