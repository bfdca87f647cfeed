/* One step of many hypotheses: what every family of decoders is asked, and how its last states become the best tokens. */

#pragma once

#include "layers.h"

#define BLOCK 96 /* rows that go through the layers together: what is made of them stays in the second cache */
#define FEW 48   /* rows that are projected onto the vocabulary together */

typedef struct {
    int32_t rows, beams, threads;
    const int32_t *row;          /* which hypotheses are alive */
    const int64_t *token;        /* [N] */
    const int64_t *position;     /* [B] */
    int64_t *beam;               /* [N][·]: who of its source read each token before; none where K is 1 */
    int64_t beam_step;
    float **past;                /* [B] of [·][K][what a token leaves behind] */
    float *cell;                 /* [N][what a recurrence carries] */
    const float **memory;        /* [B] of [·][what a position of the source is to all layers] */
    const int64_t *source_length; /* [B] */
    int64_t longest;             /* of all answers and sources */
    float *hidden;               /* [N][width]; none: not wanted */
    const int64_t **list;        /* [B]: the tokens that each source's answer is made of; none: all are */
    const int64_t *list_length;  /* [B] */
    int32_t count;               /* how many of the best; 0: none */
    float *best_logp;            /* [N][count], the best first */
    int64_t *best_id;
    float *end_logp;             /* [N] */
} Call;

typedef struct {
    Linear bridge;              /* before the output; no panels: none */
    Linear product;             /* what is known in 16 bits is weighed anew in 32 */
    const float *token_weight;  /* [V][in] and … */
    const float *token_bias;    /* … [V], for lists; no bias: none */
    int32_t end, never;         /* the end's id; the token that has no probability */
    int32_t num_barred;
    const int32_t *barred;      /* columns that are not among the best */
} Output;

/* ---- memory that a thread keeps from step to step ------------------------------------------------------------ */

typedef struct {
    char *next;
} Room;

/* Room for so many bytes; none: there is not so much. */
char *room_of(size_t bytes);

static inline size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

static inline float *floats(Room *room, size_t count) {
    float *found = (float *)room->next;
    room->next += rounded(count * sizeof(float));
    return found;
}

/* What the projection of a stretch of rows needs. */
size_t room_of_output(const Output *o, const Call *c);

/* How many rows from here on are of one source, and can read it together. */
static inline int together(const Call *c, const int32_t *row, int rows) {
    int n = 1;
    while (n < rows && n < TOGETHER && row[n] / c->beams == row[0] / c->beams) n++;
    return n;
}

/* What is asked of these rows, of which `x` is the last state: itself, or the best tokens. */
void project(const Output *o, const Call *c, const float *x, long width, const int32_t *row, int rows, Room left);

/* ---- all rows, a stretch a thread at a time ------------------------------------------------------------------ */

typedef void Stretch(const void *decoder, const Output *o, const Call *c, const int32_t *row, int rows, Room room);

/* 0: there was not enough memory. `bytes`: what a stretch needs beside the projection. */
int each_stretch(Stretch *stretch, size_t bytes, const void *decoder, const Output *o, const Call *c);
