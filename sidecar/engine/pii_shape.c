#include "sidecar/engine/pii_shape.h"

#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_check.h"
#include "sidecar/engine/pii_vat.h"
#include "sidecar/engine/pii_word.h"

enum {
    SHAPE_CHARS = 32, /* the longest: UUID without its hyphens */
    WORDS_BEFORE = 5,
    WORDS_AFTER = 2
};

/* How far a form alone goes. */
#define SURE   1.0 /* form and check digits leave no doubt */
#define STRONG 0.85
#define FAIR   0.7
#define WEAK   PII_WEAK_SCORE /* needs a word nearby */

struct shape {
    /*
     * d digit, a letter, x letter or digit, h hexadecimal; _ nothing or one
     * space, hyphen or point; ~ one of these, the same at each ~ of a form;
     * anything else is itself.
     */
    const char *form;
    size_t head; /* letters and digits that it begins with; 0: open */
    enum pii_entity entity;
    bool (*check)(const char *compact, size_t n); /* NULL: the form says it */
    bool sums; /* the check has check digits: a match is validated */
    double score;
    const char *words; /* nearby, they raise the score to STRONG; or NULL */
};

#define SSN_WORDS  "ssn ssns social security socials"
#define NPI_WORDS  "npi provider prescriber"
#define ABA_WORDS  "aba routing rtn transit bank"
#define NHS_WORDS  "nhs patient"
#define SIN_WORDS  "sin insurance nas sociale"
#define TAX_WORDS  "steuer steuernummer steuerid identifikationsnummer tin idnr"
#define NIR_WORDS  "nir insee secu vitale sociale"
#define BSN_WORDS  "bsn burgerservicenummer sofinummer sofi"
#define PNR_WORDS  "personnummer samordningsnummer personnr"
#define UID_WORDS  "aadhaar aadhar uidai uid"
#define TFN_WORDS  "tfn tax"
#define ABN_WORDS  "abn business"
#define IMEI_WORDS "imei handset"
#define VIN_WORDS  "vin chassis vehicle"
#define VAT_WORDS  "vat ust ustid uid mwst tva iva btw moms nip partita"

