#include "sidecar/engine/hold_kinds_forms.h"

#include <stdio.h>

/*
 * Characters, as pii_char.h has them. A set with \x{e9} in it has every
 * character beyond ASCII.
 */
#define ANY     "[\\x00-\\x{10ffff}]"
#define DIGIT   "[0-9]"
#define HEX     "[0-9a-f]"
#define ALNUM   "[0-9a-z]"
#define LETTER  "[a-z\\x{e9}]"
#define WORD    "[0-9a-z\\x{e9}]"
#define BETWEEN "[ .-]"

/* What is looked at behind a value, to see that its token ends there. */
#define SHUT "(?:[-/]" WORD "{0,40}|[@.,:+'/-]?" ANY ")?"
/* A blank, and up to three words behind a number: "x12", "(office)". */
#define SAID "(?:[^a-z]*" LETTER "*){3}"

/*
 * A row of digits, whatever parts them, in which something of seven digits or
 * more may be; without bounds, since any part of it may be a value.
 */
#define ROW "[+(]{0,2}" DIGIT "(?:\\)?(?: - |[ ./+-])?[(+]?" DIGIT "){6,}" SAID

/* Accounts, in one piece or in fours. */
#define IBAN_WHOLE "\\b[a-z]{2}" DIGIT "{2}" ALNUM "{11,30}" SHUT
#define IBAN_FOURS                                                             \
    "\\b[a-z]{2}" DIGIT "{2}(?:" BETWEEN ALNUM "{4}){2,7}(?:" BETWEEN ALNUM    \
    "{1,3})?" SHUT

/* Hosts: pii_host.h. */
#define LABEL     "[0-9a-z\\x{e9}-]{1,64}"
#define SPELT_DOT "(?: ?[\\[({<] ?(?:\\.|dot) ?[\\])}>] ?| dot )"
#define DOT       "(?:\\.|" SPELT_DOT ")"
#define HOST      LABEL "(?:" DOT LABEL ")+"
#define REST      "[^\\x00- \"<>`|\\\\^]*"

/* Addresses of mail: pii_mail.c. */
#define LOCAL "[0-9a-z!#$%'+._\\x{e9}-]{1,64}"
#define OCTET "[0-9]{1,3}"

/* Streets: pii_street.c, pii_place.c. */
#define NAME  LETTER "(?:" LETTER "|['-]" LETTER "){0,39}"
#define HOUSE DIGIT "{1,5}" WORD "?(?:[-/]" DIGIT WORD "{0,3})?"
#define PART  "(?:" NAME "|" DIGIT "{1,4}(?:st|nd|rd|th))\\.?"
#define SUFFIX                                                                 \
    "(?:alley|aly|ave?|avenue|blvd|boulevard|cir|circle|circus|close|court|"   \
    "cres|crescent|ct|dr|drive|esplanade|expy|freeway|fwy|gardens|gate|gdns|"  \
    "green|grove|grv|highway|hill|hwy|lane|ln|loop|mews|parade|park|parkway|"  \
    "path|pike|pkwy|pl|place|plaza|quay|rd|rise|road|row|sq|square|st|street|" \
    "ter|terrace|tpke|trail|trl|turnpike|walk|way|wharf|broadway|piccadilly|"  \
    "strand|haymarket)"
/* Unit, town, state, code, country: each a gap and a word or two. */
#define PLACE "(?:[ ,.#\\t\\n\\r\\f\\v]{1,8}[0-9a-z\\x{e9}'-]{1,41}){0,14}"
#define FRENCH                                                                 \
    "(?:rue|avenue|boulevard|place|all(?:\\x{e9}|e)e|chemin|quai|impasse|"     \
    "cours|route|square|passage)"
#define BEFORE_NAMES                                                           \
    "(?:calle|via|viale|piazza|corso|avenida|rua|paseo|plaza|carrer|largo|"    \
    "travessa|rue|avenue|boulevard|ulica|ul|av|carrera)"
#define NAME_END                                                               \
    "(?:stra\\x{df}e?|strasse|gasse|allee|platz|weg|damm|ufer|chaussee|"       \
    "straat|laan|gracht|plein|gatan|v\\x{e4}gen|veien|sgade|rgade|sgata|katu|" \
    "str|utca)"

#define MONTH                                                                  \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"     \
    "aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
