#include "sidecar/engine/url.h"

#include <stdio.h>

#include "sidecar/engine/pii_plain.h"
#include "sidecar/engine/pii_word.h"
#include "sidecar/engine/url_find.h"
#include "sidecar/engine/url_host.h"

enum {
    FIRST_FINDINGS = 8,
    NEAR_CHARS = 8 /* of a domain: in "bit.ly" one letter says nothing */
};

struct url_allowed {
    struct text name; /* lower case, without "*." and "www." */
    struct text skeleton;
    bool below; /* its subdomains count */
    bool self;  /* the name itself counts */
};

/* Where links are hidden. Hosts are in lower case, without "www." */
static const char *const shorteners[] = {
    "adf.ly",      "bit.do",  "bit.ly",  "bl.ink",     "buff.ly", "clck.ru",
    "cutt.ly",     "dlvr.it", "goo.gl",  "is.gd",      "lnkd.in", "ow.ly",
    "ouo.io",      "qr.ae",   "rb.gy",   "rebrand.ly", "s.id",    "shorte.st",
    "shorturl.at", "soo.gd",  "surl.li", "t.co",       "t.ly",    "tiny.cc",
    "tinyurl.com", "trib.al", "u.to",    "urlz.fr",    "v.gd",    "x.co",
};

/* ---------------------------------------------------------------- policy */

static bool
build_one(struct text domain, bool subdomains, struct arena *arena,
          struct url_allowed *out, struct err *err)
{
    const bool wild = text_starts(domain, TEXT("*."));
    struct url_host host;

    url_host_read(text_part(domain, wild ? 2 : 0, domain.len), &host);
    const struct text name = {host.bytes, host.len};

    if (host.len == 0 || memchr(host.bytes, '*', host.len) != NULL ||
        memchr(host.bytes, '/', host.len) != NULL ||
        memchr(host.bytes, ' ', host.len) != NULL) {
        err_set(err, ERR_CONFIG,
                "a domain is a name such as \"example.com\" or "
                "\"*.example.com\"");
        return false;
    }
    out->name = arena_copy(arena, name);
    if (out->name.at == NULL) {
        err_memory(err, "a domain");
        return false;
    }
    out->below = wild || subdomains;
    out->self = !wild;
    return url_host_skeleton(out->name, arena, &out->skeleton, err);
}

bool
url_policy_build(struct url_policy *policy, struct arena *arena,
                 struct err *err)
{
    if (policy->domain_count > URL_DOMAINS_MOST) {
        err_at(err, ERR_CONFIG, "allow_domains", "%zu domains; at most %d",
               policy->domain_count, URL_DOMAINS_MOST);
        return false;
    }
    struct url_allowed *const allowed =
        ARENA_ARRAY(arena, struct url_allowed, policy->domain_count);

    if (allowed == NULL) {
        err_memory(err, "allowed domains");
        return false;
    }
    for (size_t i = 0; i < policy->domain_count; i++) {
        if (!build_one(policy->allow_domains[i], policy->allow_subdomains,
                       arena, &allowed[i], err)) {
            snprintf(err->path, sizeof(err->path), "allow_domains[%zu]", i);
            return false;
        }
    }
    policy->allowed = allowed;
    return true;
}

/* ----------------------------------------------------------------- hosts */

static bool
is_allowed(const struct url_policy *policy, struct text host)
{
    for (size_t i = 0; i < policy->domain_count; i++) {
        const struct url_allowed *const a = &policy->allowed[i];

        if (host.len == a->name.len
                ? a->self && text_equal(host, a->name)
                : a->below && url_host_under(host, a->name)) {
            return true;
        }
    }
    return false;
}

static bool
is_shortener(struct text host)
{
    for (size_t i = 0; i < sizeof(shorteners) / sizeof(shorteners[0]); i++) {
        if (text_is(host, shorteners[i])) {
            return true;
        }
    }
    return false;
}

static size_t
count_dots(struct text text)
{
    size_t dots = 0;

    for (size_t i = 0; i < text.len; i++) {
        dots += text.at[i] == '.';
    }
    return dots;
}

/* The end of the host with as many labels as there are dots and one. */
static struct text
last_labels(struct text host, size_t dots)
{
    size_t at = host.len;

    for (size_t seen = 0; at > 0; at--) {
        seen += host.at[at - 1] == '.';
        if (seen > dots) {
            break;
        }
    }
    return text_part(host, at, host.len);
}

/* Does the name stand in the host, from a label's start, and not end it? */
static bool
stands_inside(struct text host, struct text name)
{
    for (size_t i = 0; i + name.len < host.len; i++) {
        const char next = host.at[i + name.len];

        if ((i == 0 || host.at[i - 1] == '.' || host.at[i - 1] == '-') &&
            (next == '.' || next == '-') &&
            memcmp(host.at + i, name.at, name.len) == 0) {
            return true;
        }
    }
    return false;
}

/* Does the host, which is not allowed, look like one that is? */
static bool
imitates(struct text host, struct text skeleton, const struct url_allowed *a)
{
    const size_t dots = count_dots(a->name);
    const struct text end = last_labels(skeleton, dots);

    return text_equal(end, a->skeleton)
               ? !text_equal(last_labels(host, dots), a->name)
               : stands_inside(skeleton, a->skeleton) ||
                     (a->name.len >= NEAR_CHARS &&
                      url_host_near(end, a->skeleton));
}

static bool
is_lookalike(const struct url_policy *policy, struct text host,
             struct arena *arena, bool *lookalike, struct err *err)
{
    struct text skeleton;

