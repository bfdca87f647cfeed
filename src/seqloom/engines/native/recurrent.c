/* A recurrent decoder: any cell, with attention of one query a step, or with one fixed vector. */

#include "fetch.h"

enum { TANH_CELL, LINEAR_CELL, LSTM_CELL, GRU_CELL };
enum { NOTHING, PRODUCTS, PERCEPTRON };

typedef struct {
    Linear input;  /* of what the layer reads, and, unless there is `hidden`, of the state behind it */
    Linear hidden; /* of the state, where the two halves are not just added up; no panels: they are */
    Norm norm_input, norm_hidden, norm_cell; /* no weight: none */
} Layer;

typedef struct {
    int32_t layers, width, cell, gates, residual;
    int32_t embedding;   /* how many numbers of a token are read; 0: the table holds what they are to the gates */
    int32_t feeds;       /* the last output is read */
    int32_t score, before, heads, inner; /* attention; `inner` is a head's */
    int32_t fixed;       /* the memory is one row, which is added to the gates */
    int32_t state, memory; /* numbers of a hypothesis, and of a position */
    int32_t unknown, vocabulary;
    float scale, window; /* no window: all positions are looked at */
    const float *table;  /* [vocabulary][embedding or gates] */
    const float *v;      /* of a perceptron */
    Linear query;        /* no panels: the state itself asks */
    Linear place;        /* where the window stands; no panels: it moves on by one a step */
    const float *place_v;
    Linear readout;      /* of the state; what attention fetched is added; no panels: the state itself is said */
    const Layer *layer;
} Decoder;

typedef struct {
    float *x;      /* what the layer reads, and its state: [inputs][width] */
    float *wide;   /* [gates][what is said]: values of the memory are already what they are to both */
    float *other;  /* the state's half of the gates */
    float *h, *query, *place, *scores;
} Buffers;

static long x_step(const Decoder *d) {
    long first = d->embedding + (d->feeds ? d->width : 0);
    return (first > d->width ? first : d->width) + d->width;
}

static long wide_step(const Decoder *d) { return d->gates + d->width; }

/* Laid out in `room`, if there is one; how many bytes they take. */
static size_t buffers(const Decoder *d, const Call *c, Buffers *found, Room *room) {
    size_t sizes[7] = {BLOCK * x_step(d),         BLOCK * wide_step(d),
                       (size_t)BLOCK * d->gates,  (size_t)BLOCK * d->width,
                       (size_t)BLOCK * d->heads * d->inner, (size_t)BLOCK * d->width,
                       TOGETHER * ((size_t)c->longest + VL)};
    float **part[7] = {&found->x, &found->wide, &found->other, &found->h, &found->query, &found->place, &found->scores};
    size_t bytes = 0;
    for (int i = 0; i < 7; i++) {
        bytes += rounded(sizes[i] * sizeof(float));
        if (room) *part[i] = floats(room, sizes[i]);
    }
    return bytes;
}

/* ---- attention ------------------------------------------------------------------------------------------------ */

static void score_by_perceptron(const Decoder *d, int rows, const float *q, const float *keys, int n, float *scores,
                                long step) {
    for (int s = 0; s < n; s++)
        for (int r = 0; r < rows; r++) {
            const float *query = q + (long)r * d->inner, *key = keys + (long)s * d->memory;
            vec sum = {};
            for (int i = 0; i < d->inner; i += VL) sum += at(d->v + i) * hyperbolic(at(query + i) + at(key + i));
            scores[r * step + s] = total(sum);
        }
}

/* Luong et al. 2015, section 3.2: the weights of the positions around p, and none elsewhere. */
static void look_around(const Decoder *d, const Call *c, int32_t row, const float *place, int n, float *scores) {
    int64_t here = c->position[row / c->beams];
    float p = here < n - 1 ? here : n - 1;
    if (place) p = n * sigmoid(all(dot(place, d->place_v, d->width)))[0];
    int first = fmaxf(ceilf(p - d->window), 0), last = fminf(floorf(p + d->window), n - 1);
    soften(scores + first, last - first + 1);
    for (int s = 0; s < n; s++) {
        if (s < first || s > last)
            scores[s] = 0;
        else if (place) {
            float away = (s - p) / d->window;
            scores[s] *= expf(-2 * away * away);
        }
    }
}

