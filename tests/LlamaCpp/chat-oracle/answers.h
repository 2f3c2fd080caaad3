#pragma once

#include <string>

// The answer to one request, both JSON in one line; a request that is refused is answered with an error.
std::string answer(const std::string & request);

// The answer of an oracle that came to no other.
std::string refusal(const std::string & reason);
