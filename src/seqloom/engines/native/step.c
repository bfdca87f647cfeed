#include "step.h"

#include <pthread.h>

/* What a thread keeps goes when it ends: whoever answers a long file starts many. */
typedef struct {
    void *room, *shorts;
    size_t room_size, shorts_size;
} Kept;

static _Thread_local Kept kept;
static _Thread_local int told_of = 0;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void forget(void *of_thread) {
    Kept *gone = of_thread;
    free(gone->room), free(gone->shorts);
    *gone = (Kept){0};
}

static void begin(void) { pthread_key_create(&key, forget); }

int panel_width(void) { return NR; }

/* Whether this processor has products in 16 bits. */
int knows_shorts(void) { return SHORT; }

static void *at_least(size_t bytes, void **there, size_t *size) {
    if (!told_of) {
        pthread_once(&once, begin);
        told_of = !pthread_setspecific(key, &kept);
    }
    if (bytes > *size) {
        free(*there);
        *there = malloc(bytes);
        *size = *there ? bytes : 0;
    }
    return *there;
}

char *room_of(size_t bytes) { return at_least(bytes, &kept.room, &kept.room_size); }

void *room_of_shorts(size_t bytes) {
    void *found = at_least(bytes, &kept.shorts, &kept.shorts_size);
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
