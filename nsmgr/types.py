"""Value types of the configuration language: pydantic types whose result is the canonical form (see plan.state)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from nsmgr.text import (
    DEPLOYMENT,
    cidr,
    deployment_name,
    duration,
    endpoint,
    family,
    ifname,
    ip,
    key_id,
    link_ref,
    lladdr,
    mac,
    nanoseconds,
    netns_name,
    percent,
    prefix,
    rate,
    salt,
    sci,
    secret,
    secret_or_none,
    size,
    unicast_mac,
    wg_key,
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
_PLACE = {
    "oneOf": [
        {"type": "object", "properties": {name: {"type": "string"}}, "required": [name], "additionalProperties": False}
        for name in ("file", "env")
    ]
}
_LINK_PORT = {
    "type": "object",
    "properties": {
        "link": {"type": "string"},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "family": {"enum": ["ipv4", "ipv6"]},
    },
    "required": ["link", "port"],
    "additionalProperties": False,
}
Secret = Annotated[str, BeforeValidator(secret), WithJsonSchema(_PLACE)]
SecretOrNone = Annotated[str, BeforeValidator(secret_or_none), WithJsonSchema({"oneOf": [*_PLACE["oneOf"], {"const": "none"}]})]
WgKey = Annotated[str, AfterValidator(wg_key)]
Endpoint = Annotated[str, BeforeValidator(endpoint), WithJsonSchema({"oneOf": [{"type": "string"}, _LINK_PORT]})]
Sci = Annotated[str, BeforeValidator(sci), WithJsonSchema({"type": ["string", "integer"]})]
KeyId = Annotated[str, BeforeValidator(key_id), WithJsonSchema({"type": ["string", "integer"]})]
Salt = Annotated[str, BeforeValidator(salt), WithJsonSchema({"type": "string"})]
Size = Annotated[int, BeforeValidator(size), WithJsonSchema(_TEXT_OR_NUMBER)]
Port = Annotated[int, Field(ge=0, le=65535)]

__all__ = [
    "AnyMac", "Cidr", "DeploymentName", "Duration", "Endpoint", "IfName", "IpAddress", "KeyId", "LinkRef", "Lladdr", "Mac",
    "Nanoseconds", "NetnsName", "Percent", "Port", "Prefix", "Rate", "Salt", "Sci", "Secret", "SecretOrNone", "Size", "WgKey",
    "cidr", "deployment_name", "duration", "family", "ifname", "ip", "link_ref", "lladdr", "mac", "nanoseconds", "netns_name",
    "percent", "prefix", "rate", "size", "unicast_mac",
]  # fmt: skip
