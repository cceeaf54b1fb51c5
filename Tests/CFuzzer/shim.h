#include <stddef.h>
#include <stdint.h>

/* libFuzzer as a library, which has no header of its own. It calls `target` for each input, which has to return 0. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *data, size_t size));