#define YEAR    "[.,]? ?[0-9]{4}"
#define ORDINAL "(?:st|nd|rd|th)?"

#define ANGLE(sides) "-?[0-9]{1,3}\\.[0-9]{3,13}\\x{b0}? ?[" sides "]?"

#define SPOKEN "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"

#define FORMS(name, ...) static const char *const name[] = {__VA_ARGS__}

FORMS(rows, ROW, IBAN_WHOLE, IBAN_FOURS);

FORMS(phones, "\\b" SPOKEN "(?:(?:[,.-] ?| )" SPOKEN
              "){6,15}(?:[,.-] ?| )?" SPOKEN "?" LETTER "?");

FORMS(mails, LOCAL "@" HOST "[@_]?",
      LOCAL "@\\[" DIGIT "[0-9a-f:.]{1,45}\\][@_]?",
      "\"[^\"\\x00-\\x1f ]{1,64}(?: [^\"\\x00-\\x1f ]{0,64})?\"@(?:" HOST
      "|\\[" DIGIT "[0-9a-f:.]{1,45}\\])[@_]?",
      "(?:" LOCAL SPELT_DOT "){0,4}" LOCAL "(?: ?[\\[({<] ?at ?[\\])}>] ?" HOST
      "| at " LABEL "(?:\\." LABEL ")*" SPELT_DOT LABEL "(?:" DOT LABEL ")*)");

FORMS(addresses, OCTET "(?:\\." OCTET "){3}" SHUT,
      "(?:" HEX "{1,4}:|:)(?:" HEX "{0,4}:){1,7}[0-9a-f.]{0,15}" SHUT);

FORMS(macs,
      "\\b" HEX "{2}(?:[:-]" HEX "{2}){5}(?:[:-]" HEX "{0,2}" ANY "|" SHUT ")",
      "\\b" HEX "{4}\\." HEX "{4}\\." HEX "{4}" SAID);

FORMS(links,
      "\\b(?:https?|hxxps?|ftps?|sftp|wss?|ssh|git|file)"
      "(?:://|\\[:\\]//|\\[://\\])" REST,
      HOST "(?::" DIGIT "*)?(?:[/?#]" REST ")?@?");

FORMS(coins, "\\b" ALNUM "{26,90}" SHUT,
      "\\b(?:bc|tb|bcrt|ltc)1" ALNUM "{9,86}" SHUT);

FORMS(uuids, "\\b" HEX "{8}(?:-" HEX "{4}){3}-" HEX "{12}(?:[:-]" HEX
             "{0,2}" ANY "|" SHUT ")");

FORMS(vins, "\\b" ALNUM "{17}" SAID);
FORMS(ninos,
      "\\b[a-z]{2}(?:" BETWEEN "?" DIGIT "{2}){3}" BETWEEN "?[a-z]" SHUT);
FORMS(nies, "\\b[a-z]" BETWEEN "?" DIGIT "{7}" BETWEEN "?[a-z]" SAID);
FORMS(fiscals,
      "\\b[a-z]{6}" ALNUM "{2}[a-z]" ALNUM "{2}[a-z]" ALNUM "{3}[a-z]" SHUT,
      "\\b[a-z]{3} [a-z]{3} " DIGIT ALNUM "[a-z]" ALNUM "{2} [a-z]" ALNUM
      "{3}[a-z]" SHUT);
FORMS(pans, "\\b[a-z]{5}" DIGIT "{4}[a-z]" SAID);
FORMS(nrics, "\\b[a-z]" DIGIT "{7}[a-z]" SAID);
FORMS(vats, "\\b[a-z]{2} ?" ALNUM DIGIT "{7,11}(?:[a-z]" DIGIT "{2})?" SAID);

FORMS(streets,
      // "5914 Oak Hill Rd, Portland, OR 97205"
      "\\b" HOUSE "(?: " PART "){0,4} " SUFFIX "\\b\\.?" PLACE,
      // "12 bis, avenue Foch"
      "\\b" HOUSE "(?: (?:bis|ter))?,? " FRENCH "(?: " NAME "){1,5}" PLACE,
      // "Hauptstrasse 12", "Karl-Marx-Str. 5"
      "\\b[a-z\\x{e9}'-]*" NAME_END "[.,]? " HOUSE PLACE,
      // "Calle Mayor, 5"
      BEFORE_NAMES "\\.?(?: [a-z\\x{e9}'-]+\\.?){1,4},? " HOUSE PLACE,
      "(?:p\\. ?o\\. ?box|po box|post office box|postfach) " HOUSE PLACE);

