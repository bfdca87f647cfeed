/* What layers are made of: products, norms and attention. */

#pragma once

#include "vectors.h"

/* y = W x + b */
typedef struct {
    const float *panels; /* [out / NR][in][NR] */
    const float *bias;   /* as many as the panels have columns; or none */
    const int16_t *shorts;    /* the weights once more as integers, [out / NR][in / 2][NR][2]; or none */
    const float *short_scale; /* as many: what a column's integers are times */
    int32_t in, out;
} Linear;

/* Some columns of it, from a panel's first. */
static inline Linear columns_of(const Linear *w, int first, int columns) {
    return (Linear){.panels = w->panels + (long)first * w->in, .bias = w->bias ? w->bias + first : NULL,
                    .shorts = w->shorts ? w->shorts + (long)first * (w->in + w->in % 2) : NULL,
                    .short_scale = w->short_scale ? w->short_scale + first : NULL, .in = w->in, .out = columns};
}

enum { STORE, ADD, RELU, GELU, SIGMOID };

static inline vec activated(vec x, int how) {
    if (how == RELU) return choose(x > all(0), x, all(0));
    if (how == GELU)
        for (int i = 0; i < VL; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
    if (how == SIGMOID)
        for (int i = 0; i < VL; i++) x[i] = 1 / (1 + expf(-x[i]));
    return x;
}

static inline void leave(vec sum, int columns, float *to, int how) {
    sum = activated(sum, how);
    if (columns >= VL) {
        if (how == ADD) sum += at(to);
        *(vec *)to = sum;
    } else
        for (int i = 0; i < columns; i++) to[i] = how == ADD ? to[i] + sum[i] : sum[i];
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
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            int from = panel * NR + half * VL;
            vec sum = sums[r][half];
            if (w->bias) sum += at(w->bias + from);
            leave(sum, w->out - from, y + r * y_step + from, how);
        }
}

/* All rows in tiles that are full, and one that is not. */
#define EACH_TILE(TILE)                                                                                              \
    for (int panel = 0; panel < (w->out + NR - 1) / NR; panel++) {                                                   \
        int row = 0;                                                                                                 \
        for (; row + MR <= rows; row += MR) TILE(MR)                                                                 \
        switch (rows - row) {                                                                                        \
            case 1: TILE(1) break;                                                                                   \
            case 2: TILE(2) break;                                                                                   \
            case 3: TILE(3) break;                                                                                   \
            case 4: TILE(4) break;                                                                                   \
            case 5: TILE(5) break;                                                                                   \
            MORE_TILES(TILE)                                                                                         \
        }                                                                                                            \
    }
#if MR > 6
#define MORE_TILES(TILE)                                                                                             \
    case 6: TILE(6) break;                                                                                           \
    case 7: TILE(7) break;                                                                                           \
    case 8: TILE(8) break;                                                                                           \
    case 9: TILE(9) break;                                                                                           \
    case 10: TILE(10) break;                                                                                         \
    case 11: TILE(11) break;
#else
#define MORE_TILES(TILE)
#endif

#include "shorts.h"

static inline void linear(const Linear *w, const float *x, long x_step, float *y, long y_step, int rows, int how) {
    if (w->shorts) {
        short_linear(w, x, x_step, y, y_step, rows, how);
        return;
    }
#define TILE(n) tile(n, w, panel, x + row * x_step, x_step, y + row * y_step, y_step, how);
    EACH_TILE(TILE)
#undef TILE
}

typedef struct {
    const float *weight, *bias; /* bias: none where only the square is made one (RMS) */
    float epsilon;
} Norm;

static inline void normalise(const Norm *norm, const float *x, float *y, int rows, int width) {
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

#define TOGETHER 6 /* hypotheses of one source that read what it has at once */

/* x_r · one and x_r · other, for a constant number of rows. */
static inline __attribute__((always_inline)) void two_products(int rows, const float *x, long x_step, const float *one,
                                                               const float *other, long width, float (*found)[2]) {
    vec sums[TOGETHER][2];
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (vec){};
    long k = 0;
    for (; k + VL <= width; k += VL) {
        vec left = at(one + k), right = at(other + k);
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            vec value = at(x + r * x_step + k);
            sums[r][0] += value * left;
            sums[r][1] += value * right;
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) {
        found[r][0] = total(sums[r][0]), found[r][1] = total(sums[r][1]);
        for (long i = k; i < width; i++) {
            found[r][0] += x[r * x_step + i] * one[i];
            found[r][1] += x[r * x_step + i] * other[i];
        }
    }
}

/* Σ_t weight[t] · (what lies `apart` behind place[t]), for `wide` registers of it. */
static inline __attribute__((always_inline)) void mix(int wide, const float *const *place, long apart, int n,
                                                      const float *weight, float scale, float *out) {
    vec sums[4];
#pragma GCC unroll 4
    for (int i = 0; i < wide; i++) sums[i] = (vec){};
    for (int t = 0; t < n; t++) {
        vec by = all(weight[t]);
#pragma GCC unroll 4
        for (int i = 0; i < wide; i++) sums[i] += by * at(place[t] + apart + i * VL);
    }
#pragma GCC unroll 4
    for (int i = 0; i < wide; i++) *(vec *)(out + i * VL) = sums[i] * all(scale);
}

/* softmax(q kᵀ) v for one hypothesis; `place[t]` is where the keys of position t begin, with the values behind them.
   The query brings 1/√E with it. */
static inline void attend(const float *q, const float *const *place, int n, int heads, int kv_heads, int e, float *scores,
                          float *out) {
    int group = heads / kv_heads;
    for (int h = 0; h < heads; h++) {
        long of = h / group * e, values = kv_heads * e + of;
        for (int t = 0; t < n; t++) scores[t] = dot(q + h * e, place[t] + of, e);
        float scale = 1 / sum_of_exponentials(scores, n, largest(scores, n), 1);
        float *to = out + h * e;
        int i = 0;
        for (; i + 4 * VL <= e; i += 4 * VL) mix(4, place, values + i, n, scores, scale, to + i);
        for (; i + VL <= e; i += VL) mix(1, place, values + i, n, scores, scale, to + i);
        for (; i < e; i++) {
            float sum = 0;
            for (int t = 0; t < n; t++) sum += scores[t] * place[t][values + i];
            to[i] = sum * scale;
        }
    }
}
