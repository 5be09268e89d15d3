#include <inttypes.h>
#include <stdlib.h>

#include "sidecar/tools/rescore_summary.h"

enum { NAMES_SHOWN = 8 /* of a kind */ };

/* The most frequent first, then by name. */
static int
by_rows(const void *a, const void *b)
{
    const struct rescore_tally_entry *const *x = a;
    const struct rescore_tally_entry *const *y = b;

    return (*x)->rows != (*y)->rows ? ((*x)->rows < (*y)->rows ? 1 : -1)
                                    : strcmp((*x)->name, (*y)->name);
}

static void
show_kind(const struct rescore_tally *tally, enum rescore_tally_kind kind,
          const struct rescore_tally_entry **list, struct buffer *to)
{
    const size_t count = rescore_tally_list(tally, kind, list);
    const size_t shown = count < NAMES_SHOWN ? count : NAMES_SHOWN;

    if (count == 0) {
        return;
    }
    qsort(list, count, sizeof(*list), by_rows);
    buffer_format(to, "  %-10s", rescore_tally_keys[kind]);
    for (size_t i = 0; i < shown; i++) {
        buffer_format(to, "%s %s %" PRIu64, i > 0 ? "," : "",
                      list[i]->name[0] != '\0' ? list[i]->name : "(none)",
                      list[i]->rows);
    }
    if (shown < count) {
        buffer_format(to, ", and %zu more", count - shown);
    }
    buffer_add_byte(to, '\n');
}

void
rescore_summary_show(const struct rescore_summary *summary, struct buffer *to)
{
    static const enum rescore_tally_kind shown[] = {
        RESCORE_TALLY_ACTION, RESCORE_TALLY_VERDICT, RESCORE_TALLY_DECIDED,
        RESCORE_TALLY_ERROR};
    const struct rescore_tally *tally = &summary->tally;
    const struct rescore_tally_entry **list =
        calloc(tally->count + 1, sizeof(*list));

    buffer_format(to,
                  "%" PRIu64 " rows: %" PRIu64 " replies judged, %" PRIu64
                  " errors%s\n",
                  tally->rows, tally->judged, tally->errors,
                  summary->complete ? "" : "; not complete");
    for (size_t i = 0; list != NULL && i < sizeof(shown) / sizeof(*shown);
         i++) {
        show_kind(tally, shown[i], list, to);
    }
    if (tally->drift.measured > 0) {
        buffer_format(to,
                      "  drift      %" PRIu64 " measured, mean %.4f, %" PRIu64
                      " alerts\n",
                      tally->drift.measured,
                      (double)tally->drift.sum / (double)RESCORE_TALLY_UNIT /
                          (double)tally->drift.measured,
                      tally->drift.alerts);
    }
    free(list);
}
