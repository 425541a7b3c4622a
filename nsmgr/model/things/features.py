"""What a link's driver, or the kernel for it, does with packets on their way: ethtool's features (net/ethtool/features.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nsmgr.model.base import Attr, Value
from nsmgr.model.things.base import ThingModel
from nsmgr.model.words import FEATURE_GROUPS


def _switch(value: Any) -> Any:
    """ethtool(8)'s words for true and false."""
    return {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value


# export: nothing tells what a driver came up with from what somebody set
FEATURE = Attr("ETHTOOL_A_FEATURES_WANTED", absent=False, export=False)
Switch = Annotated[bool | None, BeforeValidator(_switch, json_schema_input_type=bool | Literal["on", "off"])]


class Features(ThingModel):
    """Offloads of a link, by the names that `ethtool -k` prints or its short ones: ``{tx: off, rx-gro-list: true}``.

    A short name turns off all of its features, and turns on those of them that the driver can change. A feature that the driver
    has fixed is refused; one that needs another one that is off (tso without tx) stays off, and verifying says so.
    """

    TYPE: ClassVar[str] = "features"
    SECTION: ClassVar[str] = "features"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    FORM: ClassVar[Literal["list", "mapping", "one"]] = "one"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True

    rx: Annotated[Switch, FEATURE] = None
    """Short for rx-checksum."""
    tx: Annotated[Switch, FEATURE] = None
    """Short for the tx-checksum features."""
    sg: Annotated[Switch, FEATURE] = None
    """Short for the tx-scatter-gather features."""
    tso: Annotated[Switch, FEATURE] = None
    """Short for the features of TCP segmentation."""
    ufo: Annotated[Switch, FEATURE] = None
    """Short for tx-udp-fragmentation."""
    gso: Annotated[Switch, FEATURE] = None
    """Short for tx-generic-segmentation."""
    gro: Annotated[Switch, FEATURE] = None
    """Short for rx-gro."""
    lro: Annotated[Switch, FEATURE] = None
    """Short for rx-lro."""
    rxvlan: Annotated[Switch, FEATURE] = None
    """Short for rx-vlan-hw-parse."""
    txvlan: Annotated[Switch, FEATURE] = None
    """Short for tx-vlan-hw-insert."""
    ntuple: Annotated[Switch, FEATURE] = None
    """Short for rx-ntuple-filter."""
    rxhash: Annotated[Switch, FEATURE] = None
    """Short for rx-hashing."""
    tx_scatter_gather: Annotated[Switch, Field(alias="tx-scatter-gather"), FEATURE] = None
    """Send packets from several pieces of memory (NETIF_F_SG)."""
    tx_checksum_ipv4: Annotated[Switch, Field(alias="tx-checksum-ipv4"), FEATURE] = None
    """Checksums of IPv4 TCP and UDP."""
    tx_checksum_ip_generic: Annotated[Switch, Field(alias="tx-checksum-ip-generic"), FEATURE] = None
    """Checksums of any protocol at any place; left to the far end by virtual links."""
    tx_checksum_ipv6: Annotated[Switch, Field(alias="tx-checksum-ipv6"), FEATURE] = None
    """Checksums of IPv6 TCP and UDP."""
    highdma: Annotated[Switch, FEATURE] = None
    """Send from memory above what old devices reach."""
    tx_scatter_gather_fraglist: Annotated[Switch, Field(alias="tx-scatter-gather-fraglist"), FEATURE] = None
    """Send lists of packets' pieces."""
    tx_vlan_hw_insert: Annotated[Switch, Field(alias="tx-vlan-hw-insert"), FEATURE] = None
    """Insert 802.1Q tags."""
    rx_vlan_hw_parse: Annotated[Switch, Field(alias="rx-vlan-hw-parse"), FEATURE] = None
    """Take 802.1Q tags off."""
    rx_vlan_filter: Annotated[Switch, Field(alias="rx-vlan-filter"), FEATURE] = None
    """Drop 802.1Q tags that nobody asked for."""
    tx_generic_segmentation: Annotated[Switch, Field(alias="tx-generic-segmentation"), FEATURE] = None
    """Split large packets as late as possible, in software."""
    rx_gro: Annotated[Switch, Field(alias="rx-gro"), FEATURE] = None
    """Join received packets (GRO)."""
    rx_lro: Annotated[Switch, Field(alias="rx-lro"), FEATURE] = None
    """Join received packets in the device, not reversibly (LRO)."""
    tx_tcp_segmentation: Annotated[Switch, Field(alias="tx-tcp-segmentation"), FEATURE] = None
    """Split large IPv4 TCP packets."""
    tx_gso_robust: Annotated[Switch, Field(alias="tx-gso-robust"), FEATURE] = None
    """Take large packets from sources that are not trusted."""
    tx_tcp_ecn_segmentation: Annotated[Switch, Field(alias="tx-tcp-ecn-segmentation"), FEATURE] = None
    """Split TCP packets with ECN."""
    tx_tcp_mangleid_segmentation: Annotated[Switch, Field(alias="tx-tcp-mangleid-segmentation"), FEATURE] = None
    """Split TCP packets with IP IDs that do not count up."""
    tx_tcp6_segmentation: Annotated[Switch, Field(alias="tx-tcp6-segmentation"), FEATURE] = None
    """Split large IPv6 TCP packets."""
    tx_tcp_accecn_segmentation: Annotated[Switch, Field(alias="tx-tcp-accecn-segmentation"), FEATURE] = None
    """Split TCP packets with accurate ECN."""
    tx_fcoe_segmentation: Annotated[Switch, Field(alias="tx-fcoe-segmentation"), FEATURE] = None
    """Split large FCoE packets."""
    tx_gre_segmentation: Annotated[Switch, Field(alias="tx-gre-segmentation"), FEATURE] = None
    """Split packets inside GRE."""
    tx_gre_csum_segmentation: Annotated[Switch, Field(alias="tx-gre-csum-segmentation"), FEATURE] = None
    """Split packets inside GRE with a checksum."""
    tx_ipxip4_segmentation: Annotated[Switch, Field(alias="tx-ipxip4-segmentation"), FEATURE] = None
    """Split packets inside IPv4."""
    tx_ipxip6_segmentation: Annotated[Switch, Field(alias="tx-ipxip6-segmentation"), FEATURE] = None
    """Split packets inside IPv6."""
    tx_udp_tnl_segmentation: Annotated[Switch, Field(alias="tx-udp_tnl-segmentation"), FEATURE] = None
    """Split packets inside UDP tunnels."""
    tx_udp_tnl_csum_segmentation: Annotated[Switch, Field(alias="tx-udp_tnl-csum-segmentation"), FEATURE] = None
    """Split packets inside UDP tunnels with a checksum."""
    tx_gso_partial: Annotated[Switch, Field(alias="tx-gso-partial"), FEATURE] = None
    """Split packets of which only the outer part is understood."""
    tx_tunnel_remcsum_segmentation: Annotated[Switch, Field(alias="tx-tunnel-remcsum-segmentation"), FEATURE] = None
    """Split packets with remote checksum offload."""
    tx_sctp_segmentation: Annotated[Switch, Field(alias="tx-sctp-segmentation"), FEATURE] = None
    """Split large SCTP packets."""
    tx_esp_segmentation: Annotated[Switch, Field(alias="tx-esp-segmentation"), FEATURE] = None
    """Split packets inside ESP."""
    tx_udp_fragmentation: Annotated[Switch, Field(alias="tx-udp-fragmentation"), FEATURE] = None
    """Fragment large UDP packets (UFO; kernels before 4.14)."""
    tx_udp_segmentation: Annotated[Switch, Field(alias="tx-udp-segmentation"), FEATURE] = None
    """Split large UDP packets."""
    tx_gso_list: Annotated[Switch, Field(alias="tx-gso-list"), FEATURE] = None
    """Split packets that GRO joined into a list."""
    tx_checksum_fcoe_crc: Annotated[Switch, Field(alias="tx-checksum-fcoe-crc"), FEATURE] = None
    """Checksums of FCoE."""
    tx_checksum_sctp: Annotated[Switch, Field(alias="tx-checksum-sctp"), FEATURE] = None
    """Checksums of SCTP."""
    rx_ntuple_filter: Annotated[Switch, Field(alias="rx-ntuple-filter"), FEATURE] = None
    """Steer received flows by rules."""
    rx_hashing: Annotated[Switch, Field(alias="rx-hashing"), FEATURE] = None
    """Tell the hash of received flows."""
    rx_checksum: Annotated[Switch, Field(alias="rx-checksum"), FEATURE] = None
    """Verify checksums."""
    tx_nocache_copy: Annotated[Switch, Field(alias="tx-nocache-copy"), FEATURE] = None
    """Copy what is sent past the cache."""
    loopback: Annotated[Switch, FEATURE] = None
    """Send everything back."""
    rx_fcs: Annotated[Switch, Field(alias="rx-fcs"), FEATURE] = None
    """Keep the frame check sequence of received frames."""
    rx_all: Annotated[Switch, Field(alias="rx-all"), FEATURE] = None
    """Take frames with errors as well."""
    tx_vlan_stag_hw_insert: Annotated[Switch, Field(alias="tx-vlan-stag-hw-insert"), FEATURE] = None
    """Insert 802.1ad tags."""
    rx_vlan_stag_hw_parse: Annotated[Switch, Field(alias="rx-vlan-stag-hw-parse"), FEATURE] = None
    """Take 802.1ad tags off."""
    rx_vlan_stag_filter: Annotated[Switch, Field(alias="rx-vlan-stag-filter"), FEATURE] = None
    """Drop 802.1ad tags that nobody asked for."""
    l2_fwd_offload: Annotated[Switch, Field(alias="l2-fwd-offload"), FEATURE] = None
    """Forward for macvlan links."""
    hw_tc_offload: Annotated[Switch, Field(alias="hw-tc-offload"), FEATURE] = None
    """Carry out tc filters."""
    esp_hw_offload: Annotated[Switch, Field(alias="esp-hw-offload"), FEATURE] = None
    """Encrypt ESP."""
    esp_tx_csum_hw_offload: Annotated[Switch, Field(alias="esp-tx-csum-hw-offload"), FEATURE] = None
    """Checksums inside ESP."""
    rx_udp_tunnel_port_offload: Annotated[Switch, Field(alias="rx-udp_tunnel-port-offload"), FEATURE] = None
    """Know the ports of UDP tunnels."""
    tls_hw_tx_offload: Annotated[Switch, Field(alias="tls-hw-tx-offload"), FEATURE] = None
    """Encrypt TLS."""
    tls_hw_rx_offload: Annotated[Switch, Field(alias="tls-hw-rx-offload"), FEATURE] = None
    """Decrypt TLS."""
    rx_gro_hw: Annotated[Switch, Field(alias="rx-gro-hw"), FEATURE] = None
    """Join received packets in the device, reversibly."""
    tls_hw_record: Annotated[Switch, Field(alias="tls-hw-record"), FEATURE] = None
    """Handle whole TLS records."""
    rx_gro_list: Annotated[Switch, Field(alias="rx-gro-list"), FEATURE] = None
    """Join received packets into a list."""
    macsec_hw_offload: Annotated[Switch, Field(alias="macsec-hw-offload"), FEATURE] = None
    """Do MACsec's work."""
    rx_udp_gro_forwarding: Annotated[Switch, Field(alias="rx-udp-gro-forwarding"), FEATURE] = None
    """Join received UDP packets that are forwarded."""
    hsr_tag_ins_offload: Annotated[Switch, Field(alias="hsr-tag-ins-offload"), FEATURE] = None
    """Insert HSR tags."""
    hsr_tag_rm_offload: Annotated[Switch, Field(alias="hsr-tag-rm-offload"), FEATURE] = None
    """Take HSR tags off."""
    hsr_fwd_offload: Annotated[Switch, Field(alias="hsr-fwd-offload"), FEATURE] = None
    """Forward for hsr links."""
    hsr_dup_offload: Annotated[Switch, Field(alias="hsr-dup-offload"), FEATURE] = None
    """Send HSR frames twice."""

    def identity(self, link: str) -> str:
        return link

    def attributes(self) -> dict[str, Value]:
        values = vars(self)
        written = self.model_fields_set
        return {
            name: values[field]
            for name in type(self).rows()
            if (field := name.replace("-", "_")) in written and values[field] is not None
        }

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        said = self.attributes()
        return [
            (name, f"`{name}` and `{group}` say different things: {group} is {', '.join(FEATURE_GROUPS[group])}", "remove one")
            for group in FEATURE_GROUPS
            if group in said
            for name in FEATURE_GROUPS[group]
            if name in said and said[name] != said[group]
        ]
