/*
 * Just enough rtnetlink to be the floor: messages are appended to a batch, a batch is one send. Every failure ends the
 * program with the kernel's words: a floor that did only half of the work would be no floor.
 */
#ifndef BENCH_NETLINK_H
#define BENCH_NETLINK_H

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>

#define NETNS_DIR "/run/netns"
#define MAX_NAMES 20000
#define BATCH_LIMIT 60000 /* bytes in one send: under the default send buffer */

struct batch {
	char data[65536];
	size_t used;
	struct nlmsghdr *last;
};

/* What went over all sockets: messages sent, bytes of them, number of sends, bytes of the answers to batches. */
extern struct traffic { long messages, bytes, sends, received; } out;

void die(const char *what);
long long now_ns(void);

void message(struct batch *b, int type, int flags, const void *body, size_t length);
void close_message(struct batch *b);
struct rtattr *attribute(struct batch *b, int type, const void *data, size_t length);
void attribute_u32(struct batch *b, int type, unsigned int value);
void attribute_text(struct batch *b, int type, const char *text);
void close_nest(struct batch *b, struct rtattr *nest);

/* Send everything; only the last message asks for an answer: the kernel works in order and reports an error anyway. */
void flush(int sock, struct batch *b);
int rtnl_socket(void);

void link_up(struct batch *b, int index);

/* One message makes both ends: the near one in the sender's namespace, the far one in far_netns. */
struct veth {
	int index, far_index;
	const char *name, *far_name;
	int far_netns;  /* -1: the sender's as well */
	int queues;     /* 0: the kernel's default */
	int controller; /* of the near end; 0: none */
	int down;       /* else the near end is born up; the kernel refuses IFF_UP inside the peer nest */
};
void veth(struct batch *b, const struct veth *pair);
void address(struct batch *b, int index, int family, const void *bytes, int length, int prefix);

/* Make a namespace, name it as ip-netns(8) does, and stay in it. */
void netns_add(const char *name);
int netns_open(const char *name);

/* oneplace.c */
int pairs(int n, int bridge);
int flat(int n, int down);
int routes(int n);
int remove_pairs(int n, int by_group);

#endif
