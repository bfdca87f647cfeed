/* Beam search, and greedy search as its narrowest case: sources come and go, each with a beam of its own.

   What `decoding/run.py` does for every way to search is done here for the plainest: the best beginnings go on, the end is
   barred before `min_length` and forced at `limit`, and a source is over when nothing alive can still be among its n best. */

#include "step.h"

typedef int Step(const void *decoder, const Output *o, const Call *c);

enum { NO_PENALTY, AVERAGE, WU };
enum { RUNNING, ANSWERED, EMPTY, NOT_A_NUMBER };

typedef struct { /* one source, and what is wanted of it */
    const float *memory, *cell;
    const int64_t *list;
    int64_t list_length;
    double alpha;
    int32_t source_length, width, nbest, min_length, limit, penalty;
} Asked;

typedef struct { /* an answer; its last log-probability is the end's */
    double score, total;
    int32_t *token;
    float *logp;
    int32_t length;
} Told;

typedef struct {
    Asked asked;
    int32_t here, state, length, room, found;
    int32_t *token, *parent; /* [room][K]: of each hypothesis its tokens, backwards */
    float *logp;
    float *total; /* [K]; -∞: there is none */
    Told *told;   /* the n best so far, best first */
} Slot;

typedef struct {
    Step *step;
    const void *decoder;
    const Output *output;
    int32_t slots, beams, past, cell;
    Slot *slot;
    float **kept; /* [B]: a past that the next source in the same place finds there */
    int64_t *room_of_past;
    Call call;
    int32_t *row;
    void *spare; /* one source's rows while they change places */
    size_t spare_size;
} Search;

static int grown(void *where, size_t bytes) {
    void **pointer = where, *larger = realloc(*pointer, bytes ? bytes : 1);
    if (larger) *pointer = larger;
    return larger != NULL;
}

void search_free(Search *s) {
    if (!s) return;
    for (int b = 0; b < s->slots && s->slot; b++) {
        Slot *slot = &s->slot[b];
        for (int i = 0; i < s->beams && slot->told; i++) free(slot->told[i].token), free(slot->told[i].logp);
        free(slot->token), free(slot->parent), free(slot->logp), free(slot->total), free(slot->told);
        if (s->kept) free(s->kept[b]);
    }
    Call *c = &s->call;
    free(s->slot), free(s->kept), free(s->room_of_past), free(s->row), free(s->spare);
    free((void *)c->token), free((void *)c->position), free(c->beam), free(c->cell), free(c->memory);
    free((void *)c->source_length), free(c->list), free((void *)c->list_length);
    free(c->best_logp), free(c->best_id), free(c->end_logp), free(s);
}

/* Room for `slots` sources of `beams` hypotheses; none: there is not so much memory. */
Search *search_new(Step *step, const void *decoder, const Output *output, int slots, int beams, int past, int cell,
                   int lists) {
    Search *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    size_t rows = (size_t)slots * beams;
    *s = (Search){.step = step, .decoder = decoder, .output = output, .slots = slots, .beams = beams, .past = past,
                  .cell = cell};
    Call *c = &s->call;
    c->beams = beams;
    int there = (s->slot = calloc(slots, sizeof(Slot))) && (s->kept = calloc(slots, sizeof(float *))) &&
                (s->room_of_past = calloc(slots, sizeof(int64_t))) && (s->row = calloc(rows, sizeof(int32_t))) &&
                (c->token = calloc(rows, sizeof(int64_t))) && (c->position = calloc(slots, sizeof(int64_t))) &&
                (c->memory = calloc(slots, sizeof(float *))) && (c->source_length = calloc(slots, sizeof(int64_t))) &&
                (c->best_logp = calloc(rows * (beams + 1), sizeof(float))) &&
                (c->best_id = calloc(rows * (beams + 1), sizeof(int64_t))) &&
                (c->end_logp = calloc(rows, sizeof(float)));
    if (there && cell) there = (c->cell = calloc(rows * cell, sizeof(float))) != NULL;
    if (there && lists)
        there = (c->list = calloc(slots, sizeof(int64_t *))) && (c->list_length = calloc(slots, sizeof(int64_t)));
    for (int b = 0; there && b < slots; b++) {
        Slot *slot = &s->slot[b];
        slot->here = -1;
        there = (slot->total = calloc(beams, sizeof(float))) && (slot->told = calloc(beams, sizeof(Told)));
    }
    c->past = s->kept;
    if (there) return s;
    search_free(s);
    return NULL;
}

