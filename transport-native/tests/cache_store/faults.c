/* Stands between a program and its files (LD_PRELOAD): lets one call fail, or writes down every change.
 *
 * Only what is under one directory counts. It is told what to do by files that are opened and never exist:
 *   /urlsession-faults/arm/N/ERRNO/DIRECTORY   the Nth call from now on fails so; none for 0
 *   /urlsession-faults/count                   reads as the number of calls since
 * With URLSESSION_FAULTS_LOG every change under URLSESSION_STORE_DIRECTORY is appended to that file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))
#define FDS 65536

static char directory[4096];
static char *_Atomic paths[FDS];
static atomic_long calls, failing;
static atomic_int failure;
static int record = -1;
static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("URLSESSION_FAULTS_LOG"), *under = getenv("URLSESSION_STORE_DIRECTORY");
    if (file && under) {
        snprintf(directory, sizeof directory, "%s", under);
        record = REAL(open)(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    }
}

static int counts(const char *path) {
    size_t length = strlen(directory);
    return length && path && !strncmp(path, directory, length) && (path[length] == '/' || !path[length]);
}

static int fails(void) {
    if (atomic_fetch_add(&calls, 1) + 1 != atomic_load(&failing)) return 0;
    errno = atomic_load(&failure);
    return 1;
}

static const char *path_of(int fd) { return fd >= 0 && fd < FDS ? atomic_load(&paths[fd]) : NULL; }

static void note(char what, const char *path, long long at, const void *bytes, size_t count) {
    size_t length = strlen(path);
    if (record < 0 || (length > 4 && !strcmp(path + length - 4, "-shm"))) return;
    char line[4300];
    int size = snprintf(line, sizeof line, "%c %s %lld %zu\n", what, path + strlen(directory) + 1, at, count);
    pthread_mutex_lock(&recording);
    if (REAL(write)(record, line, (size_t)size) != size) abort();
    if (count && REAL(write)(record, bytes, count) != (ssize_t)count) abort();
    pthread_mutex_unlock(&recording);
}

static int told(const char *path) {
    const char *words = "/urlsession-faults/";
    if (strncmp(path, words, strlen(words))) return -2;
    path += strlen(words);
    if (!strcmp(path, "count")) {
        int fd = memfd_create("count", 0);
        char text[32];
        int size = snprintf(text, sizeof text, "%ld", atomic_load(&calls));
        if (REAL(write)(fd, text, (size_t)size) != size) abort();
        lseek(fd, 0, SEEK_SET);
        return fd;
    }
    long number = 0;
    int error = 0, at = 0;
    if (sscanf(path, "arm/%ld/%d%n", &number, &error, &at) == 2) {
        snprintf(directory, sizeof directory, "%s", path + at);
        atomic_store(&failure, error);
        atomic_store(&calls, 0);
        atomic_store(&failing, number);
    }
    errno = ENOENT;
    return -1;
}

static int opened(int fd, const char *path, int flags) {
    if (fd < 0 || fd >= FDS || !counts(path)) return fd;
    char *old = atomic_exchange(&paths[fd], strdup(path));
    free(old);
    if (flags & O_TRUNC) note('T', path, 0, NULL, 0);
    else if (flags & O_CREAT) note('C', path, 0, NULL, 0);
    return fd;
}

#define OPEN(name, before, arguments, passed)                                  \
    int name(before const char *path, int flags, ...) {                        \
        va_list list;                                                          \
        va_start(list, flags);                                                 \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                          \
        int answer = told(path);                                               \
        if (answer != -2) return answer;                                       \
        if (counts(path) && fails()) return -1;                                \
        return opened(REAL(name)(passed path, flags, mode), path, flags);      \
    }
#define NOTHING
#define AT int at,
#define PASS_AT at,
OPEN(open, NOTHING, , NOTHING)
OPEN(open64, NOTHING, , NOTHING)
OPEN(openat, AT, , PASS_AT)
OPEN(openat64, AT, , PASS_AT)

int close(int fd) {
    if (path_of(fd)) free(atomic_exchange(&paths[fd], NULL));
    return REAL(close)(fd);
}

ssize_t read(int fd, void *bytes, size_t count) {
    return path_of(fd) && fails() ? -1 : REAL(read)(fd, bytes, count);
}

#define PREAD(name, type)                                                      \
    ssize_t name(int fd, void *bytes, size_t count, type at) {                 \
        return path_of(fd) && fails() ? -1 : REAL(name)(fd, bytes, count, at); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

static ssize_t wrote(int fd, const void *bytes, ssize_t count, long long at) {
    if (count > 0 && path_of(fd)) note('W', path_of(fd), at, bytes, (size_t)count);
    return count;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (!path_of(fd)) return REAL(write)(fd, bytes, count);
    if (fails()) return -1;
    long long at = lseek(fd, 0, SEEK_CUR);
    return wrote(fd, bytes, REAL(write)(fd, bytes, count), at);
}

#define PWRITE(name, type)                                                     \
    ssize_t name(int fd, const void *bytes, size_t count, type at) {           \
        if (path_of(fd) && fails()) return -1;                                 \
        return wrote(fd, bytes, REAL(name)(fd, bytes, count, at), at);         \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, type)                                                   \
    int name(int fd, type length) {                                            \
        if (path_of(fd) && fails()) return -1;                                 \
        int done = REAL(name)(fd, length);                                     \
        if (!done && path_of(fd)) note('T', path_of(fd), length, NULL, 0);     \
        return done;                                                           \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int fsync(int fd) { return path_of(fd) && fails() ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return path_of(fd) && fails() ? -1 : REAL(fdatasync)(fd); }
int mkdir(const char *path, mode_t mode) { return counts(path) && fails() ? -1 : REAL(mkdir)(path, mode); }

int unlink(const char *path) {
    if (counts(path) && fails()) return -1;
    int done = REAL(unlink)(path);
    if (!done && counts(path)) note('U', path, 0, NULL, 0);
    return done;
}