FORMS(births, DIGIT "{1,4}[/.-]" DIGIT "{1,2}[/.-]" DIGIT "{1,4}" SHUT,
      "\\b" MONTH ANY "{1,2}" DIGIT "{1,2}" ORDINAL YEAR SHUT,
      DIGIT "{1,2}" ORDINAL "(?: of)? " MONTH YEAR SHUT);

FORMS(passports, "\\b[a-z]?" DIGIT "{8,9}" SHUT);
FORMS(places, ANGLE("ns") ",? ?" ANGLE("ew") ANY "?" SHUT);
FORMS(banks, "(?:bic|swift)(?:[^a-z]+" LETTER "+){0,3}[^a-z]+" ALNUM
             "{8}(?:" ALNUM "{3})?" SHUT);

/* ---- secrets: secret_assign.c, secret_block.c ---------------------------- */

#define G "[._-]*" /* between the letters of a name */
#define NAMED                                                                  \
    "(?:w" G "o" G "r" G "d|[sp]" G "w" G "d|p" G "h" G "r" G "a" G "s" G "e|" \
    "s" G "c" G "o" G "d" G "e|w" G "o" G "r" G "t|p" G "a" G "s" G "s" G "e|" \
    "s" G "e" G "n" G "a|k" G "e" G "y|z" G "a" G "t" G "i" G "o" G "n|"       \
    "c" G "r" G "e" G "t|o" G "k" G "e" G "n|n" G "t" G "i" G "a" G "l|"       \
    "t" G "i" G "a" G "l" G "s|s" G "i" G "g)"
#define ASSIGN "[\"'`\\] *]{0,3}:?[:=]>?[ *]{0,3}"
#define VALUE                                                                  \
    "(?:[^\\x00- \"'`,;<>)\\]}|\\\\]+|\"[^\"\\n]*|'[^'\\n]*|`[^`\\n]*|"        \
    "\\\\\"[^\\\\\\n]*)"

FORMS(secrets,
      // "api_key = ..", "Authorization: Basic .."
      NAMED ASSIGN "(?:(?:basic|bearer|token|apikey|digest) )?" VALUE,
      // "The password for the router: .."
      "(?:password|passphrase|passwd|pwd)(?:[^a-z]+" LETTER "+){0,2}[^a-z]+"
      "[0-9a-z\\x{e9}_.-]{3,48}" ASSIGN VALUE,
      "(?:password|passwd|pwd|passwort) (?:is|was|ist):? " VALUE,
      // Addresses with a password in them, and those that are secret.
      "[0-9a-z\\x{e9}+.-]{0,24}://[^\\x00- \"'`<>]*",
      "(?:defaultendpointsprotocol=|endpoint=)[^\\x00- \"'`]*",
      DIGIT "{8,10}:[0-9a-z_-]{35,36}" ANY "?",
      // A service account's JSON.
      "\\{[ \\t\\n\\v\\f\\r]*\"type\": ?\"service_account\"[^}]*\\}",
      // A key block, whole or cut off.
      "-----begin " ANY "{11,48}-----(?:[^-]|-{1,4}[^-])*-{0,4}"
      "(?:-----(?:end " ANY "{0,53})?)?");

/* ---- links, as a policy on them reads them: url_find.c ------------------- */

FORMS(policed,
      "\\b(?:https?|hxxps?|ftps?|sftp|wss?|ssh|git|file)"
      "(?:://|\\[:\\]//|\\[://\\])" REST,
      HOST "(?::" DIGIT "*)?(?:[/?#]" REST ")?@?",
      "\\b(?:javascript|vbscript|data):" REST);

/* ---- by kind ------------------------------------------------------------- */

#define OF(forms, chars, why)                                                  \
    {                                                                          \
        forms, sizeof(forms) / sizeof((forms)[0]), why, chars                  \
    }
#define ROW_OF_DIGITS                                                          \
    {                                                                          \
        NULL, 0, "a row of digits, and three words behind it", SIZE_MAX        \
    }

