"""What is true of a link kind as a whole, without pydantic: what planning, encoding and decoding ask.

:func:`kind` answers from :mod:`nsmgr.model.table`, which is written by a program from the kinds' pydantic classes, as long as
it fits their source files; else it answers with the pydantic class, which says the same more slowly.
"""

from __future__ import annotations

from nsmgr.light import cache
from nsmgr.model.attr import Attr, Change, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar, Literal

    from nsmgr.model.shape import Shape


class Kind:
    """The facts of a kind. An instance is a link's valid body: :class:`nsmgr.model.links.base.Link` or :class:`Plain`.

    KIND: IFLA_INFO_KIND, also the configuration's ``kind`` and this file's name.
    DATA: pyroute2's ``data_map`` key when it differs from KIND, "" = the kind has no INFO_DATA.
    MAKER: "netlink" (RTM_NEWLINK), "ioctl" (TUNSETIFF) or "none" (exists by itself: lo, physical).
    IMMUTABLE_NETNS: dev->netns_immutable: cannot be moved to another namespace.
    DIES_WITH: names of reference attributes; the link is deleted by the kernel with the link they name.
    PAIR: netlink name of the INFO_DATA nest that makes the other end (VETH_INFO_PEER), which is born in the same message and dies
        with this one; "" = not one of a pair.
    PEER_ROWS: row name → the row by which this end says, and is told, the same of the other end.
    PAIR_ROWS: names of rows that are one thing for both ends of a pair.
    LEADER: name of the row that is true at the only end of a pair that takes changes; "" = each end takes its own.
    FULL_SET: changelink starts from zero: every attribute must be sent again (KERNEL.md 3).
    DATA_REQUIRED: newlink refuses a message without INFO_DATA.
    PORT_DOWN: a link must be down to become a port of this controller (bond_enslave: EPERM/EBUSY), which opens it, and closes
        it when it leaves.
    PORT_BOUNCES: becoming a port of this controller takes the link down and up (vrf): IPv6 addresses and routes are lost.
    RISES_UNLESS: row that, true, keeps the kernel from taking the link up whenever its parent goes up (vlan_device_event); "" = it
        does not do that.
    PARENT_REQUIRED: newlink refuses a link without it.
    BIRTH: attributes of the creating message that are not managed afterwards.
    ETHERNET: has frames with an Ethernet header; a bridge refuses any other as port (br_add_if: EINVAL), a vrf takes it.
    CONTROLLER: can have ports (``controller`` of other links may name it).
    TAKES_PARENT: can be stacked on a lower link; False = ``parent`` is refused.
    WITHOUT_PORTS: names of rows that the kernel changes only while this controller has no ports.
    NAMES_PORTS: names of reference rows that name a port of this controller: nothing it stands on, so no cycle with the
        port's ``controller``; the kernel takes an index only while that link exists.
    SHORT: key that is no row → the rows it sets unless they are written themselves (``key``: both directions' keys).
    ONCE: names of rows that only newlink takes: a changelink that repeats them is refused.
    MTU_FOLLOWS: changelink computes the MTU anew, so a managed one is said again after it.
    MOVES_IN: newlink ties the link to the namespace that it appears in (dev_net), not to the sender's: one whose parent is in
        another namespace is made there and moved.
    COMPANIONS: row name → constant INFO_DATA attributes (by netlink name, wire values) that must go along with it.
    TOGETHER: row name → rows that must go along where they are written.
    GENL: the generic netlink family that carries the rows of ``Where.GENL``; "" = the kind has none.
    DEFAULTS: row name → what a new link of this kind has, where it differs from the row's ``default``.
    UNIQUE: of the ports of a controller: options that no two of them may share, unless it is the default.
    MTU_RANGE: dev->min_mtu and max_mtu; 0 = no such bound.
    SHAPE: what is surely valid, or None when only the pydantic class can tell.
    """

    KIND: ClassVar[str] = ""
    DATA: ClassVar[str | None] = None
    MAKER: ClassVar[Literal["netlink", "ioctl", "none"]] = "netlink"
    IMMUTABLE_NETNS: ClassVar[bool] = False
    DIES_WITH: ClassVar[tuple[str, ...]] = ()
    PAIR: ClassVar[str] = ""
    PEER_ROWS: ClassVar[Mapping[str, str]] = {}
    PAIR_ROWS: ClassVar[frozenset[str]] = frozenset()
    LEADER: ClassVar[str] = ""
    FULL_SET: ClassVar[bool] = False
    DATA_REQUIRED: ClassVar[bool] = False
    PORT_DOWN: ClassVar[bool] = False
    PORT_BOUNCES: ClassVar[bool] = False
    RISES_UNLESS: ClassVar[str] = ""
    PARENT_REQUIRED: ClassVar[bool] = False
    BIRTH: ClassVar[Mapping[str, Value]] = {}
    ETHERNET: ClassVar[bool] = True
    CONTROLLER: ClassVar[bool] = False
    TAKES_PARENT: ClassVar[bool] = False
    WITHOUT_PORTS: ClassVar[frozenset[str]] = frozenset()
    NAMES_PORTS: ClassVar[frozenset[str]] = frozenset()
    SHORT: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    ONCE: ClassVar[frozenset[str]] = frozenset()
    MTU_FOLLOWS: ClassVar[bool] = False
    MOVES_IN: ClassVar[bool] = False
    COMPANIONS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    TOGETHER: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    GENL: ClassVar[str] = ""
    DEFAULTS: ClassVar[Mapping[str, Value]] = {}
    UNIQUE: ClassVar[frozenset[str]] = frozenset()
    DEFAULT_MTU: ClassVar[int] = 1500  # what export takes as "not said"; 0 = always say it
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 0)
    SHAPE: ClassVar[Shape | None] = None

    if TYPE_CHECKING:

        @property
        def model_fields_set(self) -> set[str]:
            """The fields that were written."""
            raise NotImplementedError  # for the type checker only: pydantic's and Plain's own

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        """Field name → row, of every field that has one: what every link has first, with this kind's ``DEFAULTS`` applied."""
        raise NotImplementedError  # abstract: Link reads its fields, Plain its table entry

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        """Whether changing row ``name`` from ``observed`` to ``desired`` means deleting the link and making it again."""
        return cls.rows()[name].change is Change.REPLACE

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        """Names of the rows that cannot change on a link that is as ``observed``, whatever their values. Kinds extend it."""
        return ()

    @classmethod
    def opens_on_address(cls, attrs: Mapping[str, Value]) -> bool:
        """Whether going up needs an address of another link, so that it comes after the addresses."""
        return False

    @classmethod
    def implied(cls, attrs: Mapping[str, Value]) -> frozenset[str]:
        """Rows of an observed link that follow from others, so that ``export`` leaves them out."""
        return frozenset()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        """Semantic faults within this one link: (field, message, hint). Kinds extend it."""
        values = vars(self)
        found: list[tuple[str, str, str]] = []
        if self.KIND and values["parent"] is not None and not self.TAKES_PARENT:
            found.append(("parent", f"a {self.KIND} link has no parent", "remove `parent`"))
        if self.PARENT_REQUIRED and values["parent"] is None:
            found.append(("parent", f"a {self.KIND} link needs a parent", "name the lower link: `parent: eth0`"))
        low, high = self.MTU_RANGE
        mtu = values["mtu"]
        if mtu is not None and (mtu < low or (high and mtu > high)):
            found.append(("mtu", f"{mtu} is outside what a {self.KIND} link takes, {low} to {high or 'any'}", ""))
        return found + self.shown_only()

    def shown_only(self) -> list[tuple[str, str, str]]:
        """The faults of saying what only the kernel says."""
        cls: Any = type(self)
        return [
            (field, f"`{field}` is reported by the kernel and cannot be configured", f"remove `{field}`")
            for field in _read_only(cls)
            if field in self.model_fields_set
        ]


class Plain(Kind):
    """A kind of the table, and a body of it that was accepted without pydantic: fields are attributes, all of them there."""

    __slots__ = ("model_fields_set",)
    model_fields_set: set[str]
    ROWS: ClassVar[Mapping[str, Attr]] = {}
    SHAPE: ClassVar[Shape]

    def __init__(self, values: dict[str, Any], written: set[str]) -> None:
        self.__dict__ = values
        self.model_fields_set = written

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        return cls.ROWS


@cache
def _read_only(cls: Any) -> tuple[str, ...]:
    """The fields of a Kind that are shown and cannot be set."""
    return tuple(field for field, row in cls.rows().items() if row.change is Change.READ_ONLY)


@cache
def kind(name: str) -> type[Kind]:
    """The facts of a kind; for an unknown one and "" those of every link (a foreign link that is only observed)."""
    from nsmgr.model.shape import entry  # which needs this module for the table's sake

    found: type[Kind] | None = entry(f"link:{name}")
    if found is not None:
        return found
    from nsmgr.model.links import kind_class, kind_names

    if name and name not in kind_names():
        return kind("")
    return kind_class(name)