/* Begin to answer; the place it has got, -1 where none is free. What `asked` points at stays until it is over. */
int search_admit(Search *s, const Asked *asked, int64_t bos) {
    for (int b = 0; b < s->slots; b++) {
        Slot *slot = &s->slot[b];
        if (slot->here >= 0) continue;
        Call *c = &s->call;
        slot->asked = *asked;
        slot->here = b, slot->state = RUNNING, slot->length = slot->found = 0;
        for (int k = 0; k < s->beams; k++) slot->total[k] = k ? -INFINITY : 0;
        ((int64_t *)c->token)[(long)b * s->beams] = bos;
        ((int64_t *)c->position)[b] = 0;
        c->memory[b] = asked->memory;
        ((int64_t *)c->source_length)[b] = asked->source_length;
        if (c->list) c->list[b] = asked->list, ((int64_t *)c->list_length)[b] = asked->list_length;
        if (s->cell) memcpy(c->cell + (long)b * s->beams * s->cell, asked->cell, s->cell * sizeof(float));
        return b;
    }
    return -1;
}

void search_leave(Search *s, int b) { s->slot[b].here = -1; }

/* How many answers a source has, and where they are. */
int search_found(const Search *s, int b, const Told **told) {
    *told = s->slot[b].told;
    return s->slot[b].found;
}

int search_length(const Search *s, int b) { return s->slot[b].length; }

/* ---- how good an answer is ----------------------------------------------------------------------------------- */

static double penalty(const Asked *asked, int length) {
    if (asked->penalty == NO_PENALTY) return 1;
    return pow(asked->penalty == AVERAGE ? length : (5 + length) / 6.0, asked->alpha);
}

static int wants(const Slot *slot, double score) {
    return slot->found < slot->asked.nbest || score > slot->told[slot->found - 1].score;
}

/* What a live hypothesis can reach at best: its log-probability never rises, and the penalty is monotone. */
static double bound(const Slot *slot, double total) {
    int shortest = slot->length > slot->asked.min_length ? slot->length : slot->asked.min_length;
    return fmax(total / penalty(&slot->asked, shortest + 1), total / penalty(&slot->asked, slot->asked.limit + 1));
}

/* Write down an answer that goes on from `beam` with the end. The first of equals stays ahead. */
static int write_down(Search *s, Slot *slot, int beam, float total, float end) {
    double score = total / penalty(&slot->asked, slot->length + 1);
    if (!wants(slot, score)) return 1;
    int place = slot->found < slot->asked.nbest ? slot->found++ : slot->found - 1;
    Told told = slot->told[place];
    if (!grown(&told.token, slot->length * sizeof(int32_t)) || !grown(&told.logp, (slot->length + 1) * sizeof(float)))
        return 0;
    told.score = score, told.total = total, told.length = slot->length;
    told.logp[slot->length] = end;
    for (int t = slot->length - 1; t >= 0; t--) {
        long at = (long)t * s->beams + beam;
        told.token[t] = slot->token[at], told.logp[t] = slot->logp[at];
        beam = slot->parent[at];
    }
    for (; place > 0 && slot->told[place - 1].score < score; place--) slot->told[place] = slot->told[place - 1];
    slot->told[place] = told;
    return 1;
}

/* ---- a step -------------------------------------------------------------------------------------------------- */

typedef struct {
    float total, logp;
    int32_t beam, token;
} Candidate;

/* The best continuations of a source's hypotheses, best first; how many there are, -1: a number is none. */
static int choose_best(const Search *s, const Slot *slot, Candidate *best) {
    const Call *c = &s->call;
    int width = slot->asked.width, found = 0, full = slot->length == slot->asked.limit;
    for (int k = 0; k < s->beams; k++) {
        long n = (long)slot->here * s->beams + k;
        if (slot->total[k] == -INFINITY) continue;
        for (int i = 0; i < (full ? 1 : c->count); i++) {
            Candidate one = {.logp = full ? c->end_logp[n] : c->best_logp[n * c->count + i], .beam = k,
                             .token = full ? s->output->end : c->best_id[n * c->count + i]};
            if (isnan(one.logp)) return -1;
            one.total = slot->total[k] + one.logp;
            if (one.total == -INFINITY || (found == width && one.total <= best[width - 1].total)) break;
            if (one.token == s->output->end && slot->length < slot->asked.min_length) continue;
            int place = found < width ? found++ : width - 1;
            for (; place > 0 && best[place - 1].total < one.total; place--) best[place] = best[place - 1];
            best[place] = one;
        }
    }
    return found;
}

/* What a hypothesis has of its own goes on with those that go on from it. */
static int reorder(Search *s, Slot *slot, const Candidate *best, int found) {
    Call *c = &s->call;
    size_t beam = c->beam ? (slot->length + 1) * sizeof(int64_t) : 0, cell = s->cell * sizeof(float);
    size_t each = rounded(beam) + rounded(cell);
    int stay = 1;
    for (int k = 0; k < found; k++) stay &= best[k].beam == k;
    if (stay || !each) return 1;
    if (each * s->beams > s->spare_size) {
        if (!grown(&s->spare, each * s->beams)) return 0;
        s->spare_size = each * s->beams;
    }
    for (int way = 0; way < 2; way++)
        for (int k = 0; k < (way ? found : s->beams); k++) {
            long n = (long)slot->here * s->beams + k;
            char *there = (char *)s->spare + each * (way ? best[k].beam : k);
            if (c->beam) {
                int64_t *own = c->beam + n * c->beam_step;
                way ? memcpy(own, there, beam) : memcpy(there, own, beam);
            }
            if (cell) {
                float *own = c->cell + n * s->cell;
                way ? memcpy(own, there + rounded(beam), cell) : memcpy(there + rounded(beam), own, cell);
            }
        }
    return 1;
}

