/* What hypotheses of one source fetch from it: they stand next to each other, and read each of its positions once. */

#pragma once

#include "step.h"

/* scores_rs += q_r · key_s */
static inline __attribute__((always_inline)) void add_products(int rows, const float *q, long q_step, const float *keys,
                                                               long apart, int n, int width, float *scores,
                                                               long step) {
    for (int s = 0; s < n; s += 2) {
        const float *one = keys + s * apart, *other = s + 1 < n ? one + apart : one;
        float found[TOGETHER][2];
        two_products(rows, q, q_step, one, other, width, found);
        for (int r = 0; r < rows; r++) {
            scores[r * step + s] += found[r][0];
            if (s + 1 < n) scores[r * step + s + 1] += found[r][1];
        }
    }
}

/* y_r += Σ_s weight_rs value_s */
static inline __attribute__((always_inline)) void add_values(int rows, const float *weights, long step,
                                                             const float *values, long apart, int n, int width,
                                                             float *y, long y_step) {
    int i = 0;
    for (; i + NR <= width; i += NR) {
        vec sums[TOGETHER][2];
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (vec){};
        for (int s = 0; s < n; s++) {
            vec left = at(values + s * apart + i), right = at(values + s * apart + i + VL);
#pragma GCC unroll 6
            for (int r = 0; r < rows; r++) {
                vec weight = all(weights[r * step + s]);
                sums[r][0] += weight * left;
                sums[r][1] += weight * right;
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            *(vec *)(y + r * y_step + i) += sums[r][0];
            *(vec *)(y + r * y_step + i + VL) += sums[r][1];
        }
    }
    if (i < width)
        for (int r = 0; r < rows; r++)
            for (int s = 0; s < n; s++)
                add_scaled(y + r * y_step + i, values + s * apart + i, weights[r * step + s], width - i);
}

#define EACH_NUMBER(does, rows, ...)                                                                     \
    switch (rows) {                                                                                      \
        case 1: does(1, __VA_ARGS__); break;                                                             \
        case 2: does(2, __VA_ARGS__); break;                                                             \
        case 3: does(3, __VA_ARGS__); break;                                                             \
        case 4: does(4, __VA_ARGS__); break;                                                             \
        case 5: does(5, __VA_ARGS__); break;                                                             \
        case 6: does(6, __VA_ARGS__); break;                                                             \
    }

static inline void meet(int rows, const float *q, long q_step, const float *keys, long apart, int n, int width,
                        float *scores, long step) {
    EACH_NUMBER(add_products, rows, q, q_step, keys, apart, n, width, scores, step)
}

static inline void fetch(int rows, const float *weights, long step, const float *values, long apart, int n, int width,
                         float *y, long y_step) {
    EACH_NUMBER(add_values, rows, weights, step, values, apart, n, width, y, y_step)
}

static inline void soften(float *scores, int n) {
    if (n < 1) return;
    float sum = sum_of_exponentials(scores, n, largest(scores, n), 1);
    for (int s = 0; s < n; s++) scores[s] /= sum;
}
