#include "sidecar/base/digest.h"

#include "tests/unit/harness.h"

/* The empty message, two examples of FIPS 180-4, and a NUL. */
static const struct {
    struct text text;
    const char *hex;
} rows[] = {
    {{NULL, 0},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {{"abc", 3},
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56},
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {{"\0", 1},
     "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
};

START_TEST(known_answers)
{
    char hex[DIGEST_HEX];
    const struct digest digest = digest_of(rows[_i].text);

    digest_hex(&digest, hex);
    ck_assert_str_eq(hex, rows[_i].hex);
}
END_TEST

/* RFC 4231, test cases 1, 2 and 6 (a key longer than a block). */
static const struct {
    char key_byte;
    size_t key_len;
    const char *key, *text, *hex;
} keyed[] = {
    {0x0b, 20, NULL, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {0, 4, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {(char)0xaa, 131, NULL,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

START_TEST(keyed_answers)
{
    char key[131], hex[DIGEST_HEX];

    memset(key, keyed[_i].key_byte, sizeof(key));
    if (keyed[_i].key != NULL) {
        memcpy(key, keyed[_i].key, keyed[_i].key_len);
    }
    const struct digest digest = digest_keyed(
        (struct text){key, keyed[_i].key_len}, text_of(keyed[_i].text));
    digest_hex(&digest, hex);
    ck_assert_str_eq(hex, keyed[_i].hex);
}
END_TEST

/* The definition: each length as 8 bytes little-endian, then the part. */
START_TEST(parts_are_told_apart)
{
    const struct text one[] = {TEXT("ab"), TEXT("c")};
    const struct text two[] = {TEXT("a"), TEXT("bc")};
    const struct text three[] = {TEXT("ab"), TEXT("c"), {NULL, 0}};
    const struct digest a = digest_of_parts(one, 2);
    const struct digest same = digest_of(TEXT("\2\0\0\0\0\0\0\0"
                                              "ab"
                                              "\1\0\0\0\0\0\0\0"
                                              "c"));
    const struct digest b = digest_of_parts(two, 2);
    const struct digest c = digest_of_parts(three, 3);
    const struct digest none = digest_of_parts(NULL, 0);
    const struct digest empty = digest_of((struct text){NULL, 0});

    ck_assert_mem_eq(a.bytes, same.bytes, DIGEST_BYTES);
    ck_assert_mem_eq(none.bytes, empty.bytes, DIGEST_BYTES);
    ck_assert_mem_ne(a.bytes, b.bytes, DIGEST_BYTES);
    ck_assert_mem_ne(a.bytes, c.bytes, DIGEST_BYTES);
}
END_TEST

START_TEST(sameness_is_of_all_bytes)
{
    ck_assert(digest_same(TEXT("token"), TEXT("token")));
    ck_assert(digest_same((struct text){NULL, 0}, TEXT("")));
    ck_assert(!digest_same(TEXT("token"), TEXT("toke")));
    ck_assert(!digest_same(TEXT("toke"), TEXT("token")));
    ck_assert(!digest_same(TEXT("token"), TEXT("tokeN")));
    ck_assert(!digest_same(TEXT("Token"), TEXT("token")));
    ck_assert(!digest_same(TEXT(""), TEXT("t")));
    ck_assert(!digest_same(TEXT("a\0b"), TEXT("a\0c")));
}
END_TEST

TEST_MAIN("digest", {
    tcase_add_loop_test(tc, known_answers, 0, sizeof(rows) / sizeof(rows[0]));
    tcase_add_loop_test(tc, keyed_answers, 0, sizeof(keyed) / sizeof(keyed[0]));
    tcase_add_test(tc, parts_are_told_apart);
    tcase_add_test(tc, sameness_is_of_all_bytes);
})
