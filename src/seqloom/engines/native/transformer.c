/* A Transformer decoder, with self-attention or with an SSRU in its place. */

#include "step.h"

typedef struct {
    Linear read;      /* query, key and value of the tokens; or an SSRU's gate and value */
    Linear read_out;  /* of self-attention; no panels: an SSRU has none */
    Linear query, cross_out;
    Linear inner, outer;
    Norm norms[3];    /* of self-attention, cross-attention and feed-forward */
} Layer;

enum { FEED_RELU, FEED_GELU, FEED_SWIGLU };

typedef struct {
    int32_t layers, width, heads, kv_heads, activation, pre, ssru, unknown, vocabulary, embedding;
    float scale;
    const float *table;     /* [vocabulary][embedding] */
    const float *positions; /* [longest][width]; none: nothing is added */
    Linear into;            /* no panels: the embedding is as wide as the layers */
    Norm last;              /* no weight: none */
    const Layer *layer;
} Decoder;

typedef struct {
    float *x, *h, *wide, *mixed, *scores;
    const float **place;
} Buffers;

static int larger(int a, int b) { return a > b ? a : b; }

static int widest(const Decoder *d) {
    int kv = d->width / d->heads * d->kv_heads, most = larger(d->width + 2 * kv, 2 * d->width);
    for (int l = 0; l < d->layers; l++) most = larger(most, d->layer[l].inner.out);
    return larger(most, d->embedding);
}

/* Laid out in `room`, if there is one; how many bytes they take. */
static size_t buffers(const Decoder *d, const Call *c, Buffers *found, Room *room) {
    int width = larger(d->width, d->embedding);
    size_t sizes[5] = {(size_t)BLOCK * width, (size_t)BLOCK * width, (size_t)BLOCK * widest(d),
                       (size_t)BLOCK * larger(width, d->layer[0].outer.in), (size_t)c->longest + VL};
    size_t places = rounded(((size_t)c->longest + 1) * sizeof(float *)), bytes = places;
    float **part[5] = {&found->x, &found->h, &found->wide, &found->mixed, &found->scores};
    for (int i = 0; i < 5; i++) {
        bytes += rounded(sizes[i] * sizeof(float));
        if (room) *part[i] = floats(room, sizes[i]);
    }
    if (room) {
        found->place = (const float **)room->next;
        room->next += places;
    }
    return bytes;
}

static void embed(const Decoder *d, const Call *c, const int32_t *row, int rows, const Buffers *room) {
    float *to = d->into.panels ? room->mixed : room->x;
    for (int r = 0; r < rows; r++) {
        int64_t token = c->token[row[r]];
        const float *from = d->table + (token < d->vocabulary ? token : d->unknown) * d->embedding;
        for (int i = 0; i < d->embedding; i++) to[r * d->embedding + i] = from[i] * d->scale;
    }
    if (d->into.panels) linear(&d->into, room->mixed, d->embedding, room->x, d->width, rows, STORE);
    if (d->positions)
        for (int r = 0; r < rows; r++)
            add_scaled(room->x + r * d->width, d->positions + c->position[row[r] / c->beams] * d->width, 1, d->width);
}

static void self_attention(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int e = d->width / d->heads, kv = e * d->kv_heads, step = d->width + 2 * kv, all_layers = d->layers * 2 * kv;
    linear(&d->layer[l].read, room->h, d->width, room->wide, step, rows, STORE);
    for (int r = 0; r < rows; r++) {
        int64_t source = row[r] / c->beams, mine = row[r] % c->beams, here = c->position[source];
        float *past = c->past[source] + l * 2 * kv;
        memcpy(past + (here * c->beams + mine) * all_layers, room->wide + (long)r * step + d->width,
               2 * kv * sizeof(float));
        int64_t *beam = c->beam ? c->beam + row[r] * c->beam_step : NULL;
        if (beam) beam[here] = mine;
        for (int64_t t = 0; t < here; t++) room->place[t] = past + (t * c->beams + (beam ? beam[t] : 0)) * all_layers;
        room->place[here] = past + (here * c->beams + mine) * all_layers;
        attend(room->wide + (long)r * step, room->place, here + 1, d->heads, d->kv_heads, e, room->scores,
               room->mixed + r * d->width);
    }
}

