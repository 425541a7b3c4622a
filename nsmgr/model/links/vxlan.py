"""vxlan: Ethernet over UDP (RFC 7348; drivers/net/vxlan/vxlan_core.c)."""
