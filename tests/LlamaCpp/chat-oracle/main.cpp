// Answers requests about llama.cpp's chat templates and grammars: a line of JSON in, a line of JSON out.
// Each request is answered in a fork, so that what crashes, hangs or fills the memory costs only its own answer.
#include "answers.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const unsigned SECONDS = 60;
static const rlim_t   MEMORY  = 4ull << 30;

static void write_all(int file, const std::string & text) {
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = write(file, text.data() + done, text.size() - done);
        if (n <= 0) {
            _exit(1);
        }
        done += (size_t) n;
    }
}

static std::string read_all(int file) {
    std::string text;
    char        buffer[1 << 16];
    for (ssize_t n; (n = read(file, buffer, sizeof buffer)) > 0;) {
        text.append(buffer, (size_t) n);
    }
    return text;
}

// The end of what was written to a file in memory.
static std::string last_words(int file) {
    const off_t size = lseek(file, 0, SEEK_END);
    lseek(file, size > 2000 ? size - 2000 : 0, SEEK_SET);
    return read_all(file);
}

[[noreturn]] static void answer_in_fork(const std::string & request, int out, int log) {
    // llama.cpp logs to both.
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    const rlimit memory = { MEMORY, MEMORY };
    const rlimit no_dump = { 0, 0 };
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CORE, &no_dump);
    alarm(SECONDS);
    write_all(out, answer(request));
    _exit(0);
}

static std::string answer_apart(const std::string & request) {
    int pipe_ends[2];
    const int log = memfd_create("log", 0);
    if (log < 0 || pipe(pipe_ends) < 0) {
        return refusal(std::string("the oracle has no means to answer: ") + strerror(errno));
    }

    const pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        answer_in_fork(request, pipe_ends[1], log);
    }

    close(pipe_ends[1]);
    std::string text = read_all(pipe_ends[0]);
    close(pipe_ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        text = refusal(std::string("the oracle cannot fork: ") + strerror(errno));
    } else if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        text = refusal(std::string("llama.cpp ended: ") +
            (signal == SIGALRM ? "no answer in " + std::to_string(SECONDS) + " seconds" : strsignal(signal)) + "\n" + last_words(log));
    } else if (WEXITSTATUS(status) != 0) {
        text = refusal("llama.cpp ended with code " + std::to_string(WEXITSTATUS(status)) + "\n" + last_words(log));
    }
    close(log);
    return text;
}

int main() {
    std::ios::sync_with_stdio(false);
    setenv("TZ", "UTC", 1);
    setenv("GGML_NO_BACKTRACE", "1", 1);
    tzset();
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << answer_apart(line) << std::endl;
    }
    return 0;
}
