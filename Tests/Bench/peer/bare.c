// What libcurl alone can do: the requests of a file, so many at a time, in the plain multi loop of its documentation.
//
//   bare --url URL --requests FILE --concurrency N
//
// FILE has a line for each request: the idempotency key, a tab, the body. Prints JSON.
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct request {
  char *key, *body;
};

// One easy handle and its connection, used again and again.
struct slot {
  CURL *easy;
  struct curl_slist *headers;
  char answer[64 * 1024];
  size_t length;
};

static struct request *requests;
static size_t count, next, failed;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_requests(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    exit(66);
  }
  char *line = NULL;
  size_t room = 0, capacity = 0;
  while (getline(&line, &room, file) > 0) {
    char *tab = strchr(line, '\t');
    if (!tab) continue;
    *tab = 0;
    tab[1 + strcspn(tab + 1, "\n")] = 0;
    if (count == capacity) {
      capacity = capacity ? capacity * 2 : 1024;
      requests = realloc(requests, capacity * sizeof *requests);
    }
    requests[count++] = (struct request){strdup(line), strdup(tab + 1)};
  }
  free(line);
  fclose(file);
}

static size_t receive(char *bytes, size_t size, size_t n, void *context) {
  struct slot *slot = context;
  size_t length = size * n;
  if (slot->length + length >= sizeof slot->answer) return 0;
  memcpy(slot->answer + slot->length, bytes, length);
  slot->length += length;
  return length;
}

static void start(CURLM *multi, struct slot *slot) {
  struct request *request = &requests[next++];
  char line[512];
  snprintf(line, sizeof line, "Idempotency-Key: %s", request->key);
  curl_slist_free_all(slot->headers);
  slot->headers = curl_slist_append(NULL, "Authorization: Bearer sk_test_BenchKnowsThisKey0000000001");
  curl_slist_append(slot->headers, "Stripe-Version: 2026-10-28.endive");
  curl_slist_append(slot->headers, "Content-Type: application/x-www-form-urlencoded");
  curl_slist_append(slot->headers, line);
  curl_slist_append(slot->headers, "Expect:");
  curl_slist_append(slot->headers, "Accept:");
  slot->length = 0;
  curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->headers);
  curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, request->body);
  curl_multi_add_handle(multi, slot->easy);
}

static int is_good(struct slot *slot, CURLcode code) {
  long status = 0;
  curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
  slot->answer[slot->length] = 0;
  return code == CURLE_OK && status == 200 && strstr(slot->answer, "\"status\": \"succeeded\"") != NULL;
}

static void run(const char *url, size_t concurrency) {
  CURLM *multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)concurrency);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
  struct slot *slots = calloc(concurrency, sizeof *slots);
  for (size_t i = 0; i < concurrency && next < count; i++) {
    slots[i].easy = curl_easy_init();
    curl_easy_setopt(slots[i].easy, CURLOPT_URL, url);
    curl_easy_setopt(slots[i].easy, CURLOPT_USERAGENT, "Dues/1.0 (Swift; libcurl)");
    curl_easy_setopt(slots[i].easy, CURLOPT_PROXY, "");
    curl_easy_setopt(slots[i].easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slots[i].easy, CURLOPT_TIMEOUT_MS, 80000L);
    curl_easy_setopt(slots[i].easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(slots[i].easy, CURLOPT_WRITEDATA, &slots[i]);
    curl_easy_setopt(slots[i].easy, CURLOPT_PRIVATE, &slots[i]);
    start(multi, &slots[i]);
  }
  for (size_t done = 0; done < count;) {
    int running, left;
    curl_multi_perform(multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
      struct slot *slot;
      CURL *easy = message->easy_handle;
      CURLcode code = message->data.result;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot);
      curl_multi_remove_handle(multi, easy);
      if (!is_good(slot, code)) failed++;
      done++;
      if (next < count) start(multi, slot);
    }
    if (done < count) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"url", 1, 0, 'u'}, {"requests", 1, 0, 'r'}, {"concurrency", 1, 0, 'c'}, {0, 0, 0, 0}};
  const char *url = NULL, *file = NULL;
  size_t concurrency = 64;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
      case 'u': url = optarg; break;
      case 'r': file = optarg; break;
      case 'c': concurrency = (size_t)atol(optarg); break;
      default: return 64;
    }
  }
  if (!url || !file || concurrency < 1) {
    fprintf(stderr, "bare: --url, --requests and --concurrency are wanted\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  read_requests(file);
  double started = now();
  run(url, concurrency);
  printf("{\"requests\": %zu, \"failed\": %zu, \"seconds\": %.6f}\n", count, failed, now() - started);
  return failed ? 1 : 0;
}
