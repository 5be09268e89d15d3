/*
 * Keys, tokens and passwords in a text: by their makers' prefixes and formats,
 * by the block or address they stand in, by the name they are assigned to, and,
 * where asked for, by looking random.
 *
 * Prefixes and lengths are those that the makers publish, checked against the
 * rules of gitleaks (MIT). GitHub's and npm's check digits, the header of a
 * JWT and the account in a Discord token are verified: `validated`. A token
 * without them is still reported, since an invented one is as telling.
 *
 * A prefix alone is no key: what follows must have its length and look random
 * ("sk-ating-rink", "npm_config" and "xoxo-love" do not). Placeholders
 * ("<token>", "changeme", "****") are no secrets.
 *
 * The text is read as the scanners of personal data read it (pii_plain.h), so
 * full-width and invisible characters hide nothing. Time is linear in the
 * text. Safe from any thread.
 */
#ifndef SIDECAR_ENGINE_SECRET_H
#define SIDECAR_ENGINE_SECRET_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

/*
 * Names in configuration. A maker's name stands for all its tokens. From "jwt"
 * on they are no makers: JSON web tokens, PEM and OpenSSH private keys, an
 * address with a password in it, a header, a password, another assigned secret,
 * a random token.
 */
#define SECRET_PROVIDERS(ROW)                                                  \
    ROW(AGE, "age")                                                            \
    ROW(ALIBABA, "alibaba")                                                    \
    ROW(ANTHROPIC, "anthropic")                                                \
    ROW(ATLASSIAN, "atlassian")                                                \
    ROW(AWS, "aws")                                                            \
    ROW(AZURE, "azure")                                                        \
    ROW(DATABRICKS, "databricks")                                              \
    ROW(DIGITALOCEAN, "digitalocean")                                          \
    ROW(DISCORD, "discord")                                                    \
    ROW(DOCKER, "docker")                                                      \
    ROW(DOPPLER, "doppler")                                                    \
    ROW(FIGMA, "figma")                                                        \
    ROW(GCP, "gcp")                                                            \
    ROW(GITHUB, "github")                                                      \
    ROW(GITLAB, "gitlab")                                                      \
    ROW(GOOGLE, "google")                                                      \
    ROW(GRAFANA, "grafana")                                                    \
    ROW(GROQ, "groq")                                                          \
    ROW(HUGGINGFACE, "huggingface")                                            \
    ROW(LINEAR, "linear")                                                      \
    ROW(MAILGUN, "mailgun")                                                    \
    ROW(NEWRELIC, "newrelic")                                                  \
    ROW(NOTION, "notion")                                                      \
    ROW(NPM, "npm")                                                            \
    ROW(NUGET, "nuget")                                                        \
    ROW(OPENAI, "openai")                                                      \
    ROW(OPENROUTER, "openrouter")                                              \
    ROW(PERPLEXITY, "perplexity")                                              \
    ROW(POSTMAN, "postman")                                                    \
    ROW(PYPI, "pypi")                                                          \
    ROW(REPLICATE, "replicate")                                                \
    ROW(SENDGRID, "sendgrid")                                                  \
    ROW(SHOPIFY, "shopify")                                                    \
    ROW(SLACK, "slack")                                                        \
    ROW(SQUARE, "square")                                                      \
    ROW(STRIPE, "stripe")                                                      \
    ROW(SUPABASE, "supabase")                                                  \
    ROW(TELEGRAM, "telegram")                                                  \
    ROW(TWILIO, "twilio")                                                      \
    ROW(VAULT, "vault")                                                        \
    ROW(XAI, "xai")                                                            \
    ROW(JWT, "jwt")                                                            \
    ROW(PEM, "pem")                                                            \
    ROW(SSH, "ssh")                                                            \
    ROW(CONNECTION, "connection")                                              \
    ROW(HEADER, "header")                                                      \
    ROW(PASSWORD, "password")                                                  \
    ROW(ASSIGNED, "assigned")                                                  \
    ROW(RANDOM, "random")

enum secret_provider {
#define SECRET_ENUM(suffix, name) SECRET_##suffix,
    SECRET_PROVIDERS(SECRET_ENUM)
#undef SECRET_ENUM
        SECRET_COUNT
};

#define SECRET_BIT(provider) (UINT64_C(1) << (provider))
#define SECRET_ALL           (SECRET_BIT(SECRET_COUNT) - 1)

enum {
    SECRET_MOST = 4096,    /* matches in one text; hostile ones have more */
    SECRET_LEAST_CHARS = 8 /* of a random token: shorter say nothing */
};

/* What counts as random. */
struct secret_entropy {
    /*
     * Shannon entropy of the token's characters, 0..6. A random token of 32
     * characters has some 4.6 (base64) or 3.6 (hexadecimal); the threshold for
     * hexadecimal ones is this times 0.85.
     */
    double min_bits_per_char;
    size_t min_chars; /* from SECRET_LEAST_CHARS; of the token */
    /*
     * Also where neither a word nearby (key, secret, token, password) nor an
     * assignment says that it is a secret.
     */
    bool everywhere;
};

struct secret_match {
    enum secret_provider provider;
    /*
     * What it is, static: API_KEY, JWT, PRIVATE_KEY, WEBHOOK,
     * CONNECTION_STRING, PASSWORD, AUTH_HEADER, SECRET.
     */
    const char *entity;
    size_t from, to; /* bytes of the text given, half-open */
    double score;    /* 0..1 */
    bool validated;  /* check digits or decoded contents agree */
    bool disguised;  /* written with other than plain ASCII characters */
};

struct secret_matches {
    struct secret_match
        *at; /* [count], in the arena; by offset, none overlap */
    size_t count;
    bool truncated; /* there were more than SECRET_MOST */
};

/*
 * Finds the wanted secrets in a text.
 *
 *   raw      valid UTF-8, under 4 GiB
 *   wanted   SECRET_BIT of each provider
 *   entropy  what random means; NULL: no random tokens. With it they are
 *            reported, whether `wanted` has their bit or not
 *
 * A span is the secret alone: of an assignment the value, of a header the
 * credentials, of a key block or an address all of it. Of matches that overlap
 * the one further up in SECRET_PROVIDERS is kept; of two alike the longer.
 *
 * Fails where the arena is full or the text too long.
 */
bool secret_scan(struct text raw, uint64_t wanted,
                 const struct secret_entropy *entropy, struct arena *arena,
                 struct secret_matches *out, struct err *err);

const char *secret_name(enum secret_provider provider);

/* By name, either case. *bit is the SECRET_BIT. */
bool secret_from_name(struct text name, uint64_t *bit);

#endif