static const struct shape shapes[] = {
    {"hh:hh:hh:hh:hh:hh", 2, PII_MAC_ADDRESS, NULL, false, STRONG, NULL},
    {"hh-hh-hh-hh-hh-hh", 2, PII_MAC_ADDRESS, NULL, false, STRONG, NULL},
    {"hhhh.hhhh.hhhh", 4, PII_MAC_ADDRESS, NULL, false, WEAK,
     "mac hwaddr interface switch"},
    {"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", 8, PII_UUID, NULL, false, STRONG,
     NULL},
    {"ddd-dd-dddd", 3, PII_US_SSN, pii_check_us_ssn, false, STRONG, NULL},
    {"ddd~dd~dddd", 3, PII_US_SSN, pii_check_us_ssn, false, FAIR, SSN_WORDS},
    {"ddddddddd", 9, PII_US_SSN, pii_check_us_ssn, false, WEAK, SSN_WORDS},
    {"9dd-dd-dddd", 3, PII_US_ITIN, pii_check_us_itin, false, STRONG, NULL},
    {"9dd~dd~dddd", 3, PII_US_ITIN, pii_check_us_itin, false, FAIR, "itin tax"},
    {"9dddddddd", 9, PII_US_ITIN, pii_check_us_itin, false, WEAK, "itin"},
    {"dddddddddd", 10, PII_US_NPI, pii_check_us_npi, true, WEAK, NPI_WORDS},
    {"ddddddddd", 9, PII_US_ABA, pii_check_us_aba, true, WEAK, ABA_WORDS},
    {"dddd-dddd-d", 4, PII_US_ABA, pii_check_us_aba, true, WEAK, ABA_WORDS},
    {"ddd~ddd~dddd", 3, PII_UK_NHS, pii_check_uk_nhs, true, WEAK, NHS_WORDS},
    {"dddddddddd", 10, PII_UK_NHS, pii_check_uk_nhs, true, WEAK, NHS_WORDS},
    {"aa_dd_dd_dd_a", 0, PII_UK_NINO, pii_check_uk_nino, false, STRONG, NULL},
    {"ddd~ddd~ddd", 3, PII_CA_SIN, pii_check_ca_sin, true, WEAK, SIN_WORDS},
    {"ddddddddd", 9, PII_CA_SIN, pii_check_ca_sin, true, WEAK, SIN_WORDS},
    {"dd_ddd_ddd_ddd", 0, PII_DE_TAX_ID, pii_check_de_tax, true, WEAK,
     TAX_WORDS},
    {"dddddddd_a", 0, PII_ES_NIF, pii_check_es_nif, true, FAIR, "dni nif"},
    {"a_ddddddd_a", 0, PII_ES_NIE, pii_check_es_nie, true, STRONG, "nie"},
    {"aaaaaaxxaxxaxxxa", 16, PII_IT_FISCAL_CODE, pii_check_it_fiscal, true,
     SURE, NULL},
    {"aaa aaa xxaxx axxxa", 3, PII_IT_FISCAL_CODE, pii_check_it_fiscal, true,
     SURE, NULL},
    {"d~dd~dd~dd~ddd~ddd~dd", 1, PII_FR_NIR, pii_check_fr_nir, true, SURE,
     NULL},
    {"d dd dd dd ddd ddd dd", 1, PII_FR_NIR, pii_check_fr_nir, true, SURE,
     NULL},
    {"ddddddddddddddd", 15, PII_FR_NIR, pii_check_fr_nir, true, FAIR,
     NIR_WORDS},
    {"ddddddddd", 9, PII_NL_BSN, pii_check_nl_bsn, true, WEAK, BSN_WORDS},
    {"dddd.dd.ddd", 4, PII_NL_BSN, pii_check_nl_bsn, true, WEAK, BSN_WORDS},
    {"ddddddddddd", 11, PII_PL_PESEL, pii_check_pl_pesel, true, WEAK, "pesel"},
    {"dddddd-dddd", 6, PII_SE_PERSONNUMMER, pii_check_se_personal, true, FAIR,
     PNR_WORDS},
    {"dddddddd-dddd", 8, PII_SE_PERSONNUMMER, pii_check_se_personal, true,
     STRONG, PNR_WORDS},
    {"dddddddddd", 10, PII_SE_PERSONNUMMER, pii_check_se_personal, true, WEAK,
     PNR_WORDS},
    {"dddddddddddd", 12, PII_SE_PERSONNUMMER, pii_check_se_personal, true, WEAK,
     PNR_WORDS},
    {"dddddd-dddx", 6, PII_FI_HETU, pii_check_fi_hetu, true, FAIR,
     "hetu henkilotunnus"},
    {"dddddd+dddx", 6, PII_FI_HETU, pii_check_fi_hetu, true, FAIR, NULL},
    {"ddddddAdddx", 11, PII_FI_HETU, pii_check_fi_hetu, true, FAIR, NULL},
    {"dddd~dddd~dddd", 4, PII_IN_AADHAAR, pii_check_in_aadhaar, true, WEAK,
     UID_WORDS},
    {"dddddddddddd", 12, PII_IN_AADHAAR, pii_check_in_aadhaar, true, WEAK,
     UID_WORDS},
    {"aaaaadddda", 10, PII_IN_PAN, pii_check_in_pan, false, FAIR, "pan"},
    {"ddd~ddd~ddd", 3, PII_AU_TFN, pii_check_au_tfn, true, WEAK, TFN_WORDS},
    {"ddddddddd", 9, PII_AU_TFN, pii_check_au_tfn, true, WEAK, TFN_WORDS},
    {"dd ddd ddd ddd", 2, PII_AU_ABN, pii_check_au_abn, true, FAIR, ABN_WORDS},
    {"ddddddddddd", 11, PII_AU_ABN, pii_check_au_abn, true, WEAK, ABN_WORDS},
    {"ddd.ddd.ddd-dd", 3, PII_BR_CPF, pii_check_br_cpf, true, SURE, NULL},
    {"ddddddddddd", 11, PII_BR_CPF, pii_check_br_cpf, true, WEAK, "cpf"},
    {"dd.ddd.ddd/dddd-dd", 2, PII_BR_CNPJ, pii_check_br_cnpj, true, SURE, NULL},
    {"dddddddddddddd", 14, PII_BR_CNPJ, pii_check_br_cnpj, true, WEAK, "cnpj"},
    {"addddddda", 9, PII_SG_NRIC, pii_check_sg_nric, true, STRONG, "nric fin"},
    {"dd~dddddd~dddddd~d", 2, PII_IMEI, pii_check_imei, true, FAIR, IMEI_WORDS},
    {"ddddddddddddddd", 15, PII_IMEI, pii_check_imei, true, WEAK, IMEI_WORDS},
    {"aadddddddd", 10, PII_EU_VAT, pii_vat_check, true, WEAK, VAT_WORDS},
    {"aaxdddddddd", 11, PII_EU_VAT, pii_vat_check, true, FAIR, VAT_WORDS},
    {"aadddddddddd", 12, PII_EU_VAT, pii_vat_check, true, FAIR, VAT_WORDS},
    {"aaddddddddddd", 13, PII_EU_VAT, pii_vat_check, true, FAIR, VAT_WORDS},
    {"aadddddddddadd", 14, PII_EU_VAT, pii_vat_check, true, SURE, NULL},
    {"aadddddddddddd", 14, PII_EU_VAT, pii_vat_check, true, FAIR, VAT_WORDS},
    {"aa ddddddddd", 2, PII_EU_VAT, pii_vat_check, true, WEAK, VAT_WORDS},
    {"aa ddddddddddd", 2, PII_EU_VAT, pii_vat_check, true, WEAK, VAT_WORDS},
    {"xxxxxxxxxxxxxxxxx", 17, PII_VIN, pii_check_vin, true, FAIR, VIN_WORDS},
};

