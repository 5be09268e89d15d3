#include "sidecar/engine/stream.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "proto/request_copy.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/stream_gate.h"

/*
 * Looking: the text so far is judged as if it were whole, for the verdict in
 * shadow mode and for the drift of a persona. Each look is at least 3/2 of the
 * one before, so all of them together cost at most three times the last; where
 * no sentence ends they are twice as long as the one before, as are those whose
 * drift is only told and decides nothing yet.
 */
enum {
    LOOK_BYTES = 32, /* the first is at 48, or 64 where no sentence ends */
    SENTENCE_BYTES = 1024, /* what has no end by then counts as a sentence */
    BUFFER_BYTES = 1024,   /* a buffer's first */
    CHARACTER_BYTES = 4
};

struct stream {
    struct engine *engine;   /* a reference */
    struct request *request; /* our copy; its one candidate is ours too */
    size_t request_bytes;
    struct request_candidate candidate;
    struct stream_gate *gate; /* NULL but in mode gate, and where it failed */
    struct buffer text;       /* all that was fed... */
    size_t whole;             /* ...and what of it is whole characters */

    size_t added;  /* bytes of the last delta */
    size_t passed; /* bytes of the text that the gate has seen */
    size_t safe;   /* bytes of the text that were shown, or replaced */
    bool changed;  /* what was shown is no longer the beginning of the text */
    size_t same;   /* bytes shown while that was not so */
    struct buffer shown; /* all that was shown, from then on */
    bool mute;           /* shows nothing before the close */
    bool holding;        /* the first sentence, until it is judged */

    bool looks;            /* there is something to look for */
    size_t looked;         /* bytes of the last look */
    bool sentence;         /* one has ended since */
    struct buffer content; /* instead of what was shown; empty: none */

    struct stream_step last;    /* but for the texts: */
    size_t emit_from, emit_len; /* of what was shown */
};

/* ---------------------------------------------------------- what was shown */

static size_t
shown_bytes(const struct stream *s)
{
    return s->changed ? s->shown.len : s->same;
}

static struct text
shown_text(const struct stream *s)
{
    return s->changed ? buffer_text(&s->shown)
                      : text_part(buffer_text(&s->text), 0, s->same);
}

/* Redactions make what is shown another text, which is kept from then on. */
static bool
show(struct stream *s, struct text emit)
{
    if (!s->changed) {
        const struct text rest =
            text_part(buffer_text(&s->text), s->same, s->whole);
        if (text_starts(rest, emit)) {
            s->same += emit.len;
            return true;
        }
        buffer_reset(&s->shown);
        buffer_add_text(&s->shown, shown_text(s));
    }
    const size_t before = s->shown.len;
    buffer_add_text(&s->shown, emit);
    if (s->shown.failed) {
        s->shown.len = before;
        s->shown.failed = false;
        return false;
    }
    s->changed = true;
    return true;
}

/* ------------------------------------------------------------ opening, ending
 */

/* Is there a voice that a reply could drift from? */
static bool
has_voice(const struct stream *s, const struct persona *persona)
{
    return persona != NULL && persona->print != NULL &&
           s->request->role == REQUEST_ASSISTANT;
}

static bool
begin(struct stream *s, const struct request *request, struct err *err)
{
    const struct config *config = s->engine->config;
    const struct persona *persona = NULL;

    if (!persona_find(s->engine->personas, request->persona, &persona, err)) {
        return false;
    }
    s->request = request_copy(request, &s->request_bytes);
    if (s->request == NULL) {
        err_memory(err, "a stream's request");
        return false;
    }
    s->request->candidates = &s->candidate;
    s->request->candidate_count = 1;
    s->mute = request->mode == REQUEST_FINAL;
    s->looks = request->mode == REQUEST_SHADOW ||
               (request->mode == REQUEST_GATE && has_voice(s, persona));
    if (request->mode != REQUEST_GATE) {
        return true;
    }
    const struct config_drift *drift =
        persona != NULL ? &persona->config->drift : &config->drift;
    s->holding = s->looks && config->drift.hold_first_sentence &&
                 drift->on_alert == CONFIG_DRIFT_BLOCK;
    s->gate = stream_gate_new(s->engine, s->request, err);
    return s->gate != NULL;
}

