/* One step of a Transformer decoder for many hypotheses, on a processor.

   Rows are independent, so each thread takes a stretch of them through all layers, while the stretch stays in its
   cache. Weights lie in panels of NR columns (`packing.py`), in the order in which they are read. Compiled for the very
   processor that it runs on; nothing here knows of Python. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__AVX__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VL 16
#define MR 12
#elif defined(__AVX__)
#define VL 8
#define MR 6
#else
#define VL 4
#define MR 6
#endif
#define NR (2 * VL)
#define BLOCK 96 /* rows that go through the layers together: what is made of them stays in the second cache */
#define FEW 48   /* rows that are projected onto the vocabulary together */

typedef float vec __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(VL * 4), aligned(4), may_alias));

int panel_width(void) { return NR; }

/* ---- vectors ------------------------------------------------------------------------------------------------- */

static inline vec all(float x) { return x - (vec){}; }
static inline vec at(const float *x) { return *(const vec *)x; }
static inline vec choose(ivec which, vec a, vec b) { return (vec)(((ivec)a & which) | ((ivec)b & ~which)); }

static inline float total(vec x) {
    float sum = 0;
    for (int i = 0; i < VL; i++) sum += x[i];
    return sum;
}

static inline int any_above(vec x, float bound) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(bound), _CMP_GT_OQ) != 0;
#elif defined(__AVX__)
    return _mm256_movemask_ps(_mm256_cmp_ps((__m256)x, _mm256_set1_ps(bound), _CMP_GT_OQ)) != 0;
#else
    ivec above = x > all(bound);
    int32_t found = 0;
    for (int i = 0; i < VL; i++) found |= above[i];
    return found;
#endif
}

/* e^x for x ≤ 0 to about one part in ten million; below e^-87 nothing is told apart; NaN stays NaN. */
static inline vec exponential(vec x) {
    x = choose(x < all(-87.0f), all(-87.0f), x);
    vec shifted = x * all(1.44269504f) + all(12582912.0f); /* 1.5 · 2^23: what is behind the point falls away */
    vec n = shifted - all(12582912.0f);
    vec r = x - n * all(0.693359375f) + n * all(2.12194440e-4f);
    vec p = all(1.9875691500e-4f);
    p = p * r + all(1.3981999507e-3f);
    p = p * r + all(8.3334519073e-3f);
    p = p * r + all(4.1665795894e-2f);
    p = p * r + all(1.6666665459e-1f);
    p = p * r + all(5.0000001201e-1f);
    p = p * r * r + r + all(1.0f);
    return (vec)((ivec)p + ((ivec)shifted << 23));
}

static float largest(const float *x, int n) {
    float most = x[0];
    int i = 0;
    if (n >= VL) {
        vec most_v = at(x);
        for (i = VL; i + VL <= n; i += VL) most_v = choose(at(x + i) > most_v, at(x + i), most_v);
        most = most_v[0];
        for (int j = 1; j < VL; j++) most = most_v[j] > most ? most_v[j] : most;
    }
    for (; i < n; i++) most = x[i] > most ? x[i] : most;
    return most;
}

/* Σ e^(x - most); the terms themselves in their place if they are wanted. */
static float sum_of_exponentials(float *x, int n, float most, int keep) {
    vec sum_v = {};
    int i = 0;
    for (; i + VL <= n; i += VL) {
        vec e = exponential(at(x + i) - all(most));
        if (keep) *(vec *)(x + i) = e;
        sum_v += e;
    }
    float sum = total(sum_v);
    for (; i < n; i++) {
        float e = exponential(all(x[i] - most))[0];
        if (keep) x[i] = e;
        sum += e;
    }
    return sum;
}

/* ---- y = W x + b --------------------------------------------------------------------------------------------- */

typedef struct {
    const float *panels; /* [out / NR][in][NR] */
    const float *bias;   /* as many as the panels have columns; or none */
    int32_t in, out;
} Linear;

enum { STORE, ADD, RELU, GELU, SIGMOID };