static bool
is_separator(char c)
{
    return c == ' ' || c == '-' || c == '.';
}

/* Does the character fit a class of a form? */
static bool
fits(char c, char class)
{
    switch (class) {
    case 'd':
        return pii_char_is(c, PII_CHAR_DIGIT);
    case 'h':
        return pii_char_is(c, PII_CHAR_HEX);
    case 'a':
        return (unsigned char)c < 0x80 && pii_char_is(c, PII_CHAR_LETTER);
    case 'x':
        return (unsigned char)c < 0x80 && pii_char_word(c);
    default:
        return ascii_upper(c) == class;
    }
}

static bool
is_class(char form)
{
    return form == 'd' || form == 'h' || form == 'a' || form == 'x';
}

/*
 * Follows the form from `at`; fills `compact` with the letters and digits, in
 * capitals, and returns the offset after the last, 0 where it does not fit.
 */
static size_t
follow(struct text text, size_t at, const char *form, char *compact, size_t *n)
{
    char separator = '\0';

    *n = 0;
    for (; *form != '\0'; form++) {
        const char c = pii_char_at(text, at);

        if (*form == '_') {
            at += is_separator(c);
            continue;
        }
        if (*form == '~') {
            if (!is_separator(c) || (separator != '\0' && c != separator)) {
                return 0;
            }
            separator = c;
        } else if (!fits(c, *form)) {
            return 0;
        } else if (is_class(*form) || pii_char_is(*form, PII_CHAR_DIGIT)) {
            compact[(*n)++] = ascii_upper(c);
        }
        at++;
    }
    return at;
}

/* The score of a form at [from, to), given the words around; 0: leave it. */
static double
judge(struct text text, size_t from, size_t to, const struct shape *shape,
      uint64_t wanted)
{
    if (shape->words != NULL && shape->score < STRONG &&
        (pii_word_before(text, from, shape->words, WORDS_BEFORE) ||
         pii_word_after(text, to, shape->words, WORDS_AFTER))) {
        return shape->sums ? SURE : STRONG;
    }
    return shape->score > WEAK || (wanted & PII_WEAK) != 0 ? shape->score : 0;
}

/* A hyphen or colon that joins the value to the same kind of thing. */
static bool
goes_on(struct text text, size_t to)
{
    const char c = pii_char_at(text, to);

    return (c == ':' || c == '-') &&
           pii_char_is(pii_char_at(text, to + 1), PII_CHAR_HEX) &&
           pii_char_is(pii_char_at(text, to + 2), PII_CHAR_HEX) &&
           !pii_char_word(pii_char_at(text, to + 3));
}

size_t
pii_shape_find(struct text plain, size_t at, size_t token, uint64_t wanted,
               struct pii_match out[PII_SHAPE_MOST])
{
    char compact[SHAPE_CHARS];
    size_t found = 0, n;

    if (!pii_char_opens(plain, at)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const struct shape *const shape = &shapes[i];

        if ((shape->head != 0 && shape->head != token) ||
            (wanted & PII_BIT(shape->entity)) == 0) {
            continue;
        }
        const size_t to = follow(plain, at, shape->form, compact, &n);

        if (to == 0 || !pii_char_shuts(plain, to) || goes_on(plain, to) ||
            (shape->check != NULL && !shape->check(compact, n))) {
            continue;
        }
        const double score = judge(plain, at, to, shape, wanted);

        if (score > 0 && found < PII_SHAPE_MOST) {
            out[found++] = (struct pii_match){.entity = shape->entity,
                                              .from = at,
                                              .to = to,
                                              .score = score,
                                              .validated = shape->sums};
        }
    }
    return found;
}
