/* From the last states to the best tokens and the end, each with its log-probability. */

#include "step.h"

#define PART 512 /* columns that are scored and ranked together: what is made of them stays in the second cache */
#define SPARE 2  /* so many more than wanted are weighed anew where the scores are rounded */

/* ---- the best of a row of scores, which comes in parts -------------------------------------------------------- */

typedef struct {
    float most, sum; /* Σ e^(score - most) */
    float end;
    float *best; /* [count], the best first */
    int32_t *id;
} Seen;

/* What is above the worst of the best so far takes its place. */
static void see(const Output *o, float *scores, int columns, int first, int count, int all_tokens, Seen *seen) {
    if (all_tokens && o->never >= first && o->never < first + columns) scores[o->never - first] = -1e30f;
    float most = largest(scores, columns);
    if (most > seen->most) {
        seen->sum *= expf(seen->most - most);
        seen->most = most;
    }
    seen->sum += sum_of_exponentials(scores, columns, seen->most, 0);
    if (all_tokens) { /* a list has none of the barred */
        if (o->end >= first && o->end < first + columns) seen->end = scores[o->end - first];
        for (int i = 0; i < o->num_barred; i++)
            if (o->barred[i] >= first && o->barred[i] < first + columns) scores[o->barred[i] - first] = -INFINITY;
    }
    for (int i = columns; i % VL; i++) scores[i] = -INFINITY;
    float *best = seen->best;
    int32_t *id = seen->id;
    for (int j = 0; j < columns; j += VL) {
        if (!any_above(at(scores + j), best[count - 1])) continue;
        for (int v = j; v < j + VL; v++) {
            if (!(scores[v] > best[count - 1])) continue;
            int place = count - 1;
            for (; place > 0 && scores[v] > best[place - 1]; place--) {
                best[place] = best[place - 1];
                id[place] = id[place - 1];
            }
            best[place] = scores[v];
            id[place] = first + v;
        }
    }
}

static void say(const Call *c, Seen *seen, const int64_t *ids, int64_t n) {
    float log_sum = seen->most + logf(seen->sum);
    for (int i = 0; i < c->count; i++) {
        c->best_logp[n * c->count + i] = seen->best[i] - log_sum;
        c->best_id[n * c->count + i] = ids ? ids[seen->id[i]] : seen->id[i];
    }
    if (isnan(log_sum)) c->best_logp[n * c->count] = log_sum;
    c->end_logp[n] = seen->end - log_sum;
}

static float score_of(const Output *o, const float *x, int64_t token) {
    int in = o->product.in;
    return dot(x, o->token_weight + token * in, in) + (o->token_bias ? o->token_bias[token] : 0);
}

/* The best are weighed anew, in 32 bits, and put in order; so is their share of the sum, which is most of it. */
static void weigh(const Output *o, const float *x, int count, Seen *seen) {
    seen->end = score_of(o, x, o->end);
    for (int i = 0; i < count && seen->best[i] > -INFINITY; i++) {
        float score = score_of(o, x, seen->id[i]);
        seen->sum += expf(score - seen->most) - expf(seen->best[i] - seen->most);
        int32_t id = seen->id[i];
        int place = i;
        for (; place > 0 && score > seen->best[place - 1]; place--) {
            seen->best[place] = seen->best[place - 1];
            seen->id[place] = seen->id[place - 1];
        }
        seen->best[place] = score, seen->id[place] = id;
    }
}

/* Of a list the weights are not side by side: each token's are read once for all hypotheses of its source. */
static void score_list(const Output *o, const Call *c, const float *x, long width, const int32_t *row, int rows,
                       float *scores, long step) {
    int64_t source = row[0] / c->beams, tokens = c->list_length[source];
    const int64_t *list = c->list[source];
    for (int64_t j = 0; j < tokens; j += 2) {
        int64_t other = j + 1 < tokens ? j + 1 : j;
        const float *one_w = o->token_weight + list[j] * width, *other_w = o->token_weight + list[other] * width;
        float *to = scores + j, found[TOGETHER][2];
#define ROWS(n) \
    case n: two_products(n, x, width, one_w, other_w, width, found); break;
        switch (rows) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) }
