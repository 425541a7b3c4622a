"""A namespace's body in the document. Links, routes and rules are checked one by one with their own models."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from nsmgr.model.base import Resource

REF = "x-ref"  # a reference by name, made a "$ref" by config.schema: pydantic knows only references of its own


def _each(name: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["array", "null"], "items": {REF: name}})


Links = Annotated[dict[Any, Any] | None, WithJsonSchema({"type": ["object", "null"], "additionalProperties": {REF: "link"}})]
Routes = Annotated[list[Any] | None, _each("RouteModel")]
Rules = Annotated[list[Any] | None, _each("RuleModel")]
Sysctls = Annotated[
    dict[Any, Any] | None,
    WithJsonSchema({"type": ["object", "null"], "additionalProperties": {"type": ["string", "integer", "boolean"]}}),
]
Pattern = dict[str, str | int | bool]


class FromModel(Resource):
    """An existing namespace: of a process, or a file. One of the two."""

    TYPE: ClassVar[str] = "from"

    pid: Annotated[int, Field(ge=1, lt=2**22 + 1)] | None = None
    """A process in the namespace."""
    path: Annotated[str, Field(pattern=r"^/[^\x00]*$")] | None = None
    """A namespace file, absolute: ``/proc/4242/ns/net``, ``/run/netns/other``."""


class IgnoreModel(Resource):
    """What nsmgr shall not see. Patterns are fnmatch's; each entry of a list maps attributes to patterns, all must fit."""

    TYPE: ClassVar[str] = "ignore"

    links: list[str] | None = None
    """Names of links: ``docker*``."""
    addresses: list[Pattern] | None = None
    """By link, address, label, scope, proto."""
    routes: list[Pattern] | None = None
    """By to, table, metric, tos, type, scope, proto (or protocol), via, dev, prefsrc: ``{protocol: dhcp}``."""
    rules: list[Pattern] | None = None
    """By the attributes of a rule."""


class HostModel(Resource):
    """The namespace nsmgr runs in: only what is declared is touched."""

    TYPE: ClassVar[str] = "host"

    links: Links = None
    """Interface name → body."""
    routes: Routes = None
    """Routes, a list."""
    rules: Rules = None
    """Policy rules, a list."""
    sysctls: Sysctls = None
    """Full key → value: ``net.ipv4.ip_forward: 1``."""
    manage: Literal["all", "declared"] | None = None
    """``all``: what is not declared is removed; ``declared``: it is left alone. Default: all where nsmgr makes the namespace."""
    ignore: IgnoreModel | None = None
    """What nsmgr shall not see."""


class NamespaceModel(HostModel):
    """A network namespace and what is in it."""

    TYPE: ClassVar[str] = "namespace"

    from_: Annotated[FromModel | None, Field(alias="from")] = None
    """Take an existing namespace instead of making one."""
    adopt: bool | None = None
    """Take the namespace over if it exists already, create it otherwise."""
