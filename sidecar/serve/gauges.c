#include "sidecar/serve/gauges.h"

#include "sidecar/base/clock.h"
#include "sidecar/base/log.h"

/* Where the numbers go. */
struct sheet {
    struct encode_stat *out;
    size_t room, count;
};

static void
add(struct sheet *sheet, const char *name, uint64_t value)
{
    if (sheet->count < sheet->room) {
        sheet->out[sheet->count++] = (struct encode_stat){name, value};
    }
}

static void
add_transport(struct sheet *sheet, struct transport *transport)
{
    struct transport_stats wire;

    transport_stats(transport, &wire);
    add(sheet, "connections.accepted", wire.accepted);
    add(sheet, "connections.open", wire.open);
    add(sheet, "connections.shed", wire.shed);
    for (int i = 0; i < TRANSPORT_END_COUNT; i++) {
        add(sheet, transport_end_names[i], wire.ended[i]);
    }
    add(sheet, "replies.dropped", wire.dropped);
}

static void
add_streams(struct sheet *sheet, struct stream_table *streams)
{
    struct stream_table_stats s;

    stream_table_stats(streams, &s);
    add(sheet, "streams.open", s.open);
    add(sheet, "streams.bytes", s.bytes);
    add(sheet, "streams.held_bytes", s.held);
    add(sheet, "streams.opened", s.opened);
    add(sheet, "streams.closed", s.closed);
    add(sheet, "streams.aborted", s.aborted);
    add(sheet, "streams.expired", s.expired);
    add(sheet, "streams.left", s.left);
    add(sheet, "streams.refused", s.refused);
    add(sheet, "streams.defects", s.defects);
}

static void
add_store(struct sheet *sheet, struct store *store)
{
    struct store_health s;

    store_health(store, &s);
    add(sheet, "store.working", s.working);
    add(sheet, "store.persistent", s.persistent);
    add(sheet, "store.commits", s.commits);
    add(sheet, "store.units", s.units);
    add(sheet, "store.lost", s.lost);
    add(sheet, "store.failures", s.failures);
    add(sheet, "store.waiting_bytes", s.waiting_bytes);
    add(sheet, "store.degraded", s.degraded);
    add(sheet, "sessions.hot", s.hot_sessions);
    add(sheet, "sessions.hot_bytes", s.hot_bytes);
    add(sheet, "sessions.evicted", s.evicted);
    add(sheet, "sessions.archived", s.archived);
    add(sheet, "sessions.expired", s.expired);
    add(sheet, "sessions.shared", s.shared);
    add(sheet, "sessions.shared_requests", s.shared_requests);
    add(sheet, "sessions.shared_failures", s.shared_failures);
    add(sheet, "sessions.shared_late", s.shared_late);
    add(sheet, "sessions.shared_connects", s.shared_connects);
    add(sheet, "journal.seq", s.journal_seq);
}

size_t
gauges_read(const struct gauges *gauges, struct encode_stat *out, size_t room)
{
    struct sheet sheet = {out, room, tally_stats(gauges->tally, out, room)};
    struct queue_depth depth;

    queue_depth(gauges->queue, &depth);
    add(&sheet, "uptime_ms", (clock_ns() - gauges->started_ns) / 1000000u);
    add_transport(&sheet, gauges->transport);
    add(&sheet, "queue.waiting", depth.count);
    add(&sheet, "queue.peak", depth.peak);
    add_streams(&sheet, gauges->streams);
    add_store(&sheet, gauges->store);
    add(&sheet, "log.dropped", log_dropped());
    add(&sheet, "personas.enrolled", enrol_count(gauges->enrol));
    return sheet.count;
}