struct stream *
stream_open(struct engine *engine, const struct request *request,
            struct err *err)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        err_memory(err, "a stream");
        return NULL;
    }
    s->engine = engine_keep(engine);
    buffer_init(&s->text, (size_t)engine->config->limits.text_bytes);
    buffer_init(&s->shown, SIZE_MAX);
    buffer_init(&s->content, SIZE_MAX);
    s->last = (struct stream_step){.drift_status = DRIFT_UNAVAILABLE,
                                   .drift_score = (double)NAN,
                                   .drift_threshold = (double)NAN};
    if (!begin(s, request, err)) {
        stream_free(s);
        return NULL;
    }
    return s;
}

void
stream_free(struct stream *s)
{
    if (s == NULL) {
        return;
    }
    stream_gate_free(s->gate);
    buffer_clear(&s->text);
    buffer_clear(&s->shown);
    buffer_clear(&s->content);
    free(s->request);
    engine_drop(s->engine);
    free(s);
}

const struct engine *
stream_engine(const struct stream *s)
{
    return s->engine;
}

enum request_mode
stream_mode(const struct stream *s)
{
    return s->request->mode;
}

const struct request *
stream_request(const struct stream *s)
{
    return s->request;
}

size_t
stream_bytes(const struct stream *s)
{
    return sizeof(*s) + s->request_bytes + s->text.cap + s->shown.cap +
           s->content.cap + (s->gate != NULL ? stream_gate_bytes(s->gate) : 0);
}

/* A buffer doubles; so may the two of a text which redactions have changed. */
size_t
stream_bytes_more(const struct stream *s, size_t len)
{
    const bool grows = len >= s->text.cap - s->text.len;

    return grows ? BUFFER_BYTES + 3 * (s->text.cap + len) : 0;
}

size_t
stream_held(const struct stream *s)
{
    return s->text.len - s->safe;
}

/* ------------------------------------------------------------------ text in */

/* Could these 1 to 3 bytes, which are no character, still become one? */
static bool
may_become(struct text tail)
{
    if (tail.at == NULL) {
        return false;
    }
    const unsigned char lead = (unsigned char)tail.at[0];
    char padded[CHARACTER_BYTES] = {'\x80', '\x80', '\x80', '\x80'};
    size_t bad;

    if (lead < 0xc2 || lead > 0xf4 || tail.len >= utf8_len(lead)) {
        return false;
    }
    // What may follow depends on the second byte only (table 3-7).
    memcpy(padded, tail.at, tail.len);
    return tail.len == 1 ||
           utf8_check((struct text){padded, utf8_len(lead)}, &bad);
}

/* The whole characters at the beginning; false: *bad can never be one. */
static bool
whole_characters(struct text text, size_t *whole, size_t *bad)
{
    if (utf8_check(text, bad)) {
        *whole = text.len;
        return true;
    }
    *whole = *bad;
    return text.len - *bad < CHARACTER_BYTES &&
           may_become(text_part(text, *bad, text.len));
}

static bool
sentence_ends(struct text text, size_t from)
{
    for (size_t i = from; i < text.len; i++) {
        const char c = text.at[i];
        if (c == '.' || c == '!' || c == '?' || c == '\n') {
            return true;
        }
    }
    return false;
}

