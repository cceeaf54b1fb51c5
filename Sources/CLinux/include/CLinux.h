#ifndef CLINUX_H
#define CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>

/* The Linux calls that Glibc's Swift module does not show. Each is a plain wrapper: the result and errno are the
   kernel's own. */

/* setns(2) */
int linux_setns(int fd, int kind);

/* pidfd_open(2), close-on-exec */
int linux_pidfd_open(int pid);

/* CLONE_NEWNET for linux_setns */
int linux_clone_newnet(void);

#endif
