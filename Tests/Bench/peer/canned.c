// A Stripe that says the same to everybody: one thread, epoll, HTTP/1.1 with keep-alive. It remembers nothing, so what it
// costs is what sending and receiving costs.
//
//   canned --answers DIR [--port 0] [--delay-ms N] [--limit N]
//
// Prints its port. Every POST to /v1/payment_intents makes a PaymentIntent that has succeeded, of the form's amount,
// currency, customer, method and metadata. `cus_X` has the one method `pm_X`. `--delay-ms` answers so much later, `--limit`
// answers 429 to more than N requests in any second. GET /bench/stats tells what was counted, POST /bench/set?delay_ms=…
// &limit=… changes the mode and counts anew. /merchant takes whatever it is told. On SIGTERM it prints the counts and ends.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "stripe.h"

enum { MOST_IN = 64 * 1024, MOST_OUT = 64 * 1024 };

struct connection {
  int fd;
  int is_gone;     // closed while its answer waited
  int is_waiting;  // an answer is made and not due yet
  size_t in_length, out_length, out_sent;
  char in[MOST_IN], out[MOST_OUT];
};

// Answers that wait, in the order they are due: the delay is the same for all.
struct waiting {
  int64_t due_ns;
  struct connection *connection;
};
static struct waiting *queue;
static size_t queue_head, queue_count, queue_capacity = 1 << 16;
static int64_t in_flight;
static int epoll;
static volatile sig_atomic_t is_over;

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void hang_up(struct connection *c) {
  if (c->fd >= 0) {
    close(c->fd);
    connections_now--;
  }
  c->fd = -1;
  if (c->is_waiting) {
    c->is_gone = 1;  // the queue frees it
  } else {
    free(c);
  }
}

// Returns 0 if the connection was hung up.
static int flush(struct connection *c) {
  while (c->out_sent < c->out_length) {
    ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_length - c->out_sent, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      struct epoll_event wanted = {.events = EPOLLOUT, .data.ptr = c};
      epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &wanted);
      return 1;
    }
    if (sent < 0) {
      hang_up(c);
      return 0;
    }
    c->out_sent += (size_t)sent;
  }
  c->out_length = c->out_sent = 0;
  return 1;
}

static void put_off(struct connection *c, int64_t now) {
  if (queue_count == queue_capacity) {
    fprintf(stderr, "canned: too many answers wait\n");
    exit(1);
  }
  queue[(queue_head + queue_count++) % queue_capacity] = (struct waiting){now + delay_ms * 1000000, c};
  c->is_waiting = 1;
  if (++in_flight > counted.most_in_flight) counted.most_in_flight = in_flight;
}

// Answers whatever has arrived whole. Returns 0 if the connection was hung up.
static int serve(struct connection *c) {
  while (!c->is_waiting && !c->out_length && c->in_length) {
    char *end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
    if (!end) return 1;
    size_t head = (size_t)(end + 4 - c->in), length = 0;
    end[2] = 0;
    char *header = strcasestr(c->in, "\r\nContent-Length:");
    if (header) length = (size_t)atoll(header + 17);
    if (head + length > sizeof c->in) {
      hang_up(c);
      return 0;
    }
    if (c->in_length < head + length) {
      end[2] = '\r';
      return 1;
    }
    int64_t now = now_ns();
    int is_post = !strncmp(c->in, "POST ", 5);
    const char *space = strchr(c->in, ' '), *path = space ? space + 1 : "";
    int is_delayed = delay_ms && !stripe_is_control(path);
    c->out_length = stripe_answer(is_post, path, c->in + head, length, now, c->out, sizeof c->out);
    c->out_sent = 0;
    c->in_length -= head + length;
    memmove(c->in, c->in + head + length, c->in_length);
    if (is_delayed) {
      put_off(c, now);
    } else {
      if (!flush(c)) return 0;
      counted.last_answer_ns = now;
    }
  }
  return 1;
}

static void receive(struct connection *c) {
  ssize_t got = recv(c->fd, c->in + c->in_length, sizeof c->in - c->in_length, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (got <= 0) {
    hang_up(c);
    return;
  }
  c->in_length += (size_t)got;
  serve(c);
}

static void go_on_sending(struct connection *c) {
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &wanted);
  if (flush(c) && !c->out_length) serve(c);
}

// Sends what is due, and returns how many milliseconds the next one has left; -1: none waits.
static int send_due(void) {
  while (queue_count) {
    struct waiting next = queue[queue_head];
    int64_t now = now_ns();
    if (next.due_ns > now) return (int)((next.due_ns - now + 999999) / 1000000);
    queue_head = (queue_head + 1) % queue_capacity;
    queue_count--;
    in_flight--;
    next.connection->is_waiting = 0;
    if (next.connection->is_gone) {
      free(next.connection);
      continue;
    }
    counted.last_answer_ns = now;
    if (flush(next.connection)) serve(next.connection);
  }
  return -1;
}

static void welcome(int listener) {
  int fd, yes = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct connection *c = malloc(sizeof *c);
    memset(c, 0, offsetof(struct connection, in));
    c->fd = fd;
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted);
    connections_now++;
    counted.connections++;
  }
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
    perror("canned: cannot listen");
    exit(1);
  }
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void stop(int signal) {
  (void)signal;
  is_over = 1;
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"answers", 1, 0, 'a'}, {"port", 1, 0, 'p'}, {"delay-ms", 1, 0, 'd'},
                                          {"limit", 1, 0, 'l'},   {0, 0, 0, 0}};
  const char *answers = NULL;
  int port = 0, option;
  int64_t delay = 0, most = 0;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    switch (option) {
      case 'a': answers = optarg; break;
      case 'p': port = atoi(optarg); break;
      case 'd': delay = atoll(optarg); break;
      case 'l': most = atoll(optarg); break;
      default: return 64;
    }
  }
  if (!answers) {
    fprintf(stderr, "canned: --answers DIR is missing\n");
    return 64;
  }
  stripe_load(answers);
  stripe_set(delay, most);
  queue = calloc(queue_capacity, sizeof *queue);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  epoll = epoll_create1(0);
  int listener = listen_on(port);
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted);
  struct epoll_event events[256];
  while (!is_over) {
    int count = epoll_wait(epoll, events, 256, send_due());
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) {
        welcome(listener);
      } else if (events[i].events & EPOLLOUT) {
        go_on_sending(c);
      } else {
        receive(c);
      }
    }
  }
  char text[512];
  stripe_stats(text, sizeof text);
  fputs(text, stdout);
  return 0;
}
