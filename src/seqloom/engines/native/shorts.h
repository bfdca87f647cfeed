/* Products in 16 bits: two of them added up by one instruction, half the weights to fetch.

   Of a row, and of a column of weights, the integers' squares add up to 2^30 at most; so their product stays within 32
   bits whatever the signs (Cauchy-Schwarz), and each number keeps eleven bits or more. */

#pragma once

static inline int even(int in) { return in + in % 2; }

#if defined(__AVX512BW__) || defined(__AVX2__)
#define SHORT 1
#if defined(__AVX512BW__)
typedef __m512i pairs;
#define pairs_at(x) _mm512_loadu_si512(x)
#define pairs_of(x) _mm512_set1_epi32(x)
#if defined(__AVX512VNNI__)
#define pairs_dot(sum, a, b) _mm512_dpwssd_epi32(sum, a, b)
#else
#define pairs_dot(sum, a, b) _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
#endif
#define pairs_float(x) ((vec)_mm512_cvtepi32_ps(x))
#define HERE(a, b) __asm__ volatile("" : "+v"(a), "+v"(b))
static inline void store_shorts(int16_t *to, vec x) {
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32((__m512)x)));
}
#else
typedef __m256i pairs;
#define pairs_at(x) _mm256_loadu_si256((const __m256i *)(x))
#define pairs_of(x) _mm256_set1_epi32(x)
#define pairs_dot(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
#define pairs_float(x) ((vec)_mm256_cvtepi32_ps(x))
/* One row after the other: the compiler would fetch all of them first, and has no registers left for the sums. */
#define HERE(a, b) __asm__ volatile("" : "+x"(a), "+x"(b))
static inline void store_shorts(int16_t *to, vec x) {
    __m256i whole = _mm256_cvtps_epi32((__m256)x);
    _mm_storeu_si128((__m128i *)to, _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1)));
}
#endif

/* `rows` rows and NR columns, two inputs at a time. */
static inline __attribute__((always_inline)) void short_tile(int rows, const Linear *w, int panel, const int16_t *x,
                                                             const float *x_scale, float *y, long y_step, int how) {
    int in = even(w->in);
    const int16_t *weights = w->shorts + (long)panel * in * NR;
    pairs sums[MR][2];
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (pairs){};
    for (int k = 0; k < in; k += 2) {
        pairs left = pairs_at(weights + k * NR), right = pairs_at(weights + k * NR + 2 * VL);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            int32_t two;
            memcpy(&two, x + r * in + k, sizeof two);
            pairs value = pairs_of(two);
            sums[r][0] = pairs_dot(sums[r][0], value, left);
            sums[r][1] = pairs_dot(sums[r][1], value, right);
            HERE(sums[r][0], sums[r][1]);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            int from = panel * NR + half * VL;
            vec sum = pairs_float(sums[r][half]) * (at(w->short_scale + from) * all(x_scale[r]));
            if (w->bias) sum += at(w->bias + from);
            leave(sum, w->out - from, y + r * y_step + from, how);
        }
}

static inline void shorten(const Linear *w, const float *x, long x_step, int rows, int16_t *to, float *scale) {
    int width = w->in, in = even(width);
    for (int r = 0; r < rows; r++, x += x_step, to += in) {
        float length = sqrtf(dot(x, x, width)), by = length > 0 ? 32000 / length : 0;
        int i = 0;
        for (; i + VL <= width; i += VL) store_shorts(to + i, at(x + i) * all(by));
        for (; i < width; i++) to[i] = lrintf(x[i] * by);
        for (; i < in; i++) to[i] = 0;
        scale[r] = length / 32000; /* what is no number makes all that comes of it none */
    }
}

static inline void short_product(const Linear *w, const int16_t *x, const float *x_scale, float *y, long y_step, int rows,
                                 int how) {
    int in = even(w->in);
#define TILE(n) short_tile(n, w, panel, x + row * in, x_scale + row, y + row * y_step, y_step, how);
    EACH_TILE(TILE)
#undef TILE
}

/* Room for so many bytes beside the other. */
void *room_of_shorts(size_t bytes);

static inline void short_linear(const Linear *w, const float *x, long x_step, float *y, long y_step, int rows, int how) {
    size_t bytes = (size_t)rows * sizeof(float);
    char *room = room_of_shorts(bytes + (size_t)rows * even(w->in) * sizeof(int16_t));
    float *scale = (float *)room;
    int16_t *shorts = (int16_t *)(room + bytes);
    shorten(w, x, x_step, rows, shorts, scale);
    short_product(w, shorts, scale, y, y_step, rows, how);
}
#else
#define SHORT 0
static inline void shorten(const Linear *w, const float *x, long x_step, int rows, int16_t *to, float *scale) {
    (void)w, (void)x, (void)x_step, (void)rows, (void)to, (void)scale;
}
static inline void short_product(const Linear *w, const int16_t *x, const float *x_scale, float *y, long y_step, int rows,
                                 int how) {
    (void)w, (void)x, (void)x_scale, (void)y, (void)y_step, (void)rows, (void)how;
}
static inline void short_linear(const Linear *w, const float *x, long x_step, float *y, long y_step, int rows, int how) {
    (void)w, (void)x, (void)x_step, (void)y, (void)y_step, (void)rows, (void)how;
}
#endif
