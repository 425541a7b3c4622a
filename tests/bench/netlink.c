/* rtnetlink for floor.c and oneplace.c: see netlink.h. */
#define _GNU_SOURCE
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct traffic out;

void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---------------------------------------------------------------------------------------------------------- messages */

static unsigned int sequence;

static void *put(struct batch *b, const void *data, size_t length)
{
	char *at = b->data + b->used;

	memcpy(at, data, length);
	memset(at + length, 0, NLMSG_ALIGN(length) - length);
	b->used += NLMSG_ALIGN(length);
	return at;
}

void message(struct batch *b, int type, int flags, const void *body, size_t length)
{
	struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++sequence };

	b->last = put(b, &header, sizeof(header));
	put(b, body, length);
}

struct rtattr *attribute(struct batch *b, int type, const void *data, size_t length)
{
	struct rtattr header = { .rta_type = type, .rta_len = RTA_LENGTH(length) };
	struct rtattr *at = put(b, &header, sizeof(header));

	if (length)
		put(b, data, length);
	return at;
}

void attribute_u32(struct batch *b, int type, unsigned int value) { attribute(b, type, &value, sizeof(value)); }
void attribute_text(struct batch *b, int type, const char *text) { attribute(b, type, text, strlen(text) + 1); }
void close_nest(struct batch *b, struct rtattr *nest) { nest->rta_len = b->data + b->used - (char *)nest; }

void close_message(struct batch *b)
{
	b->last->nlmsg_len = b->data + b->used - (char *)b->last;
	out.messages++;
}

void flush(int sock, struct batch *b)
{
	static char answer[65536];
	unsigned int wanted = sequence;

	if (!b->used)
		return;
	b->last->nlmsg_flags |= NLM_F_ACK;
	if (send(sock, b->data, b->used, 0) != (ssize_t)b->used)
		die("send");
	out.sends++;
	out.bytes += b->used;
	b->used = 0;
	for (;;) {
		int length = recv(sock, answer, sizeof(answer), 0);

		if (length < 0)
			die("recv");
		out.received += length;
		for (struct nlmsghdr *m = (void *)answer; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
			if (m->nlmsg_type != NLMSG_ERROR)
				continue;
			errno = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
			if (errno)
				die("kernel refused");
			if (m->nlmsg_seq == wanted)
				return;
		}
	}
}

int rtnl_socket(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0)
		die("socket");
	return sock;
}

void link_up(struct batch *b, int index)
{
	struct ifinfomsg link = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	message(b, RTM_SETLINK, 0, &link, sizeof(link));
	close_message(b);
}

static void queue_counts(struct batch *b, int queues)
{
	if (!queues)
		return;
	attribute_u32(b, IFLA_NUM_TX_QUEUES, queues);
	attribute_u32(b, IFLA_NUM_RX_QUEUES, queues);
}

void veth(struct batch *b, const struct veth *pair)
{
	int up = pair->down ? 0 : IFF_UP;
	struct ifinfomsg near = { .ifi_index = pair->index, .ifi_flags = up, .ifi_change = up };
	struct ifinfomsg far = { .ifi_index = pair->far_index };
	struct rtattr *info, *data, *peer;

	message(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &near, sizeof(near));
	attribute_text(b, IFLA_IFNAME, pair->name);
	queue_counts(b, pair->queues);
	if (pair->controller)
		attribute_u32(b, IFLA_MASTER, pair->controller);
	info = attribute(b, IFLA_LINKINFO | NLA_F_NESTED, NULL, 0);
	attribute_text(b, IFLA_INFO_KIND, "veth");
	data = attribute(b, IFLA_INFO_DATA | NLA_F_NESTED, NULL, 0);
	peer = attribute(b, VETH_INFO_PEER | NLA_F_NESTED, NULL, 0);
	put(b, &far, sizeof(far));
	attribute_text(b, IFLA_IFNAME, pair->far_name);
	queue_counts(b, pair->queues);
	if (pair->far_netns >= 0)
		attribute_u32(b, IFLA_NET_NS_FD, pair->far_netns);
	close_nest(b, peer);
	close_nest(b, data);
	close_nest(b, info);
	close_message(b);
}

void address(struct batch *b, int index, int family, const void *bytes, int length, int prefix)
{
	struct ifaddrmsg a = { .ifa_family = family, .ifa_prefixlen = prefix, .ifa_index = index };
	unsigned char proto = 78; /* nsmgr's mark, IFA_PROTO */

	message(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	attribute(b, IFA_LOCAL, bytes, length);
	attribute(b, IFA_ADDRESS, bytes, length);
	if (family == AF_INET6)
		attribute_u32(b, IFA_FLAGS, IFA_F_NODAD);
	attribute(b, IFA_PROTO, &proto, sizeof(proto));
	close_message(b);
}
/* -------------------------------------------------------------------------------------------------------- namespaces */

void netns_add(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	if (mknod(path, S_IFREG, 0)) /* exclusive, as open(O_CREAT | O_EXCL), and nothing to close */
		die(path);
	if (unshare(CLONE_NEWNET))
		die("unshare");
	if (mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL))
		die("mount");
}

int netns_open(const char *name)
{
	char path[300];
	int file;

	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die(path);
	return file;
}
