#pragma once

#include <ctime>

// From now on the clock of this process stands still at these seconds since 1970.
void stop_clock(std::time_t seconds);