/* What the states `q` fetch is added to the gates, if they are yet to come, and to what is said. */
static void look(const Decoder *d, const Call *c, const int32_t *row, int rows, const Buffers *room) {
    const float *q = room->h;
    long q_step = d->width, step = c->longest + VL, all_heads = (long)d->heads * d->inner;
    if (d->query.panels) {
        linear(&d->query, q, d->width, room->query, all_heads, rows, STORE);
        q = room->query, q_step = all_heads;
    }
    if (d->place.panels) {
        linear(&d->place, q, q_step, room->place, d->width, rows, STORE);
        tanh_of(room->place, rows * d->width);
    }
    long skipped = d->before ? 0 : d->gates, values = wide_step(d) - skipped;
    for (int first = 0, some; first < rows; first += some) {
        some = together(c, row + first, rows - first);
        int64_t source = row[first] / c->beams;
        int n = c->source_length[source];
        const float *memory = c->memory[source];
        for (int h = 0; h < d->heads; h++) {
            const float *asked = q + first * q_step + h * d->inner, *keys = memory + h * d->inner;
            if (d->score == PERCEPTRON)
                score_by_perceptron(d, some, asked, keys, n, room->scores, step);
            else {
                memset(room->scores, 0, some * step * sizeof(float));
                meet(some, asked, q_step, keys, d->memory, n, d->inner, room->scores, step);
            }
            for (int r = 0; r < some; r++)
                if (d->window)
                    look_around(d, c, row[first + r], d->place.panels ? room->place + (first + r) * d->width : NULL,
                                n, room->scores + r * step);
                else
                    soften(room->scores + r * step, n);
            fetch(some, room->scores, step, memory + all_heads + h * values, d->memory, n, values,
                  room->wide + first * wide_step(d) + skipped, wide_step(d));
        }
    }
}

/* ---- cells ---------------------------------------------------------------------------------------------------- */

/* The new state of a row in the place of the old one: h, and an LSTM's c behind it. `u` is the state's half of the
   gates, where it is not yet part of `g`. */
static void gate(const Decoder *d, const Layer *layer, const float *g, const float *u, float *h) {
    int width = d->width;
    float *cell = h + width;
    for (int i = 0; i < width; i += VL) {
        int n = width - i < VL ? width - i : VL;
        vec of[4];
        int count = d->gates / width;
        for (int k = 0; k < count; k++) {
            of[k] = piece(g + k * width + i, n);
            if (u && !(d->cell == GRU_CELL && k == 2)) of[k] += piece(u + k * width + i, n);
        }
        if (d->cell == LINEAR_CELL) put_piece(h + i, n, of[0]);
        if (d->cell == TANH_CELL) put_piece(h + i, n, hyperbolic(of[0]));
        if (d->cell == GRU_CELL) {
            vec z = sigmoid(of[1]), now = hyperbolic(of[2] + sigmoid(of[0]) * piece(u + 2 * width + i, n));
            put_piece(h + i, n, (all(1) - z) * now + z * piece(h + i, n));
        }
        if (d->cell == LSTM_CELL) {
            vec kept = sigmoid(of[1]) * piece(cell + i, n) + sigmoid(of[0]) * hyperbolic(of[2]);
            put_piece(cell + i, n, kept);
            put_piece(h + i, n, sigmoid(of[3]));
        }
    }
    if (d->cell != LSTM_CELL) return;
    float normal[layer->norm_cell.weight ? width : 1];
    const float *said = cell;
    if (layer->norm_cell.weight) normalise(&layer->norm_cell, cell, normal, 1, width), said = normal;
    for (int i = 0; i < width; i += VL) {
        int n = width - i < VL ? width - i : VL;
        put_piece(h + i, n, piece(h + i, n) * hyperbolic(piece(said + i, n)));
    }
}

