"""Value types of the configuration language: pydantic types whose result is the canonical form (see plan.state)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from nsmgr.text import (
    DEPLOYMENT,
    cidr,
    deployment_name,
    duration,
    family,
    ifname,
    ip,
    link_ref,
    lladdr,
    mac,
    nanoseconds,
    netns_name,
    percent,
    prefix,
    rate,
    size,
    unicast_mac,
)

_TEXT_OR_NUMBER = {"anyOf": [{"type": "string"}, {"type": "number"}]}

IfName = Annotated[str, AfterValidator(ifname), Field(min_length=1, max_length=15)]
DeploymentName = Annotated[str, AfterValidator(deployment_name), WithJsonSchema({"type": "string", "pattern": f"^{DEPLOYMENT}$"})]
NetnsName = Annotated[str, AfterValidator(netns_name)]
LinkRef = Annotated[str, AfterValidator(link_ref)]
Mac = Annotated[str, AfterValidator(unicast_mac), Field(pattern=None)]
AnyMac = Annotated[str, AfterValidator(mac)]
Lladdr = Annotated[str, AfterValidator(lladdr)]
IpAddress = Annotated[str, AfterValidator(ip)]
Cidr = Annotated[str, AfterValidator(cidr)]
Prefix = Annotated[str, AfterValidator(prefix)]
Duration = Annotated[int, BeforeValidator(duration), WithJsonSchema(_TEXT_OR_NUMBER)]
Nanoseconds = Annotated[int, BeforeValidator(nanoseconds), WithJsonSchema(_TEXT_OR_NUMBER)]
Rate = Annotated[int, BeforeValidator(rate), WithJsonSchema(_TEXT_OR_NUMBER)]
Percent = Annotated[int, BeforeValidator(percent), WithJsonSchema({"type": "string"})]
Size = Annotated[int, BeforeValidator(size), WithJsonSchema(_TEXT_OR_NUMBER)]
Port = Annotated[int, Field(ge=0, le=65535)]

__all__ = [
    "AnyMac", "Cidr", "DeploymentName", "Duration", "IfName", "IpAddress", "LinkRef", "Lladdr", "Mac", "Nanoseconds", "NetnsName",
    "Percent", "Port", "Prefix", "Rate", "Size", "cidr", "deployment_name", "duration", "family", "ifname", "ip", "link_ref",
    "lladdr", "mac", "nanoseconds", "netns_name", "percent", "prefix", "rate", "size", "unicast_mac",
]  # fmt: skip