    *lookalike = url_host_mixed(host);
    if (*lookalike || policy->domain_count == 0) {
        return true;
    }
    if (!url_host_skeleton(host, arena, &skeleton, err)) {
        return false;
    }
    for (size_t i = 0; i < policy->domain_count && !*lookalike; i++) {
        *lookalike = imitates(host, skeleton, &policy->allowed[i]);
    }
    return true;
}

/* Do the words of a Markdown link show a host that has nothing to do with it?
 */
static bool
is_mismatch(struct text plain, const struct url_link *link, struct text host)
{
    const struct text shown = url_find_shown(plain, link->from);
    struct url_link inner;
    struct url_host other;

    if (shown.len == 0 || !url_find_next(shown, 0, &inner)) {
        return false;
    }
    url_host_read(inner.host, &other);
    const struct text name = {other.bytes, other.len};

    return name.len > 0 && !url_host_under(host, name) &&
           !url_host_under(name, host);
}

static bool
scheme_allowed(const struct url_policy *policy, struct text scheme)
{
    char plain[16];

    if (policy->scheme_count == 0 || scheme.len == 0) {
        return true;
    }
    if (scheme.len >= sizeof(plain)) {
        return false;
    }
    memcpy(plain, scheme.at, scheme.len);
    // "hxxps" is how a link is written that nobody shall follow by accident.
    if (scheme.len >= 4 &&
        pii_word_same(text_part(scheme, 0, 4), TEXT("hxxp"))) {
        memcpy(plain, "http", 4);
    }
    for (size_t i = 0; i < policy->scheme_count; i++) {
        if (pii_word_same((struct text){plain, scheme.len},
                          policy->allowed_schemes[i])) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ scan */

struct scan {
    const struct url_policy *policy;
    struct text text; /* plain */
    struct arena *arena;
    struct url_findings found;
    size_t cap;
    struct err *err;
};

static unsigned
bit_if(bool blocked, enum url_reason reason)
{
    return blocked ? URL_BIT(reason) : 0;
}

/* What is wrong with a link that has a host. */
static bool
judge_host(struct scan *scan, const struct url_link *link, unsigned *reasons)
{
    const struct url_policy *const p = scan->policy;
    struct url_host read;
    bool lookalike = false;

    url_host_read(link->host, &read);
    const struct text host = {read.bytes, read.len};
    const bool allowed = is_allowed(p, host);

    if (p->block_lookalike_hosts && !allowed && !read.ip &&
        !is_lookalike(p, host, scan->arena, &lookalike, scan->err)) {
        return false;
    }
    *reasons |= bit_if(lookalike, URL_LOOKALIKE) |
                bit_if(p->block_private_hosts && read.local && !allowed,
                       URL_PRIVATE_HOST) |
                bit_if(p->block_ip_hosts && read.ip && !allowed, URL_IP_HOST) |
                bit_if(p->block_shorteners && !allowed && is_shortener(host),
                       URL_SHORTENER) |
                bit_if(p->block_mismatch && is_mismatch(scan->text, link, host),
                       URL_MISMATCH) |
                bit_if(p->domain_count > 0 && !allowed, URL_NOT_ALLOWED);
    return true;
}

static bool
add(struct scan *scan, const struct url_finding *finding)
{
    struct url_findings *const found = &scan->found;

    if (found->count == scan->cap) {
        const size_t cap = scan->cap == 0 ? FIRST_FINDINGS : 2 * scan->cap;
        struct url_finding *const at =
            arena_take(scan->arena, cap * sizeof(*at));

        if (at == NULL) {
            err_memory(scan->err, "links");
            return false;
        }
        if (found->count > 0) {
            memcpy(at, found->at, found->count * sizeof(*at));
        }
        found->at = at;
        scan->cap = cap;
    }
    found->at[found->count++] = *finding;
    return true;
}

static bool
judge(struct scan *scan, const struct url_link *link,
      const struct pii_plain *plain)
{
    const struct url_policy *const p = scan->policy;
    unsigned reasons =
        bit_if(link->script, URL_SCRIPT) |
        bit_if(!scheme_allowed(p, link->scheme), URL_SCHEME) |
        bit_if(p->block_userinfo && link->userinfo, URL_USERINFO) |
        bit_if(p->max_urls > 0 && scan->found.urls >= p->max_urls,
               URL_TOO_MANY);

    scan->found.urls++;
    if (!link->script && !judge_host(scan, link, &reasons)) {
        return false;
    }
    for (int i = 0; i < URL_REASON_COUNT; i++) {
        if ((reasons & URL_BIT(i)) != 0) {
            return add(scan, &(struct url_finding){
                                 .from = pii_plain_from(plain, link->from),
                                 .to = pii_plain_to(plain, link->to),
                                 .reason = (enum url_reason)i,
                                 .reasons = reasons});
        }
    }
    return true;
}

bool
url_scan(const struct url_policy *policy, struct text raw, struct arena *arena,
         struct url_findings *out, struct err *err)
{
    struct pii_plain plain;
    struct url_link link;

    *out = (struct url_findings){NULL, 0, 0, false};
    if (!pii_plain_build(raw, arena, &plain, err)) {
        return false;
    }
    if (!url_find_any(plain.text)) {
        return true;
    }
    struct scan scan = {
        .policy = policy, .text = plain.text, .arena = arena, .err = err};

    for (size_t at = 0; url_find_next(plain.text, at, &link); at = link.to) {
        if (scan.found.urls == URL_MOST) {
            scan.found.truncated = true;
            break;
        }
        if (!judge(&scan, &link, &plain)) {
            return false;
        }
    }
    *out = scan.found;
    return true;
}

static const char *const names[] = {
#define URL_NAME(suffix, name) name,
    URL_REASONS(URL_NAME)
#undef URL_NAME
};

const char *
url_reason_name(enum url_reason reason)
{
    return names[reason];
}
