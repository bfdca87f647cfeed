/* A convolutional decoder: gated convolutions over what was said, an attention in each layer (Gehring et al. 2017). */

#include "fetch.h"

typedef struct {
    const Linear *convolution; /* [kernel]: of the newest input, of the one before it, … */
    const float *always;       /* [width]: what attention adds wherever it looks */
} Layer;

typedef struct {
    int32_t layers, width, kernel, embedding, memory, unknown, vocabulary;
    int32_t ahead; /* a token's row holds, behind its vector, what it is to the first layer: its input, and each product
                      of that; else the vector alone */
    const float *table;     /* [vocabulary][…] */
    const float *positions; /* [longest][…]: the same of what a position adds; none: nothing */
    Linear into, out;
    const Layer *layer;
} Decoder;

#define HALF 0.70710678f /* √½ */

typedef struct {
    float *token, *x, *wide;
    float *older, *product; /* inputs that came before, each once, and what they are to the newest */
    float *known;           /* what each token's own vector scores */
    float *scores;
    int32_t *place;  /* [BLOCK]: which of them a row descends from */
    int32_t *met;    /* [beams]: where one of them already is */
} Buffers;

/* Laid out in `room`, if there is one; how many bytes they take. */
static size_t buffers(const Decoder *d, const Call *c, Buffers *found, Room *room) {
    size_t step = c->longest + VL, width = d->width;
    size_t sizes[7] = {(size_t)BLOCK * d->embedding, BLOCK * width, BLOCK * width * 2, BLOCK * width, BLOCK * width * 2,
                       BLOCK * step, TOGETHER * step};
    float **part[7] = {&found->token, &found->x, &found->wide, &found->older, &found->product, &found->known, &found->scores};
    size_t bytes = 0;
    for (int i = 0; i < 7; i++) {
        bytes += rounded(sizes[i] * sizeof(float));
        if (room) *part[i] = floats(room, sizes[i]);
    }
    size_t places = rounded(BLOCK * sizeof(int32_t));
    if (room) {
        found->place = (int32_t *)room->next;
        found->met = (int32_t *)(room->next + places);
        room->next += places + rounded(c->beams * sizeof(int32_t));
    }
    return bytes + places + rounded(c->beams * sizeof(int32_t));
}

static long table_step(const Decoder *d) {
    return d->embedding + (d->ahead ? (1 + 2 * d->kernel) * (long)d->width : 0);
}

/* Of a token at a position `size` numbers from `first` on; they are added or put down. */
static void recall(const Decoder *d, int64_t token, int64_t position, long first, int size, float *to, int add) {
    const float *of_token = d->table + (token < d->vocabulary ? token : d->unknown) * table_step(d) + first;
    if (add)
        add_scaled(to, of_token, 1, size);
    else
        memcpy(to, of_token, size * sizeof(float));
    if (d->positions) add_scaled(to, d->positions + position * table_step(d) + first, 1, size);
}

static void embed(const Decoder *d, const Call *c, const int32_t *row, int rows, const Buffers *room) {
    long step = c->longest + VL;
    for (int r = 0; r < rows; r++) {
        int64_t token = c->token[row[r]], here = c->position[row[r] / c->beams];
        recall(d, token, here, 0, d->embedding, room->token + (long)r * d->embedding, 0);
        if (d->ahead) recall(d, token, here, d->embedding, d->width, room->x + (long)r * d->width, 0);
        if (c->beam) c->beam[row[r] * c->beam_step + here] = row[r] % c->beams;
    }
    if (!d->ahead) linear(&d->into, room->token, d->embedding, room->x, d->width, rows, STORE);
    memset(room->known, 0, rows * step * sizeof(float));
    for (int first = 0, some; first < rows; first += some) {
        some = together(c, row + first, rows - first);
        int64_t source = row[first] / c->beams;
        meet(some, room->token + (long)first * d->embedding, d->embedding, c->memory[source], d->memory,
             c->source_length[source], d->embedding, room->known + first * step, step);
    }
}