bool
stream_add(struct stream *s, struct text delta, struct err *err)
{
    const size_t before = s->text.len, limit = s->text.limit;
    size_t whole = 0, bad = 0;

    if (delta.len > limit - before) {
        err_at(err, ERR_TOO_LARGE, "text",
               "text: %zu bytes with what was fed before, at most %zu",
               before + delta.len, limit);
        return false;
    }
    buffer_add_text(&s->text, delta);
    if (s->text.failed) {
        s->text.failed = false;
        err_memory(err, "a stream's text");
        return false;
    }
    const struct text fresh =
        text_part(buffer_text(&s->text), s->whole, s->text.len);
    if (!whole_characters(fresh, &whole, &bad)) {
        err_at(err, ERR_BAD_REQUEST, "text",
               "text: not UTF-8 at byte %zu of the stream", s->whole + bad);
        s->text.len = before;
        return false;
    }
    s->whole += whole;
    s->added = delta.len;
    s->sentence = s->sentence || sentence_ends(fresh, 0);
    s->candidate.text = text_part(buffer_text(&s->text), 0, s->whole);
    return true;
}

bool
stream_repeats(const struct stream *s, struct text delta)
{
    const struct text text = buffer_text(&s->text);

    return text_equal(text_part(text, text.len - s->added, text.len), delta);
}

/* ------------------------------------------------------------------ looking */

static bool
look_is_due(const struct stream *s)
{
    const size_t len = s->whole;

    if (!s->looks) {
        return false;
    }
    const size_t least = s->looked > 0 ? s->looked : LOOK_BYTES;
    const bool decides = s->request->mode == REQUEST_SHADOW || s->holding ||
                         s->last.drift_status != DRIFT_OK;
    return len >= (s->sentence && decides ? least + least / 2 : 2 * least);
}

/* Judges the text so far as if nothing came after it. */
static bool
look(struct stream *s, struct judge *judge, const struct judge_terms *terms,
     const struct envelope **out)
{
    struct judge_terms quiet = *terms;
    struct judge_result result;
    struct err ignored;

    quiet.flood = NULL; // a message counts once, at its close
    s->looked = s->whole;
    s->sentence = false;
    if (!judge_request(judge, s->engine, s->request, &quiet, &result,
                       &ignored)) {
        return false;
    }
    *out = &result.envelopes[0];
    return true;
}

static void
note_drift(struct stream *s, const struct envelope_drift *drift)
{
    s->last.drift_status = drift->status;
    s->last.drift_score = drift->score;
    s->last.drift_threshold = drift->threshold;
    s->last.drift_alert = drift->status == DRIFT_OK && drift->alert;
    // With no fingerprint in this model, or none at all, there never is one.
    if (s->request->mode == REQUEST_GATE &&
        (drift->status == DRIFT_NOT_APPLICABLE ||
         drift->status == DRIFT_NO_FINGERPRINT)) {
        s->looks = false;
    }
}

/* From now on nothing is shown; what was goes, the content in its place. */
static void
stop(struct stream *s, const struct envelope *envelope)
{
    s->last.stop = true;
    s->last.retract = shown_bytes(s) > 0;
    s->mute = true;
    if (s->last.retract && envelope != NULL && envelope->content.at != NULL) {
        buffer_reset(&s->content);
        buffer_add_text(&s->content, envelope->content);
    }
}

static void
look_if_due(struct stream *s, struct judge *judge,
            const struct judge_terms *terms)
{
    const struct envelope *envelope = NULL;

    if (s->last.stop || !look_is_due(s) || !look(s, judge, terms, &envelope)) {
        return;
    }
    note_drift(s, &envelope->drift);
    if (s->request->mode == REQUEST_SHADOW) {
        if (envelope->verdict > s->last.verdict) {
            s->last.verdict = envelope->verdict;
        }
        if (envelope->verdict == VERDICT_REFUSE) {
            stop(s, envelope);
        }
    }
}

/* ----------------------------------------------------------------- text out */

static void
show_all(struct stream *s)
{
    if (!s->mute) {
        s->same = s->whole; // shadow mode: never changed
        s->safe = s->whole;
    }
}

