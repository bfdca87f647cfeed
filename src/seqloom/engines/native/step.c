#include "step.h"

static _Thread_local void *kept = NULL;
static _Thread_local size_t kept_size = 0;

int panel_width(void) { return NR; }

char *room_of(size_t bytes) {
    if (bytes > kept_size) {
        free(kept);
        kept = malloc(bytes);
        kept_size = kept ? bytes : 0;
    }
    return kept;
}

/* The best of a row of scores: what is above the worst of them so far takes its place. */
static void rank(const Output *o, const Call *c, float *logits, int columns, const int64_t *ids, int64_t n) {
    int count = c->count, end_column = o->end;
    if (ids)
        for (end_column = 0; end_column < columns - 1 && ids[end_column] != o->end;) end_column++;
    else
        logits[o->never] = -1e30f;
    float most = largest(logits, columns);
    float log_sum = most + logf(sum_of_exponentials(logits, columns, most, 0));
    float end = logits[end_column] - log_sum;
    if (!ids) /* a list has none of these */
        for (int i = 0; i < o->num_barred; i++) logits[o->barred[i]] = -INFINITY;
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
static void project_list(const Output *o, const Call *c, const float *x, long width, const int32_t *row, int rows,
                         float *logits) {
    int64_t source = row[0] / c->beams, tokens = c->list_length[source];
    const int64_t *list = c->list[source];
    long step = tokens + NR;
    for (int64_t j = 0; j < tokens; j += 2) {
        int64_t other = j + 1 < tokens ? j + 1 : j;
        const float *one_w = o->token_weight + list[j] * width, *other_w = o->token_weight + list[other] * width;
        float *to = logits + j;
#define ROWS(n) \
    case n: two_tokens(n, x, width, one_w, other_w, to, step); break;
        switch (rows) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) }
#undef ROWS
        if (o->token_bias)
            for (int r = 0; r < rows; r++) {
                to[r * step] += o->token_bias[list[j]];
                to[r * step + 1] += o->token_bias[list[other]];
            }
    }
    for (int r = 0; r < rows; r++) rank(o, c, logits + r * step, tokens, list, row[r]);
}

void project(const Output *o, const Call *c, const float *x, long width, const int32_t *row, int rows, Room room) {
    if (o->bridge.panels) {
        float *bridged = floats(&room, (size_t)BLOCK * o->bridge.out);
        linear(&o->bridge, x, width, bridged, o->bridge.out, rows, STORE);
        x = bridged, width = o->bridge.out;
    }
    long step = o->product.out + NR;
    float *logits = floats(&room, FEW * step);
    if (c->list) {
        for (int first = 0, next; first < rows; first = next) {
            for (next = first + 1; next < rows && next < first + 6; next++)
                if (row[next] / c->beams != row[first] / c->beams) break;
            project_list(o, c, x + first * width, width, row + first, next - first, logits);
        }
        return;
    }
    for (int first = 0; first < rows; first += FEW) {
        int some = rows - first < FEW ? rows - first : FEW;
        linear(&o->product, x + first * width, width, logits, step, some, STORE);
        for (int r = 0; r < some; r++) rank(o, c, logits + r * step, o->product.out, NULL, row[first + r]);
    }
}

int each_stretch(Stretch *stretch, size_t bytes, const void *decoder, const Output *o, const Call *c) {
    int whole = 1;
    bytes += room_of_output(o);
    /* As many stretches as threads at least, and of tiles that are full. */
    int size = ((c->rows + c->threads - 1) / c->threads + MR - 1) / MR * MR;
    int pieces = (size + BLOCK - 1) / BLOCK;
    size = ((size + pieces - 1) / pieces + MR - 1) / MR * MR;
    if (size > BLOCK) size = BLOCK;
    int stretches = (c->rows + size - 1) / size;
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (stretches > 1)
    for (int i = 0; i < stretches; i++) {
        int first = i * size, rows = c->rows - first < size ? c->rows - first : size;
        Room room = {room_of(bytes)};
        if (room.next)
            stretch(decoder, o, c, c->row + first, rows, room);
        else
            whole = 0;
    }
    return whole;
}