/* Where the input of a layer lies that a hypothesis read `back` steps ago; none: it had not begun. */
static float *earlier(const Decoder *d, const Call *c, int l, int32_t row, int back) {
    int64_t source = row / c->beams, t = c->position[source] - back;
    if (t < 0) return NULL;
    int64_t of = c->beam ? c->beam[row * c->beam_step + t] : 0;
    return c->past[source] + ((t * c->beams + of) * d->layers + l) * d->width;
}

/* The first layer by the table: of what was read only the tokens are kept. */
static void convolve_tokens(const Decoder *d, const Call *c, const int32_t *row, int rows, const Buffers *room) {
    int wide = 2 * d->width;
    for (int r = 0; r < rows; r++) {
        int64_t here = c->position[row[r] / c->beams], token = c->token[row[r]];
        if (d->kernel > 1) *earlier(d, c, 0, row[r], 0) = token < d->vocabulary ? token : d->unknown;
        for (int back = 0; back < d->kernel; back++) {
            const float *read = back ? earlier(d, c, 0, row[r], back) : NULL;
            if (back && !read) break;
            recall(d, back ? *read : token, here - back, d->embedding + d->width + (long)back * wide, wide,
                   room->wide + (long)r * wide, back > 0);
        }
    }
}

/* Hypotheses of a source soon descend from few: the product of what these read is made once. */
static void convolve(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int width = d->width, wide = 2 * width;
    const Linear *convolution = d->layer[l].convolution;
    linear(convolution, room->x, width, room->wide, wide, rows, STORE);
    if (d->kernel == 1) return;
    for (int r = 0; r < rows; r++)
        memcpy(earlier(d, c, l, row[r], 0), room->x + (long)r * width, width * sizeof(float));
    for (int back = 1; back < d->kernel; back++) {
        int count = 0;
        for (int r = 0; r < rows; r++) {
            if (!r || row[r] / c->beams != row[r - 1] / c->beams)
                for (int k = 0; k < c->beams; k++) room->met[k] = -1;
            const float *read = earlier(d, c, l, row[r], back);
            room->place[r] = -1;
            if (!read) continue;
            int64_t t = c->position[row[r] / c->beams] - back, of = c->beam ? c->beam[row[r] * c->beam_step + t] : 0;
            if (room->met[of] < 0) {
                memcpy(room->older + (long)count * width, read, width * sizeof(float));
                room->met[of] = count++;
            }
            room->place[r] = room->met[of];
        }
        linear(convolution + back, room->older, width, room->product, wide, count, STORE);
        for (int r = 0; r < rows; r++)
            if (room->place[r] >= 0)
                add_scaled(room->wide + (long)r * wide, room->product + (long)room->place[r] * wide, 1, wide);
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
   all layers' keys and all layers' values. */
static void look(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    int width = d->width;
    long step = c->longest + VL;
    for (int first = 0, some; first < rows; first += some) {
        some = together(c, row + first, rows - first);
        int64_t source = row[first] / c->beams;
        int n = c->source_length[source];
        const float *memory = c->memory[source], *bias = memory + d->embedding + l;
        const float *keys = memory + d->embedding + d->layers + (long)l * width;
        for (int r = 0; r < some; r++)
            for (int s = 0; s < n; s++)
                room->scores[r * step + s] = room->known[(first + r) * step + s] + bias[(long)s * d->memory];
        meet(some, room->wide + (long)first * 2 * width, 2 * width, keys, d->memory, n, width, room->scores, step);
        for (int r = 0; r < some; r++) soften(room->scores + r * step, n);
        fetch(some, room->scores, step, keys + (long)d->layers * width, d->memory, n, width, room->x + (long)first * width, width);
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
        if (d->ahead && !l)
            convolve_tokens(d, c, row, rows, room);
        else
            convolve(d, c, l, row, rows, room);
        pass(d, l, rows, room);
        look(d, c, l, row, rows, room);
    }
    linear(&d->out, room->x, width, room->token, d->embedding, rows, STORE);
    project(o, c, room->token, d->embedding, row, rows, room_left);
}

int conv_step(const Decoder *d, const Output *o, const Call *c) {
    Buffers none;
    return each_stretch(stretch, buffers(d, c, &none, NULL), d, o, c);
}
