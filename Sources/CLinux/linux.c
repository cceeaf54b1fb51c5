#define _GNU_SOURCE
#include "CLinux.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int linux_setns(int fd, int kind) { return setns(fd, kind); }

int linux_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int linux_clone_newnet(void) { return CLONE_NEWNET; }