/* 0: there was not enough memory. */
static int go_on(Search *s, Slot *slot, Candidate *best) {
    Call *c = &s->call;
    int found = choose_best(s, slot, best);
    if (found < 0) {
        slot->state = NOT_A_NUMBER;
        return 1;
    }
    if (slot->length >= slot->room) {
        int32_t room = slot->room ? 2 * slot->room : 32;
        size_t places = (size_t)room * s->beams;
        if (!grown(&slot->token, places * sizeof(int32_t)) || !grown(&slot->parent, places * sizeof(int32_t)) ||
            !grown(&slot->logp, places * sizeof(float)))
            return 0;
        slot->room = room;
    }
    for (int k = 0; k < found; k++)
        if (best[k].token == s->output->end && !write_down(s, slot, best[k].beam, best[k].total, best[k].logp)) return 0;
    if (!reorder(s, slot, best, found)) return 0;
    long at = (long)slot->length * s->beams;
    slot->length++;
    int alive = 0;
    for (int k = 0; k < s->beams; k++) {
        int goes_on = k < found && best[k].token != s->output->end;
        if (k < found) {
            slot->token[at + k] = best[k].token, slot->parent[at + k] = best[k].beam, slot->logp[at + k] = best[k].logp;
            ((int64_t *)c->token)[(long)slot->here * s->beams + k] = best[k].token;
        }
        goes_on = goes_on && wants(slot, bound(slot, best[k].total));
        slot->total[k] = goes_on ? best[k].total : -INFINITY;
        alive += goes_on;
    }
    ((int64_t *)c->position)[slot->here] = slot->length;
    if (!alive) slot->state = slot->found ? ANSWERED : EMPTY;
    return 1;
}

/* Room for one token more of every source, and the rows that are alive. */
static int prepare(Search *s) {
    Call *c = &s->call;
    int64_t longest = 0;
    c->rows = 0, c->longest = 0, c->count = s->beams;
    for (int b = 0; b < s->slots; b++) {
        Slot *slot = &s->slot[b];
        if (slot->here < 0 || slot->state != RUNNING) continue;
        int64_t length = slot->length + 1;
        if (s->past && length > s->room_of_past[b]) {
            int64_t room = s->room_of_past[b] ? 2 * length : 32;
            if (!grown(&s->kept[b], (size_t)room * s->beams * s->past * sizeof(float))) return 0;
            s->room_of_past[b] = room;
        }
        if (length > longest) longest = length;
        if (c->source_length[b] > c->longest) c->longest = c->source_length[b];
        if (slot->length < slot->asked.min_length) c->count = s->beams + 1; /* the end may be among the best */
        for (int k = 0; k < s->beams; k++)
            if (slot->total[k] > -INFINITY || isnan(slot->total[k])) s->row[c->rows++] = b * s->beams + k;
    }
    if (longest > c->longest) c->longest = longest;
    if (s->past && s->beams > 1 && longest > c->beam_step) {
        int64_t step = 2 * longest < 32 ? 32 : 2 * longest;
        int64_t *beam = calloc((size_t)s->slots * s->beams * step, sizeof(int64_t));
        if (!beam) return 0;
        for (long n = 0; n < (long)s->slots * s->beams && c->beam; n++)
            memcpy(beam + n * step, c->beam + n * c->beam_step, c->beam_step * sizeof(int64_t));
        free(c->beam);
        c->beam = beam, c->beam_step = step;
    }
    c->row = s->row;
    return 1;
}

/* Steps of all sources until some are over, `most` at most; how many are, their places in `over` and how they ended in
   `how`. -1: there was not enough memory. */
int search_run(Search *s, int threads, int most, int32_t *over, int32_t *how) {
    int count = 0;
    Candidate best[s->beams];
    s->call.threads = threads;
    for (int step = 0; step < most && !count; step++) {
        if (!prepare(s)) return -1;
        if (!s->call.rows) break;
        if (!s->step(s->decoder, s->output, &s->call)) return -1;
        for (int b = 0; b < s->slots; b++) {
            Slot *slot = &s->slot[b];
            if (slot->here < 0 || slot->state != RUNNING) continue;
            if (!go_on(s, slot, best)) return -1;
            if (slot->state != RUNNING) over[count] = b, how[count] = slot->state, count++;
        }
    }
    return count;
}
