// llama.cpp asks the system for the date in several places. These definitions come before the system's own.
#include "clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool        stopped = false;
static std::time_t stopped_at;

void stop_clock(std::time_t seconds) {
    stopped    = true;
    stopped_at = seconds;
}

extern "C" int clock_gettime(clockid_t clock, struct timespec * now) noexcept {
    if (stopped && clock == CLOCK_REALTIME) {
        *now = { stopped_at, 0 };
        return 0;
    }
    return (int) syscall(SYS_clock_gettime, clock, now);
}

extern "C" time_t time(time_t * copy) noexcept {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (copy) {
        *copy = now.tv_sec;
    }
    return now.tv_sec;
}
