// Preloaded: moves a process's wall clock by the seconds that the file FAULT_CLOCK holds (a 64-bit number, which may
// change at any time), and calls every file system NFS where FAULT_NFS is set.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t offset_s(void) {
  static const volatile int64_t* shared;
  if (!shared) {
    const char* file = getenv("FAULT_CLOCK");
    const int descriptor = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0) return 0;
    void* mapped = mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (mapped == MAP_FAILED) return 0;
    shared = mapped;
  }
  return *shared;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += offset_s();
  return result;
}

int gettimeofday(struct timeval* now, void* zone) {
  const int result = (int)syscall(SYS_gettimeofday, now, zone);
  now->tv_sec += offset_s();
  return result;
}

time_t time(time_t* where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where) *where = now.tv_sec;
  return now.tv_sec;
}

int statfs(const char* path, struct statfs* status) {
  const int result = (int)syscall(SYS_statfs, path, status);
  if (result == 0 && getenv("FAULT_NFS")) status->f_type = 0x6969;
  return result;
}