static inline vec activated(vec x, int how) {
    if (how == RELU) return choose(x > all(0), x, all(0));
    if (how == GELU)
        for (int i = 0; i < VL; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
    if (how == SIGMOID)
        for (int i = 0; i < VL; i++) x[i] = 1 / (1 + expf(-x[i]));
    return x;
}

/* `rows` rows and NR columns; a constant number of rows, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void tile(int rows, const Linear *w, int panel, const float *x, long x_step,
                                                       float *y, long y_step, int how) {
    const float *weights = w->panels + (long)panel * w->in * NR;
    vec sums[MR][2];
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (vec){};
    for (int k = 0; k < w->in; k++) {
        vec left = at(weights + (long)k * NR), right = at(weights + (long)k * NR + VL);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            vec value = all(x[r * x_step + k]);
            sums[r][0] += value * left;
            sums[r][1] += value * right;
        }
    }
    int columns = w->out - panel * NR;
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            float *to = y + r * y_step + panel * NR + half * VL;
            int there = columns - half * VL;
            vec sum = sums[r][half];
            if (w->bias) sum += at(w->bias + panel * NR + half * VL);
            sum = activated(sum, how);
            if (there >= VL) {
                if (how == ADD) sum += at(to);
                *(vec *)to = sum;
            } else
                for (int i = 0; i < there; i++) to[i] = how == ADD ? to[i] + sum[i] : sum[i];
        }
}

static void linear(const Linear *w, const float *x, long x_step, float *y, long y_step, int rows, int how) {
    int panels = (w->out + NR - 1) / NR;
    for (int panel = 0; panel < panels; panel++) {
        int row = 0;
        for (; row + MR <= rows; row += MR)
            tile(MR, w, panel, x + row * x_step, x_step, y + row * y_step, y_step, how);
#define REST(n) \
    case n: tile(n, w, panel, x + row * x_step, x_step, y + row * y_step, y_step, how); break;
        switch (rows - row) {
            REST(1) REST(2) REST(3) REST(4) REST(5)
#if MR > 6
            REST(6) REST(7) REST(8) REST(9) REST(10) REST(11)
#endif
        }
#undef REST
    }
}

/* ---- normalisation ------------------------------------------------------------------------------------------- */

typedef struct {
    const float *weight, *bias; /* bias: none where only the square is made one (RMS) */
    float epsilon;
} Norm;

static void normalise(const Norm *norm, const float *x, float *y, int rows, int width) {
    for (int r = 0; r < rows; r++, x += width, y += width) {
        vec sum = {}, square = {};
        float mean = 0, variance = 0;
        int i = 0;
        if (norm->bias) {
            for (; i + VL <= width; i += VL) sum += at(x + i);
            mean = total(sum);
            for (; i < width; i++) mean += x[i];
            mean /= width;
        }
        for (i = 0; i + VL <= width; i += VL) {
            vec d = at(x + i) - all(mean);
            square += d * d;
        }
        variance = total(square);
        for (; i < width; i++) variance += (x[i] - mean) * (x[i] - mean);
        float scale = 1 / sqrtf(variance / width + norm->epsilon);
        for (i = 0; i < width; i++)
            y[i] = (x[i] - mean) * scale * norm->weight[i] + (norm->bias ? norm->bias[i] : 0);
    }
}

/* ---- attention ----------------------------------------------------------------------------------------------- */

static inline float dot(const float *a, const float *b, int n) {
    vec sum = {};
    int i = 0;
    for (; i + VL <= n; i += VL) sum += at(a + i) * at(b + i);
    float found = total(sum);
    for (; i < n; i++) found += a[i] * b[i];
    return found;
}

static inline void add_scaled(float *y, const float *x, float scale, int n) {
    int i = 0;
    for (; i + VL <= n; i += VL) *(vec *)(y + i) += at(x + i) * all(scale);
    for (; i < n; i++) y[i] += x[i] * scale;
}

/* softmax(q kᵀ) v for one hypothesis; `place[t]` is where the keys of position t begin, its values `apart` behind them.
   The query brings 1/√E with it. */
static void attend(const float *q, const float *const *place, int n, int heads, int kv_heads, int e, float *scores,
                   float *out) {
    int group = heads / kv_heads;
    for (int h = 0; h < heads; h++) {
        int of = h / group * e;
        for (int t = 0; t < n; t++) scores[t] = dot(q + h * e, place[t] + of, e);
        float sum = sum_of_exponentials(scores, n, largest(scores, n), 1);
        float *to = out + h * e;
        memset(to, 0, e * sizeof(float));
        for (int t = 0; t < n; t++) add_scaled(to, place[t] + kv_heads * e + of, scores[t], e);
        for (int i = 0; i < e; i++) to[i] /= sum;
    }
}

/* ---- the decoder --------------------------------------------------------------------------------------------- */

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
    Linear bridge;          /* before the output; no panels: none */
    const Layer *layer;
} Decoder;

