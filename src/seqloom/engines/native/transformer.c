/* A Transformer: its decoder, with self-attention or with an SSRU in its place, and its encoder. */

#include "step.h"

typedef struct {    /* an encoder's has neither query nor cross_out */
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
} Transformer;

typedef struct {
    float *x, *h, *wide, *mixed, *scores;
    const float **place;
} Buffers;

static int larger(int a, int b) { return a > b ? a : b; }

static int widest(const Transformer *d) {
    int kv = d->width / d->heads * d->kv_heads, most = larger(d->width + 2 * kv, 2 * d->width);
    for (int l = 0; l < d->layers; l++) most = larger(most, d->layer[l].inner.out);
    return larger(most, d->embedding);
}

/* For so many rows that look at `longest` positions at most. Laid out in `room`, if there is one; how many bytes they
   take. */
static size_t buffers(const Transformer *d, size_t rows, size_t longest, Buffers *found, Room *room) {
    int width = larger(d->width, d->embedding);
    size_t sizes[5] = {rows * width, rows * width, rows * widest(d), rows * larger(width, d->layer[0].outer.in),
                       longest + VL};
    size_t places = rounded((longest + 1) * sizeof(float *)), bytes = places;
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

static void embed(const Transformer *d, int64_t token, float *to) {
    const float *from = d->table + (token < d->vocabulary ? token : d->unknown) * d->embedding;
    for (int i = 0; i < d->embedding; i++) to[i] = from[i] * d->scale;
}

/* What is embedded becomes as wide as the layers. */
static void widen(const Transformer *d, int rows, const Buffers *room) {
    if (d->into.panels) linear(&d->into, room->mixed, d->embedding, room->x, d->width, rows, STORE);
}

static void place(const Transformer *d, int64_t position, float *x) {
    if (d->positions) add_scaled(x, d->positions + position * d->width, 1, d->width);
}

typedef struct {
    const Call *call;
    const int32_t *row;
} Asked;

static void self_attention(const Transformer *d, const void *asked, int l, int rows, const Buffers *room) {
    const Call *c = ((const Asked *)asked)->call;
    const int32_t *row = ((const Asked *)asked)->row;
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

static void ssru(const Transformer *d, const void *asked, int l, int rows, const Buffers *room) {
    const Call *c = ((const Asked *)asked)->call;
    const int32_t *row = ((const Asked *)asked)->row;
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

static void cross_attention(const Transformer *d, const void *asked, int l, int rows, const Buffers *room) {
    const Call *c = ((const Asked *)asked)->call;
    const int32_t *row = ((const Asked *)asked)->row;
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

static void feed_forward(const Transformer *d, int l, int rows, const Buffers *room) {
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

/* ---- the layers ---------------------------------------------------------------------------------------------- */

/* Looks from `room->h`, leaves what it finds in `room->mixed`. */
typedef void Attends(const Transformer *d, const void *asked, int layer, int rows, const Buffers *room);

static void through(const Transformer *d, Attends *self, Attends *cross, const void *asked, int rows,
                    const Buffers *room) {
    int width = d->width;
    for (int l = 0; l < d->layers; l++) {
        const Layer *layer = &d->layer[l];
        for (int part = 0; part < 3; part++) {
            if (part == 1 && !cross) continue;
            if (d->pre)
                normalise(&layer->norms[part], room->x, room->h, rows, width);
            else
                memcpy(room->h, room->x, (size_t)rows * width * sizeof(float));
            const Linear *out = part == 0 ? &layer->read_out : part == 1 ? &layer->cross_out : &layer->outer;
            if (part == 0) self(d, asked, l, rows, room);
            if (part == 1) cross(d, asked, l, rows, room);
            if (part == 2) feed_forward(d, l, rows, room);
            if (out->panels)
                linear(out, room->mixed, out->in, room->x, width, rows, ADD);
            else
                add_scaled(room->x, room->mixed, 1, rows * width);
            if (!d->pre) normalise(&layer->norms[part], room->x, room->x, rows, width);
        }
    }
    if (d->last.weight) normalise(&d->last, room->x, room->x, rows, width);
}

/* ---- the decoder --------------------------------------------------------------------------------------------- */

static void stretch(const void *decoder, const Output *o, const Call *c, const int32_t *row, int rows, Room left) {
    const Transformer *d = decoder;
    Buffers room;
    buffers(d, BLOCK, c->longest, &room, &left);
    for (int r = 0; r < rows; r++)
        embed(d, c->token[row[r]], (d->into.panels ? room.mixed : room.x) + (long)r * d->embedding);
    widen(d, rows, &room);
    for (int r = 0; r < rows; r++) place(d, c->position[row[r] / c->beams], room.x + (long)r * d->width);
    through(d, d->ssru ? ssru : self_attention, cross_attention, &(Asked){c, row}, rows, &room);
    project(o, c, room.x, d->width, row, rows, left);
}

int transformer_step(const Transformer *d, const Output *o, const Call *c) {
    Buffers none;
    return each_stretch(stretch, buffers(d, BLOCK, c->longest, &none, NULL), d, o, c);
}

/* ---- the encoder --------------------------------------------------------------------------------------------- */

/* Every position of a source looks at all of them. Sources lie one behind the other; `asked`: where each begins, the
   last one's end behind it. */
static void look_around(const Transformer *d, const void *asked, int l, int rows, const Buffers *room) {
    const int64_t *first = asked;
    int e = d->width / d->heads, kv = e * d->kv_heads, step = d->width + 2 * kv;
    linear(&d->layer[l].read, room->h, d->width, room->wide, step, rows, STORE);
    for (int from = 0; from < rows; first++) {
        int length = first[1] - first[0];
        for (int s = 0; s < length; s++) room->place[s] = room->wide + (long)(from + s) * step + d->width;
        for (int s = 0; s < length; s++)
            attend(room->wide + (long)(from + s) * step, room->place, length, d->heads, d->kv_heads, e, room->scores,
                   room->mixed + (long)(from + s) * d->width);
        from += length;
    }
}

/* Sources → what each of their positions is to all layers of a decoder. `first[b]`: where source b begins among
   `tokens`, and the number of tokens behind them all. 0: there was not enough memory. */
int transformer_read(const Transformer *d, const Linear *memory, const int64_t *token, const int64_t *first, int sources,
                     int threads, float *out) {
    int whole = 1, pieces = 0, piece[sources + 1];
    int64_t longest = 0;
    for (int b = 0; b < sources; b++) { /* as many together as are a stretch, one at least */
        if (first[b + 1] - first[b] > longest) longest = first[b + 1] - first[b];
        if (!pieces || first[b + 1] - first[piece[pieces - 1]] > BLOCK) piece[pieces++] = b;
    }
    piece[pieces] = sources;
    size_t most = longest > BLOCK ? longest : BLOCK;
    Buffers none;
    size_t bytes = buffers(d, most, longest, &none, NULL);
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (pieces > 1)
    for (int i = 0; i < pieces; i++) {
        const int64_t *begin = first + piece[i];
        int rows = first[piece[i + 1]] - *begin;
        Room left = {room_of(bytes)};
        if (!left.next) {
            whole = 0;
            continue;
        }
        Buffers room;
        buffers(d, most, longest, &room, &left);
        for (int r = 0; r < rows; r++)
            embed(d, token[*begin + r], (d->into.panels ? room.mixed : room.x) + (long)r * d->embedding);
        widen(d, rows, &room);
        for (int b = piece[i]; b < piece[i + 1]; b++)
            for (int64_t s = first[b]; s < first[b + 1]; s++) place(d, s - first[b], room.x + (s - *begin) * d->width);
        through(d, look_around, NULL, begin, rows, &room);
        linear(memory, room.x, d->width, out + *begin * memory->out, memory->out, rows, STORE);
    }
    return whole;
}
