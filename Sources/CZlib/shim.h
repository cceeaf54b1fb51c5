#include <zlib.h>

// inflateInit2 is a macro, which Swift does not import. 15 is the largest window, and 16 more asks for gzip alone.
static inline int gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
