// Sends requests over kept connections and tells how long the answers took.
//
//   load --port N --connections N (--file FILE | --get PATH) [--rate N] [--seconds N]
//
// FILE holds whole requests, each after a line with its length in bytes; all are sent once. PATH is asked again and again,
// for so many seconds or until SIGTERM. Without a rate, a connection sends as soon as it has its answer. With one, requests
// are due at even distances, and an answer's time counts from when its request was due. Prints JSON.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct request {
  const char *bytes;
  size_t length;
};

struct connection {
  int fd, is_busy;
  struct request request;
  size_t sent, got;
  int64_t due_ns;
  char answer[256 * 1024];
};

static struct request *requests;
static size_t request_count, started, finished, failed;
static int repeats;
static int64_t interval_ns, begun_ns, end_ns;
static double *took_ms;
static size_t took_capacity;
static struct connection **idle;
static size_t idle_count;
static int epoll, port;
static volatile sig_atomic_t is_over;

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void give_up(const char *why) {
  fprintf(stderr, "load: %s: %s\n", why, strerror(errno));
  exit(1);
}

static void read_file(const char *path) {
  int fd = open(path, O_RDONLY);
  struct stat about;
  if (fd < 0 || fstat(fd, &about)) give_up(path);
  char *all = malloc((size_t)about.st_size + 1), *end = all + about.st_size, *at = all;
  for (ssize_t got; at < end && (got = read(fd, at, (size_t)(end - at))) > 0;) at += got;
  close(fd);
  *end = 0;
  size_t capacity = 1024;
  requests = malloc(capacity * sizeof *requests);
  for (at = all; at < end;) {
    char *line_end;
    size_t length = strtoul(at, &line_end, 10);
    if (*line_end != '\n' || line_end + 1 + length > end) give_up("the file is no list of requests");
    if (request_count == capacity) requests = realloc(requests, (capacity *= 2) * sizeof *requests);
    requests[request_count++] = (struct request){line_end + 1, length};
    at = line_end + 1 + length;
  }
}

static void one_page(const char *path) {
  static char text[4096];
  int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", path, port);
  requests = malloc(sizeof *requests);
  requests[0] = (struct request){text, (size_t)length};
  request_count = 1;
  repeats = 1;
}

static void connect_one(struct connection *c) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int yes = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) give_up("cannot connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &wanted);
}

static void go_on_sending(struct connection *c) {
  while (c->sent < c->request.length) {
    ssize_t sent = send(c->fd, c->request.bytes + c->sent, c->request.length - c->sent, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (sent < 0) give_up("cannot send");
    c->sent += (size_t)sent;
  }
  struct epoll_event wanted = {.events = c->sent < c->request.length ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};
  if (c->sent < c->request.length) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &wanted);
}

static int is_due(int64_t now) {
  if (is_over || (end_ns && now >= end_ns) || (!repeats && started == request_count)) return 0;
  return !interval_ns || begun_ns + (int64_t)started * interval_ns <= now;
}

static void send_due(void) {
  int64_t now = now_ns();
  while (idle_count && is_due(now)) {
    struct connection *c = idle[--idle_count];
    c->request = requests[repeats ? 0 : started];
    c->due_ns = interval_ns ? begun_ns + (int64_t)started * interval_ns : now;
    c->sent = c->got = 0;
    c->is_busy = 1;
    started++;
    go_on_sending(c);
  }
}

// The length of the whole answer, or 0 if its head is not here yet.
static size_t answer_length(struct connection *c) {
  char *end = memmem(c->answer, c->got, "\r\n\r\n", 4);
  if (!end) return 0;
  char *length = strcasestr(c->answer, "\r\nContent-Length:");
  if (!length || length > end) give_up("an answer without a length");
  return (size_t)(end + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static void receive(struct connection *c) {
  ssize_t got = recv(c->fd, c->answer + c->got, sizeof c->answer - 1 - c->got, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (got <= 0) {
    if (c->is_busy) give_up("the connection was closed");
    // The server does not keep for ever what is not used.
    close(c->fd);
    connect_one(c);
    return;
  }
  c->got += (size_t)got;
  c->answer[c->got] = 0;
  size_t whole = answer_length(c);
  if (!whole || c->got < whole) return;
  if (strncmp(c->answer, "HTTP/1.1 200", 12)) {
    if (!failed++) fprintf(stderr, "load: %.*s\n", 300, c->answer);
  }
  if (finished == took_capacity) {
    took_capacity = took_capacity ? took_capacity * 2 : 4096;
    took_ms = realloc(took_ms, took_capacity * sizeof *took_ms);
  }
  took_ms[finished++] = (double)(now_ns() - c->due_ns) / 1e6;
  c->is_busy = 0;
  idle[idle_count++] = c;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double percentile(double part) {
  if (!finished) return 0;
  size_t place = (size_t)(part * (double)finished);
  return took_ms[place < finished ? place : finished - 1];
}

// How many milliseconds until the next request is due; rounded down, so that none goes late.
static int wait_ms(void) {
  if (!interval_ns || !idle_count || (!repeats && started == request_count)) return 100;
  int64_t left = begun_ns + (int64_t)started * interval_ns - now_ns();
  return left < 0 ? 0 : left > 100000000 ? 100 : (int)(left / 1000000);
}

static void stop(int signal) {
  (void)signal;
  is_over = 1;
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"port", 1, 0, 'p'}, {"connections", 1, 0, 'c'}, {"file", 1, 0, 'f'},
                                          {"get", 1, 0, 'g'},  {"rate", 1, 0, 'r'},        {"seconds", 1, 0, 's'},
                                          {0, 0, 0, 0}};
  const char *file = NULL, *path = NULL;
  int connections = 1;
  double rate = 0, seconds = 0;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
      case 'p': port = atoi(optarg); break;
      case 'c': connections = atoi(optarg); break;
      case 'f': file = optarg; break;
      case 'g': path = optarg; break;
      case 'r': rate = atof(optarg); break;
      case 's': seconds = atof(optarg); break;
      default: return 64;
    }
  }
  if (!port || connections < 1 || !file == !path) {
    fprintf(stderr, "load: --port, --connections and one of --file and --get are wanted\n");
    return 64;
  }
  if (file) read_file(file);
  if (path) one_page(path);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  epoll = epoll_create1(0);
  idle = calloc((size_t)connections, sizeof *idle);
  for (int i = 0; i < connections; i++) {
    idle[idle_count] = calloc(1, sizeof(struct connection));
    connect_one(idle[idle_count++]);
  }
  begun_ns = now_ns();
  if (rate > 0) interval_ns = (int64_t)(1e9 / rate);
  if (seconds > 0) end_ns = begun_ns + (int64_t)(seconds * 1e9);
  struct epoll_event events[256];
  for (;;) {
    send_due();
    int is_done = is_over || (end_ns && now_ns() >= end_ns) || (!repeats && started == request_count);
    if (is_done && finished == started) break;
    int count = epoll_wait(epoll, events, 256, wait_ms());
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) go_on_sending(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
    }
  }
  double took = (double)(now_ns() - begun_ns) / 1e9;
  qsort(took_ms, finished, sizeof *took_ms, compare);
  printf("{\"requests\": %zu, \"failed\": %zu, \"seconds\": %.6f, \"per_s\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
         "\"max_ms\": %.3f}\n",
         finished, failed, took, (double)finished / took, percentile(0.5), percentile(0.99), percentile(1));
  return failed ? 1 : 0;
}
