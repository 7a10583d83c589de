// What the canned server answers to whom, and what it counts.
#ifndef BENCH_STRIPE_H
#define BENCH_STRIPE_H

#include <stddef.h>
#include <stdint.h>

struct counts {
  int64_t requests, charges, limited, others, connections, most_in_flight;
  int64_t first_charge_ns, last_charge_ns, last_answer_ns;
};
extern struct counts counted;
// How long an answer waits.
extern int64_t delay_ms;
extern int64_t connections_now;

// Reads the answers; ids are new in every process, as Stripe's are.
void stripe_load(const char *directory);
// Changes the mode, and counts anew. `limit` is how many requests any second may have; 0: any number.
void stripe_set(int64_t delay, int64_t limit);
// What was counted, as one line of JSON.
int stripe_stats(char *out, size_t capacity);
// Writes a whole answer, head and body; returns its length.
size_t stripe_answer(int is_post, const char *path, const char *body, size_t length, int64_t now_ns, char *out, size_t capacity);
// Whether it is about the server itself: such an answer never waits.
int stripe_is_control(const char *path);

#endif