static void ssru(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int width = d->width;
    linear(&d->layer[l].read, room->h, width, room->wide, 2 * width, rows, STORE);
    for (int r = 0; r < rows; r++) {
        float *cell = c->cell + ((long)row[r] * d->layers + l) * width, *gate = room->wide + (long)r * 2 * width;
        float *found = room->mixed + r * width;
        for (int i = 0; i < width; i++) {
            float forget = 1 / (1 + expf(-gate[i]));
            cell[i] = forget * cell[i] + (1 - forget) * gate[width + i];
            found[i] = cell[i] > 0 ? cell[i] : 0;
        }
    }
}

static void cross_attention(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int e = d->width / d->heads, kv = e * d->kv_heads, all_layers = d->layers * 2 * kv;
    linear(&d->layer[l].query, room->h, d->width, room->wide, d->width, rows, STORE);
    for (int r = 0; r < rows; r++) {
        int64_t source = row[r] / c->beams, length = c->source_length[source];
        const float *memory = c->memory[source] + l * 2 * kv;
        for (int64_t s = 0; s < length; s++) room->place[s] = memory + s * all_layers;
        attend(room->wide + r * d->width, room->place, length, d->heads, d->kv_heads, e, room->scores,
               room->mixed + r * d->width);
    }
}

static void feed_forward(const Decoder *d, int l, int rows, const Buffers *room) {
    const Layer *layer = &d->layer[l];
    int wide = layer->inner.out, inner = layer->outer.in;
    if (d->activation != FEED_SWIGLU) {
        linear(&layer->inner, room->h, d->width, room->mixed, inner, rows, d->activation == FEED_RELU ? RELU : GELU);
        return;
    }
    linear(&layer->inner, room->h, d->width, room->wide, wide, rows, STORE);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < inner; i++) {
            float gate = room->wide[(long)r * wide + i];
            room->mixed[(long)r * inner + i] = gate / (1 + expf(-gate)) * room->wide[(long)r * wide + inner + i];
        }
}

static void stretch(const void *decoder, const Output *o, const Call *c, const int32_t *row, int rows, Room room_left) {
    const Decoder *d = decoder;
    Buffers made;
    const Buffers *room = &made;
    buffers(d, c, &made, &room_left);
    int width = d->width;
    size_t bytes = (size_t)rows * width * sizeof(float);
    embed(d, c, row, rows, room);
    for (int l = 0; l < d->layers; l++) {
        const Layer *layer = &d->layer[l];
        for (int part = 0; part < 3; part++) {
            if (d->pre)
                normalise(&layer->norms[part], room->x, room->h, rows, width);
            else
                memcpy(room->h, room->x, bytes);
            const Linear *out = part == 0 ? &layer->read_out : part == 1 ? &layer->cross_out : &layer->outer;
            if (part == 0) (d->ssru ? ssru : self_attention)(d, c, l, row, rows, room);
            if (part == 1) cross_attention(d, c, l, row, rows, room);
            if (part == 2) feed_forward(d, l, rows, room);
            if (out->panels)
                linear(out, room->mixed, out->in, room->x, width, rows, ADD);
            else
                add_scaled(room->x, room->mixed, 1, rows * width);
            if (!d->pre) normalise(&layer->norms[part], room->x, room->x, rows, width);
        }
    }
    if (d->last.weight) normalise(&d->last, room->x, room->x, rows, width);
    if (c->hidden)
        for (int r = 0; r < rows; r++)
            memcpy(c->hidden + row[r] * width, room->x + r * width, width * sizeof(float));
    if (c->count) project(o, c, room->x, width, row, rows, room_left);
}

int transformer_step(const Decoder *d, const Output *o, const Call *c) {
    Buffers none;
    return each_stretch(stretch, buffers(d, c, &none, NULL), d, o, c);
}
