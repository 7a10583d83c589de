// Runs a command and writes what it took: measure FILE COMMAND [ARGUMENT …]
//
// A small process in between, because the kernel counts the memory of whoever started a program as the program's own.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "measure FILE COMMAND [ARGUMENT ...]\n");
    return 64;
  }
  double started = now();
  pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  int status;
  struct rusage used;
  if (child < 0 || wait4(child, &status, 0, &used) < 0) {
    perror("measure");
    return 71;
  }
  double wall = now() - started;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  FILE *file = fopen(argv[1], "w");
  if (!file) {
    perror(argv[1]);
    return 73;
  }
  fprintf(file, "{\"code\": %d, \"wall_s\": %.6f, \"user_s\": %.6f, \"system_s\": %.6f, \"max_rss_kib\": %ld}\n", code, wall,
          seconds(used.ru_utime), seconds(used.ru_stime), used.ru_maxrss);
  fclose(file);
  return code;
}
