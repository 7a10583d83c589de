// What the canned server says: JSON files with {{slots}}, filled from a request's form.
#ifndef BENCH_ANSWERS_H
#define BENCH_ANSWERS_H

#include <stddef.h>

enum slot {
  SLOT_INTENT, SLOT_CHARGE, SLOT_AMOUNT, SLOT_CURRENCY, SLOT_CUSTOMER, SLOT_PAYMENT_METHOD, SLOT_DESCRIPTION,
  SLOT_METADATA, SLOT_NOW, SLOT_FINGERPRINT, SLOT_EMAIL, SLOT_COUNT
};

// The values of one answer, JSON-escaped already. `room` backs what was decoded.
struct values {
  const char *text[SLOT_COUNT];
  size_t length[SLOT_COUNT];
  char room[64 * 1024];
  size_t used;
};

struct answer;

// Reads a template; ends the program if it cannot.
struct answer *answer_load(const char *directory, const char *name);
// Appends the filled template to `out` and returns its length, or 0 if there is no room.
size_t answer_fill(const struct answer *answer, const struct values *values, char *out, size_t capacity);

void values_clear(struct values *values);
// Copies a text into the room and gives it to a slot.
void values_set(struct values *values, enum slot slot, const char *text, size_t length);
// Takes amount, currency, customer, payment_method, description and metadata[…] out of a form. Returns 0 if it is too large.
int values_take_form(struct values *values, const char *form, size_t length);

#endif
