#include "step.h"

static _Thread_local void *kept = NULL;
static _Thread_local size_t kept_size = 0;

int panel_width(void) { return NR; }

char *room_of(size_t bytes) {
    if (bytes > kept_size) {
        free(kept);
        kept = malloc(bytes);
        kept_size = kept ? bytes : 0;
    }
    return kept;
}

int each_stretch(Stretch *stretch, size_t bytes, const void *decoder, const Output *o, const Call *c) {
    int whole = 1;
    bytes += room_of_output(o, c);
    /* As many stretches as threads at least, and of tiles that are full. */
    int size = ((c->rows + c->threads - 1) / c->threads + MR - 1) / MR * MR;
    int pieces = (size + BLOCK - 1) / BLOCK;
    size = ((size + pieces - 1) / pieces + MR - 1) / MR * MR;
    if (size > BLOCK) size = BLOCK;
    int stretches = (c->rows + size - 1) / size;
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (stretches > 1)
    for (int i = 0; i < stretches; i++) {
        int first = i * size, rows = c->rows - first < size ? c->rows - first : size;
        Room room = {room_of(bytes)};
        if (room.next)
            stretch(decoder, o, c, c->row + first, rows, room);
        else
            whole = 0;
    }
    return whole;
}
