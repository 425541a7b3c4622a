"""The document's top level. What is below is checked object by object with models of its own."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import WithJsonSchema

from nsmgr.model.base import Resource
from nsmgr.model.namespace import REF
from nsmgr.types import DeploymentName


class Document(Resource):
    """A deployment: a set of namespaces and what is in them."""

    TYPE: ClassVar[str] = "document"

    version: Literal[1]
    """Of the configuration language: 1."""
    name: DeploymentName | None = None
    """Name of the deployment; default: the file's stem."""
    include: list[str] | None = None
    """Files merged first, relative to this one: mappings merge, two different scalars or lists are a conflict."""
    defaults: Annotated[dict[Any, Any] | None, WithJsonSchema({REF: "defaults"})] = None
    """``link``: for every link (but ``lo``) that does not say otherwise; a kind's name: for that kind."""
    host: Annotated[dict[Any, Any] | None, WithJsonSchema({"anyOf": [{REF: "HostModel"}, {"type": "null"}]})] = None
    """The namespace nsmgr itself runs in."""
    namespaces: Annotated[
        dict[Any, Any] | None,
        WithJsonSchema({"type": ["object", "null"], "additionalProperties": {REF: "namespace"}}),
    ] = None
    """Namespace name → body."""
