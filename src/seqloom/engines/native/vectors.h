/* Stretches of floats, as many at a time as a register of this processor holds. */

#pragma once

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

typedef float vec __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(VL * 4), aligned(4), may_alias));

static inline vec all(float x) { return x - (vec){}; }
static inline vec at(const float *x) { return *(const vec *)x; }
static inline vec choose(ivec which, vec a, vec b) { return (vec)(((ivec)a & which) | ((ivec)b & ~which)); }

static inline float total(vec x) {
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)x);
#elif defined(__AVX__)
    __m128 four = _mm_add_ps(_mm256_castps256_ps128((__m256)x), _mm256_extractf128_ps((__m256)x, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
#else
    float sum = 0;
    for (int i = 0; i < VL; i++) sum += x[i];
    return sum;
#endif
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

/* 1 / (1 + e^-x), as exact where it is next to nothing as elsewhere. */
static inline vec sigmoid(vec x) {
    ivec negative = x < all(0);
    vec e = exponential(choose(negative, x, -x));
    return choose(negative, e, all(1)) / (all(1) + e);
}

/* tanh x to three parts in ten million: x P(x²) / Q(x²), fitted to the relative error; beyond 8.6 it is 1. */
static inline vec hyperbolic(vec x) {
    x = choose(x > all(8.6f), all(8.6f), x);
    x = choose(x < all(-8.6f), all(-8.6f), x);
    vec z = x * x;
    vec p = all(2.020579395e-11f);
    p = p * z - all(1.352737106e-8f);
    p = p * z + all(9.512520939e-6f);
    p = p * z + all(2.947339558e-3f);
    p = p * z + all(1.294386124e-1f);
    p = p * z + all(1.0f);
    vec q = all(2.317899515e-4f);
    q = q * z + all(2.387169503e-2f);
    q = q * z + all(4.627716129e-1f);
    q = q * z + all(1.0f);
    return x * p / q;
}

/* Of a stretch n ≤ VL numbers: as many as a register holds, or what is left at its end. */
static inline vec piece(const float *x, int n) {
    if (n == VL) return at(x);
    vec found = {};
    memcpy(&found, x, n * sizeof(float));
    return found;
}

static inline void put_piece(float *x, int n, vec value) {
    if (n == VL)
        *(vec *)x = value;
    else
        memcpy(x, &value, n * sizeof(float));
}

static inline void tanh_of(float *x, int n) {
    for (int i = 0; i < n; i += VL) {
        int left = n - i < VL ? n - i : VL;
        put_piece(x + i, left, hyperbolic(piece(x + i, left)));
    }
}

static inline float largest(const float *x, int n) {
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
static inline float sum_of_exponentials(float *x, int n, float most, int keep) {
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
