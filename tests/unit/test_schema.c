#include "config/schema.h"

#include "tests/unit/harness.h"

/* Every table there is; a persona's drift has the rows of drift. */
static const struct schema_table *const tables[] = {
    &schema_config,     &schema_category,  &schema_group,   &schema_list,
    &schema_rule,       &schema_composite, &schema_pool,    &schema_persona,
    &schema_rule_patch, &schema_guardrail, &schema_profile, &schema_votes,
    &schema_test,       &schema_sessions,  &schema_store,   &schema_journal,
    &schema_alerts,     &schema_machine};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static void
check_row(const struct schema_table *table, const struct schema_row *row)
{
    const size_t len = strlen(row->help);
    const bool number =
        row->type == SCHEMA_INTEGER || row->type == SCHEMA_NUMBER;
    const bool choice =
        row->type == SCHEMA_CHOICE || row->type == SCHEMA_CHOICES;
    const bool record = row->type == SCHEMA_RECORD ||
                        row->type == SCHEMA_RECORDS || row->type == SCHEMA_MAP;

    ck_assert_msg(len > 10 && row->help[len - 1] == '.', "%s.%s: help",
                  table->name, row->key);
    ck_assert_msg(!number || row->min < row->max, "%s.%s: range", table->name,
                  row->key);
    ck_assert_msg(!choice || row->names != NULL, "%s.%s: names", table->name,
                  row->key);
    ck_assert_msg(!record || row->table != NULL, "%s.%s: table", table->name,
                  row->key);
    ck_assert_msg(!row->required || row->preset == NULL, "%s.%s: preset",
                  table->name, row->key);
    ck_assert_msg(row->type != SCHEMA_TEXTS || row->item_bytes > 0,
                  "%s.%s: bytes of an item", table->name, row->key);
}

static void
check_table(const struct schema_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct schema_row *row = &table->rows[i];
        check_row(table, row);
        ck_assert_msg(schema_find(table, text_of(row->key)) == row,
                      "%s.%s stands twice", table->name, row->key);
        if (row->type == SCHEMA_RECORD && table == &schema_config) {
            check_table(row->table);
        }
    }
}

START_TEST(every_row_is_whole)
{
    check_table(tables[_i]);
}
END_TEST

START_TEST(key_that_is_no_row_is_not_found)
{
    ck_assert_ptr_null(schema_find(&schema_config, TEXT("")));
    ck_assert_ptr_null(schema_find(&schema_config, TEXT("limit")));
    ck_assert_ptr_null(schema_find(&schema_config, TEXT("limits\0")));
}
END_TEST

START_TEST(suggestion_is_a_key_the_rule_may_have)
{
    ck_assert_str_eq(schema_nearest(&schema_rule, TEXT("patern"), CONFIG_REGEX),
                     "pattern");
    ck_assert_ptr_null(
        schema_nearest(&schema_rule, TEXT("max_char"), CONFIG_REGEX));
    ck_assert_str_eq(
        schema_nearest(&schema_rule, TEXT("max_char"), CONFIG_LENGTH),
        "max_chars");
    ck_assert_str_eq(
        schema_nearest(&schema_rule, TEXT("max_char"), CONFIG_RULE_TYPES),
        "max_chars");
}
END_TEST

START_TEST(names_to_come_are_known_by_where_they_stand)
{
    ck_assert(schema_absent("alerts", TEXT("webhooks")));
    ck_assert(!schema_absent("rule", TEXT("webhooks")));
    ck_assert(!schema_absent("", TEXT("composites")));
    ck_assert(!schema_absent("rule.type", TEXT("url")));
}
END_TEST

/* A name that this build has must not be refused as one to come. */
START_TEST(no_name_is_both_there_and_to_come)
{
    for (size_t i = 0; i < TABLES; i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            ck_assert_msg(!schema_absent(tables[i]->name,
                                         text_of(tables[i]->rows[j].key)),
                          "%s", tables[i]->rows[j].key);
        }
    }
    for (const struct schema_name *n = schema_rule_types; n->name; n++) {
        ck_assert_msg(!schema_absent("rule.type", text_of(n->name)), "%s",
                      n->name);
    }
}
END_TEST

START_TEST(every_type_of_rule_has_a_name)
{
    for (int type = 0; type < CONFIG_RULE_TYPES; type++) {
        // A composite says what it is by where it stands.
        ck_assert_msg((schema_name_of(schema_rule_types, type) != NULL) ==
                          (type != CONFIG_COMPOSITE),
                      "%d", type);
    }
    ck_assert_ptr_null(schema_name_of(schema_rule_types, CONFIG_RULE_TYPES));
}
END_TEST

TEST_MAIN("schema", tcase_add_loop_test(tc, every_row_is_whole, 0, TABLES);
          tcase_add_test(tc, key_that_is_no_row_is_not_found);
          tcase_add_test(tc, suggestion_is_a_key_the_rule_may_have);
          tcase_add_test(tc, names_to_come_are_known_by_where_they_stand);
          tcase_add_test(tc, no_name_is_both_there_and_to_come);
          tcase_add_test(tc, every_type_of_rule_has_a_name);)
