#include "stripe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"

struct counts counted;
int64_t delay_ms, connections_now;
static int64_t limit;
static int64_t *taken_ns;  // when each of the last `limit` requests was let in
static int64_t taken_next;
static struct answer *a_intent, *a_customer, *a_method, *a_account, *a_empty, *a_limited, *a_missing;
static struct values values;
static uint64_t serial, born;

void stripe_load(const char *directory) {
  a_intent = answer_load(directory, "intent");
  a_customer = answer_load(directory, "customer");
  a_method = answer_load(directory, "payment_method");
  a_account = answer_load(directory, "account");
  a_empty = answer_load(directory, "empty_list");
  a_limited = answer_load(directory, "limited");
  a_missing = answer_load(directory, "missing");
  born = (uint64_t)time(NULL) << 16 | (uint64_t)(getpid() & 0xffff);
}

void stripe_set(int64_t delay, int64_t most) {
  delay_ms = delay;
  limit = most;
  free(taken_ns);
  taken_ns = most ? calloc((size_t)most, sizeof *taken_ns) : NULL;
  for (int64_t i = 0; i < most; i++) taken_ns[i] = -INT64_C(1000000000);
  taken_next = 0;
  counted = (struct counts){.connections = connections_now};
}

int stripe_stats(char *out, size_t capacity) {
  return snprintf(out, capacity,
                  "{\"requests\": %lld, \"charges\": %lld, \"limited\": %lld, \"others\": %lld, \"connections\": %lld, "
                  "\"most_in_flight\": %lld, \"arriving_s\": %.6f, \"working_s\": %.6f}\n",
                  (long long)counted.requests, (long long)counted.charges, (long long)counted.limited,
                  (long long)counted.others, (long long)counted.connections, (long long)counted.most_in_flight,
                  (double)(counted.last_charge_ns - counted.first_charge_ns) / 1e9,
                  (double)(counted.last_answer_ns - counted.first_charge_ns) / 1e9);
}

// Whether the rate allows one more request now.
static int is_within_limit(int64_t now) {
  if (!limit) return 1;
  if (now - taken_ns[taken_next] < INT64_C(1000000000)) return 0;
  taken_ns[taken_next] = now;
  taken_next = (taken_next + 1) % limit;
  return 1;
}

static const char *date(void) {
  static char text[64];
  static time_t of;
  time_t now = time(NULL);
  if (now != of) strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
  of = now;
  return text;
}

static size_t say(const char *status, const struct answer *answer, char *out, size_t capacity) {
  static char body[48 * 1024];
  size_t length = answer_fill(answer, &values, body, sizeof body);
  int head = snprintf(out, capacity,
                      "HTTP/1.1 %s\r\nServer: nginx\r\nDate: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                      "Request-Id: req_%012llx%04llx\r\nStripe-Version: 2026-10-28.endive\r\n\r\n",
                      status, date(), length, (unsigned long long)born, (unsigned long long)serial++);
  memcpy(out + head, body, length);
  return (size_t)head + length;
}

static size_t say_text(const char *body, char *out, size_t capacity) {
  return (size_t)snprintf(out, capacity,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
                          body);
}

static int begins(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

// How long an id is that begins here.
static size_t id_length(const char *id) {
  return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static void set_printed(enum slot slot, const char *format, unsigned long long a, unsigned long long b) {
  char text[64];
  int length = snprintf(text, sizeof text, format, a, b);
  values_set(&values, slot, text, (size_t)length);
}

static void set_named(enum slot slot, const char *format, const char *tail, size_t length) {
  char text[256];
  int n = snprintf(text, sizeof text, format, (int)length, tail);
  values_set(&values, slot, text, (size_t)n);
}

// Customer and method carry one tail: cus_TAIL has pm_TAIL, whose fingerprint is TAIL.
static void take_tail(const char *id) {
  size_t length = id_length(id);
  if (length > 200) length = 200;
  set_named(SLOT_FINGERPRINT, "%.*s", id, length);
  set_named(SLOT_CUSTOMER, "cus_%.*s", id, length);
  set_named(SLOT_PAYMENT_METHOD, "pm_%.*s", id, length);
  set_named(SLOT_EMAIL, "%.*s@example.com", id, length);
}

static size_t answer_charge(const char *body, size_t length, int64_t now, char *out, size_t capacity) {
  if (!values_take_form(&values, body, length) || !values.length[SLOT_AMOUNT]) {
    return say("400 Bad Request", a_missing, out, capacity);
  }
  set_printed(SLOT_INTENT, "pi_3%012llx%011llu", born, serial);
  set_printed(SLOT_CHARGE, "ch_3%012llx%011llu", born, serial);
  set_printed(SLOT_NOW, "%llu", (unsigned long long)time(NULL), 0);
  if (values.length[SLOT_PAYMENT_METHOD] > 3) {
    values_set(&values, SLOT_FINGERPRINT, values.text[SLOT_PAYMENT_METHOD] + 3, values.length[SLOT_PAYMENT_METHOD] - 3);
  }
  if (!counted.charges++) counted.first_charge_ns = now;
  counted.last_charge_ns = now;
  return say("200 OK", a_intent, out, capacity);
}

static size_t answer_control(const char *path, char *out, size_t capacity) {
  const char *delay = strstr(path, "delay_ms="), *most = strstr(path, "limit=");
  char text[512] = "{}";
  if (begins(path, "/bench/stats")) stripe_stats(text, sizeof text);
  if (begins(path, "/bench/set")) stripe_set(delay ? atoll(delay + 9) : 0, most ? atoll(most + 6) : 0);
  return say_text(text, out, capacity);
}

int stripe_is_control(const char *path) { return begins(path, "/bench/"); }

size_t stripe_answer(int is_post, const char *path, const char *body, size_t length, int64_t now_ns, char *out, size_t capacity) {
  values_clear(&values);
  if (stripe_is_control(path)) return answer_control(path, out, capacity);
  // The merchant's own system, which is told of what was paid.
  if (begins(path, "/merchant")) return say_text("{}", out, capacity);
  counted.requests++;
  if (!is_within_limit(now_ns)) {
    counted.limited++;
    return say("429 Too Many Requests", a_limited, out, capacity);
  }
  if (is_post && begins(path, "/v1/payment_intents")) return answer_charge(body, length, now_ns, out, capacity);
  counted.others++;
  struct answer *answer = NULL;
  if (begins(path, "/v1/customers/cus_")) {
    take_tail(path + 18);
    answer = a_customer;
  } else if (begins(path, "/v1/payment_methods/pm_")) {
    take_tail(path + 23);
    answer = a_method;
  } else if (begins(path, "/v1/account")) {
    answer = a_account;
  } else if (begins(path, "/v1/events") || begins(path, "/v1/payment_intents?")) {
    answer = a_empty;
  }
  return answer ? say("200 OK", answer, out, capacity) : say("404 Not Found", a_missing, out, capacity);
}