/* Is the first sentence still to be judged, or did it sound like another? */
static bool
hold_sentence(struct stream *s)
{
    if (!s->holding) {
        return false;
    }
    const bool unheard =
        s->looked == 0 || s->last.drift_status == DRIFT_LOW_EVIDENCE;
    if (s->last.drift_alert ||
        (unheard && s->looks && s->whole < SENTENCE_BYTES)) {
        return true;
    }
    s->holding = false;
    return false;
}

static void
open_gate(struct stream *s, struct judge *judge,
          const struct judge_terms *terms)
{
    struct stream_gate_answer answer;
    const struct envelope *envelope = NULL;
    struct err ignored;

    if (s->mute || s->gate == NULL || hold_sentence(s)) {
        return;
    }
    const struct stream_gate_text text = {s->candidate.text, s->passed};
    if (!stream_gate_advance(s->gate, judge, &text, &answer, &ignored) ||
        !show(s, answer.emit)) {
        s->mute = true; // the close shows the rest
        return;
    }
    s->passed = s->whole;
    s->safe = answer.safe;
    if (answer.verdict > s->last.verdict) {
        s->last.verdict = answer.verdict;
    }
    if (answer.stop) {
        stop(s, look(s, judge, terms, &envelope) ? envelope : NULL);
    }
}

void
stream_last(const struct stream *s, struct stream_step *out)
{
    const size_t to = s->emit_from + s->emit_len;

    *out = s->last;
    out->emit = text_part(shown_text(s), s->emit_from, to);
    out->content =
        s->content.len > 0 ? buffer_text(&s->content) : (struct text){NULL, 0};
}

void
stream_advance(struct stream *s, struct judge *judge,
               const struct judge_terms *terms, struct stream_step *out)
{
    s->emit_from = shown_bytes(s);
    look_if_due(s, judge, terms);
    if (s->request->mode == REQUEST_SHADOW) {
        show_all(s);
    } else if (s->request->mode == REQUEST_GATE) {
        open_gate(s, judge, terms);
    }
    s->emit_len = shown_bytes(s) - s->emit_from;
    s->last.held = stream_held(s);
    stream_last(s, out);
}

/* ----------------------------------------------------------------- the close
 */

/* What is left to be shown of the text that should have been shown in all. */
static void
show_rest(const struct stream *s, struct text should, struct stream_end *out)
{
    const struct text shown = shown_text(s);
    const bool begun = text_starts(should, shown);

    if (begun && !s->last.stop) {
        out->emit = text_part(should, shown.len, should.len);
        return;
    }
    // In shadow mode what is shown was not judged before; else it is our fault.
    out->defect = s->request->mode != REQUEST_SHADOW;
    out->retract = shown.len > 0;
    if (out->retract) {
        out->content = should;
    } else {
        out->emit = should;
    }
}

bool
stream_close(struct stream *s, struct judge *judge,
             const struct judge_terms *terms, struct stream_end *out,
             struct err *err)
{
    *out = (struct stream_end){.retract = false};
    if (s->whole < s->text.len) {
        err_set(err, ERR_STATE, "the text ends inside a character, at byte %zu",
                s->whole);
        return false;
    }
    if (!judge_request(judge, s->engine, s->request, terms, &out->result,
                       err)) {
        return false;
    }
    const struct envelope *envelope = &out->result.envelopes[0];
    const struct text should =
        envelope->content.at != NULL ? envelope->content : s->candidate.text;
    switch (envelope->action) {
    case ACTION_SHIP:
    case ACTION_REDACT:
        show_rest(s, should, out);
        return true;
    case ACTION_REGENERATE:
    case ACTION_FALLBACK:
    case ACTION_BLOCK:
    case ACTIONS:
        break;
    }
    out->retract = shown_bytes(s) > 0;
    if (out->retract) {
        out->content = envelope->content;
    }
    return true;
}
