"""htb: a tree of classes that lend to each other (net/sched/sch_htb.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.model.traffic import minor


class Htb(Qdisc):
    """Classes with a rate each, that may borrow from the class above them up to their ceiling. A filter says what goes where.

    The qdisc itself cannot be changed (it has no change function): every change replaces it, with its classes.
    """

    KIND: ClassVar[str] = "htb"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("classes", "tclass", "mapping"), ("filters", "tfilter", "list"))

    kind: Annotated[Literal["htb"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    default: Annotated[
        str | None,
        BeforeValidator(minor),
        WithJsonSchema({"type": ["string", "integer"]}),
        Attr("TCA_HTB_INIT", Change.REPLACE, default="0"),
    ] = None
    """The class for what no filter is for, hexadecimal; 0 = sent at once, unlimited."""
    r2q: Annotated[int | None, Field(ge=1, lt=2**32), Attr("TCA_HTB_INIT", Change.REPLACE, default=10)] = None
    """A class's quantum is its rate in bytes divided by this, unless written."""
    direct_qlen: Annotated[int | None, Field(ge=0, lt=2**32), Attr("TCA_HTB_DIRECT_QLEN", Change.REPLACE, unit="packets")] = None
    """How many packets without a class may wait; the link's txqlen unless written."""
    classes: dict[str, Any] | None = None
    """Class → its rate and so on; classes in it borrow from it."""
    filters: list[Any] | None = None
    """Which packets go to which class; the first that fits decides."""