static const struct hold_kinds_forms kinds[PII_COUNT] = {
    [PII_CREDIT_CARD] = ROW_OF_DIGITS,
    [PII_IBAN_CODE] = {NULL, 0, "letters, digits and groups of four", 84},
    [PII_EMAIL_ADDRESS] =
        OF(mails, SIZE_MAX, "a word that an @ or \" at \" may follow"),
    [PII_PHONE_NUMBER] =
        OF(phones, SIZE_MAX, "a row of digits, or of words for digits"),
    [PII_IP_ADDRESS] = OF(addresses, 64, "digits and points or colons"),
    [PII_MAC_ADDRESS] = OF(macs, SIZE_MAX, "pairs of hexadecimal digits"),
    [PII_URL] = OF(links, SIZE_MAX, "a word that a dot may follow; a link"),
    [PII_CRYPTO] = OF(coins, 131, "a token of 12 letters and digits or more"),
    [PII_UUID] = OF(uuids, 77, "hexadecimal digits and hyphens"),
    [PII_IMEI] = ROW_OF_DIGITS,
    [PII_VIN] = OF(vins, SIZE_MAX, "a token, and three words behind it"),
    [PII_US_SSN] = ROW_OF_DIGITS,
    [PII_US_ITIN] = ROW_OF_DIGITS,
    [PII_US_NPI] = ROW_OF_DIGITS,
    [PII_US_ABA] = ROW_OF_DIGITS,
    [PII_UK_NHS] = ROW_OF_DIGITS,
    [PII_UK_NINO] = OF(ninos, 54, "two letters and digits"),
    [PII_CA_SIN] = ROW_OF_DIGITS,
    [PII_DE_TAX_ID] = ROW_OF_DIGITS,
    [PII_ES_NIF] = ROW_OF_DIGITS,
    [PII_ES_NIE] = OF(nies, SIZE_MAX, "a letter and digits"),
    [PII_IT_FISCAL_CODE] = OF(fiscals, 60,
                              "a token of sixteen; two words of "
                              "three letters and a digit"),
    [PII_FR_NIR] = ROW_OF_DIGITS,
    [PII_NL_BSN] = ROW_OF_DIGITS,
    [PII_PL_PESEL] = ROW_OF_DIGITS,
    [PII_SE_PERSONNUMMER] = ROW_OF_DIGITS,
    [PII_FI_HETU] = ROW_OF_DIGITS,
    [PII_IN_AADHAAR] = ROW_OF_DIGITS,
    [PII_IN_PAN] = OF(pans, SIZE_MAX, "letters and digits"),
    [PII_AU_TFN] = ROW_OF_DIGITS,
    [PII_AU_ABN] = ROW_OF_DIGITS,
    [PII_BR_CPF] = ROW_OF_DIGITS,
    [PII_BR_CNPJ] = ROW_OF_DIGITS,
    [PII_SG_NRIC] = OF(nrics, SIZE_MAX, "a letter and digits"),
    [PII_STREET_ADDRESS] = OF(streets, SIZE_MAX,
                              "a number and five words; a street and what "
                              "may be its town"),
    [PII_DATE_OF_BIRTH] = OF(births, 60, "a date"),
    [PII_US_PASSPORT] = OF(passports, 52, "nine digits"),
    [PII_LAT_LONG] = OF(places, 88, "two numbers with points"),
    [PII_BIC] = OF(banks, SIZE_MAX, "four words behind \"BIC\" or \"SWIFT\""),
    [PII_EU_VAT] = OF(vats, SIZE_MAX, "two letters and digits"),
};

struct hold_kinds_forms
hold_kinds_pii(enum pii_entity entity)
{
    return kinds[entity];
}

struct hold_kinds_forms
hold_kinds_rows(void)
{
    return (struct hold_kinds_forms)OF(
        rows, SIZE_MAX, "a row of digits, and three words behind it");
}

struct hold_kinds_forms
hold_kinds_secret(void)
{
    return (struct hold_kinds_forms)OF(
        secrets, SIZE_MAX, "a token, a value that is assigned, a key block");
}

struct text
hold_kinds_tokens(size_t least, struct arena *arena)
{
    char pattern[64];
    const int len = snprintf(pattern, sizeof(pattern),
                             "[0-9a-z_+/=.~%%-]{%zu,}" ANY "?", least);

    return arena_copy(arena, (struct text){pattern, (size_t)len});
}

struct hold_kinds_forms
hold_kinds_links(void)
{
    return (struct hold_kinds_forms)OF(policed, SIZE_MAX,
                                       "a word that a dot may follow; a link");
}
