/* What hypotheses of one source fetch from it: they stand next to each other, and read each of its positions once. */

#pragma once

#include "step.h"

#define TOGETHER 6

/* How many from here on are of one source, and can read it together. */
static inline int together(const Call *c, const int32_t *row, int rows) {
    int n = 1;
    while (n < rows && n < TOGETHER && row[n] / c->beams == row[0] / c->beams) n++;
    return n;
}

/* scores_rs += q_r · key_s */
static inline __attribute__((always_inline)) void add_products(int rows, const float *q, long q_step, const float *keys,
                                                               long apart, int n, int width, float *scores,
                                                               long step) {
    for (int s = 0; s < n; s += 2) {
        const float *one = keys + s * apart, *other = s + 1 < n ? one + apart : one;
        vec sums[TOGETHER][2];
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (vec){};
        int k = 0;
        for (; k + VL <= width; k += VL) {
            vec left = at(one + k), right = at(other + k);
#pragma GCC unroll 6
            for (int r = 0; r < rows; r++) {
                vec value = at(q + r * q_step + k);
                sums[r][0] += value * left;
                sums[r][1] += value * right;
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            float found[2] = {total(sums[r][0]), total(sums[r][1])};
            for (int i = k; i < width; i++) {
                found[0] += q[r * q_step + i] * one[i];
                found[1] += q[r * q_step + i] * other[i];
            }
            scores[r * step + s] += found[0];
            if (s + 1 < n) scores[r * step + s + 1] += found[1];
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