typedef struct {
    int32_t rows, beams, threads;
    const int32_t *row;          /* which hypotheses are alive */
    const int64_t *token;        /* [N] */
    const int64_t *position;     /* [B] */
    int64_t *beam;               /* [N][·]: who of its source read each token before; none where K is 1 */
    int64_t beam_step;
    float **past;                /* [B] of [·][K][layers · 2 · kv width] */
    float *cell;                 /* [N][layers · width], of an SSRU */
    const float **memory;        /* [B] of [·][layers · 2 · kv width] */
    const int64_t *source_length; /* [B] */
    int64_t longest;             /* of all answers and sources */
    float *hidden;               /* [N][width]; none: not wanted */
    Linear output;
    const int64_t **list;        /* [B]: the tokens that each source's answer is made of; none: all are */
    const int64_t *list_length;  /* [B] */
    const float *token_weight;   /* [V][in] and … */
    const float *token_bias;     /* … [V], for lists; no bias: none */
    int32_t count, end;          /* how many of the best; the end's id */
    int32_t never;               /* the token that has no probability */
    int32_t num_barred;
    const int32_t *barred;       /* columns that are not among the best */
    float *best_logp;            /* [N][count], the best first */
    int64_t *best_id;
    float *end_logp;             /* [N] */
} Call;

typedef struct {
    float *x, *h, *wide, *mixed, *scores, *logits;
    const float **place;
} Room;

static int widest(const Decoder *d) {
    int kv = d->width / d->heads * d->kv_heads, most = d->width + 2 * kv;
    if (2 * d->width > most) most = 2 * d->width;
    for (int l = 0; l < d->layers; l++)
        if (d->layer[l].inner.out > most) most = d->layer[l].inner.out;
    return most > d->embedding ? most : d->embedding;
}

static _Thread_local void *kept = NULL;
static _Thread_local size_t kept_size = 0;

/* Memory that a thread keeps from step to step. */
static int make_room(Room *room, const Decoder *d, const Call *c) {
    long length = c->longest;
    int width = d->width > d->embedding ? d->width : d->embedding;
    size_t sizes[6] = {(size_t)BLOCK * width, (size_t)BLOCK * width, (size_t)BLOCK * widest(d),
                       (size_t)BLOCK * (width > d->layer[0].outer.in ? width : d->layer[0].outer.in),
                       (size_t)length + VL, (size_t)FEW * (c->output.out + NR)};
    size_t bytes = ((size_t)length + 1) * sizeof(float *);
    for (int i = 0; i < 6; i++) bytes += (sizes[i] * sizeof(float) + 63) / 64 * 64;
    if (bytes > kept_size) {
        free(kept);
        kept = malloc(bytes);
        kept_size = kept ? bytes : 0;
        if (!kept) return 0;
    }
    char *next = kept;
    float **part[6] = {&room->x, &room->h, &room->wide, &room->mixed, &room->scores, &room->logits};
    for (int i = 0; i < 6; i++) {
        *part[i] = (float *)next;
        next += (sizes[i] * sizeof(float) + 63) / 64 * 64;
    }
    room->place = (const float **)next;
    return 1;
}

