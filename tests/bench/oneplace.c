/* Many objects in one place, for the question whether a cost grows with what is already there. See floor.c for the usage. */
#define _GNU_SOURCE
#include "netlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BRIDGE 2 /* its index */
#define DOOMED 0xdead /* a link group nobody else uses here */

static struct batch b;

static int done(long long start)
{
	printf("kernel_ns=%lld messages=%ld bytes=%ld sends=%ld received=%ld\n", now_ns() - start, out.messages, out.bytes, out.sends,
	       out.received);
	return 0;
}

static int flush_full(int sock)
{
	if (b.used > BATCH_LIMIT)
		flush(sock, &b);
	return sock;
}

/* "sw" with p0…, each a veth whose far end e<i> lies in "far"; with a bridge, br0 is the controller of all of them, and the far
 * ends stay down: with carrier, what IPv6 says on each of them would be flooded to all the others. */
int pairs(int n, int bridge)
{
	long long start = now_ns();
	int sw, far, far_netns;

	netns_add("far");
	far = rtnl_socket();
	far_netns = netns_open("far");
	netns_add("sw");
	sw = rtnl_socket();
	link_up(&b, 1);
	if (bridge) {
		struct ifinfomsg link = { .ifi_index = BRIDGE, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
		struct rtattr *info;

		message(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
		attribute_text(&b, IFLA_IFNAME, "br0");
		info = attribute(&b, IFLA_LINKINFO | NLA_F_NESTED, NULL, 0);
		attribute_text(&b, IFLA_INFO_KIND, "bridge");
		close_nest(&b, info);
		close_message(&b);
	}
	for (int i = 0; i < n; i++) {
		char near_name[IFNAMSIZ], far_name[IFNAMSIZ];

		snprintf(near_name, sizeof(near_name), "p%d", i);
		snprintf(far_name, sizeof(far_name), "e%d", i);
		veth(&b, &(struct veth){ .index = BRIDGE + 1 + i, .name = near_name, .far_index = 2 + i, .far_name = far_name,
					 .far_netns = far_netns, .queues = 1, .controller = bridge ? BRIDGE : 0 });
		flush_full(sw);
	}
	flush(sw, &b);
	link_up(&b, 1);
	for (int i = 0; i < n && !bridge; i++) {
		link_up(&b, 2 + i);
		flush_full(far);
	}
	flush(far, &b);
	return done(start);
}

/* n links in the one namespace "one": pairs a<i>, b<i> with an IPv4 address on each end. Up, every link puts a route into
 * fe80::/64 and ff00::/8 behind those of all other links (net/ipv6/ip6_fib.c:fib6_add_rt2node walks them), so the kernel itself
 * is quadratic; down, it is not. */
int flat(int n, int down)
{
	long long start = now_ns();
	int one;

	netns_add("one");
	one = rtnl_socket();
	link_up(&b, 1);
	for (int i = 0; i < n / 2; i++) {
		unsigned int near_address = htonl(0x0a000000u + 2u * i), far_address = htonl(0x0a000001u + 2u * i);
		char near_name[IFNAMSIZ], far_name[IFNAMSIZ];

		snprintf(near_name, sizeof(near_name), "a%d", i);
		snprintf(far_name, sizeof(far_name), "b%d", i);
		veth(&b, &(struct veth){ .index = 2 + 2 * i, .name = near_name, .far_index = 3 + 2 * i, .far_name = far_name,
					 .far_netns = -1, .queues = 1, .down = down });
		if (!down)
			link_up(&b, 3 + 2 * i);
		address(&b, 2 + 2 * i, AF_INET, &near_address, 4, 31);
		address(&b, 3 + 2 * i, AF_INET, &far_address, 4, 31);
		flush_full(one);
	}
	flush(one, &b);
	return done(start);
}

/* n routes 11.x.y.z/32 through the one link of "one". */
int routes(int n)
{
	unsigned int here = htonl(0x0a010001u), there = htonl(0x0a010002u);
	long long start = now_ns();
	int one, far, far_netns;

	netns_add("far");
	far = rtnl_socket();
	far_netns = netns_open("far");
	netns_add("one");
	one = rtnl_socket();
	link_up(&b, 1);
	veth(&b, &(struct veth){ .index = 2, .name = "eth0", .far_index = 2, .far_name = "eth0", .far_netns = far_netns, .queues = 1 });
	address(&b, 2, AF_INET, &here, 4, 24);
	for (int i = 0; i < n; i++) {
		struct rtmsg route = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = 78,
				       .rtm_type = RTN_UNICAST };
		unsigned int to = htonl(0x0b000000u + i);

		message(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof(route));
		attribute(&b, RTA_DST, &to, 4);
		attribute(&b, RTA_GATEWAY, &there, 4);
		close_message(&b);
		flush_full(one);
	}
	flush(one, &b);
	link_up(&b, 1);
	link_up(&b, 2);
	flush(far, &b);
	return done(start);
}

static void delete_named(const char *name)
{
	struct ifinfomsg link = { 0 };

	message(&b, RTM_DELLINK, 0, &link, sizeof(link));
	attribute_text(&b, IFLA_IFNAME, name);
	close_message(&b);
}

/* Delete p0… of "sw", which stays: one RTM_DELLINK and its answer each, as ip(8) does; or all marked and one for the group. */
int remove_pairs(int n, int by_group)
{
	struct ifinfomsg link = { 0 };
	long long start = now_ns();
	int file = netns_open("sw"), sock;

	if (setns(file, CLONE_NEWNET))
		die("setns");
	sock = rtnl_socket();
	for (int i = 0; i < n; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "p%d", i);
		if (!by_group) {
			delete_named(name);
			flush(sock, &b);
			continue;
		}
		message(&b, RTM_SETLINK, 0, &link, sizeof(link));
		attribute_text(&b, IFLA_IFNAME, name);
		attribute_u32(&b, IFLA_GROUP, DOOMED);
		close_message(&b);
		flush_full(sock);
	}
	if (by_group) {
		message(&b, RTM_DELLINK, 0, &link, sizeof(link));
		attribute_u32(&b, IFLA_GROUP, DOOMED);
		close_message(&b);
		flush(sock, &b);
	}
	return done(start);
}
