/*
 * Structured personal data in a text: card numbers, accounts, addresses of
 * mail, machines and coins, telephone numbers, identity numbers.
 *
 * Each kind is found by a linear scanner of its own and proved where it can be:
 * a number whose check digits are wrong is never reported. What cannot be
 * proved needs the form in which people write it, or a word nearby that says
 * what it is ("call me on", "SSN"), before or after.
 *
 * The text may be raw or folded (lower case, NFKC): both letter cases count,
 * save for coins, whose case is part of the proof. Full-width and other
 * scripts' digits, typographic spaces and hyphens, and invisible characters in
 * between are read through, and `disguised` says so.
 *
 * A value is never a piece of a longer token: not of a hash, a file name, a
 * path, a decimal, an amount of money or a handle. A span holds the value
 * alone: no blank or sentence's punctuation at either end.
 *
 * Time is linear in the text, whatever it holds. Safe from any thread.
 */
#ifndef SIDECAR_ENGINE_PII_H
#define SIDECAR_ENGINE_PII_H

#include "sidecar/base/arena.h"
#include "sidecar/base/err.h"

/* Kinds and their names in configuration and hits (Presidio's, where it has
 * one). */
#define PII_ENTITIES(ROW)                                                      \
    ROW(CREDIT_CARD, "CREDIT_CARD")                                            \
    ROW(IBAN_CODE, "IBAN_CODE")                                                \
    ROW(EMAIL_ADDRESS, "EMAIL_ADDRESS")                                        \
    ROW(PHONE_NUMBER, "PHONE_NUMBER")                                          \
    ROW(IP_ADDRESS, "IP_ADDRESS")                                              \
    ROW(MAC_ADDRESS, "MAC_ADDRESS")                                            \
    ROW(URL, "URL")                                                            \
    ROW(CRYPTO, "CRYPTO")                                                      \
    ROW(UUID, "UUID")                                                          \
    ROW(IMEI, "IMEI")                                                          \
    ROW(VIN, "VIN")                                                            \
    ROW(US_SSN, "US_SSN")                                                      \
    ROW(US_ITIN, "US_ITIN")                                                    \
    ROW(US_NPI, "US_NPI")                                                      \
    ROW(US_ABA, "US_ABA")                                                      \
    ROW(UK_NHS, "UK_NHS")                                                      \
    ROW(UK_NINO, "UK_NINO")                                                    \
    ROW(CA_SIN, "CA_SIN")                                                      \
    ROW(DE_TAX_ID, "DE_TAX_ID")                                                \
    ROW(ES_NIF, "ES_NIF")                                                      \
    ROW(ES_NIE, "ES_NIE")                                                      \
    ROW(IT_FISCAL_CODE, "IT_FISCAL_CODE")                                      \
    ROW(FR_NIR, "FR_NIR")                                                      \
    ROW(NL_BSN, "NL_BSN")                                                      \
    ROW(PL_PESEL, "PL_PESEL")                                                  \
    ROW(SE_PERSONNUMMER, "SE_PERSONNUMMER")                                    \
    ROW(FI_HETU, "FI_HETU")                                                    \
    ROW(IN_AADHAAR, "IN_AADHAAR")                                              \
    ROW(IN_PAN, "IN_PAN")                                                      \
    ROW(AU_TFN, "AU_TFN")                                                      \
    ROW(AU_ABN, "AU_ABN")                                                      \
    ROW(BR_CPF, "BR_CPF")                                                      \
    ROW(BR_CNPJ, "BR_CNPJ")                                                    \
    ROW(SG_NRIC, "SG_NRIC")                                                    \
    ROW(STREET_ADDRESS, "STREET_ADDRESS")                                      \
    ROW(DATE_OF_BIRTH, "DATE_OF_BIRTH")                                        \
    ROW(US_PASSPORT, "US_PASSPORT")                                            \
    ROW(LAT_LONG, "LAT_LONG")                                                  \
    ROW(BIC, "BIC")                                                            \
    ROW(EU_VAT, "EU_VAT")

enum pii_entity {
#define PII_ENUM(suffix, name) PII_##suffix,
    PII_ENTITIES(PII_ENUM)
#undef PII_ENUM
        PII_COUNT
};

#define PII_BIT(entity) (UINT64_C(1) << (entity))
#define PII_ALL         (PII_BIT(PII_COUNT) - 1)

/*
 * With this bit in `wanted`, numbers that pass their check but have neither a
 * telling form nor a telling word are reported too, with PII_WEAK_SCORE: for
 * rules that bring context words of their own.
 */
#define PII_WEAK       (UINT64_C(1) << 63)
#define PII_WEAK_SCORE 0.3

struct pii_match {
    enum pii_entity entity;
    size_t from, to; /* bytes of the text given, half-open */
    /*
     * 0..1: how sure the form (and the words around) make it; 1 where check
     * digits and form prove it together.
     */
    double score;
    bool validated; /* check digits, or case that is a checksum, agree */
    bool disguised; /* written with other than plain ASCII characters */
};

struct pii_matches {
    struct pii_match *at; /* [count], in the arena; by offset, none overlap */
    size_t count;
    bool truncated; /* there was more than the limit */
};

/*
 * Finds the wanted kinds in a text.
 *
 *   text     valid UTF-8, under 4 GiB
 *   wanted   PII_BIT of each kind, and PII_WEAK
 *   limit    the most matches to report
 *
 * Of matches that overlap, a validated one is kept before one that is not,
 * then the longer, then the surer. A validated card or account number that is
 * not wanted still hides what lies inside it.
 *
 * Fails where the arena is full or the text too long.
 */
bool pii_scan(struct text text, uint64_t wanted, struct arena *arena,
              size_t limit, struct pii_matches *out, struct err *err);

const char *pii_name(enum pii_entity entity);

/* By name, either case; also the names that other tools use for a kind. */
bool pii_from_name(struct text name, enum pii_entity *entity);

/*
 * Is one of the words among the `before_words` words (runs of letters) that
 * stand before `from`? The words are single and folded; ASCII case of the text
 * does not matter. Looks back 32 bytes for each word at most.
 */
bool pii_context(struct text text, size_t from, const struct text *words,
                 size_t count, size_t before_words);

#endif
