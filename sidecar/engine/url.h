/*
 * Links in a text, judged by a policy: which hosts and schemes are allowed,
 * and what makes a link suspect whatever its host.
 *
 * Links are found as personal data's are (pii_url.h): with a scheme, also
 * "hxxp" and "[.]"; from "www."; bare hosts with a known ending. Besides:
 * "javascript:", "vbscript:" and "data:", and IP addresses with a path.
 *
 * Time is linear in the text times the number of allowed domains, for
 * URL_MOST links at most. Safe from any thread.
 */
#ifndef SIDECAR_ENGINE_URL_H
#define SIDECAR_ENGINE_URL_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

enum {
    URL_MOST = 1024,        /* links looked at in one text */
    URL_DOMAINS_MOST = 4096 /* allowed domains */
};

/*
 * Why a link is not fine, the gravest first. Names in hits:
 *
 *   script        javascript:, vbscript: or data:, in any policy
 *   scheme        not one of allowed_schemes
 *   userinfo      "https://paypal.com@evil.example"
 *   lookalike     the host imitates an allowed one: letters of another script
 *                 or in one label of two, punycode of such, digits for letters,
 *                 one letter off, an allowed host's name inside of it
 *   mismatch      a Markdown link whose text shows another host than it has
 *   private_host  an address or name of the local machine or network
 *   ip_host       an address in place of a name, in any notation that browsers
 *                 read: 127.0.0.1, 2130706433, 0x7f000001, 0177.1, [::1]
 *   shortener     a host that hides where a link goes
 *   not_allowed   not one of allow_domains
 *   too_many      more than max_urls
 */
#define URL_REASONS(ROW)                                                       \
    ROW(SCRIPT, "script")                                                      \
    ROW(SCHEME, "scheme")                                                      \
    ROW(USERINFO, "userinfo")                                                  \
    ROW(LOOKALIKE, "lookalike")                                                \
    ROW(MISMATCH, "mismatch")                                                  \
    ROW(PRIVATE_HOST, "private_host")                                          \
    ROW(IP_HOST, "ip_host")                                                    \
    ROW(SHORTENER, "shortener")                                                \
    ROW(NOT_ALLOWED, "not_allowed")                                            \
    ROW(TOO_MANY, "too_many")

enum url_reason {
#define URL_ENUM(suffix, name) URL_##suffix,
    URL_REASONS(URL_ENUM)
#undef URL_ENUM
        URL_REASON_COUNT
};

#define URL_BIT(reason) (1u << (reason))

struct url_allowed; /* what url_policy_build makes of a domain */

/*
 * What a rule says. All zero finds scripts only. Texts are kept: they outlive
 * the policy.
 */
struct url_policy {
    /*
     * Domains, "example.com"; "*.example.com" is its subdomains. "www." before
     * a name makes no difference. None: every host is allowed.
     */
    const struct text *allow_domains;
    size_t domain_count;
    bool allow_subdomains; /* of every domain */
    /*
     * "https", without a colon; "hxxp" is "http". Links without a scheme are
     * not asked for theirs. None: every scheme is allowed.
     */
    const struct text *allowed_schemes;
    size_t scheme_count;
    bool block_userinfo;
    bool block_ip_hosts;
    bool block_lookalike_hosts;
    bool block_private_hosts;
    bool block_shorteners;
    bool block_mismatch;
    size_t max_urls; /* 0: any number; the first ones are fine */

    const struct url_allowed *allowed; /* [domain_count], url_policy_build's */
};

/*
 * Fills policy->allowed from policy->allow_domains, in the arena, which the
 * policy keeps. To be called once, before url_scan.
 *
 * Fails on a domain that is none (ERR_CONFIG, its number in the path:
 * "allow_domains[3]"), on more than URL_DOMAINS_MOST, and where the arena is
 * full.
 */
bool url_policy_build(struct url_policy *policy, struct arena *arena,
                      struct err *err);

struct url_finding {
    size_t from, to;        /* bytes of the text given: the whole link */
    enum url_reason reason; /* the gravest */
    unsigned reasons;       /* URL_BIT of each */
};

struct url_findings {
    struct url_finding *at; /* [count], in the arena; by offset, none overlap */
    size_t count;
    size_t urls;    /* links in the text, fine ones too */
    bool truncated; /* there were more than URL_MOST */
};

/*
 * Finds the links that the policy does not allow.
 *
 *   raw  valid UTF-8, under 4 GiB
 *
 * Fails where the arena is full or the text too long.
 */
bool url_scan(const struct url_policy *policy, struct text raw,
              struct arena *arena, struct url_findings *out, struct err *err);

const char *url_reason_name(enum url_reason reason);

#endif