static float *state_of(const Decoder *d, const Call *c, int32_t row, int l) {
    return c->cell + (long)row * d->state + (long)l * d->width * (d->cell == LSTM_CELL ? 2 : 1);
}

/* One layer, of which the input stands in x: its output is h. */
static void recur(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, const Buffers *room) {
    const Layer *layer = &d->layer[l];
    long step = x_step(d), wide = wide_step(d);
    int inputs = l ? d->width : d->embedding + (d->feeds ? d->width : 0);
    for (int r = 0; r < rows; r++)
        memcpy(room->x + r * step + inputs, state_of(d, c, row[r], l), d->width * sizeof(float));
    if (layer->input.panels) linear(&layer->input, room->x, step, room->wide, wide, rows, l ? STORE : ADD);
    if (layer->hidden.panels)
        linear(&layer->hidden, room->x + inputs, step, room->other, d->gates, rows, STORE);
    if (layer->norm_hidden.weight) normalise(&layer->norm_hidden, room->other, room->other, rows, d->gates);
    for (int r = 0; r < rows; r++) {
        float *g = room->wide + r * wide, *h = state_of(d, c, row[r], l), *to = room->h + r * d->width;
        if (layer->norm_input.weight) normalise(&layer->norm_input, g, g, 1, d->gates);
        gate(d, layer, g, layer->hidden.panels ? room->other + r * d->gates : NULL, h);
        if (l && d->residual)
            add_scaled(to, h, 1, d->width);
        else
            memcpy(to, h, d->width * sizeof(float));
    }
}

/* ---- the step ------------------------------------------------------------------------------------------------- */

static void embed(const Decoder *d, const Call *c, const int32_t *row, int rows, const Buffers *room) {
    long step = x_step(d), wide = wide_step(d);
    for (int r = 0; r < rows; r++) {
        int64_t token = c->token[row[r]];
        if (token >= d->vocabulary) token = d->unknown;
        float *x = room->x + r * step, *g = room->wide + r * wide;
        memset(g, 0, wide * sizeof(float));
        if (d->embedding)
            for (int i = 0; i < d->embedding; i++) x[i] = d->table[token * d->embedding + i] * d->scale;
        else
            memcpy(g, d->table + token * d->gates, d->gates * sizeof(float));
        if (d->feeds)
            memcpy(x + d->embedding, c->cell + (long)(row[r] + 1) * d->state - d->width, d->width * sizeof(float));
        if (d->fixed) add_scaled(g, c->memory[row[r] / c->beams], 1, d->gates);
    }
}

static void stretch(const void *decoder, const Output *o, const Call *c, const int32_t *row, int rows, Room room_left) {
    const Decoder *d = decoder;
    Buffers made;
    const Buffers *room = &made;
    buffers(d, c, &made, &room_left);
    int width = d->width;
    embed(d, c, row, rows, room);
    if (d->before) {
        for (int r = 0; r < rows; r++)
            memcpy(room->h + r * width, state_of(d, c, row[r], d->layers - 1), width * sizeof(float));
        look(d, c, row, rows, room);
    }
    for (int l = 0; l < d->layers; l++) {
        if (l)
            for (int r = 0; r < rows; r++)
                memcpy(room->x + r * x_step(d), room->h + r * width, width * sizeof(float));
        recur(d, c, l, row, rows, room);
    }
    if (d->readout.panels) {
        float *said = room->wide + d->gates;
        if (!d->before) look(d, c, row, rows, room);
        linear(&d->readout, room->h, width, said, wide_step(d), rows, ADD);
        for (int r = 0; r < rows; r++) {
            float *to = room->h + r * width;
            memcpy(to, said + r * wide_step(d), width * sizeof(float));
            tanh_of(to, width);
            if (d->feeds) memcpy(c->cell + (long)(row[r] + 1) * d->state - width, to, width * sizeof(float));
        }
    }
    project(o, c, room->h, width, row, rows, room_left);
}

int recurrent_step(const Decoder *d, const Output *o, const Call *c) {
    Buffers none;
    return each_stretch(stretch, buffers(d, c, &none, NULL), d, o, c);
}
