/* A convolutional decoder: gated convolutions over what was said, an attention in each layer (Gehring et al. 2017). */

#include "fetch.h"

typedef struct {
    Linear convolution;  /* of the oldest input to the newest, side by side: what passes, and its gate */
    const float *always; /* [width]: what attention adds wherever it looks */
} Layer;

typedef struct {
    int32_t layers, width, kernel, embedding, memory, unknown, vocabulary;
    float scale;
    const float *table;     /* [vocabulary][embedding] */
    const float *positions; /* [longest][embedding]; none: nothing is added */
    Linear into, out;
    const Layer *layer;
} Decoder;

#define HALF 0.70710678f /* √½ */

typedef struct {
    float *token, *x, *window, *wide;
    float *known;  /* what each token's own vector scores */
    float *scores;
} Buffers;

/* Laid out in `room`, if there is one; how many bytes they take. */
static size_t buffers(const Decoder *d, const Call *c, Buffers *found, Room *room) {
    size_t step = c->longest + VL;
    size_t sizes[6] = {(size_t)BLOCK * d->embedding, (size_t)BLOCK * d->width, (size_t)BLOCK * d->width * d->kernel,
                       (size_t)BLOCK * d->width * 2, BLOCK * step,             TOGETHER * step};
    float **part[6] = {&found->token, &found->x, &found->window, &found->wide, &found->known, &found->scores};
    size_t bytes = 0;
    for (int i = 0; i < 6; i++) {
        bytes += rounded(sizes[i] * sizeof(float));
        if (room) *part[i] = floats(room, sizes[i]);
    }
    return bytes;
}

static void embed(const Decoder *d, const Call *c, const int32_t *row, int rows, const Buffers *room) {
    long step = c->longest + VL;
    for (int r = 0; r < rows; r++) {
        int64_t token = c->token[row[r]];
        const float *from = d->table + (token < d->vocabulary ? token : d->unknown) * d->embedding;
        float *to = room->token + (long)r * d->embedding;
        for (int i = 0; i < d->embedding; i++) to[i] = from[i] * d->scale;
        if (d->positions)
            add_scaled(to, d->positions + c->position[row[r] / c->beams] * d->embedding, 1, d->embedding);
    }
    linear(&d->into, room->token, d->embedding, room->x, d->width, rows, STORE);
    memset(room->known, 0, rows * step * sizeof(float));
    for (int first = 0, some; first < rows; first += some) {
        some = together(c, row + first, rows - first);
        int64_t source = row[first] / c->beams;
        meet(some, room->token + (long)first * d->embedding, d->embedding, c->memory[source], d->memory,
             c->source_length[source], d->embedding, room->known + first * step, step);
    }
}

/* The newest input behind those before it; where there was none there are zeros. */
static void gather(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int width = d->width, all_layers = d->layers * width;
    size_t bytes = width * sizeof(float);
    for (int r = 0; r < rows; r++) {
        int64_t source = row[r] / c->beams, mine = row[r] % c->beams, here = c->position[source];
        int64_t *beam = c->beam ? c->beam + row[r] * c->beam_step : NULL;
        float *past = c->past[source] + (long)l * width, *newest = room->window + ((long)(r + 1) * d->kernel - 1) * width;
        memcpy(newest, room->x + (long)r * width, bytes);
        if (beam) beam[here] = mine;
        if (d->kernel > 1) memcpy(past + (here * c->beams + mine) * all_layers, newest, bytes);
        for (int64_t back = 1; back < d->kernel; back++) {
            int64_t t = here - back;
            if (t < 0)
                memset(newest - back * width, 0, bytes);
            else
                memcpy(newest - back * width, past + (t * c->beams + (beam ? beam[t] : 0)) * all_layers, bytes);
        }
    }
}

/* ((h + attention) √½ + x) √½, of which attention is still to come; h takes the place of what it is made of. */
static void pass(const Decoder *d, int l, int rows, const Buffers *room) {
    int width = d->width;
    const float *always = d->layer[l].always;
    for (int r = 0; r < rows; r++) {
        float *h = room->wide + (long)r * 2 * width, *x = room->x + (long)r * width;
        for (int i = 0; i < width; i += VL) {
            int n = width - i < VL ? width - i : VL;
            vec passed = piece(h + i, n) * sigmoid(piece(h + width + i, n));
            put_piece(h + i, n, passed);
            put_piece(x + i, n, piece(x + i, n) * all(HALF) + passed * all(0.5f) + piece(always + i, n));
        }
    }
}

/* Of a position's memory the first numbers meet the tokens, one a layer is the same for all hypotheses, and then come
   each layer's key and value. */
static void look(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int width = d->width;
    long step = c->longest + VL;
    for (int first = 0, some; first < rows; first += some) {
        some = together(c, row + first, rows - first);
        int64_t source = row[first] / c->beams;
        int n = c->source_length[source];
        const float *memory = c->memory[source], *bias = memory + d->embedding + l;
        const float *keys = memory + d->embedding + d->layers + (long)l * 2 * width;
        for (int r = 0; r < some; r++)
            for (int s = 0; s < n; s++)
                room->scores[r * step + s] = room->known[(first + r) * step + s] + bias[(long)s * d->memory];
        meet(some, room->wide + (long)first * 2 * width, 2 * width, keys, d->memory, n, width, room->scores, step);
        for (int r = 0; r < some; r++) soften(room->scores + r * step, n);
        fetch(some, room->scores, step, keys + width, d->memory, n, width, room->x + (long)first * width, width);
    }
}

static void stretch(const void *decoder, const Output *o, const Call *c, const int32_t *row, int rows, Room room_left) {
    const Decoder *d = decoder;
    Buffers made;
    const Buffers *room = &made;
    buffers(d, c, &made, &room_left);
    int width = d->width;
    embed(d, c, row, rows, room);
    for (int l = 0; l < d->layers; l++) {
        gather(d, c, l, row, rows, room);
        linear(&d->layer[l].convolution, room->window, (long)width * d->kernel, room->wide, 2 * width, rows, STORE);
        pass(d, l, rows, room);
        look(d, c, l, row, rows, room);
    }
    linear(&d->out, room->x, width, room->token, d->embedding, rows, STORE);
    if (c->hidden)
        for (int r = 0; r < rows; r++)
            memcpy(c->hidden + (long)row[r] * d->embedding, room->token + (long)r * d->embedding,
                   d->embedding * sizeof(float));
    if (c->count) project(o, c, room->token, d->embedding, row, rows, room_left);
}

int conv_step(const Decoder *d, const Output *o, const Call *c) {
    Buffers none;
    return each_stretch(stretch, buffers(d, c, &none, NULL), d, o, c);
}
