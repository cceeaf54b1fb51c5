#ifndef CLINUX_H
#define CLINUX_H

#include <spawn.h>
#include <stddef.h>
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

/* accept4(2), close-on-exec and non-blocking */
int linux_accept(int listener);

/* pipe2(2), both ends close-on-exec */
int linux_pipe(int ends[2]);

/* posix_spawn_file_actions_addclosefrom_np(3) and posix_spawn_file_actions_addchdir_np(3) */
int linux_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int linux_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path);

/* memmem(3) */
const void *linux_memmem(const void *bytes, size_t count, const void *needle, size_t length);

/* CLONE_NEWNET for linux_setns */
int linux_clone_newnet(void);

/* From now on every job that Swift's runtime would give to its global pool goes to take, from any thread
   (swift_task_enqueueGlobal_hook). To be called before there are other threads. */
void swift_take_global_jobs(void (*take)(void *job));

/* Takes the pages of this program's and its libraries' read-only segments out of its memory; what is used again comes
   back from the page cache, a few pages at a time. */
void linux_release_read_only_pages(void);

#endif