static void embed(const Decoder *d, const Call *c, const int32_t *row, int rows, Room *room) {
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

static void self_attention(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, Room *room) {
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

static void ssru(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, Room *room) {
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

static void cross_attention(const Decoder *d, const Call *c, int l, const int32_t *row, int rows, Room *room) {
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

static void feed_forward(const Decoder *d, int l, int rows, Room *room) {
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

/* The best of a row of scores: what is above the worst of them so far takes its place. */
static void rank(const Call *c, float *logits, int columns, const int64_t *ids, int64_t n) {
    int count = c->count, end_column = c->end;
    if (ids)
        for (end_column = 0; end_column < columns - 1 && ids[end_column] != c->end;) end_column++;
    else
        logits[c->never] = -1e30f;
    float most = largest(logits, columns);
    float log_sum = most + logf(sum_of_exponentials(logits, columns, most, 0));
    float end = logits[end_column] - log_sum;
    if (!ids) /* a list has none of these */
        for (int i = 0; i < c->num_barred; i++) logits[c->barred[i]] = -INFINITY;
    for (int i = columns; i % VL; i++) logits[i] = -INFINITY;
    float *best = c->best_logp + n * count;
    int64_t *id = c->best_id + n * count;
    for (int i = 0; i < count; i++) best[i] = -INFINITY, id[i] = 0;
    for (int j = 0; j < columns; j += VL) {
        if (!any_above(at(logits + j), best[count - 1])) continue;
        for (int v = j; v < j + VL; v++) {
            if (!(logits[v] > best[count - 1])) continue;
            int place = count - 1;
            for (; place > 0 && logits[v] > best[place - 1]; place--) {
                best[place] = best[place - 1];
                id[place] = id[place - 1];
            }
            best[place] = logits[v];
            id[place] = v;
        }
    }
    for (int i = 0; i < count; i++) {
        best[i] -= log_sum;
        if (ids) id[i] = ids[id[i]];
    }
    if (isnan(log_sum)) best[0] = log_sum;
    c->end_logp[n] = end;
}

/* The scores of two tokens for `rows` hypotheses of one source. */
static inline __attribute__((always_inline)) void two_tokens(int rows, const float *x, long width, const float *one,
                                                             const float *other, float *logits, long step) {
    vec sums[6][2];
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (vec){};
    long k = 0;
    for (; k + VL <= width; k += VL) {
        vec left = at(one + k), right = at(other + k);
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            vec value = at(x + r * width + k);
            sums[r][0] += value * left;
            sums[r][1] += value * right;
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) {
        float found[2] = {total(sums[r][0]), total(sums[r][1])};
        for (long i = k; i < width; i++) {
            found[0] += x[r * width + i] * one[i];
            found[1] += x[r * width + i] * other[i];
        }
        logits[r * step] = found[0];
        logits[r * step + 1] = found[1];
    }
}

/* Of a list the weights are not side by side: each token's are read once for all hypotheses of its source. */
static void project_list(const Call *c, const float *x, long width, const int32_t *row, int rows, Room *room) {
    int64_t source = row[0] / c->beams, tokens = c->list_length[source];
    const int64_t *list = c->list[source];
    long step = tokens + NR;
    for (int64_t j = 0; j < tokens; j += 2) {
        int64_t other = j + 1 < tokens ? j + 1 : j;
        const float *one_w = c->token_weight + list[j] * width, *other_w = c->token_weight + list[other] * width;
        float *to = room->logits + j;
#define ROWS(n) \
    case n: two_tokens(n, x, width, one_w, other_w, to, step); break;
        switch (rows) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) }
#undef ROWS
        if (c->token_bias)
            for (int r = 0; r < rows; r++) {
                to[r * step] += c->token_bias[list[j]];
                to[r * step + 1] += c->token_bias[list[other]];
            }
    }
    for (int r = 0; r < rows; r++) rank(c, room->logits + r * step, tokens, list, row[r]);
}

static void project(const Decoder *d, const Call *c, const int32_t *row, int rows, Room *room) {
    const float *x = room->x;
    long width = d->width;
    if (d->bridge.panels) {
        width = d->bridge.out;
        linear(&d->bridge, room->x, d->width, room->mixed, width, rows, STORE);
        x = room->mixed;
    }
    if (c->list) {
        for (int first = 0, next; first < rows; first = next) {
            for (next = first + 1; next < rows && next < first + 6; next++)
                if (row[next] / c->beams != row[first] / c->beams) break;
            project_list(c, x + first * width, width, row + first, next - first, room);
        }
        return;
    }
    long step = c->output.out + NR;
    for (int first = 0; first < rows; first += FEW) {
        int some = rows - first < FEW ? rows - first : FEW;
        linear(&c->output, x + first * width, width, room->logits, step, some, STORE);
        for (int r = 0; r < some; r++) rank(c, room->logits + r * step, c->output.out, NULL, row[first + r]);
    }
}

static void stretch(const Decoder *d, const Call *c, const int32_t *row, int rows, Room *room) {
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
    if (c->count) project(d, c, row, rows, room);
}

/* One step of the rows that are alive. 0: there was not enough memory. */
int step(const Decoder *d, const Call *c) {
    int whole = 1;
    /* As many stretches as threads at least, and of tiles that are full. */
    int size = ((c->rows + c->threads - 1) / c->threads + MR - 1) / MR * MR;
    int pieces = (size + BLOCK - 1) / BLOCK;
    size = ((size + pieces - 1) / pieces + MR - 1) / MR * MR;
    if (size > BLOCK) size = BLOCK;
    int stretches = (c->rows + size - 1) / size;
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (stretches > 1)
    for (int i = 0; i < stretches; i++) {
        Room room;
        int first = i * size, rows = c->rows - first < size ? c->rows - first : size;
        if (make_room(&room, d, c))
            stretch(d, c, c->row + first, rows, &room);
        else
            whole = 0;
    }
    return whole;
}
