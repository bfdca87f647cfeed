#include "step.h"

static _Thread_local void *kept = NULL, *kept_shorts = NULL;
static _Thread_local size_t kept_size = 0, kept_shorts_size = 0;

int panel_width(void) { return NR; }

/* Whether this processor has products in 16 bits. */
int knows_shorts(void) { return SHORT; }

static void *at_least(size_t bytes, void **there, size_t *size) {
    if (bytes > *size) {
        free(*there);
        *there = malloc(bytes);
        *size = *there ? bytes : 0;
    }
    return *there;
}

char *room_of(size_t bytes) { return at_least(bytes, &kept, &kept_size); }

void *room_of_shorts(size_t bytes) {
    void *found = at_least(bytes, &kept_shorts, &kept_shorts_size);
    if (!found) abort(); /* a product cannot say that it was not made; it is a few kilobytes */
    return found;
}

int each_stretch(Stretch *stretch, size_t bytes, const void *decoder, const Output *o, const Call *c) {
    int whole = 1;
    if (!c->rows) return whole;
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
