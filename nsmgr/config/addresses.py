"""Addresses of links: text or mapping → plan.state.Address, and what can be wrong between several of them."""

from __future__ import annotations

from nsmgr.config.bodies import validate
from nsmgr.config.phrases import show, value_message
from nsmgr.config.report import Path, Report
from nsmgr.model.meaning import address_attributes, address_faults, address_identity
from nsmgr.plan.state import Address, DesiredLink
from nsmgr.text import cidr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

_PLAIN = frozenset((str, int, bool, type(None)))  # of these, what is equal and of one type is the same


class Addresses:
    """One instance per document: remembers which address is on which link of a namespace."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.seen: dict[str, Address] = {}  # IP → the first address of this namespace that has it
        # What long forms say beside the address → their attributes. Most of a document's say the same.
        self.attributes: dict[tuple[Any, ...], Mapping[str, Value]] = {(): {}}

    def begin(self) -> None:
        """The links that follow are another namespace's."""
        self.seen = {}

    def expand(self, link: DesiredLink, entries: list[Any], path: Path) -> None:
        """Put the addresses into the link."""
        for position, raw in enumerate(entries):
            here = (*path, position)
            if type(raw) is str:
                try:
                    address = Address(link.name, cidr(raw), self.attributes[()], here)
                except ValueError as error:
                    self.report.error(here, *value_message(raw, str(error)))
                    continue
            else:
                found = self._long_form(link.name, raw, here)
                if found is None:
                    continue
                address = found
            self._check(link, address, here, raw)

    def _long_form(self, link: str, raw: Any, path: Path) -> Address | None:
        if not isinstance(raw, dict):
            self.report.error(path, f"expected an address or a mapping, not {show(raw)}", "for example `10.0.0.1/24`")
            return None
        rest = raw.copy()
        text = rest.pop("address", None)
        said = (*rest.items(), *map(type, rest.values()))
        try:
            attributes = self.attributes.get(said)
            if attributes is not None and type(text) is str:
                return Address(link, cidr(text), attributes, path)
        except (TypeError, ValueError):  # unhashable; not an address: the model has the words
            pass
        entry = validate("address", raw, path, self.report)
        if entry is None:
            return None
        try:
            address = Address(link, address_identity(entry), address_attributes(entry), path)
        except ValueError as error:
            self.report.error((*path, "peer"), str(error))
            return None
        if entry.peer is None and _PLAIN.issuperset(map(type, rest.values())):
            self.attributes[said] = address.attrs
        return address

    def _check(self, link: DesiredLink, address: Address, path: Path, raw: Any) -> None:
        text = address.address
        if address.attrs or ":" in text:
            for field, message, hint in address_faults(link.name, link.kind, text, address.attrs):
                self.report.error((*path, field) if isinstance(raw, dict) else path, message, hint)
        ip = text.partition(" ")[0].partition("/")[0]
        previous = self.seen.setdefault(ip, address)
        if previous is not address:
            self._repeated(link, address, ip, previous, path)
        link.addresses.setdefault(text, address)

    def _repeated(self, link: DesiredLink, address: Address, ip: str, previous: Address, path: Path) -> None:
        text = address.address
        if previous.link != link.name:
            if not ip.startswith("fe80:"):  # link-local: the same one on every link is ordinary
                words = f"{ip} is on two links of `{link.netns}`, also on `{previous.link}` at {{other}}"
                self.report.warning(path, words, "one of the two is usually a mistake", "duplicate_address", other=previous.origin)
            return
        # IPv4 takes the same address with another prefix length as a second one; IPv6 answers EEXIST.
        if text in link.addresses or ":" in ip:
            words = f"{text} is on `{link.name}` twice, first at {{other}}"
            self.report.error(path, words, "remove one of them", "duplicate_address", other=previous.origin)
