#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const slot_names[SLOT_COUNT] = {
    "intent",   "charge", "amount",      "currency", "customer", "payment_method", "description",
    "metadata", "now",    "fingerprint", "email"};

// A literal text, followed by a slot; -1: by the end.
struct piece {
  const char *text;
  size_t length;
  int slot;
};

struct answer {
  struct piece pieces[64];
  size_t count;
};

static void give_up(const char *why, const char *what) {
  fprintf(stderr, "canned: %s: %s\n", why, what);
  exit(1);
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) give_up("cannot read", path);
  static char buffer[256 * 1024];
  size_t length = fread(buffer, 1, sizeof buffer - 1, file);
  fclose(file);
  buffer[length] = 0;
  return strdup(buffer);
}

static int slot_named(const char *name, size_t length) {
  for (int slot = 0; slot < SLOT_COUNT; slot++) {
    if (strlen(slot_names[slot]) == length && !memcmp(slot_names[slot], name, length)) return slot;
  }
  return -1;
}

struct answer *answer_load(const char *directory, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.json", directory, name);
  const char *text = read_file(path);
  struct answer *answer = calloc(1, sizeof *answer);
  while (answer->count < 64) {
    struct piece *piece = &answer->pieces[answer->count++];
    const char *open = strstr(text, "{{");
    *piece = (struct piece){text, open ? (size_t)(open - text) : strlen(text), -1};
    if (!open) return answer;
    const char *close = strstr(open, "}}");
    if (!close) give_up("a slot does not end", path);
    piece->slot = slot_named(open + 2, (size_t)(close - open - 2));
    if (piece->slot < 0) give_up("an unknown slot", path);
    text = close + 2;
  }
  give_up("too many slots", path);
  return NULL;
}

size_t answer_fill(const struct answer *answer, const struct values *values, char *out, size_t capacity) {
  size_t length = 0;
  for (size_t i = 0; i < answer->count; i++) {
    const struct piece *piece = &answer->pieces[i];
    size_t more = piece->slot < 0 ? 0 : values->length[piece->slot];
    if (length + piece->length + more > capacity) return 0;
    memcpy(out + length, piece->text, piece->length);
    length += piece->length;
    if (more) memcpy(out + length, values->text[piece->slot], more);
    length += more;
  }
  return length;
}

void values_clear(struct values *values) {
  memset(values->text, 0, sizeof values->text);
  memset(values->length, 0, sizeof values->length);
  values->used = 0;
}

void values_set(struct values *values, enum slot slot, const char *text, size_t length) {
  if (values->used + length > sizeof values->room) return;
  char *start = values->room + values->used;
  memcpy(start, text, length);
  values->used += length;
  values->text[slot] = start;
  values->length[slot] = length;
}

static int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return 0;
}

// Percent-decodes and escapes for a JSON string in one go. Returns the end of what it wrote; needs 6 bytes for each.
static char *decode(const char *from, const char *end, char *to) {
  while (from < end) {
    unsigned char byte = (unsigned char)*from++;
    if (byte == '+') byte = ' ';
    if (byte == '%' && end - from >= 2) {
      byte = (unsigned char)(hex(from[0]) * 16 + hex(from[1]));
      from += 2;
    }
    if (byte == '"' || byte == '\\') *to++ = '\\';
    if (byte < 0x20) {
      to += sprintf(to, "\\u%04x", byte);
    } else {
      *to++ = (char)byte;
    }
  }
  return to;
}

static int is_named(const char *name, const char *end, const char *wanted) {
  return strlen(wanted) == (size_t)(end - name) && !memcmp(name, wanted, (size_t)(end - name));
}

static const struct {
  const char *name;
  enum slot slot;
} fields[] = {{"amount", SLOT_AMOUNT},
              {"currency", SLOT_CURRENCY},
              {"customer", SLOT_CUSTOMER},
              {"payment_method", SLOT_PAYMENT_METHOD},
              {"description", SLOT_DESCRIPTION}};

int values_take_form(struct values *values, const char *form, size_t length) {
  const char *end = form + length;
  // `metadata[` arrives plain or percent-encoded; what stands between the brackets is the key.
  static char metadata[32 * 1024];
  char *meta = metadata;
  *meta++ = '{';
  if (length * 6 > sizeof metadata / 2 || values->used + length * 6 > sizeof values->room) return 0;
  while (form < end) {
    const char *stop = memchr(form, '&', (size_t)(end - form));
    if (!stop) stop = end;
    const char *equals = memchr(form, '=', (size_t)(stop - form));
    if (!equals) equals = stop;
    const char *value = equals < stop ? equals + 1 : stop;
    char name[512];
    if (equals - form > 80) return 0;
    char *name_end = decode(form, equals, name);
    if (name_end - name > 10 && !memcmp(name, "metadata[", 9)) {
      if (meta > metadata + 1) *meta++ = ',';
      *meta++ = '"';
      memcpy(meta, name + 9, (size_t)(name_end - name - 10));
      meta += name_end - name - 10;
      memcpy(meta, "\": \"", 4);
      meta = decode(value, stop, meta + 4);
      *meta++ = '"';
    } else {
      for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!is_named(name, name_end, fields[i].name)) continue;
        char *start = values->room + values->used;
        char *stopped = decode(value, stop, start);
        values->text[fields[i].slot] = start;
        values->length[fields[i].slot] = (size_t)(stopped - start);
        values->used += (size_t)(stopped - start);
      }
    }
    form = stop + 1;
  }
  *meta++ = '}';
  values_set(values, SLOT_METADATA, metadata, (size_t)(meta - metadata));
  return 1;
}