#undef ROWS
        for (int r = 0; r < rows; r++) {
            to[r * step] = found[r][0] + (o->token_bias ? o->token_bias[list[j]] : 0);
            to[r * step + 1] = found[r][1] + (o->token_bias ? o->token_bias[list[other]] : 0);
        }
    }
}

static int place_of(const int64_t *ids, int64_t count, int64_t id) {
    int place = 0;
    while (place < count - 1 && ids[place] != id) place++;
    return place;
}

/* ---- all rows ------------------------------------------------------------------------------------------------ */

typedef struct {
    float *bridged, *scores, *best, *short_scale;
    int32_t *id;
    int16_t *shorts;
    long step;
} Rooms;

static size_t rooms(const Output *o, const Call *c, Rooms *found, Room *room) {
    long step = (c->list && o->product.out > PART ? o->product.out : PART) + NR, kept = c->count + SPARE;
    size_t sizes[6] = {o->bridge.panels ? (size_t)BLOCK * o->bridge.out : 0, (size_t)FEW * step, (size_t)FEW * kept, FEW,
                       (size_t)FEW * kept, o->product.shorts ? (size_t)FEW * even(o->product.in) : 0};
    float *part[6];
    size_t bytes = 0;
    for (int i = 0; i < 6; i++) {
        bytes += rounded(sizes[i] * sizeof(float));
        if (room) part[i] = floats(room, sizes[i]);
    }
    if (room)
        *found = (Rooms){part[0], part[1], part[2], part[3], (int32_t *)part[4], (int16_t *)part[5], step};
    return bytes;
}

size_t room_of_output(const Output *o, const Call *c) { return rooms(o, c, NULL, NULL); }

/* A few rows over the whole vocabulary, or a few of one source over its list. */
static void few(const Output *o, const Call *c, const float *x, long width, const int32_t *row, int rows, Rooms *room) {
    Seen seen[FEW];
    int whole = !c->list, shorts = whole && o->product.shorts, count = c->count + (shorts ? SPARE : 0);
    for (int r = 0; r < rows; r++) {
        seen[r] = (Seen){.most = -INFINITY, .best = room->best + (long)r * count, .id = room->id + (long)r * count};
        for (int i = 0; i < count; i++) seen[r].best[i] = -INFINITY, seen[r].id[i] = 0;
    }
    if (shorts) shorten(&o->product, x, width, rows, room->shorts, room->short_scale);
    int64_t source = row[0] / c->beams;
    if (!whole) {
        int64_t tokens = c->list_length[source];
        score_list(o, c, x, width, row, rows, room->scores, room->step);
        int end = place_of(c->list[source], tokens, o->end);
        for (int r = 0; r < rows; r++) {
            seen[r].end = room->scores[r * room->step + end];
            see(o, room->scores + r * room->step, tokens, 0, count, 0, &seen[r]);
            say(c, &seen[r], c->list[source], row[r]);
        }
        return;
    }
    for (int first = 0; first < o->product.out; first += PART) {
        int columns = o->product.out - first < PART ? o->product.out - first : PART;
        Linear part = columns_of(&o->product, first, columns);
        if (shorts)
            short_product(&part, room->shorts, room->short_scale, room->scores, room->step, rows, STORE);
        else
            linear(&part, x, width, room->scores, room->step, rows, STORE);
        for (int r = 0; r < rows; r++) see(o, room->scores + r * room->step, columns, first, count, 1, &seen[r]);
    }
    for (int r = 0; r < rows; r++) {
        if (shorts) weigh(o, x + r * width, count, &seen[r]);
        say(c, &seen[r], NULL, row[r]);
    }
}

void project(const Output *o, const Call *c, const float *x, long width, const int32_t *row, int rows, Room left) {
    if (c->hidden)
        for (int r = 0; r < rows; r++) memcpy(c->hidden + row[r] * width, x + r * width, width * sizeof(float));
    if (!c->count) return;
    Rooms room;
    rooms(o, c, &room, &left);
    if (o->bridge.panels) {
        linear(&o->bridge, x, width, room.bridged, o->bridge.out, rows, STORE);
        x = room.bridged, width = o->bridge.out;
    }
    for (int first = 0, next; first < rows; first = next) {
        int most = rows - first < FEW ? rows - first : FEW;
        next = first + (c->list ? together(c, row + first, rows - first) : most);
        few(o, c, x + first * width, width, row + first, next - first, &room);
    }
}
